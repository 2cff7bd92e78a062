"""Of which academic year each school agreed or named a roll: that of its visit at that moment, which its page named."""

from django.db import migrations
from django.utils import timezone

FIRST_MONTH = 8
OF_A_YEAR = ["agreement", "roll"]


def fill(apps, schema_editor):
    """Fill in the year from the days that the sessions of the visit had then; the year of today's days where that is not known."""
    answers = apps.get_model("schools", "SchoolAnswer").objects.filter(item__in=OF_A_YEAR, academic_year=None)
    for answer in answers.order_by("pk").iterator():
        year = (answer.before or {}).get("year") or _year_of(apps, answer)
        answers.filter(pk=answer.pk).update(academic_year=year)


def _year_of(apps, answer):
    """Return the year of the first session that was to come then; else of those that were over, then of the cancelled ones."""
    on = timezone.localdate(answer.at)
    then = {}
    history = apps.get_model("schools", "HistoricalSession").objects.filter(visit_id=answer.visit_id, history_date__lte=answer.at)
    columns = ("id", "history_type", "stage", "day", "until_day")
    for pk, kind, *facts in history.order_by("-history_date", "-history_id").values_list(*columns):
        then.setdefault(pk, None if kind == "-" else facts)
    sessions = [facts for facts in then.values() if facts is not None]
    if not sessions:
        rows = apps.get_model("schools", "Session").objects.filter(visit_id=answer.visit_id)
        sessions = list(rows.values_list("stage", "day", "until_day"))
    ranked = [(2 if stage == "cancelled" else int((until or day) < on), day) for stage, day, until in sessions]
    day = min(ranked, default=(0, on))[1]
    return day.year if day.month >= FIRST_MONTH else day.year - 1


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0075_answers_of_a_year'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
