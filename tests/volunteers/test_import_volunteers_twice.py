"""Files of volunteers, held against a second computation: doubled, reordered, in two halves, and the same again."""

from datetime import date, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schools.directory.actions import Importer
from schools.messages.models import OutboxMessage
from schools.volunteers.actions import import_volunteers
from schools.volunteers.models import Volunteer
from tests import factories
from tests.profiles import examples
from tests.volunteers.naive_import import BAD, Row, after_import
from tests.volunteers.volunteer_files import COLUMNS, everybody, file_of, imported

pytestmark = pytest.mark.django_db

POOLS: dict[str, list[str]] = {
    "reference": ["", "", "R1", "R2", "R3"],
    "name": ["", "Ann Ash", "Bea Birch"],
    "email": ["", "ann@example.org", "bea@example.org", "cat@example.org"],
    "phone": ["", "", "+442079460000"],
    "postcode": ["", "", "LA9 4QA"],
    "areas": ["", "Cumbria", "North West/Fylde", "Cumbria;Fylde", BAD["areas"]],
    "status": ["", "", "enquirer", "in_training", "active", "paused", "left", BAD["status"]],
    "joined": ["", "", "2025-03-01", "2026-09-01"],
    "scheme": ["", "dbs", "pvg"],
    "level": ["", "enhanced"],
    "clearance_reference": ["", "001", "002"],
    "issued": ["", "2025-01-10", "2025-02-01", BAD["issued"]],
    "decision": ["", "clear", "not_clear", "pending"],
    "decided_on": ["", "2025-02-02", "2025-03-03"],
    "recheck_on": ["", "2028-01-10", "2027-05-05", "2024-01-01"],
    "signed_off": ["", "ks1-assembly", "ks1-assembly=2025-04-01", "ks2-assembly=2025-05-01;ks1-assembly", BAD["signed_off"]],
    "availability": ["", "", "mon-morning", "tue-afternoon;mon-morning"],
    "away": ["", "", "2026-12-01..2026-12-04", "2026-12-02..2026-12-03"],
    "furthest_km": ["", "", "30", BAD["furthest_km"]],
    "languages": ["", "", "cy", "en;cy"],
}
CLEARANCE = ("level", "clearance_reference", "issued", "decision", "decided_on", "recheck_on")


def sensible(row: Row) -> Row:
    """A row is not blank, and says something of a clearance only where it names the scheme."""
    row = row if any(row.values()) else row | {"name": "Ann Ash"}
    return row if row["scheme"] else row | dict.fromkeys(CLEARANCE, "")


SOME_ROWS = st.lists(st.fixed_dictionaries({name: st.sampled_from(pool) for name, pool in POOLS.items()}).map(sensible),
                     min_size=1, max_size=6)  # fmt: skip
PLAIN_ROW = dict.fromkeys(COLUMNS, "") | {"name": "Ann Ash"}


@pytest.fixture
def charity() -> None:
    region = factories.RegionFactory()
    for name in ("Cumbria", "Fylde"):
        factories.AreaFactory(name=name, region=region)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=SOME_ROWS, second=SOME_ROWS, data=st.data())
def test_a_file_does_what_a_second_computation_says_in_any_order_and_once(
    first: list[Row], second: list[Row], data: Any, charity: None, tmp_path_factory: pytest.TempPathFactory,
    now: datetime, today: date,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("people")
    Volunteer.objects.all().delete()
    expected, refused = after_import(first, {}, on=today)
    report = imported(folder, *first, now=now)
    assert ({problem.line for problem in report.refused}, everybody()) == (refused, expected)
    total = report.created + report.updated + report.unchanged + report.ignored
    assert total + len(refused) == len(first)
    again = imported(folder, *first, now=now)
    assert (again.created, again.updated, everybody()) == (0, 0, expected)
    expected, refused = after_import(second, expected, on=today)
    assert {problem.line for problem in imported(folder, *second, now=now).refused} == refused
    assert everybody() == expected
    order = data.draw(st.permutations([*second, *second]))
    after = imported(folder, *order, now=now)
    assert (after.created, after.updated, everybody()) == (0, 0, expected)
    assert not OutboxMessage.objects.exists()


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=SOME_ROWS, data=st.data())
def test_the_order_of_the_rows_and_doubled_rows_make_no_difference(
    rows: list[Row], data: Any, charity: None, tmp_path_factory: pytest.TempPathFactory, now: datetime
) -> None:
    folder = tmp_path_factory.mktemp("people")
    results = []
    for order in (rows, data.draw(st.permutations([*rows, *rows]))):
        Volunteer.objects.all().delete()
        imported(folder, *order, now=now)
        results.append(everybody())
    assert results[0] == results[1]


NAMES = count()


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.text(max_size=40), min_size=len(COLUMNS), max_size=len(COLUMNS)),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
)
def test_whatever_stands_in_the_cells_it_is_stored_or_refused_and_the_same_again_changes_nothing(
    cells: list[str], encoding: str, charity: None, tmp_path_factory: pytest.TempPathFactory, now: datetime
) -> None:
    folder = tmp_path_factory.mktemp("people")
    clean = ["".join(sign for sign in cell if sign.isprintable() and sign not in '",;') for cell in cells]
    clean = [cell.encode(encoding, "ignore").decode(encoding) for cell in clean]
    row = dict(zip(COLUMNS, clean, strict=True))
    path = file_of(folder, row, PLAIN_ROW | {"email": "ann@example.org"}, name=f"{next(NAMES)}.csv")
    path.write_bytes(path.read_text().encode(encoding))
    reports = [import_volunteers(path, Importer(None, now)) for _ in range(2)]
    assert (reports[1].created, reports[1].updated) == (0, 0)
    assert Volunteer.objects.filter(email="ann@example.org").exists()
