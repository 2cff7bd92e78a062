"""On paper: a month of the calendar is one sheet, and so are a week of the board and the tally sheet of three sessions.

Printed by a real browser.
"""

import re
from datetime import date, time, timedelta

import pytest

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import Opener, Visitor
from tests.factories import CoverFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

LONG_NAME = "Saint Bartholomew’s Church of England Voluntary Aided Primary School and Nursery"


def printed(coordinator: Visitor, path: str) -> bytes:
    """The page as the browser puts it on paper."""
    coordinator.goes_to(f"/admin/{path}")
    return coordinator.page.pdf(prefer_css_page_size=True)


def sheets(paper: bytes) -> int:
    """How many pages of paper it takes."""
    return len(re.findall(rb"/Type\s*/Page\b", paper))


def is_landscape(paper: bytes) -> bool:
    """Whether the one sheet is wider than high."""
    [(width, height)] = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", paper)
    return float(width) > float(height)


def _fill(school: models.School, first: date, last: date, *, each_day: int) -> None:
    """Book so many visits at the school on each weekday."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    booked = [day for day in days if day.weekday() < 5 for _ in range(each_day)]
    visits = models.Visit.objects.bulk_create(
        models.Visit(reference=f"V{first:%m}{number:04}", school=school, stage="planned") for number in range(len(booked))
    )
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    models.Session.objects.bulk_create(
        models.Session(visit=visit, type=kind, day=day, starts=time(10, 15), ends=time(10, 45))
        for visit, day in zip(visits, booked, strict=True)
    )


def _day_of_three_sessions(school: models.School, day: date, groups: range) -> models.Visit:
    visit = models.Visit.objects.create(reference=f"VDAY{len(groups)}", school=school, stage="planned")
    for number in range(3):
        session = SessionFactory(visit=visit, day=day, starts=time(9 + number), ends=time(9 + number, 45), room="Main hall")
        models.Headcount.objects.bulk_create(
            models.Headcount(session=session, school=school, year_group=group, expected=30) for group in groups
        )
    return visit


def test_a_month_of_six_weeks_is_one_sheet_in_landscape_format_and_the_tally_of_three_sessions_is_one(
    visitor: Opener, charity: Charity
) -> None:
    models.School.objects.filter(pk=charity.school.pk).update(name=LONG_NAME, address=f"{LONG_NAME}, Long Lane, Larkfield")
    charity.school.refresh_from_db()
    coordinator = visitor("paper")
    coordinator.signs_in("coordinator@example.org")
    month_on_paper = printed(coordinator, "calendar/?day=2026-11-02")
    assert sheets(month_on_paper) == 1
    assert is_landscape(month_on_paper)
    assert coordinator.page.locator("table.calendar tbody tr").count() == 6
    for month, each_day in ((5, 3), (8, 6), (10, 20)):
        _fill(charity.school, date(2027, month, 1), date(2027, month, 31), each_day=each_day)
        assert sheets(printed(coordinator, f"calendar/?day=2027-{month:02}-01")) == 1
    # Here each visit has its state in words.
    _fill(charity.school, date(2028, 1, 3), date(2028, 1, 28), each_day=2)
    assert sheets(printed(coordinator, "calendar/?day=2028-01-01")) == 1
    day = date(2026, 12, 10)
    for groups in (range(3, 6), range(7)):
        visit = _day_of_three_sessions(charity.school, day, groups)
        assert sheets(printed(coordinator, f"visit/{visit.pk}/{day}/tally/")) == 1
        assert coordinator.page.get_by_role("heading", name="If a child tells you something").is_visible()


def test_a_week_of_the_board_is_one_sheet_in_landscape_format(visitor: Opener, charity: Charity) -> None:
    models.School.objects.filter(pk=charity.school.pk).update(name=LONG_NAME)
    _fill(charity.school, date(2027, 5, 3), date(2027, 5, 7), each_day=4)
    for session in models.Session.objects.filter(day__range=(date(2027, 5, 3), date(2027, 5, 7))):
        CoverFactory(session=session, volunteer=models.Volunteer.objects.get(name="Asha Patel"))
    coordinator = visitor("paper-week")
    coordinator.signs_in("coordinator@example.org")
    paper = printed(coordinator, "week/?day=2027-05-03")
    assert coordinator.page.locator(".week-board .morning").count() == 20
    assert sheets(paper) == 1
    assert is_landscape(paper)
