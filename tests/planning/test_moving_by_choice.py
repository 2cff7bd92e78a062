"""A school moves its booked visit by choosing a date: by the verb of the office, else the visit stays and the choice waits."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet

from schools import models
from schools.core.errors import RuleBroken
from schools.office.bookings.dates import MovePage
from schools.office.home.needs import NEEDS
from schools.planning.actions import choose_date, lapse_dates, refuse_dates, take_back_dates
from schools.planning.actions.answers import Chooser
from schools.planning.rules import reasons_not_to_move_by_choice
from schools.visits.actions.cancelling import cancel_visit
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.school_changes import answer_that_day_stands, see_to_changes
from schools.visits.actions.undoing import undo
from schools.visits.half_days import HalfDay
from schools.visits.rules.moving import later, slot_of
from tests import factories
from tests.news import drafts, tell
from tests.planning.moving import DAY, TOO_LATE, a_booked_visit, a_wish, offered_to_move, slots
from tests.planning.offering import LATER, NOW, ON, THREE, THURSDAY, TUESDAY, WEDNESDAY, a_school, offered, people
from tests.school_portal.changing import as_read

pytestmark = pytest.mark.django_db

PAT = Chooser("Pat Head")
MORNING = [(DAY, time(9, 30)), (DAY, time(10, 15))]
MOVED = [(TUESDAY.day, time(9, 30)), (TUESDAY.day, time(10, 15))]


@pytest.fixture
def area() -> models.Area:
    made: models.Area = factories.AreaFactory()
    return made


@pytest.fixture
def by(area: models.Area) -> models.User:
    return factories.coordinator_of(area)


@pytest.fixture
def visit(area: models.Area, by: models.User) -> models.Visit:
    return a_booked_visit(a_school(area), *people(area, 2), coordinator=by)


def on_home(key: str) -> int:
    """How many rows a line of home counts on the day of the choice."""
    need = next(each for each in NEEDS if each.key == key)
    return need.rows(need.model._default_manager.all(), LATER.date()).count()


def moved_by_the_office(visit: models.Visit, by: models.User, days: int = 1) -> models.Batch:
    """The office moves all of the visit by so many days."""
    to = {
        session.pk: slot
        for session in visit.sessions.all()
        if (slot := later(slot_of(session), day=session.day + timedelta(days=days), by=timedelta()))
    }
    return move(visit, to, seen=plan_move(visit, to, by=by, now=LATER).digest, by=by, now=LATER)


def refused(row: models.OfferedDates, half_day: HalfDay | None = TUESDAY, now: Any = LATER) -> str:
    """Why the choice is refused."""
    with pytest.raises(RuleBroken) as broken:
        choose_date(row, half_day, PAT, now=now)
    return " ".join(broken.value.reasons)


def test_the_choice_moves_the_visit_as_the_office_would_and_the_office_can_undo_it(visit: models.Visit, by: models.User) -> None:
    row = choose_date(offered_to_move(visit, by=by), TUESDAY, PAT, now=LATER)
    visit.refresh_from_db()
    assert (slots(visit), visit.stage, visit.agreed_with) == (MOVED, "confirmed", "Pat Head")
    assert (row.state, row.visit, row.chosen_by, row.is_short) == ("chosen", visit, "Pat Head", False)
    assert set(models.Cover.objects.values_list("state", "news")) == {("offered", "ask_again")}
    batch = row.batch
    assert batch
    assert (batch.kind, batch.by, batch.made_at) == ("move", by, LATER)
    assert batch.words.endswith(", as the school chose")
    assert batch.held_until
    assert batch.held_until > LATER
    assert models.OutboxMessage.objects.filter(next_try=batch.held_until).exists(), "the school's mail waits for an undo"
    assert choose_date(row, TUESDAY, Chooser("Sam"), now=LATER).chosen_by == "Pat Head"
    assert models.Batch.objects.filter(kind="move").count() == 1
    assert not models.OfferedDates.objects.holding(on=ON).exists()
    undo(batch, by=by, now=LATER)
    assert slots(visit) == MORNING
    assert on_home("school-move") == 0, "whoever undid it knows"
    assert "has chosen" in refused(row, WEDNESDAY)


def test_the_coordinator_hears_that_it_moved_and_the_school_by_the_mail_of_every_move(
    visit: models.Visit, by: models.User
) -> None:
    row = offered_to_move(visit, by=by)
    [offer] = models.OutboxMessage.objects.filter(kind="dates-to-choose")
    assert offer.subject == "Another day for our visit? Fern Primary, Thu 10 December 2026"
    assert "Our visit to Fern Primary is planned for Thu 10 December 2026" in offer.body
    choose_date(row, TUESDAY, PAT, now=LATER)
    [told] = drafts("date-chosen", LATER)
    assert (told.to, told.subject) == (by.email, "Moved: Fern Primary, Tue 15 December 2026, morning")
    assert drafts("school-change", LATER) == []
    models.Session.objects.filter(visit=visit).update(day=THURSDAY.day)
    assert drafts("date-chosen", LATER) == [], "the office has moved it on, and knows"
    of_the_move = models.OutboxMessage.objects.exclude(kind="dates-to-choose").filter(to=visit.school.contacts.get().email)
    assert ["Tue 15 December 2026" in message.body for message in of_the_move] == [True]


def test_another_half_of_a_day_begins_with_it_and_sessions_keep_their_distance(visit: models.Visit) -> None:
    afternoon = HalfDay(WEDNESDAY.day, is_afternoon=True)
    choose_date(offered_to_move(visit, (TUESDAY, THURSDAY, afternoon)), afternoon, PAT, now=LATER)
    assert slots(visit) == [(WEDNESDAY.day, time(13, 15)), (WEDNESDAY.day, time(14, 0))]


def test_who_can_go_is_judged_by_the_site_at_which_the_visit_is(area: models.Area) -> None:
    school = a_school(area, easting=400_000, northing=400_000)
    site = models.Site.objects.create(school=school, name="Annexe", postcode="CA1 2AB", easting=420_000, northing=400_000)
    visit = a_booked_visit(school, *people(area, 2, easting=420_000, northing=400_000, furthest_km=5))
    with pytest.raises(RuleBroken):
        offered_to_move(visit)
    visit.sessions.update(site=site)
    row = choose_date(offered_to_move(visit), TUESDAY, PAT, now=LATER)
    assert (row.is_short, slots(visit)) == (False, MOVED)


def test_where_people_went_the_visit_stays_and_the_choice_is_a_wish_that_is_held(visit: models.Visit, by: models.User) -> None:
    a_wish(visit, "2027-01-12-morning")
    row = offered_to_move(visit, by=by)
    assert on_home("school-move") == 0, "the school is to answer first"
    one = models.Volunteer.objects.order_by("pk")[0]
    models.Away.objects.create(volunteer=one, first_day=TUESDAY.day, last_day=TUESDAY.day)
    row = choose_date(row, TUESDAY, PAT, now=LATER)
    assert (slots(visit), row.is_short, row.batch) == (MORNING, True, None)
    wish = models.SchoolChange.objects.get()
    assert (wish.half_days, wish.given_by, wish.why, wish.day) == ([TUESDAY.key], "Pat Head", "clash", DAY)
    assert on_home("school-move") == 1
    assert (on_home("dates-short"), drafts("date-chosen", LATER)) == (0, [])
    [told] = drafts("school-change", LATER)
    assert "Tue 15 December 2026, morning" in told.body
    assert list(models.OfferedDates.objects.holding(on=ON)) == [row]
    facts = {"school": visit.school, "visit": visit, "moves_from": DAY, "held_until": ON, "half_days": [], "people": 2}
    models.OfferedDates.objects.create(offered_at=LATER + timedelta(minutes=5), state="back", **facts)
    assert list(models.OfferedDates.objects.holding(on=ON)) == [row], "what was taken back does not take its place"
    models.Away.objects.all().delete()
    assert lapse_dates(now=LATER) == (0, 1), "there are enough again"
    # What it holds keeps others away, and not itself: the same half-day can be offered again.
    shown = MovePage(visit.school, {}, ON, visit=visit)
    assert {each.half_day.key: each.can_be_staffed for each in shown.rated}[TUESDAY.key]
    with transaction.atomic():
        assert TUESDAY.key in offered_to_move(visit, by=by).half_days
        transaction.set_rollback(True)
    moved_by_the_office(visit, by, days=5)
    assert not models.OfferedDates.objects.holding(on=ON).exists()
    assert on_home("school-move") == 0


def another_day_too(visit: models.Visit) -> None:
    factories.SessionFactory(visit=visit, day=DAY + timedelta(days=1))


def longer(visit: models.Visit) -> None:
    visit.sessions.filter(starts=time(10, 15)).update(ends=time(14, 0))


def more_people(visit: models.Visit) -> None:
    models.SessionType.objects.filter(slug="ks2-assembly").update(presenters=3)


def out_of_term(visit: models.Visit) -> None:
    days = {"first_day": date(2026, 9, 1), "last_day": date(2026, 12, 11)}
    models.Term.objects.create(nation="england", authority=visit.school.authority, name="Own", **days)


def closed(visit: models.Visit) -> None:
    models.ClosedPeriod.objects.create(area=models.Area.objects.get(), first_day=TUESDAY.day, last_day=TUESDAY.day)


def closed_before(visit: models.Visit) -> None:
    models.ClosedPeriod.objects.create(area=models.Area.objects.get(), first_day=DAY, last_day=DAY)


def closing(visit: models.Visit) -> None:
    models.School.objects.filter(pk=visit.school_id).update(status="closing", closed=DAY)


def nobody_there(visit: models.Visit) -> None:
    models.User.objects.update(is_active=False)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (another_day_too, "do not fit into that half-day any more"),
        (longer, "do not fit into that half-day any more"),
        (more_people, "asks for other people than when the dates were offered"),
        (out_of_term, "is outside term at Fern Primary"),
        (closed, "is signed off"),
        (closed_before, "from which the visit would be moved"),
        (closing, "may be closed by then"),
        (nobody_there, "Nobody looks after the area"),
    ],
)
def test_where_the_office_would_have_to_look_the_visit_stays_and_its_page_says_why(
    area: models.Area, visit: models.Visit, happens: Callable[[models.Visit], None], reason: str
) -> None:
    people(area, 1)
    row = offered_to_move(visit)
    happens(visit)
    row = choose_date(row, TUESDAY, PAT, now=LATER)
    assert (row.state, row.batch, row.is_short) == ("chosen", None, False)
    assert not visit.sessions.filter(day=TUESDAY.day).exists()
    assert reason in " ".join(reasons_not_to_move_by_choice(row, on=LATER.date()))
    assert models.SchoolChange.objects.get().why == "other"


def test_a_visit_that_was_moved_cancelled_or_stays_leaves_nothing_to_choose(visit: models.Visit, by: models.User) -> None:
    row = offered_to_move(visit, by=by)
    batch = moved_by_the_office(visit, by)
    assert "not held for you any more" in refused(row)
    undo(batch, by=by, now=LATER)
    assert models.OfferedDates.objects.open_on(ON).exists(), "it stands where it stood"
    wish = a_wish(visit, TUESDAY.key)
    answer_that_day_stands(visit, as_read(wish), by=by, now=LATER)
    assert "not held for you any more" in refused(row)
    models.SchoolChange.objects.update(seen_at=None, seen_by=None, is_mailed=False, over_at=LATER, over_by="Jo")
    assert "not held for you any more" in refused(row), "the school takes its wish back: the day suits after all"
    models.SchoolChange.objects.all().delete()
    cancel_visit(visit, code="school", note="", by=by, now=LATER)
    assert "not held for you any more" in refused(row)
    assert lapse_dates(now=LATER) == (1, 0)
    assert lapse_dates(now=LATER) == (0, 0)


def test_after_the_last_day_to_move_it_is_by_phone_and_no_hold_lasts_longer(visit: models.Visit) -> None:
    row = offered_to_move(visit)
    assert row.held_until == date(2026, 12, 3)
    models.OfferedDates.objects.update(held_until=date(2026, 12, 31))
    assert "Now it is by phone" in refused(row, now=TOO_LATE)
    assert slots(visit) == MORNING


def test_what_is_offered_in_quiet_hours_is_judged_and_held_from_when_its_mail_goes(visit: models.Visit, settings: Any) -> None:
    """Offered on the last day after eight, the hold was over before the school could read of it."""
    half_days = [HalfDay(date(2026, 12, day), is_afternoon=False) for day in (17, 18, 21)]
    last = TOO_LATE - timedelta(days=1)
    for late in (last.replace(hour=19, minute=59), last.replace(hour=21)):
        with pytest.raises(RuleBroken, match="too near for the school to choose by mail"):
            offered_to_move(visit, half_days, now=late)
    take_back_dates(offered_to_move(visit, half_days, now=last.replace(hour=19, minute=50)), now=last)
    settings.SPEAKOUT_HOLD_DATES_DAYS = 1
    friday, monday = NOW.replace(day=27, hour=20, minute=30), LATER
    row = offered_to_move(visit, now=friday)
    assert row.held_until == monday.date() + timedelta(days=1)
    assert tell(friday, kinds=["dates-to-choose"]) == 0
    assert lapse_dates(now=monday) == (0, 0)
    assert tell(monday, kinds=["dates-to-choose"]) == 1


@pytest.mark.parametrize("answer", [see_to_changes, answer_that_day_stands])
def test_no_answer_ends_dates_that_a_colleague_has_offered_since_the_page_was_opened(
    answer: Callable[..., int], visit: models.Visit, by: models.User
) -> None:
    a_wish(visit, "2027-01-12-morning")
    opened_before = as_read(models.SchoolChange.objects.get())
    row = offered_to_move(visit, by=by)
    with pytest.raises(RuleBroken, match="A colleague has offered dates for it since you opened the page"):
        answer(visit, opened_before, by=by, now=LATER)
    assert models.OfferedDates.objects.open_on(ON).filter(pk=row.pk).exists()
    # Whoever has read that they are offered may end them.
    assert answer(visit, as_read(models.SchoolChange.objects.get()), by=by, now=LATER) == 1
    assert not models.OfferedDates.objects.open_on(ON).filter(pk=row.pk).exists()


def test_none_that_suits_and_no_answer_leave_the_visit_where_it_is_and_home_says_so_once(visit: models.Visit) -> None:
    row = offered_to_move(visit)
    refuse_dates(row, PAT, now=LATER)
    assert (slots(visit), on_home("dates-none")) == (MORNING, 1)
    wish = a_wish(visit, TUESDAY.key)
    assert (on_home("dates-none"), on_home("school-move")) == (0, 1)
    wish.delete()
    again = offered_to_move(visit, now=NOW + timedelta(minutes=5))
    assert (on_home("dates-none"), again.state) == (0, "open")
    take_back_dates(again, now=LATER)
    assert "not held for you any more" in refused(again)
    assert on_home("dates-none") == 1, "what was taken back answers nothing"


def test_none_that_suits_with_half_days_that_would_is_the_schools_wish_for_its_visit(visit: models.Visit) -> None:
    row = offered_to_move(visit)
    january = HalfDay(date(2027, 1, 12), is_afternoon=True)
    with pytest.raises(RuleBroken, match="that is when it is already"):
        refuse_dates(row, PAT, half_days=[HalfDay(DAY, is_afternoon=False)], now=NOW - timedelta(days=1))
    refuse_dates(row, PAT, half_days=[january], now=LATER)
    wish = models.SchoolChange.objects.get()
    assert (wish.what, wish.half_days, wish.given_by, wish.day) == ("move", [january.key], "Pat Head", DAY)
    assert (slots(visit), on_home("dates-none"), on_home("school-move")) == (MORNING, 0, 1)
    with pytest.raises(RuleBroken, match="has said that none of these dates suits you"):
        refuse_dates(row, PAT, half_days=[TUESDAY], now=LATER)


def test_none_that_suits_is_on_home_too_where_somebody_had_seen_to_a_wish_before(visit: models.Visit, by: models.User) -> None:
    wish = a_wish(visit, "2027-01-12-morning", at=NOW - timedelta(days=2))
    see_to_changes(visit, as_read(wish), by=by, now=NOW - timedelta(days=1))
    refuse_dates(offered_to_move(visit, by=by), PAT, now=LATER)
    assert (on_home("dates-none"), on_home("school-move")) == (1, 0)
    models.SchoolChange.objects.update(seen_at=LATER)
    assert on_home("dates-none") == 0, "somebody has said since that the day stands"


def test_dates_are_offered_with_the_visit_locked_before_its_school(
    visit: models.Visit, by: models.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the visit, as who takes over a corrected roll does, would otherwise wait for us while we wait for them."""
    locked: list[type[Any]] = []
    locks = QuerySet.select_for_update

    def noted(rows: Any, *args: Any, **options: Any) -> Any:
        locked.append(rows.model)
        return locks(rows, *args, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", noted)
    offered_to_move(visit, by=by)
    assert models.Visit in locked
    assert locked.index(models.OfferedDates) < locked.index(models.Visit) < locked.index(models.School)
    models.OfferedDates.objects.all().delete()
    models.Visit.objects.update(stage="requested")
    models.Session.objects.all().delete()
    locked.clear()
    offered(visit.school, by=by)
    assert locked.index(models.OfferedDates) < locked.index(models.Visit) < locked.index(models.School)


def not_booked(visit: models.Visit) -> None:
    models.Visit.objects.filter(pk=visit.pk).update(stage="requested")


def nobody_goes(visit: models.Visit) -> None:
    visit.sessions.update(type=models.SessionType.objects.get(slug="online-ks2"))


def too_near(visit: models.Visit) -> None:
    visit.sessions.update(day=date(2026, 11, 27))


def nobody_to_write_to(visit: models.Visit) -> None:
    models.Contact.objects.update(email="")


def has_dates(visit: models.Visit) -> None:
    offered_to_move(visit)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (not_booked, "no day to come that could be moved"),
        (another_day_too, "sessions on several days"),
        (longer, "more than half a day"),
        (nobody_goes, "Nobody of ours goes"),
        (too_near, "too near for the school to choose by mail"),
        (closed_before, "A signed-off return rests on the day"),
        (nobody_to_write_to, "can be mailed"),
        (has_dates, "Dates are offered to Fern Primary already"),
    ],
)
def test_dates_are_offered_only_for_a_visit_that_a_choice_could_move(
    visit: models.Visit, happens: Callable[[models.Visit], None], reason: str
) -> None:
    happens(visit)
    before = models.OfferedDates.objects.count()
    with pytest.raises(RuleBroken) as broken:
        offered_to_move(visit)
    assert reason in " ".join(broken.value.reasons)
    assert models.OfferedDates.objects.count() == before


def test_its_own_day_is_no_other_day_and_held_dates_keep_offers_to_others_away(area: models.Area, visit: models.Visit) -> None:
    models.Visit.objects.filter(pk=visit.pk).update(stage="planned")
    with pytest.raises(RuleBroken, match="the school is not open then"):
        offered_to_move(visit, (*THREE, HalfDay(DAY, is_afternoon=True)))
    offered_to_move(visit)
    with pytest.raises(RuleBroken, match="needed for what is booked or held already"):
        offered(a_school(area, name="Moss"))
