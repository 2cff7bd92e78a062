"""Dates that are offered to a school: what can be offered, what a hold keeps away, and what follows from the choice."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from schools import models
from schools.core.errors import RuleBroken
from schools.messages.actions import deliver_due
from schools.planning.actions import choose_date, lapse_dates, offer_dates, refuse_dates, take_back_dates
from schools.planning.actions.answers import Chooser
from schools.planning.queries.new_days import fitting_days
from schools.school_portal.dates import DatesPage, opened_dates
from schools.visits.actions import assign, claim
from schools.visits.actions.conversations import request_visit
from schools.visits.actions.undoing import undo
from schools.visits.half_days import HalfDay
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.queries import VisitDay
from schools.visits.queries.requests import asked_for_by
from schools.visits.rules.offered_dates import reasons_not_to_name_days, still_to_choose
from tests import factories
from tests.news import drafts, tell
from tests.planning.offering import (
    LATER,
    NOW,
    ON,
    THREE,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    a_school,
    assemblies,
    offered,
    path_to,
    people,
)

pytestmark = pytest.mark.django_db

RELEASED = NOW + HELD_FOR + CLOCKS_APART
PAT = Chooser("Pat Head")


@pytest.fixture
def area() -> models.Area:
    made: models.Area = factories.AreaFactory()
    return made


def refusal(school: models.School, half_days: Any = THREE, **options: Any) -> str:
    with pytest.raises(RuleBroken) as refused:
        offered(school, half_days, **options)
    return " ".join(refused.value.reasons)


def without_template(row: models.OfferedDates) -> models.OfferedDates:
    """The dates as they are once the template of the offer was deleted, so that nothing is booked by itself."""
    models.OfferedDates.objects.filter(pk=row.pk).update(template=None)
    row.refresh_from_db()
    return row


def test_dates_are_held_for_the_school_and_mailed_to_the_person_after_a_minute(area: models.Area) -> None:
    school = a_school(area)
    people(area, 2)
    row = offered(school, (THURSDAY, TUESDAY, WEDNESDAY))
    assert row.half_days == [each.key for each in THREE]
    assert (row.state, row.people, row.held_until, row.visit) == ("open", 2, ON + timedelta(days=10), None)
    with time_machine.travel(NOW, tick=False):
        assert deliver_due(clock=lambda: NOW)[0] == 0
        assert deliver_due(clock=lambda: RELEASED)[0] == 1
    [letter] = mail.outbox
    assert letter.to == [school.contacts.get().email]
    assert "- Tue 15 December 2026, morning" in letter.body
    assert "/school/dates/" in letter.body
    assert tell(LATER, kinds=["dates-to-choose"]) == 0, "It is said once."


def test_what_is_undone_in_time_is_heard_of_by_nobody_and_the_dates_are_free_again(area: models.Area) -> None:
    school, by = a_school(area), factories.manager()
    people(area, 2)
    row = offered(school, by=by)
    batch = models.Batch.objects.get()
    undo(batch, by=by, now=NOW)
    row.refresh_from_db()
    assert row.state == "back"
    assert not models.OutboxMessage.objects.exists()
    assert drafts("dates-to-choose", LATER) == []
    offered(a_school(area))


def test_an_undo_after_the_choice_leaves_it_as_it_is(area: models.Area) -> None:
    school, by = a_school(area), factories.manager()
    people(area, 2)
    row = choose_date(offered(school, by=by), TUESDAY, PAT, now=LATER)
    undone = undo(models.Batch.objects.get(), by=by, now=LATER)
    row.refresh_from_db()
    assert (row.state, len(undone.left_alone)) == ("chosen", 1)


def test_dates_that_are_offered_in_the_evening_go_out_in_the_morning(area: models.Area) -> None:
    school, evening = a_school(area), NOW.replace(hour=21)
    people(area, 2)
    offered(school, now=evening)
    assert not models.OutboxMessage.objects.exists()
    assert tell(evening + timedelta(hours=1), kinds=["dates-to-choose"]) == 0
    assert tell(evening + timedelta(hours=12), kinds=["dates-to-choose"]) == 1


def test_a_half_day_that_is_held_for_one_school_is_offered_to_no_other_that_needs_the_same_people(area: models.Area) -> None:
    people(area, 3)
    offered(a_school(area))
    assert "needed for what is booked or held already" in refusal(a_school(area))
    people(area, 1)
    offered(a_school(area))


def test_people_who_may_not_go_to_the_one_school_are_left_for_the_other(area: models.Area) -> None:
    first, second = a_school(area), a_school(area)
    for person in people(area, 2):
        models.Conflict.objects.create(volunteer=person, school=second)
    people(area, 2)
    offered(first)
    offered(second)
    assert models.OfferedDates.objects.filter(state="open").count() == 2


def test_what_cannot_be_offered_is_refused_with_what_to_do(area: models.Area) -> None:
    school = a_school(area)
    assert "nobody could go, and 2 have to" in refusal(school)
    people(area, 2)
    assert "Tick at least one" in refusal(school, ())
    assert "Tick at least 3" in refusal(school, (TUESDAY,))
    many = [HalfDay(date(2026, 12, day), is_afternoon) for day in (14, 15, 16) for is_afternoon in (False, True)]
    assert "At most 5" in refusal(school, many)
    christmas, saturday, too_near = (HalfDay(date(2026, 12, day), is_afternoon=False) for day in (25, 12, 2))
    ends_of_time = (HalfDay(date(year, 12, 28), is_afternoon=True) for year in (1, 9999))
    for half_day in (christmas, saturday, too_near, *ends_of_time):
        assert "not open then, or it is too near or too far off" in refusal(school, (*THREE, half_day))
    stranger = models.Contact.objects.create(school=a_school(area), name="Gus", email="gus@moss.example.org")
    assert "is not at Fern Primary" in refusal(school, contact=stranger)
    with pytest.raises(RuleBroken, match="Nobody at Fern Primary can be mailed"):
        offer_dates(school, THREE, planned=assemblies(school), contact=None, by=factories.manager(), now=NOW)
    offered(school)
    assert "offered to Fern Primary already" in refusal(school)
    assert models.OfferedDates.objects.count() == 1


def test_few_are_enough_where_there_are_no_more(area: models.Area) -> None:
    school = a_school(area)
    for person in people(area, 2):
        models.Away.objects.create(volunteer=person, first_day=ON, last_day=date(2026, 12, 14))
        models.Away.objects.create(volunteer=person, first_day=date(2026, 12, 16), last_day=date(2026, 12, 31))
    assert "Tick at least 2" in refusal(school, (TUESDAY,))
    offered(school, (TUESDAY, HalfDay(TUESDAY.day, is_afternoon=True)))


def test_a_school_with_a_visit_is_offered_nothing(area: models.Area) -> None:
    school = a_school(area)
    people(area, 4)
    session = factories.SessionFactory(visit__school=school, day=date(2026, 12, 10))
    assert f"Visit {session.visit.reference} is booked" in refusal(school)


def test_a_choice_that_is_not_booked_holds_its_half_day_alone_until_it_is(area: models.Area) -> None:
    school, other = a_school(area), a_school(area)
    people(area, 2)
    row = choose_date(without_template(offered(school)), WEDNESDAY, PAT, now=LATER)
    assert row.visit is not None
    assert (row.visit.stage, row.visit.school, row.visit.contact) == ("requested", school, school.contacts.get())
    assert (row.state, row.chosen, row.chosen_by, row.is_short) == ("chosen", WEDNESDAY.key, "Pat Head", False)
    assert "Wed" in refusal(other, (TUESDAY, THURSDAY, WEDNESDAY))
    offered(other, (TUESDAY, THURSDAY, HalfDay(TUESDAY.day, is_afternoon=True)))
    models.Visit.objects.filter(pk=row.visit.pk).update(stage="declined", declined_on=ON)
    assert not models.OfferedDates.objects.waiting_to_be_booked(on=LATER.date()).exists()


def test_the_choice_joins_what_the_school_asked_for(area: models.Area) -> None:
    school, by = a_school(area), factories.manager()
    people(area, 2)
    visit = request_visit(school, preferred_month=None, by=by, now=NOW)
    row = offered(school)
    assert row.visit == visit
    assert choose_date(row, TUESDAY, PAT, now=LATER).visit == visit
    visit = models.Visit.objects.get()
    assert (visit.stage, visit.coordinator, visit.sessions.count()) == ("confirmed", by, 2)


def converted(area: models.Area) -> tuple[models.School, models.School]:
    """A school under its old register number, which is closed, and under its new one."""
    old, new = a_school(area, name="Fern Primary"), a_school(area, name="Fern Academy")
    models.School.objects.filter(pk__in=[old.pk, new.pk]).update(chain=old.pk, lineage=old.pk)
    models.School.objects.filter(pk=old.pk).update(status="closed", closed=ON)
    old.refresh_from_db()
    new.refresh_from_db()
    return old, new


def test_what_a_school_asked_for_under_its_old_number_is_booked_under_the_new_one_once(area: models.Area) -> None:
    old, new = converted(area)
    people(area, 2)
    asked = factories.VisitFactory(school=old, stage="requested", contact=old.contacts.get())
    row = offered(new)
    assert row.visit == asked
    assert choose_date(row, TUESDAY, PAT, now=LATER).visit == asked
    visit = models.Visit.objects.get()
    assert (visit.stage, visit.school, visit.contact, visit.sessions.count()) == ("confirmed", new, new.contacts.get(), 2)


def test_what_is_booked_under_the_old_number_keeps_offers_away_and_ends_what_is_open(area: models.Area) -> None:
    old, new = converted(area)
    people(area, 4)
    row = offered(new)
    session = factories.SessionFactory(visit__school=old, day=date(2026, 12, 10))
    with pytest.raises(RuleBroken, match="not held for you any more"):
        choose_date(row, TUESDAY, PAT, now=LATER)
    assert lapse_dates(now=LATER) == (1, 0)
    assert f"Visit {session.visit.reference} is booked" in refusal(new)
    models.Visit.objects.all().delete()
    models.OfferedDates.objects.filter(pk=row.pk).update(state="open", answered_at=None)
    models.School.objects.filter(pk=old.pk).update(status="open", closed=None)
    old.refresh_from_db()
    assert "Dates are offered to Fern Primary already" in refusal(old)


def shown_by_link(row: models.OfferedDates) -> DatesPage:
    shown = opened_dates(path_to(row).rstrip("/").rpartition("/")[2], on=LATER.date())
    assert isinstance(shown, DatesPage)
    return shown


def test_by_a_link_under_the_old_number_no_days_are_named_once_dates_are_offered_under_the_new_one(area: models.Area) -> None:
    old, new = a_school(area, name="Fern Primary"), a_school(area, name="Fern Academy")
    people(area, 2)
    row = refuse_dates(offered(old), PAT, now=LATER)
    models.School.objects.filter(pk__in=[old.pk, new.pk]).update(chain=old.pk, lineage=old.pk)
    models.School.objects.filter(pk=old.pk).update(status="closed", closed=ON)
    new.refresh_from_db()
    assert refuse_dates(row, PAT, half_days=[HalfDay(date(2027, 1, 12), is_afternoon=False)], now=LATER).wished
    assert shown_by_link(row).may_name_days
    offered(new, now=LATER + timedelta(hours=1))
    assert not shown_by_link(row).may_name_days
    with pytest.raises(RuleBroken, match="offered you other dates since"):
        refuse_dates(row, PAT, half_days=[HalfDay(date(2027, 1, 13), is_afternoon=False)], now=LATER)


def test_a_school_that_asked_under_its_old_number_has_asked_already_under_the_new_one(area: models.Area) -> None:
    old, new = converted(area)
    factories.VisitFactory(school=old, stage="requested", preferred_month=date(2027, 3, 1))
    with pytest.raises(RuleBroken, match="has asked for a visit already"):
        request_visit(new, preferred_month=None, by=factories.manager(), now=NOW)
    assert fitting_days(new, on=ON, most=1, requested=asked_for_by(new)) == [date(2027, 3, 1)]


def test_the_first_answer_decides_and_the_same_again_is_the_same(area: models.Area) -> None:
    people(area, 2)
    row = choose_date(offered(a_school(area)), TUESDAY, PAT, now=LATER)
    assert choose_date(row, TUESDAY, Chooser("Sam"), now=LATER).chosen_by == "Pat Head"
    with pytest.raises(RuleBroken, match="Pat Head has chosen Tue 15"):
        choose_date(row, WEDNESDAY, Chooser("Sam"), now=LATER)
    assert models.Visit.objects.count() == 1


@pytest.mark.parametrize(
    "half_day", [None, HalfDay(date(2026, 12, 18), is_afternoon=False), HalfDay(TUESDAY.day, is_afternoon=True)]
)
def test_only_what_was_offered_can_be_chosen(area: models.Area, half_day: HalfDay | None) -> None:
    people(area, 2)
    row = offered(a_school(area))
    with pytest.raises(RuleBroken, match="Choose one of the dates"):
        choose_date(row, half_day, PAT, now=LATER)
    with pytest.raises(RuleBroken, match="not held for you any more"):
        choose_date(row, TUESDAY, PAT, now=NOW + timedelta(days=11))


def test_a_hold_keeps_no_volunteer_from_a_session_and_the_choice_says_that_people_went(area: models.Area) -> None:
    school = a_school(area)
    one, other = people(area, 2, signs_in=True)
    row = offered(school)
    session = factories.SessionFactory(
        visit__school=a_school(area), visit__stage="confirmed", visit__agreed_on=ON, day=TUESDAY.day
    )
    assert one.user
    claim(VisitDay(session.visit, session.day), one, role="presenter", by=one.user, now=NOW)
    row = choose_date(row, TUESDAY, PAT, now=LATER)
    assert row.visit is not None
    assert (row.visit.stage, row.is_short) == ("requested", True)
    models.Cover.objects.all().delete()
    session.visit.sessions.all().delete()
    assert lapse_dates(now=LATER) == (0, 1)
    row.refresh_from_db()
    assert not row.is_short
    models.Away.objects.create(volunteer=other, first_day=ON, last_day=date(2026, 12, 31))
    assert lapse_dates(now=LATER) == (0, 1)
    assert lapse_dates(now=LATER) == (0, 0)


def test_what_nobody_answers_lapses_after_the_days_of_the_setting_and_is_free_at_once(area: models.Area, settings: Any) -> None:
    settings.SPEAKOUT_HOLD_DATES_DAYS = 3
    people(area, 2)
    row = offered(a_school(area))
    last, after = NOW + timedelta(days=3), NOW + timedelta(days=4)
    assert lapse_dates(now=last) == (0, 0)
    with pytest.raises(RuleBroken):
        offered(a_school(area), now=last)
    offered(a_school(area), now=after)
    assert lapse_dates(now=after) == (1, 0)
    row.refresh_from_db()
    assert row.state == "lapsed"
    assert lapse_dates(now=after) == (0, 0)


def test_a_school_whose_dates_lapsed_can_be_offered_others_before_the_nightly_job(area: models.Area) -> None:
    school = a_school(area)
    people(area, 2)
    first = offered(school)
    later = NOW + timedelta(days=11)
    half_days = [HalfDay(date(2026, 12, day), is_afternoon=False) for day in (21, 22, 23)]
    second = offered(school, half_days, now=later)
    first.refresh_from_db()
    assert (first.state, second.state) == ("lapsed", "open")


def test_dates_are_taken_back_until_the_school_has_chosen(area: models.Area) -> None:
    people(area, 4)
    row, chosen = offered(a_school(area)), offered(a_school(area))
    assert take_back_dates(row, now=LATER).state == "back"
    assert take_back_dates(row, now=LATER).state == "back"
    choose_date(chosen, TUESDAY, PAT, now=LATER)
    with pytest.raises(RuleBroken, match="Pat Head has chosen"):
        take_back_dates(chosen, now=LATER)


def test_a_visit_that_is_booked_meanwhile_ends_the_hold(area: models.Area) -> None:
    school = a_school(area)
    going = people(area, 2)
    row = offered(school)
    session = factories.SessionFactory(visit__school=school, day=date(2026, 12, 10))
    for person in going:
        assign(session, person, role="presenter", by=factories.manager(), now=NOW)
    with pytest.raises(RuleBroken, match="not held for you any more"):
        choose_date(row, TUESDAY, PAT, now=LATER)
    assert lapse_dates(now=LATER) == (1, 0)


def test_a_school_whom_none_suits_frees_all_of_them_and_stands_on_home_until_something_follows(area: models.Area) -> None:
    school = a_school(area)
    people(area, 2)
    row = offered(school)
    assert refuse_dates(row, PAT, now=LATER).state == "none"
    assert refuse_dates(row, Chooser("Sam"), now=LATER).chosen_by == "Pat Head"
    with pytest.raises(RuleBroken, match="Pat Head has said that none"):
        choose_date(row, TUESDAY, PAT, now=LATER)
    assert not models.Visit.objects.exists()

    def on_home(days: int = 0) -> bool:
        return models.OfferedDates.objects.without_a_date(on=LATER.date() + timedelta(days=days)).exists()

    assert on_home()
    assert on_home(14)
    assert not on_home(15)
    other = offered(a_school(area))
    take_back_dates(other, now=LATER)
    assert on_home()
    offered(school, [HalfDay(date(2026, 12, day), is_afternoon=False) for day in (21, 22, 23)], now=LATER)
    assert not on_home()
    take_back_dates(models.OfferedDates.objects.get(school=school, state="open"), now=LATER)
    assert on_home(), "what was taken back answers nothing"
    assert shown_by_link(row).may_name_days
    assert reasons_not_to_name_days(row, seen="", on=LATER.date()) == []


def test_what_is_offered_while_others_are_looked_through_does_not_lapse_with_them(
    area: models.Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(area, 4)
    first = offered(a_school(area))
    second: list[models.OfferedDates] = []

    def while_another_is_offered(row: models.OfferedDates, **on: Any) -> Any:
        if not second:
            second.append(row)  # offering looks for what is over, too
            second[:] = [offered(a_school(area, name="Moss"))]
        return still_to_choose(row, **on)

    monkeypatch.setattr("schools.planning.actions.dates.still_to_choose", while_another_is_offered)
    assert lapse_dates(now=LATER) == (0, 0)
    for row in (first, *second):
        row.refresh_from_db()
        assert row.state == "open"


def test_who_chose_a_date_is_not_told_besides_that_somebody_looks_for_one(area: models.Area) -> None:
    people(area, 2)
    choose_date(without_template(offered(a_school(area))), TUESDAY, PAT, now=LATER)
    assert drafts("school-request", LATER) == []
