"""People hear of limits that were passed as of all else (portal.notify)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_archived_record")]

    operations = [migrations.DeleteModel(name="Notice")]
