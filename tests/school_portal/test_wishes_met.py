"""When the wish of a host for another day is met, and that nothing else ends it: a visit moves to and fro, or is off in part."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail

from schools import models
from schools.core.errors import RuleBroken
from schools.planning.actions import choose_date
from schools.planning.actions.answers import Chooser
from schools.visits.actions import cancel_session, cancel_visit
from schools.visits.actions.days_off import cancel_day
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.school_changes import answer_that_day_stands
from schools.visits.actions.undoing import undo
from schools.visits.rules import Slot, slot_of
from tests.factories import AreaFactory, SessionFactory, coordinator_of, manager
from tests.news import drafts, tell, tell_and_send
from tests.planning.moving import DAY, a_booked_visit, a_wish, offered_to_move
from tests.planning.offering import LATER, TUESDAY, a_school, people
from tests.school_portal.changing import FAR, NOW, a_far_visit, as_read, ask, change_path, take_back, text_of
from tests.school_portal.taking import office_of
from tests.school_portal.visits import path_of

pytestmark = pytest.mark.django_db

WISHED, OTHER = "2027-01-12-morning", "2027-01-19-morning"
NEXT = FAR + timedelta(days=1)
WAITS = "You have asked for another day"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def visit() -> models.Visit:
    return a_far_visit()


@pytest.fixture
def two_days(visit: models.Visit) -> models.Visit:
    """The visit goes on for another day."""
    SessionFactory(visit=visit, day=NEXT)
    return visit


def moved(visit: models.Visit, days: int, *, day: date | None = None) -> models.Batch:
    """The office moves what is to come of the visit, or one day of it, by so many days."""
    by, shift = manager(), timedelta(days=days)
    sessions = visit.sessions.scheduled().filter(**({"day": day} if day else {}))
    to = {each.pk: Slot(each.day + shift, slot_of(each).starts, slot_of(each).ends) for each in sessions}
    return move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)


def shifted(visit: models.Visit, hours: int, *, most: int | None = None) -> models.Batch:
    """The office moves what is to come of the visit to another time of its day; so many sessions at most."""
    by, to = manager(), {}
    for each in visit.sessions.scheduled().order_by("pk")[:most]:
        starts, ends = (at.replace(hour=at.hour + hours) for at in (each.starts, each.ends))
        to[each.pk] = Slot(each.day, starts, ends)
    return move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)


def home(visit: models.Visit) -> int:
    """How many wishes home counts."""
    lines = {line.need.key: int(line.number) for line in office_of(visit).get("/admin/").context["lines"]}
    return lines["school-move"]


def waits(visit: models.Visit) -> bool:
    """Whether the wish waits: on home, and on both pages of the school, which all say the same."""
    pages = [WAITS in text_of(change_path(visit)), "asked for one of these" in text_of(path_of(visit))]
    assert set(pages) == {bool(home(visit))}
    return pages[0]


def test_a_visit_that_was_moved_comes_back_by_hand_without_its_old_wish(visit: models.Visit) -> None:
    ask(change_path(visit), WISHED)
    first = moved(visit, 33)
    back = moved(visit, -33)
    assert not waits(visit)
    change = models.SchoolChange.objects.get()
    with pytest.raises(RuleBroken, match="there is nothing to answer"):
        answer_that_day_stands(visit, as_read(change), by=manager(), now=NOW)
    assert "It was moved, or cancelled, since." in office_of(visit).get(f"/admin/visit/{visit.pk}/").content.decode()
    undo(back, by=manager(), now=NOW)
    assert not waits(visit)
    undo(first, by=manager(), now=NOW)
    assert waits(visit), "the move that had met it is undone"


def test_the_other_half_of_the_same_day_is_met_by_the_move_there_until_that_is_undone(visit: models.Visit) -> None:
    shifted(visit, 4)
    ask(change_path(visit), f"{FAR}-morning", WISHED)
    shifted(visit, -4, most=1)
    assert waits(visit), "the rest is in the afternoon still"
    shifted(visit, 4, most=1)
    batch = shifted(visit, -4)
    assert not waits(visit)
    shifted(visit, 4)
    assert not waits(visit)
    undo(batch, by=manager(), now=NOW)
    assert waits(visit)


def test_at_another_time_of_its_day_for_which_nobody_asked_the_wish_waits(visit: models.Visit) -> None:
    ask(change_path(visit), WISHED)
    shifted(visit, 4)
    assert waits(visit)


def test_a_later_move_that_is_undone_lets_no_met_wish_wait_again(visit: models.Visit) -> None:
    ask(change_path(visit), WISHED)
    moved(visit, 33)
    moved(visit, -33)
    undo(moved(visit, 7), by=manager(), now=NOW)
    assert not waits(visit)


def test_what_the_version_before_moved_comes_back_by_hand_without_its_old_wish(visit: models.Visit) -> None:
    ask(change_path(visit), WISHED)
    visit.sessions.update(day=NEXT)
    moved(visit, -1)
    assert not waits(visit)


def test_after_that_the_school_asks_anew_and_an_undo_of_the_old_move_changes_nothing(visit: models.Visit) -> None:
    path = change_path(visit)
    ask(path, WISHED, note="The hall is let.")
    first = moved(visit, 33)
    back = moved(visit, -33)
    assert ask(path, OTHER, by="Sam", why="staff").status_code == 302
    change = models.SchoolChange.objects.get()
    assert (change.half_days, change.given_by, change.why, change.note, change.day) == ([OTHER], "Sam", "staff", "", FAR)
    assert waits(visit)
    tell_and_send(NOW, kinds=("school-change",))
    assert len(mail.outbox) == 1
    undo(back, by=manager(), now=NOW)
    assert not waits(visit)
    undo(first, by=manager(), now=NOW)
    assert waits(visit)
    assert take_back(path, by="Sam").status_code == 302
    assert not waits(visit)


def test_of_two_wishes_that_wait_the_latest_waits_again_after_an_undo(two_days: models.Visit) -> None:
    path = change_path(two_days)
    ask(path, WISHED)
    first = moved(two_days, 33, day=FAR)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        ask(path, OTHER, by="Sam")
    undo(first, by=manager(), now=NOW)
    assert models.SchoolChange.objects.to_see().count() == 2
    both = moved(two_days, 40)
    assert not waits(two_days)
    undo(both, by=manager(), now=NOW)
    assert waits(two_days)
    assert models.SchoolChange.objects.to_see().get().given_by == "Sam"


def test_a_date_that_was_chosen_is_held_no_more_once_the_visit_is_back_by_hand(clock: time_machine.Traveller) -> None:
    clock.move_to(LATER, tick=False)
    area = AreaFactory()
    visit = a_booked_visit(a_school(area), *people(area, 2), coordinator=coordinator_of(area))
    a_wish(visit, WISHED)
    row = choose_date(offered_to_move(visit), TUESDAY, Chooser("Pat Head"), now=LATER)
    assert set(visit.sessions.values_list("day", flat=True)) == {TUESDAY.day}
    assert row.batch
    moved(visit, (DAY - TUESDAY.day).days)
    assert not models.OfferedDates.objects.holding(on=LATER.date()).exists()
    assert not waits(visit)


def off_by_itself(visit: models.Visit, day: date) -> list[models.Batch]:
    """The office cancels each session of the day."""
    of_day = visit.sessions.filter(day=day)
    return [cancel_session(each, code="volunteers", note="", by=manager(), now=NOW) for each in of_day]


def off_with_others(visit: models.Visit, day: date) -> list[models.Batch]:
    """The day is called off."""
    these = visit.sessions.filter(day=day).values_list("pk", flat=True)
    return [cancel_day(day, these, code="weather", note="", by=manager(), now=NOW)]


Off = Callable[[models.Visit, date], list[models.Batch]]


@pytest.mark.parametrize("off", [off_by_itself, off_with_others])
def test_where_the_office_calls_off_the_first_day_the_wish_waits_with_what_is_left(two_days: models.Visit, off: Off) -> None:
    path = change_path(two_days)
    ask(path, WISHED)
    batches = off(two_days, FAR)
    assert waits(two_days)
    assert tell(NOW, kinds=("school-change",)) == 1
    for batch in batches:
        undo(batch, by=manager(), now=NOW)
    assert waits(two_days)
    off(two_days, FAR)
    moved(two_days, 33)
    assert not waits(two_days)
    moved(two_days, -33)
    assert not waits(two_days)


def test_it_waits_no_more_once_all_of_the_visit_is_off_or_it_is_taken_back(two_days: models.Visit) -> None:
    path = change_path(two_days)
    ask(path, WISHED)
    off_by_itself(two_days, FAR)
    batch = cancel_visit(two_days, code="weather", note="", by=manager(), now=NOW)
    assert not waits(two_days)
    undo(batch, by=manager(), now=NOW)
    assert waits(two_days)
    tell_and_send(NOW, kinds=("school-change",))
    later = NOW + timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        assert take_back(path).status_code == 302
        assert not waits(two_days)
        assert [each.subject.split(":")[0] for each in drafts("school-change", later)] == ["The day suits the school after all"]
    later += timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        assert ask(path, OTHER).status_code == 302
        assert waits(two_days)
        assert [each.subject.split(":")[0] for each in drafts("school-change", later)] == ["The school asks for another day"]


def test_where_part_of_the_day_was_called_off_and_the_rest_moved_the_wish_is_met(visit: models.Visit) -> None:
    ask(change_path(visit), WISHED)
    first = visit.sessions.order_by("starts")[0]
    cancel_session(first, code="volunteers", note="", by=manager(), now=NOW)
    assert waits(visit)
    batch = moved(visit, 33)
    assert not waits(visit)
    undo(batch, by=manager(), now=NOW)
    assert waits(visit)


def test_that_the_day_stands_names_the_day_that_is_left(two_days: models.Visit) -> None:
    ask(change_path(two_days), WISHED)
    off_by_itself(two_days, FAR)
    answer_that_day_stands(two_days, as_read(models.SchoolChange.objects.get()), by=manager(), now=NOW)
    assert tell_and_send(NOW, kinds=["day-stands"]) == 1
    (sent,) = mail.outbox
    assert sent.subject == "The day stands: Fern Primary, Fri 11 December 2026"
    assert "10 December" not in str(sent.body)


def test_dates_for_what_is_left_answer_the_wish_and_those_for_what_is_off_do_not(two_days: models.Visit) -> None:
    ask(change_path(two_days), WISHED)
    facts = {"school": two_days.school, "held_until": FAR, "half_days": [TUESDAY.key], "people": 2, "offered_at": NOW}
    before = models.OfferedDates.objects.create(visit=two_days, moves_from=FAR, **facts)
    assert home(two_days) == 0
    off_by_itself(two_days, FAR)
    assert waits(two_days)
    before.delete()
    offered_to_move(two_days, now=NOW)
    assert home(two_days) == 0
    for address in (change_path(two_days), path_of(two_days)):
        assert "We offer you dates to choose from" in text_of(address)


def test_a_choice_that_waits_with_what_is_left_is_held(two_days: models.Visit) -> None:
    ask(change_path(two_days), WISHED)
    off_by_itself(two_days, FAR)
    row = offered_to_move(two_days, now=NOW)
    models.OfferedDates.objects.update(people=9)  # more than there are
    row = choose_date(row, TUESDAY, Chooser("Pat Head"), now=NOW)
    assert row.batch is None
    assert waits(two_days)
    assert models.SchoolChange.objects.get().half_days == [TUESDAY.key]
    assert list(models.OfferedDates.objects.holding(on=NOW.date())) == [row]
    answer_that_day_stands(two_days, as_read(models.SchoolChange.objects.get()), by=manager(), now=NOW + timedelta(minutes=1))
    assert not models.OfferedDates.objects.holding(on=NOW.date()).exists()
