"""A school agrees, and names a roll, for an academic year: what it said for one stays beside what it says for another."""

import django.db.models.functions.comparison
from django.db import migrations, models


def back(apps, schema_editor):
    """Leave what waits for one year beside what was said later for another: the version before lets one wait of each subject."""
    answers = apps.get_model("schools", "SchoolAnswer").objects
    seen = set()
    for answer in answers.filter(state="open", academic_year__isnull=False).order_by("-at", "-pk"):
        place = (answer.visit_id, answer.school_id, answer.item, answer.year_group)
        if place in seen:
            answers.filter(pk=answer.pk).update(state="left", decided_at=answer.at)
        seen.add(place)


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0074_packed_once_in_each_store'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='schoolanswer',
            name='school_answer_open_once',
        ),
        migrations.AddField(
            model_name='schoolanswer',
            name='academic_year',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Of which it was said, as its page named it; blank where it is of no year.', null=True),
        ),
        migrations.AddConstraint(
            model_name='schoolanswer',
            constraint=models.UniqueConstraint(models.F('visit'), models.F('school'), models.F('item'), django.db.models.functions.comparison.Coalesce('session', 0), django.db.models.functions.comparison.Coalesce('year_group', 99), django.db.models.functions.comparison.Coalesce('academic_year', 0), condition=models.Q(('state', 'open')), name='school_answer_open_once', violation_error_message="The school's answer to this waits already."),
        ),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
