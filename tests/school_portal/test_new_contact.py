"""A school names who is written to in place of somebody: they confirm it, the one before is told, nothing changes before."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.directory.accesses import access_of, end_links
from schools.directory.models import AccessPurpose
from schools.visits.queries.message_log import about_visits
from tests.factories import manager
from tests.news import tell, tell_and_send
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal.taking import to_press
from tests.school_portal.two_days_before import _two_days_before, visit
from tests.school_portal.visits import BEFORE, a_guest, a_visit, every_row, path_of

__all__ = ["_two_days_before", "visit"]

pytestmark = pytest.mark.django_db

SAM = {"name": "Sam Hill", "role": "bursar", "email": "sam@fern.example.org", "given_by": "Pat Head"}


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()
    return " ".join(answer.content.decode().split())


def names(visit: models.Visit, **typed: str) -> Any:
    return Client().post(f"{path_of(visit)}contact/", {**SAM, **typed})


def mailed(address: str, at: datetime = BEFORE + timedelta(minutes=1)) -> list[str]:
    tell_and_send(at, kinds=["school-contact-before"])
    return [f"{each.subject}\n{each.body}" for each in mail.outbox if each.to == [address]]


def link_to(address: str = "sam@fern.example.org") -> str:
    link: str = re.findall(r"https?://[^/\s]+(/school/contact/\S+)", mailed(address)[-1])[0]
    return link


def contact_of(visit: models.Visit) -> str:
    contact = models.Visit.objects.select_related("contact").get(pk=visit.pk).contact
    assert contact
    return contact.name


def test_who_is_named_confirms_it_and_the_one_before_is_told(visit: models.Visit) -> None:
    page = text(Client().get(path_of(visit)))
    assert f'href="{path_of(visit)}contact/"' in page
    answer = names(visit)
    assert (answer.status_code, answer.url) == (302, f"{path_of(visit)}contact/")
    assert "Sam Hill was named and has to confirm it" in text(Client().get(answer.url))
    assert contact_of(visit) == "Pat Head"
    [to_old] = mailed("office@fern.example.org")
    assert "Pat Head says that Sam Hill looks after our visit to Fern Primary from now on" in to_old
    assert "/school/contact/" not in to_old
    [to_new] = mailed("sam@fern.example.org")
    assert not [words for words in ("Sam", "Pat", "bursar") if words in to_new], "It says nothing that somebody typed."
    link = link_to()
    assert "Do you look after this visit?" in text(Client().get(link))
    confirmed: Any = Client().post(link)
    assert confirmed.status_code == 302
    assert "Our visit" in text(Client().get(confirmed.url))
    assert contact_of(visit) == "Sam Hill"
    contact = models.Contact.objects.get(email="sam@fern.example.org")
    assert (contact.school, contact.role) == (visit.school, "bursar")
    assert models.SchoolAnswer.objects.get().state == "taken"
    assert Client().post(link).headers["Location"] == confirmed.url, "Pressed twice, it is the same."
    assert models.Contact.objects.filter(email="sam@fern.example.org").count() == 1


OLD = "office@fern.example.org"
EVENING, MORNING = datetime(2026, 11, 24, 20, 30, tzinfo=UTC), datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
WAITS, GOES = "Until they have confirmed it, our mails about it go to you", "go to them from now on, and not to you"


def named_in_the_evening(visit: models.Visit) -> str:
    """A colleague names somebody so late that only their own link goes at once; return that link."""
    with time_machine.travel(EVENING, tick=False):
        assert names(visit).status_code == 302
        [to_new] = mailed(SAM["email"], EVENING)
        assert mailed(OLD, EVENING) == []
        link: str = re.findall(r"https?://[^/\s]+(/school/contact/\S+)", to_new)[0]
        return link


def test_the_one_before_is_not_written_to_at_night_and_reads_in_the_morning_what_holds_then(visit: models.Visit) -> None:
    visit.sessions.update(day=BEFORE.date() + timedelta(days=9))
    named_in_the_evening(visit)
    [words] = mailed(OLD, MORNING)
    assert WAITS in words
    assert GOES not in words
    assert mailed(OLD, MORNING + timedelta(hours=1)) == [words], "once"


def test_whoever_confirms_before_the_mail_goes_is_not_said_to_have_to(visit: models.Visit) -> None:
    visit.sessions.update(day=BEFORE.date() + timedelta(days=9))
    link = named_in_the_evening(visit)
    with time_machine.travel(EVENING + timedelta(minutes=5), tick=False):
        assert Client().post(link).status_code == 302
    [words] = mailed(OLD, MORNING)
    assert GOES in words
    assert WAITS not in words


def test_a_mail_that_an_outage_has_kept_says_what_holds_when_it_goes(visit: models.Visit) -> None:
    visit.sessions.update(day=BEFORE.date() + timedelta(days=9))
    names(visit)
    assert tell(BEFORE, kinds=["school-contact-before"]) == 1
    assert WAITS in models.OutboxMessage.objects.get(to=OLD).body
    tomorrow = BEFORE + timedelta(days=1)
    models.OutboxMessage.objects.update(next_try=tomorrow)
    body = models.OutboxMessage.objects.get(to=SAM["email"]).body
    assert Client().post(re.findall(r"/school/contact/\S+", body)[0]).status_code == 302
    [words] = mailed(OLD, tomorrow)
    assert GOES in words


@pytest.mark.parametrize("how", ["left", "cancelled", "too late", "ended", "somebody else"])
def test_what_has_become_of_nothing_before_the_mail_goes_is_not_told(visit: models.Visit, how: str) -> None:
    visit.sessions.update(day=BEFORE.date() + timedelta(days=20))
    sam = models.Contact.objects.create(school=visit.school, name="Sam Hill", email=SAM["email"])
    access = models.SchoolAccess.objects.create(contact=sam, email=sam.email, purpose="visits", expires=date(2027, 1, 1))
    named_in_the_evening(visit)
    at = MORNING
    if how == "left":
        models.SchoolAnswer.objects.update(state="left", decided_at=EVENING)
    elif how == "cancelled":
        models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="weather")
    elif how == "too late":
        at = MORNING + timedelta(days=7)
    elif how == "ended":
        end_links([access], now=EVENING + timedelta(hours=1))
    else:
        models.SchoolAnswer.objects.update(state="taken", decided_at=EVENING, before={"contact": sam.pk + 1, "value": None})
    assert mailed(OLD, at) == []


def test_the_one_before_has_a_mail_from_the_coordinator_that_stands_on_the_log_of_the_visit(visit: models.Visit) -> None:
    names(visit)
    mailed(OLD)
    message = models.OutboxMessage.objects.get(to=OLD)
    confirming = models.OutboxMessage.objects.get(to="sam@fern.example.org")
    assert (message.kind, list(about_visits([visit.pk]))) == ("school-contact-before", [message, confirming])
    sent = next(each for each in mail.outbox if each.to == [OLD])
    assert visit.coordinator
    assert sent.reply_to == [visit.coordinator.email]


def test_fifty_looks_at_both_pages_change_nothing(visit: models.Visit) -> None:
    names(visit)
    link, path, before = link_to(), f"{path_of(visit)}contact/", every_row()
    for address in (link, path):
        for method in (Client().get, Client().head):
            assert {method(address).status_code for _ in range(50)} == {200}
    assert every_row() == before


def test_what_is_missing_is_said_and_what_was_typed_stays(visit: models.Visit) -> None:
    wrong = text(names(visit, name="", email="sam", given_by=""))
    for words in ("Their name: say who", "give the whole address", "Your name: say who you are", 'value="bursar"'):
        assert words in wrong
    assert "We write to that address already" in text(names(visit, email="Office@fern.example.org"), 409)
    assert not models.SchoolAnswer.objects.exists()


def test_somebody_else_who_is_named_takes_the_place_of_whoever_has_not_confirmed(visit: models.Visit) -> None:
    names(visit)
    first = link_to()
    assert names(visit).status_code == 302, "Named again, it is the same."
    assert len(mailed("sam@fern.example.org")) == 1
    names(visit, name="Lee Moor", email="lee@fern.example.org")
    assert text(Client().post(first), 404)
    assert Client().post(link_to("lee@fern.example.org")).status_code == 302
    assert contact_of(visit) == "Lee Moor"


def says_why(link: str, words: str) -> None:
    """The page says it, to a look already, and has no button that would do nothing."""
    for answer in (text(Client().get(link)), text(Client().post(link), 409)):
        assert words in answer
        assert "<button" not in answer


def test_each_page_says_when_it_is_too_late(visit: models.Visit) -> None:
    names(visit)
    link = link_to()
    with time_machine.travel(BEFORE + timedelta(days=8), tick=False):
        says_why(link, "This visit is over")
        assert "This visit is over" in text(Client().get(f"{path_of(visit)}contact/"))
        visit.sessions.update(day=BEFORE.date() + timedelta(days=30))
        says_why(link, "You had a week to confirm this")
    models.Visit.objects.update(stage="cancelled", cancelled_code="weather")
    says_why(link, "This visit was cancelled")
    models.Visit.objects.update(stage="confirmed", cancelled_code="")
    models.SchoolAnswer.objects.update(state="left", decided_at=BEFORE)
    says_why(link, "somebody else is written to")
    assert contact_of(visit) == "Pat Head"
    assert "cut off on its way" in text(Client().get("/school/contact/nonsense/"), 404)


NOWHERE = "this link leads nowhere any more"


def test_who_has_confirmed_is_led_on_for_the_week_and_not_for_ever(visit: models.Visit) -> None:
    names(visit)
    link = link_to()
    opens = Client().post(link).headers["Location"]
    with time_machine.travel(BEFORE + timedelta(days=6), tick=False):
        assert "Open the page of the visit" in text(Client().get(link))
        assert Client().post(link).headers["Location"] == opens
    with time_machine.travel(BEFORE + timedelta(days=7), tick=False):
        says_why(link, NOWHERE)
        assert "This visit is over" in text(Client().get(opens))


def test_the_mail_to_a_stranger_leads_nowhere_once_the_office_has_ended_their_links(visit: models.Visit) -> None:
    names(visit)
    link = link_to()
    opens = Client().post(link).headers["Location"]
    end_links(models.SchoolAccess.objects.filter(email=SAM["email"]), now=BEFORE)
    assert text(Client().get(opens), 404)
    says_why(link, NOWHERE)


def test_the_mailbox_from_before_is_not_led_to_whoever_has_another_address_by_now(visit: models.Visit) -> None:
    names(visit)
    link = link_to()
    assert Client().post(link).status_code == 302
    models.Contact.objects.filter(email=SAM["email"]).update(email="right@fern.example.org")
    before = every_row()
    says_why(link, NOWHERE)
    assert every_row() == before


def test_whose_links_were_ended_after_they_were_named_is_named_anew(visit: models.Visit) -> None:
    sam = models.Contact.objects.create(school=visit.school, name="Sam Hill", email=SAM["email"])
    access = models.SchoolAccess.objects.create(contact=sam, email=sam.email, purpose="visits", expires=BEFORE.date())
    names(visit)
    link = link_to()
    end_links([access], now=BEFORE + timedelta(minutes=5))
    with time_machine.travel(BEFORE + timedelta(minutes=10), tick=False):
        says_why(link, "somebody else is written to")
        assert contact_of(visit) == "Pat Head"
        assert names(visit).status_code == 302
        confirmed: Any = Client().post(link)
        assert "Our visit" in text(Client().get(confirmed.url))


@pytest.mark.parametrize("how", ["ended", "corrected", "corrected and mailed"])
def test_whom_a_stranger_named_confirms_nothing_once_the_link_of_the_stranger_is_good_for_nothing(
    visit: models.Visit, how: str
) -> None:
    visit.sessions.update(day=BEFORE.date() + timedelta(days=20))
    link = named_in_the_evening(visit)
    if how == "ended":
        end_links(models.SchoolAccess.objects.filter(email=OLD), now=EVENING + timedelta(minutes=5))
    else:
        models.Contact.objects.filter(email=OLD).update(email="head@fern.example.org")
    if how == "corrected and mailed":
        access_of(models.Contact.objects.get(email="head@fern.example.org"), AccessPurpose.VISITS, on=BEFORE.date())
    with time_machine.travel(EVENING + timedelta(minutes=10), tick=False):
        says_why(link, "somebody else is written to")
    assert contact_of(visit) == "Pat Head"
    assert not models.Contact.objects.filter(email=SAM["email"]).exists()
    assert [mailed(address, MORNING) for address in (OLD, "head@fern.example.org")] == [[], []], "there is nothing to tell"
    with time_machine.travel(MORNING, tick=False):
        assert names(visit).status_code == 302, "named anew by a link of today"
        assert Client().post(link).status_code == 302
    assert contact_of(visit) == "Sam Hill"


def test_whom_somebody_named_who_is_gone_since_confirms_it_all_the_same(visit: models.Visit) -> None:
    names(visit)
    link = link_to()
    head = models.Contact.objects.get(email=OLD)
    models.Contact.objects.create(school=visit.school, name="Kim Office", email="kim@fern.example.org")
    models.Visit.objects.filter(pk=visit.pk).update(contact=None)
    head.delete()
    assert models.SchoolAnswer.objects.get().access is None
    assert Client().post(link).status_code == 302
    assert contact_of(visit) == "Sam Hill"


def test_a_guest_names_nobody_and_nobody_names_more_than_three_a_day(visit: models.Visit) -> None:
    guest = a_guest(visit)
    path = f"{path_of(visit, guest)}contact/"
    assert "There is nothing to change here" in text(Client().get(path))
    assert text(Client().post(path, SAM), 409)
    for number in range(3):
        assert names(visit, email=f"sam{number}@fern.example.org").status_code == 302
    assert "three times today" in text(names(visit, email="sam9@fern.example.org"), 429)


def test_naming_the_same_person_again_uses_up_none_of_the_three(visit: models.Visit) -> None:
    addresses = [f"sam{number}@fern.example.org" for number in range(4)]
    for address in addresses[:3]:
        assert [names(visit, email=address).status_code for _ in range(3)] == [302] * 3
    assert names(visit, email=addresses[3]).status_code == 429
    assert names(visit, email=addresses[2]).status_code == 302, "it is the same"
    guest = f"{path_of(visit, a_guest(visit))}contact/"
    known = [text(Client().post(guest, {**SAM, "email": email}), 409).replace(email, "") for email in (addresses[2], OLD)]
    assert known[0] == known[1], "a guest learns nothing of it"
    assert models.OutboxMessage.objects.filter(to__in=addresses).count() == 1, "mails to whoever was named before are taken back"


def test_the_office_sees_it_waiting_and_may_take_it_or_put_it_back(visit: models.Visit) -> None:
    names(visit)
    assert visit.coordinator
    (office := Client()).force_login(visit.coordinator)
    address = reverse("admin:visit-detail", args=[visit.pk])
    assert "Sam Hill, bursar, sam@fern.example.org" in text(office.get(address))
    answer = models.SchoolAnswer.objects.get()
    assert office.post(address, {"do": "take", "answer": to_press(answer)}).status_code == 302
    assert contact_of(visit) == "Sam Hill"
    assert office.post(address, {"do": "undo-take", "answer": to_press(answer)}).status_code == 302
    assert contact_of(visit) == "Pat Head"
    assert not models.Contact.objects.filter(name="Sam Hill").exists()
    assert Client().post(link_to()).status_code == 302
    shown = text(office.get(address))
    assert "as they confirmed it" in shown
    assert "Undo<span" not in shown


def test_whoever_has_confirmed_it_is_never_said_to_be_left(visit: models.Visit) -> None:
    names(visit)
    office = Client()
    assert visit.coordinator
    office.force_login(visit.coordinator)
    posted = {"do": "leave", "answer": to_press(models.SchoolAnswer.objects.get())}
    assert Client().post(link_to()).status_code == 302
    shown = text(office.post(reverse("admin:visit-detail", args=[visit.pk]), posted))
    assert "Nothing of this waits any more." in shown
    assert "as they confirmed it" in shown
    assert contact_of(visit) == "Sam Hill"


def test_who_is_known_at_another_school_stays_one_person_and_gets_one_page_for_both(visit: models.Visit) -> None:
    other = a_visit(day=date(2026, 12, 1))
    sam = models.Contact.objects.create(school=other.school, name="S. Hill", email="SAM@fern.example.org")
    names(visit)
    confirmed: Any = Client().post(link_to())
    assert [row.pk for row in models.Contact.objects.filter(email__iexact=SAM["email"])] == [sam.pk]
    assert (contact_of(visit), list(sam.also_at.all())) == ("S. Hill", [visit.school])
    shown = text(Client().get(confirmed.url))
    assert "Our other visits to your schools" in shown
    assert "Tue 1 December 2026" in shown


def test_the_office_reads_that_whoever_was_named_is_known_at_another_school_where_it_may_see_them(visit: models.Visit) -> None:
    other = a_visit(day=date(2026, 12, 1))
    models.Contact.objects.create(school=other.school, name="S. Hill", email="SAM@fern.example.org")
    names(visit)
    pages = []
    for user in (manager(), visit.coordinator):
        assert user
        office = Client()
        office.force_login(user)
        pages.append(text(office.get(reverse("admin:visit-detail", args=[visit.pk]))))
    of_manager, of_coordinator = pages
    for words in ("S. Hill of Fern Primary has this address", "?person=SAM%40fern.example.org#shared-form"):
        assert (words in of_manager, words in of_coordinator) == (True, False)


def test_both_pages_are_in_the_browsers_language(
    visit: models.Visit, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    models.School.objects.update(name="Σχολείο")
    browser, path = Client(headers={"accept-language": "cy"}), f"{path_of(visit)}contact/"
    for answer in (browser.get(path), browser.post(path, {}), browser.post(path, {**SAM, "email": "office@fern.example.org"})):
        assert unmarked(answer.content.decode().replace("office@fern.example.org", "")) == []
    assert browser.post(path, {**SAM, "name": "Σαμ", "role": "", "given_by": "Πατ"}).status_code == 302
    assert unmarked(browser.get(path).content.decode().replace("sam@fern.example.org", "")) == []
    link = link_to()
    assert unmarked(text(browser.get(link))) == []
    models.SchoolAnswer.objects.update(state="left", decided_at=BEFORE)
    assert unmarked(text(browser.get(link))) == []
    assert unmarked(text(browser.post(link), 409)) == []
