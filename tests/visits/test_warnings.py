"""What may be all right but deserves a second look before booking."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from schools.charity.models import Charity
from schools.core.periods import AcademicYear
from schools.models import Area, SchoolAgreement, SessionType, Term, Visit
from schools.visits.rules import NewSession, warnings_about_booking
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory

pytestmark = pytest.mark.django_db


def warnings(school: Any, day: date, today: date, **facts: Any) -> str:
    new = NewSession(SessionType.objects.get(slug="ks2-assembly"), day, time(9, 15))
    return " ".join(map(str, warnings_about_booking(school, [replace(new, **facts)], on=today)))


@pytest.mark.parametrize(
    ("nation", "day", "words"),
    [
        ("england", date(2026, 12, 28), "is a bank holiday in England"),
        ("scotland", date(2026, 11, 30), "is a bank holiday in Scotland"),
        ("northern-ireland", date(2027, 3, 17), "is a bank holiday in Northern Ireland"),
        ("channel-islands", date(2028, 5, 9), "is a bank holiday in Channel Islands"),
        ("isle-of-man", date(2027, 7, 5), "is a bank holiday in Isle of Man"),
        ("england", date(2026, 11, 28), "is a weekend"),
        ("england", date(2026, 10, 1), "has passed"),
        ("england", date(2062, 12, 5), "is more than 3 school years from now. Check the year."),
    ],
)
def test_weekends_bank_holidays_of_the_nation_and_past_days_warn(nation: str, day: date, words: str, today: date) -> None:
    assert words in warnings(SchoolFactory(nation=nation), day, today)
    assert words not in warnings(SchoolFactory(nation=nation), date(2026, 12, 2), today)


@pytest.mark.parametrize("cycle", [1, 2, 5, 10])
def test_next_years_visit_can_be_copied_into_the_cycle_after_it_without_a_warning(cycle: int, today: date) -> None:
    school, outside_all_areas = SchoolFactory(), SchoolFactory()
    outside_all_areas.authority.holdings.all().delete()
    Area.objects.update(cycle_years=cycle)
    Charity.objects.update_or_create(pk=1, defaults={"cycle_years": 3})
    last = date(AcademicYear.of(today).start + cycle + 2, 7, 31)  # of the academic year that began the August before
    far = f"is more than {cycle + 1} school years from now"
    assert far not in warnings(school, last, today)
    assert far in warnings(school, last + timedelta(days=1), today)
    assert ("more than 4 school years" in warnings(outside_all_areas, last + timedelta(days=1), today)) == (cycle >= 3)


def test_a_day_outside_term_warns_where_terms_are_known(today: date) -> None:
    school, day = SchoolFactory(), date(2026, 12, 22)
    assert "outside term" not in warnings(school, day, today)
    Term.objects.create(nation="england", name="Autumn", first_day=date(2026, 9, 2), last_day=date(2026, 12, 18))
    assert "Tue 22 December 2026 is outside term" in warnings(school, day, today)


def test_agreement_closing_and_this_cycles_visit_warn(today: date) -> None:
    day = date(2026, 12, 2)
    old = SchoolFactory(status="closed")
    school = SchoolFactory(status="closing", closed=date(2027, 8, 31), chain=old.pk)
    old.chain = old.pk
    old.save()
    SessionFactory(visit__school=old, day=date(2025, 11, 6), delivered=True)
    text = warnings(school, day, today)
    for words in ("proposed to close, on Tue 31 August 2027", "has not agreed for 2026/27 yet", "visited on Thu 6 November 2025"):
        assert words in text
    SchoolAgreement.objects.create(school=school, academic_year=2026, accepted_on=today, by_role="head teacher")
    assert "has not agreed" not in warnings(school, day, today)


def test_a_school_in_no_area_has_the_charitys_cycle(today: date) -> None:
    school = SchoolFactory(authority=None)
    SessionFactory(visit__school=school, day=date(2023, 11, 6), delivered=True)
    assert "in this cycle already" not in warnings(school, date(2026, 12, 2), today)
    Charity.objects.update(cycle_years=4)
    assert "was visited on Mon 6 November 2023, in this cycle already" in warnings(school, date(2026, 12, 2), today)


def test_a_visit_as_a_guest_is_a_visit(today: date) -> None:
    old = SchoolFactory(status="closed")
    school = SchoolFactory(name="Elm Guest", chain=old.pk)
    old.chain = old.pk
    old.save()
    day = date(2026, 12, 2)
    for seated, on, fields in ((old, date(2025, 11, 6), {"delivered": True}), (school, date(2026, 12, 9), {})):
        HeadcountFactory(session=SessionFactory(day=on, **fields), school=seated)
    text = warnings(school, day, today)
    assert "Elm Guest was visited on Thu 6 November 2025, in this cycle already." in text
    assert "Elm Guest comes to a visit at another school on Wed 9 December 2026." in text
    Visit.objects.filter(sessions__day=date(2026, 12, 9)).update(stage="cancelled", cancelled_code="school")
    assert "at another school" not in warnings(school, day, today)


def test_a_guest_school_is_looked_at_as_well(today: date) -> None:
    guest = SchoolFactory(name="Guest School", status="closing")
    text = warnings(SchoolFactory(), date(2026, 12, 2), today, guests=((guest, {5: 20}),))
    assert "Guest School is proposed to close" in text


def test_what_is_mostly_a_slip_is_severe_and_the_rest_is_not(today: date) -> None:
    school = SchoolFactory(pupils=210, status="closing", closed=date(2027, 1, 31))
    booked = SessionFactory(visit__school=school, visit__reference="V1").visit

    def severe(day: date, *, added_to: Visit | None = None, **facts: Any) -> dict[str, bool]:
        new = replace(NewSession(SessionType.objects.get(slug="ks2-assembly"), day, time(9, 15)), **facts)
        return {str(warning): warning.is_severe for warning in warnings_about_booking(school, [new], on=today, added_to=added_to)}

    before, after = severe(date(2026, 12, 2)), severe(date(2027, 2, 1))
    assert before[f"{school} has a visit booked already: V1."]
    assert not any("booked already" in words for words in severe(date(2026, 12, 2), added_to=booked))
    assert not before[f"{school} has not agreed for 2026/27 yet. Ask for its agreement."]
    closes = f"{school} is proposed to close, on Sun 31 January 2027. Ask whether it will still be there."
    assert (before[closes], after[closes]) == (False, True)
    assert severe(date(2026, 12, 5))["Sat 5 December 2026 is a weekend."]


@pytest.mark.parametrize(("pupils", "is_far"), [(7, True), (8, False), (30, False), (50, False), (51, True), (None, False)])
def test_a_number_is_far_from_the_roll_beyond_half_as_much_again_or_below_a_quarter(
    pupils: int | None, is_far: bool, today: date
) -> None:
    words = warnings(SchoolFactory(pupils=210), date(2026, 12, 2), today, expected={3: pupils})
    assert ("where 30 are on roll. Is that right?" in words) == is_far


def test_a_year_group_in_several_sessions_of_a_type_is_added_up(today: date) -> None:
    school, kind = SchoolFactory(pupils=420), SessionType.objects.get(slug="workshop-5-6")
    halves = [NewSession(kind, date(2026, 12, 2), time(hour), expected={5: 30}) for hour in (9, 11)]
    series = [replace(new, type=SessionType.objects.get(slug="send"), expected={5: 60}) for new in halves]
    for sessions in (halves, series):
        assert "on roll" not in " ".join(map(str, warnings_about_booking(school, sessions, on=today)))
    third = " ".join(
        map(str, warnings_about_booking(school, [*halves, replace(halves[0], starts=time(14), expected={5: 60})], on=today))
    )
    assert "120 in Year 5" in third
