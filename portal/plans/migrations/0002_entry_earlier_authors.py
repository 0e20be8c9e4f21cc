"""Who else has asked for some of an entry: they do not approve of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_plans")]

    operations = [
        migrations.AddField("entry", "earlier_authors", models.JSONField(blank=True, default=list)),
    ]
