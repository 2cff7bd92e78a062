"""The page on which a school chooses one of the dates: a look changes nothing, a dead link says what is true."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.directory.accesses import end_links, token_of
from schools.messages.actions import deliver_due
from schools.planning.actions import lapse_dates, take_back_dates
from schools.planning.actions.answers import Chooser
from schools.planning.actions.dates import choose_date
from schools.visits.half_days import HalfDay
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from tests.factories import AreaFactory, SessionFactory, VisitFactory, coordinator_of
from tests.planning.offering import LATER, NOW, TUESDAY, WEDNESDAY, a_school, offered, path_to, people
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal.asking import open_the_door
from tests.school_portal.visits import every_row

pytestmark = pytest.mark.django_db

QUERIES = {"open": 5, "chosen": 3, "booked": 5, "lapsed": 5}
"""At most eight, as of each page of the portal."""


@pytest.fixture(autouse=True)
def _later() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def row() -> models.OfferedDates:
    area = AreaFactory(duty_phone="+441228606060")
    coordinator_of(area, name="Cora Nwosu")
    people(area, 4)
    return offered(a_school(area))


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    words: str = " ".join(answer.content.decode().split())
    return words


def page(path: str, status: int = 200) -> str:
    return text(Client().get(path), status)


def chooses(path: str, half_day: str = TUESDAY.key, by: str = "Pat Head") -> Any:
    return Client().post(path, {"do": "choose", "half_day": half_day, "given_by": by})


def test_the_link_of_the_mail_leads_to_the_dates_and_one_press_books_the_visit(row: models.OfferedDates) -> None:
    with time_machine.travel(NOW + HELD_FOR + CLOCKS_APART, tick=False):
        deliver_due(clock=lambda: NOW + HELD_FOR + CLOCKS_APART)
    path = path_to(row)
    assert path in str(mail.outbox[-1].body)
    shown = page(path)
    for words in (
        "When shall we come to Fern Primary?",
        "Tue 15 December 2026, morning",
        "Choose this date",
        "KS2 assembly, 30 minutes",
    ):
        assert words in shown
    answer = chooses(path)
    assert (answer.status_code, answer.url) == (302, path)
    visit = models.Visit.objects.get()
    assert (visit.stage, visit.school, visit.agreed_with) == ("confirmed", row.school, "Pat Head")
    booked = page(path)
    for words in ("Thank you: your visit is booked", "Pat Head has chosen Tue 15 December 2026, morning", "Prepare the visit"):
        assert words in booked
    own_page = page(re.findall(r'href="(/school/[^"]+)"', booked)[0])
    for words in ("Our visit", "9:15", "Safeguarding lead", "Nobody is down for it yet"):
        assert words in own_page
    access = models.SchoolAccess.objects.get(purpose="dates")
    assert access.last_used_at == LATER


def test_where_people_went_meanwhile_the_page_says_that_it_is_not_agreed(row: models.OfferedDates) -> None:
    for volunteer in models.Volunteer.objects.order_by("pk")[:3]:
        models.Away.objects.create(volunteer=volunteer, first_day=TUESDAY.day, last_day=TUESDAY.day)
    path = path_to(row)
    assert chooses(path).status_code == 302
    shown = page(path)
    for words in ("Thank you: we have your date", "people of ours have been needed elsewhere", "Until then it is not agreed"):
        assert words in shown
    assert "your visit is booked" not in shown
    assert models.Visit.objects.get().stage == "requested"


def test_fifty_looks_change_nothing_whatever_became_of_the_dates(row: models.OfferedDates) -> None:
    path, browser = path_to(row), Client()
    gone = LATER + timedelta(days=20)
    for at, most, chosen in ((LATER, 50, False), (gone, 5, False), (LATER, 5, True)):
        if chosen:
            choose_date(row, TUESDAY, Chooser("Pat Head"), now=LATER)
        before = every_row()
        with time_machine.travel(at, tick=False):
            for method in (browser.get, browser.head):
                assert {method(path).status_code for _ in range(most)} == {200}
        assert every_row() == before


def test_what_is_missing_or_nonsense_is_said_and_what_was_typed_stays(row: models.OfferedDates) -> None:
    path = path_to(row)
    shown = text(Client().post(path, {"given_by": "Pat Head"}))
    assert "Which of these suits you: choose one." in shown
    assert 'value="Pat Head"' in shown
    assert "Your name: say who you are" in text(Client().post(path, {"half_day": TUESDAY.key}))
    for nonsense in ("2026-12-15", "2026-12-15-evening", "9999-99-99-morning", "2026-12-18-morning", "\x00"):
        assert chooses(path, nonsense).status_code == 200
    row.refresh_from_db()
    assert row.state == "open"


def test_a_colleague_who_is_second_reads_who_chose_what(row: models.OfferedDates) -> None:
    path = path_to(row)
    assert chooses(path).status_code == 302
    second = text(chooses(path, WEDNESDAY.key, "Sam"), 409)
    assert "Pat Head has chosen Tue 15 December 2026, morning" in second
    assert "Choose this date" not in second
    assert models.Visit.objects.count() == 1


def test_none_of_them_can_be_said_with_a_name_and_no_date(row: models.OfferedDates) -> None:
    path = path_to(row)
    assert "Your name: say who you are" in text(Client().post(path, {"do": "none"}))
    assert Client().post(path, {"do": "none", "given_by": "Pat Head"}).status_code == 302
    assert "Pat Head has said that none of the dates suits you" in page(path)
    assert "none of these dates suits you" in text(chooses(path), 409)
    assert not models.Visit.objects.exists()


def names(path: str, *days: str, by: str = "Pat Head", opened: Any = None) -> Any:
    """Press that none suits, with these half-days instead, on the page that was `opened`; None: it is opened now."""
    typed = {f"day_{number}": day[:10] for number, day in enumerate(days, 1)}
    typed |= {f"part_{number}": day[11:] for number, day in enumerate(days, 1)}
    seen = (opened or Client().get(path)).context["seen"]
    return Client().post(path, {"do": "none", "given_by": by, "seen": seen, **typed})


def test_whom_none_suits_names_what_would_and_may_name_others_until_dates_are_offered_again(row: models.OfferedDates) -> None:
    path, first, second = path_to(row), "2027-01-12-afternoon", "2027-01-14-morning"
    wrong = text(names(path, "2026-12-01-morning", first), 409)
    assert "name a day from" in wrong
    assert 'value="2027-01-12"' in wrong, "nothing that was typed is lost"
    row.refresh_from_db()
    assert row.state == "open"
    assert names(path, first, second).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.wished) == ("none", [first, second])
    shown = page(path)
    for words in ("These would do for you", "Tue 12 January 2027, afternoon", "Thu 14 January 2027, morning"):
        assert words in shown
    assert names(path, second, by="Sam").status_code == 302
    row.refresh_from_db()
    assert (row.wished, row.chosen_by) == ([second], "Sam")
    again = offered(row.school, [HalfDay(date(2026, 12, day), is_afternoon=False) for day in (21, 22, 23)], now=LATER)
    shown = page(path)
    assert "the mail with them is on its way or there already. Answer there." in shown
    for words in ("Name others instead", "we look for"):
        assert words not in shown
    late = text(names(path, first), 409)
    assert "We have offered you other dates since" in late
    assert "What you typed, which we have not kept" in late
    assert "2027-01-12" in late
    again.refresh_from_db()
    assert again.state == "open"


def test_half_days_that_a_colleague_has_named_are_read_before_others_stand_in_their_place(row: models.OfferedDates) -> None:
    path, first, second = path_to(row), "2027-01-12-afternoon", "2027-01-14-morning"
    of_sam = Client().get(path)
    assert names(path, first).status_code == 302
    answer = names(path, second, by="Sam", opened=of_sam)
    shown = text(answer, 409)
    for words in ("Pat Head has named half-days already", "Tue 12 January 2027, afternoon", 'value="2027-01-14"'):
        assert words in shown
    row.refresh_from_db()
    assert (row.wished, row.chosen_by) == ([first], "Pat Head")
    assert names(path, first, by="Sam", opened=of_sam).status_code == 302, "the same is no other"
    assert names(path, second, by="Sam", opened=answer).status_code == 302
    row.refresh_from_db()
    assert (row.wished, row.chosen_by) == ([second], "Sam")


@pytest.mark.parametrize(
    ("later", "shown", "hidden"),
    [
        (timedelta(days=13), ["and we look for others for you", "we look for people then", "Tue 12 January"], ["heard nothing"]),
        (timedelta(days=15), ["These would do for you:", "Tue 12 January", "have heard nothing since"], ["we look for"]),
        (timedelta(days=90), ["none of the dates suits you", "have heard nothing since"], ["we look for", "Tue 12 January"]),
    ],
)
def test_what_nobody_looks_after_any_more_is_not_promised(
    row: models.OfferedDates, later: timedelta, shown: list[str], hidden: list[str]
) -> None:
    path = path_to(row)
    assert names(path, "2027-01-12-afternoon").status_code == 302
    with time_machine.travel(LATER + later, tick=False):
        words = page(path)
    assert [each for each in shown if each not in words] == []
    assert [each for each in hidden if each in words] == []


@pytest.mark.parametrize("since", ["declined", "cancelled", "over", "closed"])
def test_whom_none_suits_names_nothing_more_once_no_visit_is_wanted(row: models.OfferedDates, since: str) -> None:
    visit = VisitFactory(school=row.school, stage="requested", requested_on=NOW.date())
    models.OfferedDates.objects.filter(pk=row.pk).update(visit=visit)
    path = path_to(row)
    names(path)
    assert "Name half-days that would do" in page(path)
    if since == "closed":
        models.School.objects.filter(pk=row.school_id).update(status="closed")
    elif since == "over":
        SessionFactory(visit=visit, day=NOW.date() - timedelta(days=1), delivered=True)
        models.Visit.objects.filter(pk=visit.pk).update(stage="confirmed", agreed_on=NOW.date())
    else:
        code = {"cancelled_code": "school"} if since == "cancelled" else {"declined_on": NOW.date()}
        models.Visit.objects.filter(pk=visit.pk).update(stage=since, **code)
    shown = page(path)
    for words in ("look for others for you", "Name half-days"):
        assert words not in shown
    assert "not held for you any more" in shown
    late = text(names(path, "2027-01-12-afternoon"), 409)
    assert "not held for you any more" in late
    row.refresh_from_db()
    assert row.wished is None


def test_a_dead_link_says_what_is_true_now(row: models.OfferedDates) -> None:
    path = path_to(row)
    take_back_dates(row, now=LATER)
    assert "We have taken these dates back" in page(path)
    assert text(chooses(path), 409)
    assert not models.Visit.objects.exists()
    models.OfferedDates.objects.filter(pk=row.pk).update(state="open")
    with time_machine.travel(LATER + timedelta(days=20), tick=False):
        assert "not held for you any more" in page(path)
        assert text(chooses(path), 409)
        lapse_dates(now=LATER + timedelta(days=20))
        open_the_door()
        assert reverse("ask-school", args=[row.school_id]) in page(path)


def test_once_it_is_booked_or_off_the_link_says_so(row: models.OfferedDates) -> None:
    path = path_to(row)
    visit = choose_date(row, TUESDAY, Chooser("Pat Head"), now=LATER).visit
    assert visit is not None
    assert "Thank you: your visit is booked" in page(path)
    visit.sessions.update(day=WEDNESDAY.day)
    assert "Pat Head had chosen Tue 15 December 2026, morning" in page(path), "it was moved since"
    models.Visit.objects.filter(pk=visit.pk).update(stage="planned", agreed_on=None)
    shown = page(path)
    assert "A visit to your school is planned" in shown
    link = shown.partition('href="/school/')[2].partition('"')[0]
    assert "Our visit" in page(f"/school/{link}")
    models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="school")
    assert "This visit does not take place" in page(path)


def test_the_page_hands_on_no_link_that_was_ended_or_goes_to_another_address(row: models.OfferedDates) -> None:
    path = path_to(row)
    assert chooses(path).status_code == 302
    assert 'href="/school/' in page(path)
    of_visits = models.SchoolAccess.objects.filter(purpose="visits")
    ended: dict[str, Any] = {"revoked_at": LATER, "generation": 1}
    too_old: dict[str, Any] = {"expires": NOW.date()}
    for change in ({"email": "old@fern.example.org"}, ended, too_old):
        kept = of_visits.values().get()
        of_visits.update(**change)
        shown = page(path)
        assert "Thank you: your visit is booked" in shown
        assert 'href="/school/' not in shown
        of_visits.update(**kept)
    assert 'href="/school/' in page(path)


def test_after_the_visit_the_link_says_that_it_is_over_and_how_to_ask_again(row: models.OfferedDates) -> None:
    path = path_to(row)
    visit = choose_date(row, TUESDAY, Chooser("Pat Head"), now=LATER).visit
    assert visit is not None
    open_the_door()
    after = LATER.replace(month=12, day=16)
    for is_recorded in (False, True):
        if is_recorded:
            visit.sessions.update(stage="delivered", went_ahead="yes", recorded_at=after)
        with time_machine.travel(after, tick=False):
            shown = page(path)
        assert "This visit is over" in shown
        assert "visit is booked" not in shown
        assert "visit to your school is planned" not in shown
        assert 'href="/school/' in shown
        assert reverse("ask-school", args=[row.school_id]) in shown


def test_links_of_others_and_old_ones_open_nothing(row: models.OfferedDates) -> None:
    path = path_to(row)
    access = models.SchoolAccess.objects.get(purpose="dates")
    of_visits = models.SchoolAccess.objects.create(
        contact=access.contact, email=access.email, purpose="visits", expires=access.expires
    )
    crossed = [token_of(of_visits, row.pk), f"{access.pk}.{row.pk}.aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "nonsense"]
    for token in crossed:
        assert "cut off on its way" in page(reverse("school-dates", args=[token]), 404)
    assert "Nothing is planned any more" in page(reverse("school-dates", args=[token_of(access, 987_654)]), 404)
    end_links([access], now=LATER)
    assert "It was ended" in page(path, 404)
    assert text(chooses(path), 404)
    moved = path_to(row)
    models.Contact.objects.update(school=a_school(AreaFactory()))
    assert "where they are not any more" in page(moved, 404)
    assert not models.Visit.objects.exists()


def test_the_page_needs_no_script_and_nobody_else_learns_its_address(row: models.OfferedDates) -> None:
    answer = Client().get(path_to(row))
    assert b"<script" not in answer.content
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]


def test_each_state_asks_the_same_of_little_and_of_much(row: models.OfferedDates) -> None:
    path = path_to(row)
    of_state = {"open": path}
    for number, state in enumerate(("chosen", "booked", "lapsed")):
        area = AreaFactory()
        people(area, 2)
        other = offered(a_school(area, name=f"School {number}"))
        of_state[state] = path_to(other)
        if state == "lapsed":
            take_back_dates(other, now=LATER)
            continue
        visit = choose_date(other, TUESDAY, Chooser("Pat"), now=LATER).visit
        if state == "chosen":
            models.Visit.objects.filter(pk=visit.pk if visit else 0).update(stage="requested")
    for many in (False, True):
        if many:
            offered(a_school(models.Area.objects.order_by("pk")[0], name="Moss"))
        asked = {}
        for state in QUERIES:
            with CaptureQueriesContext(connection) as queries:
                Client().get(of_state[state])
            asked[state] = len(queries)
        assert asked == QUERIES
    assert max(QUERIES.values()) <= 8


def test_every_state_is_in_the_browsers_language(
    row: models.OfferedDates, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    browser = Client(headers={"accept-language": "cy"})
    models.School.objects.update(name="Σχολείο")
    models.SessionType.objects.update(name="Τύπος", name_p="")
    path = path_to(row)
    assert unmarked(text(browser.get(path))) == []
    assert unmarked(text(browser.post(path, {}))) == []
    assert unmarked(text(browser.post(path, {"half_day": "x", "given_by": "Πατ"}))) == []
    browser.post(path, {"half_day": TUESDAY.key, "given_by": "Πατ"})
    assert unmarked(text(browser.get(path))) == []
    assert unmarked(text(browser.post(path, {"half_day": WEDNESDAY.key, "given_by": "Σαμ"}), 409)) == []
    visits = models.Visit.objects.all()
    with time_machine.travel(LATER.replace(month=12, day=16), tick=False):
        assert unmarked(text(browser.get(path))) == []
    models.OfferedDates.objects.update(is_short=True)
    for stage, code in (("requested", ""), ("planned", ""), ("cancelled", "school")):
        visits.update(stage=stage, cancelled_code=code, agreed_on=None)
        assert unmarked(text(browser.get(path))) == []
    lost: dict[str, Any] = {"chosen": "", "visit": None, "is_short": False}
    visits.update(stage="declined", cancelled_code="")
    lost["wished"] = ["2027-01-12-morning"]
    for state in ("back", "lapsed", "none"):
        models.OfferedDates.objects.filter(pk=row.pk).update(state=state, **lost)
        assert unmarked(text(browser.get(path))) == []
