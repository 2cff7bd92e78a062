"""The report of a dry run on the made-up charity, years later, is read line by line beside a naive count of every row."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from schools import models
from schools.keeping import actions
from tests.keeping.naive_report import report
from tests.keeping.things import THINGS

pytestmark = [pytest.mark.django_db, pytest.mark.exhaustive]

YEARS_LATER = datetime(2032, 3, 1, 9, tzinfo=UTC)
"""Some of what the charity wrote down is over by then, and some is not."""


def test_each_line_of_the_report_is_what_a_naive_count_says(small: date, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody's turn comes, so nobody is looked for in notes: tests/keeping/test_notes_first.py does that, with fewer people.
    monkeypatch.setattr(actions, "PEOPLE_A_NIGHT", 0)
    for make in THINGS.values():
        make(date(2024, 3, 1))
        make(date(2032, 2, 28))
    expected = report(YEARS_LATER)
    out = StringIO()
    with time_machine.travel(YEARS_LATER, tick=False):
        call_command("purge", "--dry-run", stdout=out)
    assert out.getvalue().splitlines() == expected.lines()
    assert not models.PurgeRun.objects.exists()
    # Only notices and looks are kept so long that nothing of theirs can be over; of the rest some is, and of most some is not.
    nothing = {line.partition(" ")[0] for line in expected.lines() if ": 0 due" in line}
    assert nothing <= {"notices", "looks", "colleagues"}, nothing
