"""The page on which a school chooses another day for its booked visit, and what it reads of that on the page of the visit."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.core.errors import RuleBroken
from schools.planning.actions import take_back_dates
from schools.visits.actions.school_changes import answer_that_day_stands
from schools.visits.actions.undoing import undo
from schools.visits.queries.school_changes import answers_to_mail
from tests.browsing import hidden
from tests.factories import AreaFactory, coordinator_of
from tests.planning.moving import DAY, TOO_LATE, a_booked_visit, a_wish, offered_to_move
from tests.planning.offering import LATER, TUESDAY, WEDNESDAY, a_school, path_to, people
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal.asking import open_the_door, page, text
from tests.school_portal.changing import as_read, ask, change_path
from tests.school_portal.taking import office_of
from tests.school_portal.visits import every_row, path_of

pytestmark = pytest.mark.django_db

QUERIES = {"open": 5, "moved": 5}
"""At most eight, as of each page of the portal."""


@pytest.fixture(autouse=True)
def _later() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def visit() -> models.Visit:
    area = AreaFactory(duty_phone="+441228606060")
    coordinator = coordinator_of(area, name="Cora Nwosu")
    return a_booked_visit(a_school(area), *people(area, 2), coordinator=coordinator)


def chooses(path: str, half_day: str = TUESDAY.key, by: str = "Pat Head") -> Any:
    return Client().post(path, {"do": "choose", "half_day": half_day, "given_by": by})


def test_one_press_moves_the_visit_and_leads_to_its_page(visit: models.Visit) -> None:
    row = offered_to_move(visit)
    path = path_to(row)
    shown = page(path)
    for words in ("Another day for our visit to Fern Primary?", "Our visit is on Thu 10 December 2026", TUESDAY.key):
        assert words in shown
    before = every_row()
    for method in (Client().get, Client().head):
        assert {method(path).status_code for _ in range(5)} == {200}
    assert every_row() == before
    answer = chooses(path)
    assert (answer.status_code, answer.url) == (302, path)
    assert set(visit.sessions.values_list("day", flat=True)) == {TUESDAY.day}
    moved = page(path)
    for words in ("Thank you: our visit is moved", "Pat Head has chosen Tue 15 December 2026, morning", "the page of the visit"):
        assert words in moved
    assert "Pat Head has chosen" in text(chooses(path, WEDNESDAY.key, "Sam"), 409), "the first of them decides"
    assert chooses(path, by="Sam").status_code == 302, "the same again is the same"


def test_what_waits_says_where_the_visit_stays_here_and_on_its_own_page(visit: models.Visit) -> None:
    a_wish(visit, "2027-01-12-morning")
    path = path_to(offered_to_move(visit))
    for own in (path_of(visit), change_path(visit)):
        assert "We offer you dates to choose from" in page(own)
    models.Away.objects.create(volunteer=models.Volunteer.objects.order_by("pk")[0], first_day=DAY, last_day=TUESDAY.day)
    assert chooses(path).status_code == 302
    shown = page(path)
    for words in ("we have your date", "people of ours have been needed elsewhere", "stays on Thu 10 December 2026"):
        assert words in shown
    for own in (path_of(visit), change_path(visit)):
        assert "Pat Head asked for one of these" in page(own)
        assert "We have not decided yet" in page(own)


def test_another_day_that_is_asked_for_after_a_choice_takes_its_place(visit: models.Visit) -> None:
    row = offered_to_move(visit)
    path = path_to(row)
    models.Away.objects.create(volunteer=models.Volunteer.objects.order_by("pk")[0], first_day=DAY, last_day=TUESDAY.day)
    assert chooses(path).status_code == 302
    assert list(models.OfferedDates.objects.holding(on=LATER.date())) == [row]
    with time_machine.travel(LATER + timedelta(hours=1), tick=False):
        assert ask(change_path(visit), "2027-01-13-morning", by="Sam").status_code == 302
        shown = page(path)
        assert "until we write to you" not in shown
        assert "The visit is on Thu 10 December 2026" in shown
        assert not models.OfferedDates.objects.holding(on=LATER.date()).exists()


def test_dates_that_were_offered_before_the_school_asked_are_no_answer_to_it(visit: models.Visit) -> None:
    path, office = path_to(offered_to_move(visit)), office_of(visit)
    with time_machine.travel(LATER + timedelta(hours=1), tick=False):
        assert ask(change_path(visit), "2027-01-13-morning", by="Sam").status_code == 302
        for own in (path_of(visit), change_path(visit)):
            assert "We have not decided yet" in page(own)
            assert "We offer you dates to choose from" not in page(own)
        assert "The school has dates to choose from" not in text(office.get(f"/admin/visit/{visit.pk}/"))
    assert chooses(path).status_code == 409, "they are open still, and the wish is read first"


def test_once_the_office_has_said_that_the_day_stands_the_link_promises_no_answer(visit: models.Visit) -> None:
    path = path_to(offered_to_move(visit))
    models.Away.objects.create(volunteer=models.Volunteer.objects.order_by("pk")[0], first_day=DAY, last_day=TUESDAY.day)
    chooses(path)
    assert "until we write to you" in page(path)
    assert visit.coordinator
    answer_that_day_stands(visit, as_read(models.SchoolChange.objects.get()), by=visit.coordinator, now=LATER)
    shown = page(path)
    assert "until we write to you" not in shown
    assert "not held for you any more" in shown
    assert "The visit is on Thu 10 December 2026" in shown


def test_while_the_mail_with_the_dates_waits_the_page_does_not_say_that_it_was_sent(visit: models.Visit) -> None:
    a_wish(visit, "2027-01-12-morning")
    offered_to_move(visit)
    assert not models.OutboxMessage.objects.filter(sent_at__isnull=False).exists()
    for own in (path_of(visit), change_path(visit)):
        shown = page(own)
        assert "in a mail that is on its way or there already; if you have none, phone us" in shown
        assert "have mailed" not in shown


def test_a_dead_link_says_what_is_true_now(visit: models.Visit) -> None:
    row = offered_to_move(visit)
    path = path_to(row)
    assert Client().post(path, {"do": "none", "given_by": "Pat Head"}).status_code == 302
    none = page(path)
    assert "none of the dates suits you" in none
    assert "The visit is on Thu 10 December 2026" in none
    models.OfferedDates.objects.update(state="open", answered_at=None)
    take_back_dates(row, now=LATER)
    visit.sessions.update(day=DAY + timedelta(days=7))
    stays = page(path)
    assert "not held for you any more" in stays
    assert "The visit is on Thu 17 December 2026" in stays
    assert text(chooses(path), 409)
    models.Visit.objects.update(stage="cancelled", cancelled_code="school")
    assert "This visit does not take place" in page(path)
    way = reverse("ask-school", args=[row.school_id])
    assert way not in page(path), "the door is shut"
    open_the_door()
    assert way in page(path)


def test_none_with_days_that_would_do_sent_twice_is_kept_once_and_others_are_refused(visit: models.Visit) -> None:
    path = path_to(offered_to_move(visit))
    typed = {"do": "none", "day_1": "2027-01-12", "part_1": "afternoon", "given_by": "Pat Head"}
    assert Client().post(path, typed).status_code == 302
    before = every_row()
    assert Client().post(path, typed).status_code == 302, "on a slow line they press twice"
    assert "has said that none of these dates suits you" in text(Client().post(path, {**typed, "day_1": "2027-01-13"}), 409)
    assert every_row() == before


def test_whom_none_suits_reads_there_which_days_they_named_and_what_became_of_them(visit: models.Visit) -> None:
    path = path_to(offered_to_move(visit))
    typed = {"do": "none", "day_1": "2027-01-12", "part_1": "afternoon", "given_by": "Pat Head"}
    assert Client().post(path, typed).status_code == 302
    shown = page(path)
    for words in ("The visit is on Thu 10 December 2026.", "Tue 12 January 2027, afternoon", "We have not decided yet"):
        assert words in shown
    assert "answer our mail or phone us" not in shown
    assert visit.coordinator
    answer_that_day_stands(visit, as_read(models.SchoolChange.objects.get()), by=visit.coordinator, now=LATER)
    assert "We have looked at it, and the visit stays on its day." in page(path)
    visit.sessions.update(day=DAY + timedelta(days=7))
    shown = page(path)
    assert "The visit is on Thu 17 December 2026. If that is not possible for you" in shown
    assert "12 January" not in shown


def test_moved_to_the_other_half_of_the_chosen_day_it_is_not_where_the_school_chose(visit: models.Visit) -> None:
    path = path_to(offered_to_move(visit))
    chooses(path)
    assert "Thank you: our visit is moved" in page(path)
    visit.sessions.update(starts=time(13, 30), ends=time(14))
    shown = page(path)
    assert "our visit is moved" not in shown
    assert "Pat Head had chosen Tue 15 December 2026, morning" in shown


@pytest.mark.parametrize(
    "typed",
    [
        {"do": "none", "day_1": "2027-01-14", "part_1": "afternoon", "given_by": "Pat Head"},
        {"do": "choose", "half_day": TUESDAY.key, "given_by": "Pat Head"},
    ],
    ids=["names others", "chooses"],
)
def test_what_a_colleague_has_asked_for_since_is_read_before_something_else_stands_in_its_place(
    visit: models.Visit, typed: dict[str, str]
) -> None:
    path = path_to(offered_to_move(visit))
    models.Away.objects.create(volunteer=models.Volunteer.objects.order_by("pk")[0], first_day=DAY, last_day=TUESDAY.day)
    wish = a_wish(visit, "2027-01-13-morning", at=LATER)
    models.SchoolChange.objects.update(note="The hall is let.")
    before = every_row()
    refused = Client().post(path, typed)
    shown = text(refused, 409)
    for words in (
        "Jo Bloggs has asked for another day since we offered these",
        "Wed 13 January 2027, morning",
        "The hall is let.",
    ):
        assert words in shown
    assert 'value="Pat Head"' in shown, "nothing that was typed is lost"
    assert every_row() == before
    models.SchoolChange.objects.update(half_days=["2027-01-15-morning"])
    again = Client().post(path, {**typed, **hidden(refused.content.decode())})
    assert "Fri 15 January 2027, morning" in text(again, 409), "they said it anew meanwhile"
    assert Client().post(path, {**typed, **hidden(again.content.decode())}).status_code == 302, "who has read it may"
    wish.refresh_from_db()
    assert (wish.given_by, wish.half_days) == ("Pat Head", [typed.get("half_day", "2027-01-14-afternoon")])


def test_who_names_what_a_colleague_has_asked_for_or_no_day_has_nothing_to_read_first(visit: models.Visit) -> None:
    path = path_to(offered_to_move(visit))
    a_wish(visit, "2027-01-13-morning", at=LATER)
    typed = {"do": "none", "given_by": "Pat Head"}
    assert Client().post(path, typed).status_code == 302
    assert models.SchoolChange.objects.get().given_by == "Jo Bloggs"
    models.OfferedDates.objects.update(state="open", answered_at=None, chosen_by="")
    assert Client().post(path, {**typed, "day_1": "2027-01-13", "part_1": "morning"}).status_code == 302


@pytest.mark.parametrize("missed", [{"given_by": ""}, {"day_1": "2027-02-30"}], ids=["no name", "no such day"])
def test_half_days_that_come_too_late_are_shown_back_however_they_were_typed(visit: models.Visit, missed: dict[str, str]) -> None:
    path = path_to(offered_to_move(visit))
    assert Client().post(path, {"do": "none", "given_by": "Ann"}).status_code == 302
    typed = {"do": "none", "day_1": "2027-01-12", "part_1": "afternoon", "day_2": "2027-01-14", "given_by": "Ben", **missed}
    shown = text(Client().post(path, typed), 409)
    assert "Ann has said that none of these dates suits you" in shown
    assert "What you typed, which we have not kept" in shown
    assert "14" in shown.partition("which we have not kept")[2]


def test_undone_it_is_on_its_day_again_and_too_late_it_is_by_phone(visit: models.Visit) -> None:
    row = offered_to_move(visit)
    path = path_to(row)
    chooses(path)
    row.refresh_from_db()
    assert row.batch
    assert visit.coordinator
    undo(row.batch, by=visit.coordinator, now=LATER)
    shown = page(path)
    for words in ("Pat Head had chosen Tue 15 December 2026, morning", "The visit is on Thu 10 December 2026"):
        assert words in shown
    assert "until we write to you" not in shown, "nobody in the office has anything of it before them"
    wish = a_wish(visit, TUESDAY.key)
    assert "until we write to you, the visit stays on Thu 10 December 2026" in page(path)
    wish.delete()
    models.OfferedDates.objects.update(state="open", chosen="", held_until=DAY, answered_at=None)
    with time_machine.travel(TOO_LATE, tick=False):
        assert "Now it is by phone" in text(chooses(path), 409)


def test_after_the_visit_the_link_says_that_it_is_over_whatever_became_of_the_dates(visit: models.Visit) -> None:
    path = path_to(offered_to_move(visit))
    over = LATER.replace(month=12, day=16)
    with time_machine.travel(over, tick=False):
        assert "This visit is over" in page(path)
    chooses(path)
    with time_machine.travel(over, tick=False):
        shown = page(path)
    assert "This visit is over" in shown
    assert "We ask our people" not in shown
    assert 'href="/school/' in shown


def test_it_asks_the_same_of_little_and_of_much(visit: models.Visit) -> None:
    path = path_to(offered_to_move(visit))
    Client().get(path)
    asked = {}
    for state in QUERIES:
        with CaptureQueriesContext(connection) as queries:
            Client().get(path)
        asked[state] = len(queries)
        chooses(path)
    assert asked == QUERIES


def test_every_state_is_in_the_browsers_language(
    visit: models.Visit, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    browser = Client(headers={"accept-language": "cy"})
    models.School.objects.update(name="Σχολείο")
    path = path_to(offered_to_move(visit))
    answers = models.OfferedDates.objects.all()
    chosen = {"state": "chosen", "chosen": TUESDAY.key, "chosen_by": "Πατ", "answered_at": LATER}
    assert unmarked(text(browser.get(path))) == []
    for facts in ({**chosen, "is_short": True}, {"state": "none", "chosen": "", "is_short": False}, {"state": "lapsed"}):
        answers.update(**facts)
        assert unmarked(text(browser.get(path))) == []
    answers.update(state="none", chosen="", is_short=False)
    wish = a_wish(visit, TUESDAY.key)
    assert unmarked(text(browser.get(path))) == []
    answers.update(**chosen)
    assert unmarked(text(browser.get(path))) == []
    wish.delete()
    with time_machine.travel(LATER.replace(month=12, day=16), tick=False):
        assert unmarked(text(browser.get(path))) == []
    for day in (TUESDAY.day, WEDNESDAY.day):
        visit.sessions.update(day=day)
        assert unmarked(text(browser.get(path))) == []
    models.Visit.objects.update(stage="declined")
    assert unmarked(text(browser.get(path))) == []


def test_no_mail_says_that_a_day_stands_once_the_visit_is_over(visit: models.Visit) -> None:
    wish = a_wish(visit, "2027-01-12-morning")
    assert visit.coordinator
    over = datetime(2026, 12, 11, 9, tzinfo=UTC)
    with pytest.raises(RuleBroken, match=f"Visit {visit.reference} is over, so no mail goes"):
        answer_that_day_stands(visit, as_read(wish), by=visit.coordinator, now=over)
    wish.refresh_from_db()
    assert (wish.seen_at, wish.is_mailed) == (None, False)
    answer_that_day_stands(visit, as_read(wish), by=visit.coordinator, now=over - timedelta(days=1))
    assert list(answers_to_mail(over - timedelta(days=1))) == [wish]
    assert not answers_to_mail(over), "a mail that waited until then has nothing to say"
