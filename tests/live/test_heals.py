"""The database dies and comes back, workers are killed: the processes live on, and everything is done, once."""

import csv
import io
import time
from collections.abc import Iterator
from functools import partial
from threading import Event, Thread

import pytest

from schools.running.processes import PROCESSES
from tests.live.installation import Installation, eventually


@pytest.fixture(scope="module")
def live(made: Installation) -> Iterator[Installation]:
    for process in PROCESSES:
        made.start(process)
    eventually(lambda: made.ask("/live/") == 200)
    eventually(lambda: len(made.postgres.rows("SELECT 1 FROM schools_signoflife")) == 3)
    yield made
    made.kill_all()


def test_no_page_fails_after_a_restart_that_nobody_saw(live: Installation) -> None:
    """Every connection that the pools keep is dead, and the pools have not noticed."""
    assert [live.ask("/accounts/login/") for _ in range(20)] == [200] * 20
    live.postgres.stop()
    live.postgres.start()
    assert [live.ask("/accounts/login/") for _ in range(20)] == [200] * 20


def test_everything_outlives_two_restarts_of_the_database(live: Installation) -> None:
    ids = {name: process.pid for name, process in live.running.items()}
    live.write_mail("before", 20)
    stop, statuses = Event(), list[int]()

    def browse() -> None:
        while not stop.is_set():
            statuses.append(live.ask("/accounts/login/"))

    people = [Thread(target=browse) for _ in range(4)]
    for person in people:
        person.start()
    try:
        for pause in (0.0, 8.0):
            time.sleep(3)
            live.postgres.stop()
            time.sleep(pause)
            live.postgres.start()
            back = live.postgres.rows("SELECT now()")[0][0]
            # The first pages after the database is back: none fails.
            assert [live.ask("/accounts/login/") for _ in range(20)] == [200] * 20
            live.write_mail(f"after {pause}", 20)
            eventually(lambda: live.unsent() == 0)
            eventually(partial(live.postgres.rows, WELL_SINCE, back))
            eventually(partial(live.postgres.rows, ALL_SEEN_SINCE, back))
    finally:
        stop.set()
        for person in people:
            person.join()
    assert set(statuses) <= {200, 500}
    assert {name: process.poll() for name, process in live.running.items()} == dict.fromkeys(ids), "no process ended"
    assert set(live.mail.copies.values()) == {1}, "no mail left twice"
    assert len(live.mail.copies) == 60, "none was lost"


def test_an_import_whose_worker_is_killed_is_taken_up_again(live: Installation) -> None:
    live.manage("first_manager", "asha@example.org", "Asha Rahman")
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["nation", "school_number", "academic_year", "year_group", "pupils"])
    rows.writerows(["england", 100_000 + number, "2026/27", 5, 30] for number in range(60_000))
    path = live.logs / "rolls.csv"
    path.write_text(table.getvalue())
    live.manage("shell", "-v0", "-c", ASK_FOR_PREVIEW.format(path=path))
    eventually(lambda: live.postgres.rows("SELECT 1 FROM schools_importrun WHERE rows_read > 0 AND state = 'reading'"))
    live.kill("heavy")
    assert live.postgres.rows("SELECT state FROM schools_importrun") == [("reading",)]
    live.start(next(process for process in PROCESSES if process.name == "heavy"))
    eventually(lambda: live.postgres.rows("SELECT 1 FROM schools_importrun WHERE state = 'ready'"))
    assert live.postgres.rows("SELECT attempt, killed FROM schools_importrun") == [(2, 1)]
    statuses = "SELECT status FROM django_tasks_database_dbtaskresult WHERE queue_name = 'heavy' ORDER BY enqueued_at"
    eventually(lambda: live.postgres.rows(statuses) == [("FAILED",), ("SUCCESSFUL",)])


WELL_SINCE = "SELECT 1 FROM schools_periodicjob WHERE name = 'killed-work' AND failures = 0 AND well_at > %s"
ALL_SEEN_SINCE = "SELECT 1 FROM schools_signoflife WHERE seen_at > %s HAVING count(*) = 3"

ASK_FOR_PREVIEW = """
from datetime import date
from pathlib import Path
from django.utils import timezone
from schools.directory.actions import ImportOptions, ask_for_preview
from schools.directory.actions.attempts import Upload
from schools.models import User
from schools.office.registers.tasks import work_on_import
options = ImportOptions(register="rolls", day=date(2026, 11, 24))
upload = Upload("rolls.csv", Path("{path}").open("rb"))
ask_for_preview(upload, None, options, by=User.objects.get(), now=timezone.now(), queue=work_on_import.enqueue)
"""
