"""Background tasks of the office. Work begins in a task, so it may read the clock."""

from django.tasks import task
from django.utils import timezone

from schools.directory.actions import place_in_fifths, place_schools, work
from schools.directory.models import ImportRun, RunState
from schools.office.registers.kinds import TABLES
from schools.volunteers.actions import place_homes

PLACING = {"postcodes", "deprivation"}
"""Tables after which schools and homes are placed again, as after each register."""

HEAVY_QUEUE = "heavy"
"""The queue of tasks that take minutes; it has a worker of its own, so that mail never waits for them."""


@task(queue_name=HEAVY_QUEUE)
def work_on_import(run_id: int, attempt: int) -> None:
    """Preview or apply the import. Then place schools and homes again, because new postcodes or schools may place one better."""
    work(run_id, attempt, clock=timezone.now, tables=TABLES)
    applied = ImportRun.objects.filter(pk=run_id, attempt=attempt, state=RunState.APPLIED)
    if applied.exclude(register__in=TABLES.keys() - PLACING).exists():
        place_schools(now=timezone.now())
        place_homes()
        place_in_fifths()
