"""Another name in the code; the table stays, also for processes of the version before that still run."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_words")]

    operations = [
        migrations.AlterModelTable(name="kept", table="billing_kept"),
        migrations.RenameModel(old_name="Kept", new_name="ArchivedRecord"),
    ]
