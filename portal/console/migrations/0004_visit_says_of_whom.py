from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion


def copy_from_membership(apps, schema_editor):
    """Each visit notes itself what it had by its membership so far."""
    Visit = apps.get_model('console', 'Visit')
    for visit in Visit.objects.select_related('member'):
        visit.customer_id, visit.person_id = visit.member.customer_id, visit.member.user_id
        visit.save(update_fields=['customer', 'person'])


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_language_of_mails'),
        ('console', '0003_entry_title'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='visit',
            name='customer',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.customer'),
        ),
        migrations.AddField(
            model_name='visit',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunPython(copy_from_membership, migrations.RunPython.noop),
    ]
