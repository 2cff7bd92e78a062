"""What cannot be booked or called off, and is refused in words rather than by the database."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest

from schools.accounts.models import Role
from schools.core.errors import RuleBroken
from schools.models import ClosedPeriod, Headcount, SessionType, Visit
from schools.visits.actions import NewSession, VisitDetails, book, cancel_session, cancel_visit
from tests.factories import DAY, AreaFactory, SchoolFactory, SessionFactory, UserFactory, coordinator_of, manager, user_with

pytestmark = pytest.mark.django_db


def assembly(**facts: Any) -> NewSession:
    return replace(NewSession(SessionType.objects.get(slug="ks2-assembly"), DAY, time(9, 15)), **facts)


def test_a_reference_that_another_school_uses_is_refused(now: datetime) -> None:
    book(SchoolFactory(), [assembly()], by=UserFactory(), now=now, reference="VABC234")
    with pytest.raises(RuleBroken, match="Another visit has the reference VABC234"):
        book(SchoolFactory(), [assembly()], by=UserFactory(), now=now, reference="VABC234")
    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"day": date(26, 11, 26)}, "Look the year up"),
        ({"day": date(2100, 1, 1)}, "Look the year up"),
        ({"until_day": DAY}, "Only online sessions have a window"),
        ({"expected": {5: 30, 7: 30}}, "A year group is 0"),
        ({"language": "xx"}, "Choose one of the languages"),
    ],
)
def test_what_no_session_can_be_is_refused_in_words(facts: dict[str, Any], words: str, now: datetime) -> None:
    with pytest.raises(RuleBroken, match=words):
        book(SchoolFactory(), [assembly(**facts)], by=UserFactory(), now=now)
    assert not Visit.objects.exists()


def test_who_coordinates_nothing_there_is_given_no_visit(now: datetime) -> None:
    analyst, far, area = user_with(Role.ANALYST, name="Ada Lyst"), coordinator_of(name="Fay Far"), AreaFactory(name="Lakes")
    school, other = SchoolFactory(area=area), coordinator_of(area)
    with pytest.raises(RuleBroken, match="Fay Far does not coordinate Lakes"):
        book(school, [assembly()], by=manager(), now=now, details=VisitDetails(coordinator=far))
    with pytest.raises(RuleBroken, match="Ada Lyst coordinates nothing here"):
        book(school, [assembly()], by=manager(), now=now, details=VisitDetails(coordinator=analyst))
    assert not Visit.objects.exists()
    assert book(school, [assembly()], by=manager(), now=now, details=VisitDetails(coordinator=other)).coordinator == other


def test_an_online_session_may_be_shown_in_a_window_of_days(now: datetime) -> None:
    online = NewSession(SessionType.objects.get(slug="online-ks2"), DAY, time(9, 0), until_day=date(2026, 12, 11))
    visit = book(SchoolFactory(), [online], by=UserFactory(), now=now)
    assert visit.sessions.get().last_day == date(2026, 12, 11)


def test_a_registers_total_that_no_year_group_can_have_makes_the_expected_number_unknown(now: datetime) -> None:
    book(SchoolFactory(pupils=20_000), [assembly()], by=UserFactory(), now=now)
    assert set(Headcount.objects.values_list("expected", flat=True)) == {None}
    assert Headcount.objects.count() == 4


def test_a_visit_whose_sessions_were_all_cancelled_one_by_one_can_still_be_called_off(now: datetime) -> None:
    session = SessionFactory()
    cancel_session(session, code="school", note="", by=manager(), now=now)
    visit = session.visit
    cancel_visit(visit, code="school", note="They moved house", by=manager(), now=now)
    visit.refresh_from_db()
    assert (visit.stage, visit.cancelled_code, visit.cancelled_note) == ("cancelled", "school", "They moved house")


@pytest.mark.parametrize("code", ["", "aliens"])
def test_calling_off_needs_a_reason_from_the_list(code: str, now: datetime) -> None:
    session = SessionFactory()
    with pytest.raises(RuleBroken, match="Say why"):
        cancel_session(session, code=code, note="", by=manager(), now=now)
    with pytest.raises(RuleBroken, match="Say why"):
        cancel_visit(session.visit, code=code, note="", by=manager(), now=now)


def test_nothing_is_booked_into_days_whose_return_is_signed_off_except_by_a_manager(now: datetime) -> None:
    area = AreaFactory()
    school = SchoolFactory(area=area)
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 8, 1), last_day=DAY)
    with pytest.raises(RuleBroken, match="is signed off"):
        book(school, [assembly()], by=coordinator_of(area), now=now)
    book(school, [assembly(day=date(2026, 11, 27))], by=coordinator_of(area), now=now)
    book(school, [assembly()], by=manager(), now=now)
    assert Visit.objects.count() == 2
