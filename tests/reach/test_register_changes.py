"""A register that reorganises authorities and converts schools leaves the figures of the past where they were."""

from datetime import date, datetime, time
from pathlib import Path

import pytest

from schools.core.periods import AcademicYear
from schools.directory.actions import import_register
from schools.models import School
from schools.reach.queries import reach
from schools.reach.rows import Cut
from tests.directory.gias_files import row, written
from tests.reach.examples import delivered

pytestmark = pytest.mark.django_db

SESSION_BASED = (
    "schools_visited",
    "schools_online_only",
    "sessions_delivered",
    "outcomes_missing",
    "counts_missing",
    "attendances",
    "attendances_estimated",
    "pupils_reached",
    "pupils_in_person",
    "pupils_online",
    "children_reached",
    "adults",
    "volunteers_active",
    "volunteer_hours",
)


def figures(by: Cut, *, as_of: date) -> list[tuple[object, ...]]:
    """The session-based figures of every place with sessions in 2021/22."""
    rows = reach(AcademicYear(2021).period, by=by, as_of=as_of).rows
    named = [(one.area, one.authority, *(getattr(one, figure) for figure in SESSION_BASED)) for one in rows]
    return [one for one, row in zip(named, rows, strict=True) if row.sessions_delivered]


@pytest.mark.parametrize("by", [Cut.AREA, Cut.AUTHORITY])
def test_figures_of_2022_stay_when_the_register_of_2025_comes_with_its_links(tmp_path: Path, now: datetime, by: Cut) -> None:
    old = written(tmp_path, row(), row(urn="100002"), row(urn="100003", gss="E06000001", la_name="Hartlepool", la_code="805"))
    import_register(old, day=date(2019, 9, 1), now=now)
    for urn, pupils in (("100001", 30), ("100002", 28), ("100003", 25)):
        school = School.objects.get(register_id=urn)
        delivered(school, "ks2-assembly", date(2022, 3, 7), time(9, 15), {5: pupils, 6: pupils + 1})
        delivered(school, "workshop-5-6", date(2022, 3, 14), time(9, 15), {5: pupils})
    before = figures(by, as_of=now.date())
    assert [one[0] for one in before] == ["Cumbria", "Hartlepool"]
    cumberland = {"gss": "E06000063", "la_name": "Cumberland", "la_code": "942"}
    new = written(
        tmp_path,
        row(status="Closed", closed="31-08-2023"),
        row(urn="100009", opened="01-09-2023", **cumberland),
        row(urn="100002", **cumberland),
        row(urn="100003", gss="E06000001", la_name="Hartlepool", la_code="805"),
    )
    links = tmp_path / "links.csv"
    links.write_text("URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n100001,100009,New,Successor,31-08-2023\n")
    for created in (1, 0):
        report = import_register(new, day=date(2025, 4, 22), now=now, links=links)
        assert (report.created, report.links and report.links.created) == (created, created)
        assert figures(by, as_of=now.date()) == before
    converted, academy = (School.objects.get(register_id=urn) for urn in ("100001", "100009"))
    assert converted.chain == academy.chain == converted.pk
