"""A sign-off may end on its own day, so that one of today can be taken back today."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models import F


def back(apps, schema_editor):
    """Let such a sign-off begin a day earlier: without it, a file would sign off again whose sign-off was taken back."""
    for sign_off in apps.get_model("schools", "SignOff").objects.filter(recheck_on=F("day")):
        sign_off.day -= timedelta(days=1)
        sign_off.save(update_fields=["day"])


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0065_generation_of_naming_links'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='signoff',
            name='sign_off_recheck_after_day',
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.CheckConstraint(condition=models.Q(('recheck_on', None), ('recheck_on__gte', models.F('day')), _connector='OR'), name='sign_off_recheck_after_day', violation_error_message='The recheck must not be before the day of the sign-off.'),
        ),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
