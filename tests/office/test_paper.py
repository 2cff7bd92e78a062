"""What the office prints: a month is one sheet, and a tally sheet says what to do if a child tells something."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from schools import models
from schools.office.calendar.paper import LOOKS, paper_for
from tests import factories

DAY = date(2026, 11, 26)


@given(st.lists(st.lists(st.integers(0, 60), min_size=7, max_size=7), min_size=4, max_size=6))
def test_a_month_has_at_most_as_many_lines_as_a_sheet_and_no_visit_is_lost_unsaid(visits: list[list[int]]) -> None:
    weeks: list[list[dict[str, Any]]] = [[{"entries": [{} for _ in range(of_day)]} for of_day in week] for week in visits]
    paper = paper_for(weeks)
    lines = 0
    for week in weeks:
        printed = [sum("off_paper" not in entry for entry in day["entries"]) for day in week]
        assert [shown + day.get("left_out", 0) for shown, day in zip(printed, week, strict=True)] == [
            len(day["entries"]) for day in week
        ]
        lines += max(shown + bool(day.get("left_out")) for shown, day in zip(printed, week, strict=True))
    assert lines <= next(most for most, look in LOOKS if look == paper.look)


def _sheet(office: Client, visit: models.Visit) -> str:
    return " ".join(office.get(reverse("admin:tally-sheet", args=[visit.pk, DAY])).content.decode().split())


def _day_of(visit: models.Visit, groups: range, *, sessions: int = 3) -> None:
    for number in range(sessions):
        session = factories.SessionFactory(visit=visit, day=DAY, starts=time(9 + number), ends=time(9 + number, 30))
        models.Headcount.objects.bulk_create(
            models.Headcount(session=session, school=visit.school, year_group=group) for group in groups
        )


@pytest.fixture
def visit(area: models.Area) -> models.Visit:
    models.Area.objects.update(duty_phone="+441614960001")
    school = factories.SchoolFactory(area=area, name="Ashfield")
    lead = models.Contact.objects.create(school=school, name="Lee Frost", role="Safeguarding lead", phone="+441539720002")
    made: models.Visit = factories.VisitFactory(school=school, safeguarding_contact=lead)
    return made


@pytest.mark.django_db
def test_the_tally_sheet_says_whom_to_tell_and_whom_to_phone(office: Client, visit: models.Visit) -> None:
    models.Charity.objects.update(safeguarding_phone="+441614960009")
    _day_of(visit, range(3, 7))
    sheet = _sheet(office, visit)
    for words in ("Lee Frost, 01539 720002", "0161 496 0001", "0161 496 0009", "999", "Don’t promise to keep it secret"):
        assert words in sheet
    assert 'class="rows-middle"' in sheet
    assert sheet.index("Teachers and other adults") < sheet.index("If a child tells you something")


@pytest.mark.django_db
def test_of_two_pages_the_first_says_what_to_do_if_a_child_tells(office: Client, visit: models.Visit) -> None:
    _day_of(visit, range(7), sessions=4)
    sheet = _sheet(office, visit)
    assert sheet.count("If a child tells you something") == 1
    assert sheet.index("If a child tells you something") < sheet.index("Year group")


@pytest.mark.django_db
def test_where_nobody_knows_the_year_groups_there_is_a_line_to_write_one(office: Client, visit: models.Visit) -> None:
    _day_of(visit, range(0), sessions=1)
    sheet = _sheet(office, visit)
    assert "Year group: ____" in sheet
    assert 'class="rows-high"' in sheet
