"""The bar that is said once, after what another button of a page takes back: pressed, all is as it was."""

from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.periods import AcademicYear
from schools.delivery.actions import record
from schools.delivery.queries import Outcome
from schools.directory.actions import share_contact
from schools.messages.texts import all_texts
from schools.reach.queries.doubt_lines import Doubt
from schools.reach.queries.doubts import doubts
from tests import factories
from tests.browsing import hidden, take_back
from tests.office.conftest import NOW
from tests.portal.pages import text_of

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
BAR = 'aria-label="Undo: '

type Rows = Callable[[], list[dict[str, Any]]]


def rows_of(table: Any, *without: str) -> Rows:
    """What stands in a table, without its ids and the named columns, which tell when something was written."""
    dropped = {"id", *without}

    def now() -> list[dict[str, Any]]:
        rows = [{name: value for name, value in row.items() if name not in dropped} for row in table.objects.values()]
        return sorted(rows, key=repr)

    return now


def pressed_and_taken_back(client: Client, page: str, typed: dict[str, Any], rows: Rows) -> str:
    """Press a button and take it back by the bar; what it changed is as before. Return what the page said of the press."""
    before = rows()
    said = client.post(page, typed, follow=True)
    assert rows() != before, text_of(said)
    back = take_back(client, said)
    assert rows() == before, text_of(back)
    return text_of(said)


@pytest.fixture
def ben(area: models.Area) -> models.User:
    return factories.coordinator_of(area, name="Ben Fell")


def test_a_stand_in_who_was_named_or_ended_by_mistake(office: Client, coordinator: models.User, ben: models.User) -> None:
    page, rows = reverse("admin:stand-ins"), rows_of(models.StandIn)
    days = {"first": str(TODAY + timedelta(days=2)), "last": str(TODAY + timedelta(days=9))}
    said = pressed_and_taken_back(office, page, {"do": "add", "stand_in": ben.pk, **days}, rows)
    assert "Ben Fell stands in for Cora Nwosu" in said
    row = models.StandIn.objects.create(coordinator=coordinator, stand_in=ben, from_day=TODAY, to_day=TODAY + timedelta(days=5))
    pressed_and_taken_back(office, page, {"do": "end", "stand_in": row.pk}, rows)
    assert "That is over already." in text_of(office.post(page, {"do": "end", "stand_in": row.pk}, follow=True))


def test_a_stand_in_that_has_begun_goes_on_from_today(office: Client, coordinator: models.User, ben: models.User) -> None:
    first, last = TODAY - timedelta(days=2), TODAY + timedelta(days=5)
    row = models.StandIn.objects.create(coordinator=coordinator, stand_in=ben, from_day=first, to_day=last)
    take_back(office, office.post(reverse("admin:stand-ins"), {"do": "end", "stand_in": row.pk}, follow=True))
    days = models.StandIn.objects.order_by("from_day").values_list("from_day", "to_day")
    assert list(days) == [(first, TODAY - timedelta(days=1)), (TODAY, last)]


def test_who_is_at_a_second_school_too(office: Client, area: models.Area) -> None:
    school, other = factories.SchoolFactory(area=area), factories.SchoolFactory(area=area)
    person = models.Contact.objects.create(school=other, name="Pat Head", email="pat@oak.example")
    page = reverse("admin:school-detail", args=[school.pk])

    def rows() -> list[dict[str, Any]]:
        return [{"at": each.pk} for each in models.Contact.objects.at([school])]

    said = pressed_and_taken_back(office, page, {"do": "share", "person": person.pk}, rows)
    assert "is written down for this school too" in said
    share_contact(person, school)
    assert BAR not in office.post(page, {"do": "share", "person": person.pk}, follow=True).content.decode()
    pressed_and_taken_back(office, page, {"do": "unshare", "person": person.pk}, rows)


def test_the_bar_removes_nobody_whom_a_colleague_has_put_at_the_school_since(office: Client, area: models.Area) -> None:
    school, other = factories.SchoolFactory(area=area), factories.SchoolFactory(area=area)
    person = models.Contact.objects.create(school=other, name="Pat Head", email="pat@oak.example")
    page = reverse("admin:school-detail", args=[school.pk])
    done = office.post(page, {"do": "share", "person": person.pk}, follow=True)
    office.post(page, {"do": "unshare", "person": person.pk})
    share_contact(person, school)
    assert "Somebody has put Pat Head at" in text_of(take_back(office, done))
    assert models.Contact.objects.at([school]).contains(person)
    office.post(page, {"do": "unshare", "person": person.pk})
    assert "is no longer written down for this school" in text_of(take_back(office, done)), "that is so already"


@pytest.mark.parametrize("do", ["feeds", "fed-by"])
def test_a_link_between_an_infant_and_a_junior_school(office: Client, area: models.Area, do: str) -> None:
    infant = factories.SchoolFactory(area=area, name="Oak Infant", high_age=7)
    junior = factories.SchoolFactory(area=area, name="Oak Junior", low_age=7)
    rows = rows_of(models.SchoolLink, "noted_at", "made_at")
    school, other = (infant, junior) if do == "feeds" else (junior, infant)
    page = reverse("admin:school-detail", args=[school.pk])
    assert "from now on" in pressed_and_taken_back(office, page, {"do": do, "other": other.pk}, rows)
    office.post(page, {"do": do, "other": other.pk}, follow=True)
    link = models.SchoolLink.objects.get()
    pressed_and_taken_back(office, page, {"do": "unlink", "link": link.pk}, rows)


def test_who_leaves_their_first_school_has_no_bar_since_another_is_their_first_then(office: Client, area: models.Area) -> None:
    school, other = factories.SchoolFactory(area=area), factories.SchoolFactory(area=area)
    person = models.Contact.objects.create(school=school, name="Pat Head")
    share_contact(person, other)
    page = reverse("admin:school-detail", args=[school.pk])
    said = office.post(page, {"do": "unshare", "person": person.pk}, follow=True)
    assert "no longer" in text_of(said)
    assert BAR not in said.content.decode()
    assert models.Contact.objects.get().school_id == other.pk


def test_what_would_be_out_of_sight_afterwards_has_no_bar(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    infant = factories.SchoolFactory(area=area, name="Oak Infant", high_age=7)
    junior = factories.SchoolFactory(area=elsewhere, name="Ash Junior", low_age=7)
    link = models.SchoolLink.objects.create(predecessor=infant, successor=junior, kind="feeder")
    page = reverse("admin:school-detail", args=[infant.pk])
    person = models.Contact.objects.create(school=junior, name="Pat Head")
    share_contact(person, infant)
    for typed in ({"do": "unlink", "link": link.pk}, {"do": "unshare", "person": person.pk}):
        said = office.post(page, typed, follow=True)
        assert BAR not in said.content.decode()
        assert "no longer" in text_of(said)


CHANGED = "What you looked at has changed meanwhile. Look at it again."


def a_doubt(area: models.Area) -> Doubt:
    """A doubt about a number that is far too high."""
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=date(2026, 11, 23))
    factories.HeadcountFactory(session=session, year_group=5, expected=30)
    who = factories.able_volunteer(area, signs_in=True)
    factories.CoverFactory(session=session, volunteer=who, state="accepted")
    counts = {(session.visit.school_id, 5): 900}
    outcome = Outcome("yes", headcounts=counts, attended=frozenset([session.covers.get().pk]), count_basis="counted")
    assert who.user is not None
    record(session, outcome, key=uuid4(), by=who.user, now=NOW)
    return next(iter(doubts(AcademicYear.of(TODAY), as_of=TODAY, areas=models.Area.objects.all())))


def to_ask_again(client: Client) -> dict[str, str]:
    """What the button posts beside the only doubt that is confirmed."""
    page = client.get(reverse("admin:doubts"), {"show": "confirmed"}).content.decode()
    boxes = hidden(page.partition('class="doubts"')[2].partition("</form>")[0])
    return {"do": "doubt", **{name: unescape(value) for name, (value,) in boxes.items() if name != "csrfmiddlewaretoken"}}


def test_a_doubt_that_was_confirmed_or_asked_about_again(office: Client, area: models.Area) -> None:
    doubt = a_doubt(area)
    named = {"kind": doubt.kind, "subject": doubt.subject}
    page, rows = reverse("admin:doubts"), rows_of(models.Confirmed, "confirmed_at", "at")
    typed = {"do": "confirm", **named, "digest": doubt.digest, "reason": "Three schools in one hall"}
    assert "Confirmed." in pressed_and_taken_back(office, page, typed, rows)
    office.post(page, typed, follow=True)
    pressed_and_taken_back(office, page, to_ask_again(office), rows)
    models.Confirmed.objects.update(by=factories.manager())
    assert BAR not in office.post(page, to_ask_again(office), follow=True).content.decode(), (
        "nobody vouches for what others wrote"
    )


def test_nobody_takes_back_that_a_colleague_has_confirmed_a_doubt_since(
    office: Client, managers_office: Client, area: models.Area
) -> None:
    doubt = a_doubt(area)
    page, rows = reverse("admin:doubts"), rows_of(models.Confirmed)
    typed = {"do": "confirm", "kind": doubt.kind, "subject": doubt.subject, "digest": doubt.digest}
    done = office.post(page, {**typed, "reason": "Three schools in one hall"}, follow=True)
    shown = to_ask_again(office)
    managers_office.post(page, to_ask_again(managers_office))
    assert rows() == []
    assert CHANGED in text_of(take_back(office, done)), "it is asked about again already"
    managers_office.post(page, {**typed, "reason": "I have asked the school"})
    before = rows()
    for answer in (take_back(office, done), office.post(page, shown, follow=True)):
        assert CHANGED in text_of(answer)
        assert rows() == before


def test_the_mail_of_figures(office: Client, coordinator: models.User) -> None:
    rows = rows_of(models.Subscription, "since", "made_at", "at")
    page = reverse("admin:reach")
    assert "every month" in pressed_and_taken_back(office, page, {"do": "subscribe"}, rows)
    office.post(page, {"do": "subscribe"}, follow=True)
    pressed_and_taken_back(office, page, {"do": "unsubscribe"}, rows)


def test_a_text_of_messages_goes_back_to_the_words_before(managers_office: Client) -> None:
    text = next(text for text in all_texts() if text.key == "visits.agreed.subject")
    page, rows = reverse("admin:message-text", args=[text.key]), rows_of(models.EditedText)
    first = {"do": "store", "words": "First: {where}", "seen": "0"}
    assert "It is stored." in pressed_and_taken_back(managers_office, page, first, rows)
    seen = managers_office.get(page).context["seen"]
    seen = managers_office.post(page, {**first, "seen": seen}, follow=True).context["seen"]
    pressed_and_taken_back(managers_office, page, {"do": "store", "words": "Second: {where}", "seen": seen}, rows)
    seen = managers_office.get(page).context["seen"]
    pressed_and_taken_back(managers_office, page, {"do": "built-in", "seen": seen}, rows)


def test_a_public_text_is_published_again(managers_office: Client) -> None:
    page = reverse("admin:public-text", args=["privacy"])

    def press(do: str, **typed: str) -> Any:
        seen = managers_office.get(page).context["seen"]
        return managers_office.post(page, {"do": do, "words": "We keep little.", "seen": seen, **typed}, follow=True)

    press("keep")
    press("publish", is_read="on")
    down = press("take-down")
    assert "We keep little." not in text_of(Client().get("/privacy/"))
    take_back(managers_office, down)
    assert "We keep little." in text_of(Client().get("/privacy/"))
    press("keep", words="We keep less.")
    assert "Its draft stays as it is." in text_of(press("take-down"))
    assert models.PublicText.objects.get().draft == "We keep less."


def test_two_entries_that_are_two_people(office: Client, area: models.Area) -> None:
    left, right = (factories.able_volunteer(area, name=name) for name in ("Asha Bell", "Asha Bel"))
    page, rows = reverse("admin:duplicates"), rows_of(models.TwoPeople, "noted_at")
    pair = {"kind": "volunteer", "kept": left.pk, "gone": right.pk}
    pressed_and_taken_back(office, page, {"do": "apart", **pair}, rows)
    office.post(page, {"do": "apart", **pair}, follow=True)
    again = office.post(page, {"do": "apart", **pair}, follow=True)
    assert BAR not in again.content.decode(), "a colleague was quicker, and theirs stays"
    assert "Somebody was quicker" in text_of(again)


def test_the_bar_is_said_once_and_escapes_what_it_names(office: Client, coordinator: models.User, ben: models.User) -> None:
    models.User.objects.filter(pk=ben.pk).update(name='Ben "<b>" Fell')
    page = reverse("admin:stand-ins")
    typed = {"do": "add", "stand_in": ben.pk, "first": str(TODAY), "last": str(TODAY)}
    said = office.post(page, typed, follow=True).content.decode()
    assert "Ben &quot;&lt;b&gt;&quot; Fell stands in for" in said
    assert "<b>" not in said
    assert BAR not in office.get(page).content.decode()
