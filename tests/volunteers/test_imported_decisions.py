"""Decisions on clearances that a file gives beside what was decided since: none makes anybody clear whom we would not let."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from schools.models import Clearance
from schools.volunteers.actions import record_clearance
from tests import factories
from tests.volunteers.test_import_volunteers import ANN, told
from tests.volunteers.volunteer_files import imported

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cumbria() -> None:
    factories.AreaFactory(name="Cumbria")


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, False),
        ({"decided_on": ""}, False),
        ({"decided_on": "2024-08-03"}, True),
        ({"recheck_on": "2025-12-31"}, True),
        ({"recheck_on": "2026-01-02"}, False),
        ({"recheck_on": "2026-01-02", "decided_on": "2025-12-01"}, True),
        ({"recheck_on": "", "level": "basic"}, True),
    ],
)
def test_a_recheck_that_was_brought_forward_is_put_off_by_a_new_decision_alone(
    changes: dict[str, str], may: bool, tmp_path: Path, now: datetime
) -> None:
    imported(tmp_path, ANN, now=now)
    Clearance.objects.update(recheck_on=date(2026, 1, 1))
    refused = told(tmp_path, ANN | changes, now=now)
    after = date.fromisoformat((ANN | changes)["recheck_on"] or "2026-01-01")
    assert Clearance.objects.get().recheck_on == (after if may else date(2026, 1, 1))
    if not may:
        assert [line for line, _ in refused] == [2]
        assert refused[0][1].startswith("The DBS decision is stored with the recheck on 2026-01-01, and is no new one.")


def test_of_two_files_the_later_decision_stays_in_either_order(tmp_path: Path, now: datetime) -> None:
    later = ANN | {"decided_on": "2026-05-01", "recheck_on": "2026-12-01"}
    for files in ([ANN, later], [later, ANN]):
        Clearance.objects.all().delete()
        for row in files:
            imported(tmp_path, row, now=now)
        held = Clearance.objects.get()
        assert (held.decided_on, held.recheck_on) == (date(2026, 5, 1), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("decided_on", "day", "scheme", "may"),
    [
        ("2026-03-01", "2024-08-02", "dbs", False),
        ("2026-03-01", "2026-03-01", "dbs", False),
        ("2026-03-01", "2026-03-02", "dbs", True),
        ("2026-03-01", "2024-08-02", "pvg", True),
        ("", "2026-03-02", "dbs", False),
    ],
)
@pytest.mark.parametrize("before", ["nothing", "the application", "the certificate"])
def test_no_other_row_of_a_file_makes_somebody_clear_who_was_decided_not_to_be(
    before: str, decided_on: str, day: str, scheme: str, may: bool, tmp_path: Path, now: datetime
) -> None:
    """An application has no day of issue; what the file says of it and of the certificate comes at once or one by one."""
    not_clear = {"reference": "V0042", "name": "Ann Ash", "scheme": "dbs", "decision": "not_clear", "decided_on": decided_on}
    clear = ANN | {"scheme": scheme, "decided_on": day}
    if before == "the application":
        imported(tmp_path, not_clear, now=now)
    elif before == "the certificate":
        imported(tmp_path, clear | {"decision": "pending", "decided_on": "", "status": ""}, not_clear, now=now)
    refused = told(tmp_path, clear, *([] if before == "the application" else [not_clear]), now=now)
    assert Clearance.objects.clear_on(now.date(), scheme).exists() is may
    assert all(reason.startswith("The DBS decision is clear on") for _, reason in refused)
    assert bool(refused) is not may


def test_whoever_is_decided_not_to_be_clear_is_clear_by_nothing_earlier(tmp_path: Path, now: datetime) -> None:
    decided, by = date(2026, 11, 3), factories.manager()
    days = {"issued": date(2025, 1, 1), "recheck_on": date(2028, 1, 1), "decision": "clear"}
    for way in ("office", "no day", "file"):
        ann = factories.VolunteerFactory(reference=f"V {way}")
        earlier = factories.ClearanceFactory(volunteer=ann, decided_on=decided, **days)
        later = factories.ClearanceFactory(volunteer=ann, decided_on=date(2026, 11, 30), **days)
        other = factories.ClearanceFactory(volunteer=ann, scheme="pvg", decided_on=decided, **days)
        if way == "file":
            row = {"reference": ann.reference, "scheme": "dbs", "decision": "not_clear", "decided_on": "2026-11-03"}
            assert told(tmp_path, row, now=now) == []
        else:
            day = decided if way == "office" else None
            new = Clearance(volunteer=ann, scheme="dbs", decision="not_clear", decided_on=day)
            record_clearance(new, decided=True, by=by, on=now.date())
        withdrawn = [Clearance.objects.get(pk=row.pk).withdrawn_on for row in (earlier, later, other)]
        assert withdrawn == [now.date() if way == "no day" else decided, None, None], way
        assert earlier.history.first().withdrawn_on == withdrawn[0]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"decided_on": date(2025, 11, 20)}, {"decided_on": date(2026, 11, 20)}),
        ({"decided_on": date(2027, 11, 20)}, {"decided_on": date(2026, 11, 20)}),
        ({"scheme": "pvg"}, {"scheme": "dbs"}),
    ],
)
def test_so_it_is_once_a_mistyped_day_or_scheme_is_corrected(wrong: dict[str, Any], right: dict[str, Any], today: date) -> None:
    ann, by = factories.able_volunteer(), factories.manager()
    Clearance.objects.filter(volunteer=ann).update(decided_on=date(2026, 3, 1))
    row = Clearance(volunteer=ann, decision="not_clear", **({"scheme": "dbs", "decided_on": date(2026, 11, 20)} | wrong))
    record_clearance(row, decided=True, by=by, on=today)
    if wrong.get("decided_on", today) > today:
        assert not Clearance.objects.clear_on(today, "dbs").exists(), "a day to come lets nobody go until then"
    for name, value in right.items():
        setattr(row, name, value)
    record_clearance(row, decided=False, by=by, on=today, corrected=True)
    assert not Clearance.objects.clear_on(today, "dbs").exists()
