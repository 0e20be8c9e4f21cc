from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_sent_forms")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="paper_size",
            field=models.CharField(choices=[("a4", "A4"), ("letter", "Letter")], default="a4", max_length=6),
        ),
    ]
