"""The log of messages: who sees which, how they are found, and what is shown of each."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.erasing.actions import erase
from schools.messages.models import NO_LONGER_TRUE
from schools.visits.actions import cancel_visit
from schools.visits.queries import message_log
from schools.volunteers.emails import invite
from tests import factories
from tests.news import tell_and_send
from tests.office.conftest import NOW
from tests.school_portal.changing import a_far_visit
from tests.school_portal.taking import office_of

pytestmark = pytest.mark.django_db

LOG = "/admin/messages/"


def message_of(visit: models.Visit, number: int = 1, **fields: Any) -> models.OutboxMessage:
    """A message about the visit, to the party that is named, else to its school."""
    party = {name: fields.pop(name) for name in ("volunteer", "school") if name in fields} or {"school": visit.school}
    values = {"to": f"p{number}@example.org", "subject": f"About {number}", "body": "Good day", "kind": "visits", "sent_at": NOW}
    message = models.OutboxMessage.objects.create(key=f"k{number}", **values | fields)
    models.MessageAbout.objects.create(visit=visit, message=message, known_by="message", facts=f"f{number}", **party)
    return message


@pytest.fixture
def visit(area: models.Area) -> models.Visit:
    return factories.VisitFactory(school=factories.SchoolFactory(area=area, name="Oak"))


@pytest.fixture
def others_visit(elsewhere: models.Area) -> models.Visit:
    return factories.VisitFactory(school=factories.SchoolFactory(area=elsewhere, name="Ivy"))


def subjects(client: Client, query: str = "") -> set[str]:
    answer = client.get(f"{LOG}{query}")
    assert answer.status_code == 200
    return set(re.findall(r"About \d+", answer.content.decode()))


def test_a_coordinator_sees_what_is_about_their_visits_schools_and_volunteers(
    office: Client, area: models.Area, visit: models.Visit, others_visit: models.Visit
) -> None:
    helps_here, helps_there = factories.VolunteerFactory(), factories.VolunteerFactory()
    helps_here.areas.add(area)
    message_of(visit, 1)
    guest = message_of(others_visit, 2, school=visit.school)
    message_of(others_visit, 3, volunteer=helps_here)
    stranger = message_of(others_visit, 4, volunteer=helps_there)
    assert subjects(office) == {"About 1", "About 2", "About 3"}
    assert office.get(f"{LOG}{guest.pk}/").status_code == 200
    assert office.get(f"{LOG}{stranger.pk}/").status_code == 404
    for query in (f"?of_visit={others_visit.pk}", f"?of_school={others_visit.school_id}", f"?of_volunteer={helps_there.pk}"):
        assert office.get(f"{LOG}{query}").status_code == 404


def test_messages_about_no_visit_are_seen_with_their_reader(
    office: Client, area: models.Area, elsewhere: models.Area, visit: models.Visit
) -> None:
    for number, place in ((1, area), (2, elsewhere)):
        volunteer = factories.VolunteerFactory()
        volunteer.areas.add(place)
        contact = models.Contact.objects.create(school=factories.SchoolFactory(area=place), name="Pat", email="x@example.org")
        readers: list[dict[str, Any]] = [{"volunteer": volunteer}, {"contact": contact}]
        for digit, reader in enumerate(readers):
            message = models.OutboxMessage.objects.create(
                key=f"{number}{digit}", to="x@example.org", subject=f"About {number}{digit}", body="", kind="near-you"
            )
            models.MessageTo.objects.create(message=message, **reader)
    models.OutboxMessage.objects.create(key="own", to="boss@example.org", subject="About 99", body="")
    assert subjects(office) == {"About 10", "About 11"}


def test_a_manager_sees_every_message(managers_office: Client, visit: models.Visit, others_visit: models.Visit) -> None:
    message_of(visit, 1)
    message_of(others_visit, 2)
    models.OutboxMessage.objects.create(key="own", to="boss@example.org", subject="About 3", body="")
    assert subjects(managers_office) == {"About 1", "About 2", "About 3"}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?person=asha", {2}),
        ("?person=p3@example", {3}),
        ("?person=pat%20head", {5}),
        ("?school=oak", {1, 2, 5}),
        ("?school=elm", {3, 4}),
        ("?subject=4%20about", {4}),
        ("?kind=mornings", {2}),
        ("?kind=direct", {6}),
        ("?kind=nonsense", {1, 2, 3, 4, 5, 6}),
        ("?state=waits", {3}),
        ("?state=came-back", {4}),
        ("?state=taken-back", {5}),
        ("?state=sent&first=2026-11-20", {1, 2, 6}),
        ("?last=2026-11-20", {4}),
        ("?first=2026-11-20&last=2026-11-20", set()),
        ("?page=2", set()),
        ("?of_visit=0x&first=never", {1, 2, 3, 4, 5, 6}),
    ],
)
def test_messages_are_found_by_person_school_subject_kind_outcome_and_days(
    managers_office: Client, area: models.Area, visit: models.Visit, query: str, numbers: set[int]
) -> None:
    other = factories.VisitFactory(school=factories.SchoolFactory(area=area, name="Elm"))
    asha = factories.VolunteerFactory(name="Asha Rao")
    models.Contact.objects.create(school=visit.school, name="Pat Head", email="p5@example.org")
    stopped = {"sent_at": None, "stopped_at": NOW}
    message_of(visit, 1)
    message_of(visit, 2, volunteer=asha, kind="mornings")
    message_of(other, 3, sent_at=None)
    message_of(other, 4, last_error="550 no", created_at=NOW - timedelta(days=9), **stopped)
    message_of(visit, 5, last_error=NO_LONGER_TRUE, handed_over_at=NOW, left_at=NOW, **stopped)
    models.OutboxMessage.objects.create(key="own", to="boss@example.org", subject="About 6", body="", sent_at=NOW)
    assert subjects(managers_office, query) == {f"About {number}" for number in numbers}


def test_words_are_found_in_subject_and_text_as_the_office_reads_them(office: Client, visit: models.Visit) -> None:
    link = "https://speak.example.org/a/MTc6c2Nob29sOjE.k3v9-Qx_8aB71/"
    message_of(visit, 1, body=f"Bring the BLUE box. Open {link} please.")
    message_of(visit, 2, body="Bring nothing.")
    message_of(visit, 3, body="The blue box lets somebody in.", expires_at=NOW)
    message_of(visit, 4, body="Ysgol Tŷ’r Gofid takes no box.")
    for words, numbers in {
        "blue box": {1}, "bring": {1, 2}, "About bring nothing": {2}, "box nothing": set(),
        "YSGOL Tŷ’r": {4}, "about ysgol": {4}, "speak.example.org": {1}, "k3v9": set(), "MTc6c2Nob29sOjE": set(), "lets": set(),
    }.items():  # fmt: skip
        assert subjects(office, f"?subject={words.replace(' ', '+')}") == {f"About {number}" for number in numbers}, words


def test_texts_are_read_of_the_newest_that_the_other_choices_leave(
    office: Client, area: models.Area, visit: models.Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_log, "TEXTS_READ", 2)
    elm: models.Visit = factories.VisitFactory(school=factories.SchoolFactory(area=area, name="Elm"))
    for number, about in enumerate([visit, *[elm] * 3]):
        message_of(about, number, created_at=NOW - timedelta(days=9 - number), body="Bring the blue box.")
    assert subjects(office, "?subject=blue") == {"About 2", "About 3"}
    assert subjects(office, "?subject=about") == {f"About {number}" for number in range(4)}, "subjects are read of all"
    assert subjects(office, "?subject=blue&school=oak") == {"About 0"}
    assert "texts of the newest" in office.get(f"{LOG}?subject=blue").content.decode()
    assert "texts of the newest" not in office.get(LOG).content.decode()


def test_the_subject_of_a_private_message_is_neither_shown_nor_searched(office: Client, area: models.Area) -> None:
    volunteer = factories.VolunteerFactory()
    volunteer.areas.add(area)
    message = models.OutboxMessage.objects.create(
        key="c", to="a@example.org", subject="About 1: DBS", body="Until Thursday", kind="clearance-ends", sent_at=NOW
    )
    models.MessageTo.objects.create(message=message, volunteer=volunteer)
    page = office.get(LOG).content.decode()
    assert "A clearance ends" in page
    assert "DBS" not in page
    assert "DBS" not in office.get(f"{LOG}?subject=DBS").content.decode().replace('value="DBS"', "")
    assert "No message is here" in office.get(f"{LOG}?subject=About").content.decode()
    text = office.get(f"{LOG}{message.pk}/").content.decode()
    assert "Only the person it went to reads it" in text
    assert "Until Thursday" not in text


def test_the_text_is_shown_as_it_was_sent_without_the_secrets_of_its_links(office: Client, visit: models.Visit) -> None:
    body = "Dear Pat <b>,\nopen https://speak.example.org/a/MTc6c2Nob29sOjE.k3v9-Qx_8aB71/ please."
    message = message_of(visit, 1, body=body)
    page = office.get(f"{LOG}{message.pk}/").content.decode()
    assert "Dear Pat &lt;b&gt;,\nopen https://speak.example.org/a/…/ please." in page
    assert f"/admin/visit/{visit.pk}/" in page
    for words in ("Oak, p1@example.org", "By mail", "A school’s visits", "at once, when something is agreed or changes"):
        assert words in " ".join(page.split()), words


def test_a_mail_about_visits_of_two_areas_names_only_ones_own_visits_beside_its_text(
    office: Client, visit: models.Visit, others_visit: models.Visit
) -> None:
    message = message_of(visit, 1)
    models.MessageAbout.objects.create(
        visit=others_visit, school=others_visit.school, message=message, known_by="message", facts="other"
    )
    page = office.get(f"{LOG}{message.pk}/").content.decode()
    assert f"/admin/visit/{visit.pk}/" in page
    assert f"/admin/visit/{others_visit.pk}/" not in page


@pytest.mark.parametrize("kind", ["visit", "school", "volunteer"])
def test_the_pages_of_visits_schools_and_volunteers_have_their_latest_messages(
    office: Client, area: models.Area, visit: models.Visit, kind: str
) -> None:
    volunteer = factories.VolunteerFactory()
    volunteer.areas.add(area)
    party = {"volunteer": volunteer} if kind == "volunteer" else {}
    address = {
        "visit": f"/admin/visit/{visit.pk}/", "school": f"/admin/school/{visit.school_id}/",
        "volunteer": f"/admin/volunteer/{volunteer.pk}/",
    }[kind]  # fmt: skip
    assert "Nothing was sent yet" in office.get(address).content.decode()
    for number in range(1, 8):
        message_of(visit, number, created_at=NOW - timedelta(hours=number), **party)
    page = office.get(address).content.decode()
    assert set(re.findall(r"About \d", page)) == {f"About {number}" for number in range(1, 6)}
    assert "All messages, and a search" in page
    query = re.search(r"/admin/messages/(\?of_[^\"]+)", page)
    assert query
    assert len(subjects(office, query[1])) == 7


def test_an_earlier_number_of_a_school_belongs_to_its_log(managers_office: Client, area: models.Area) -> None:
    now, before = factories.SchoolFactory(area=area), factories.SchoolFactory(area=area)
    models.School.objects.filter(pk__in=(now.pk, before.pk)).update(chain=now.pk)
    message_of(factories.VisitFactory(school=before), 1)
    assert "About 1" in managers_office.get(f"/admin/school/{now.pk}/").content.decode()
    assert subjects(managers_office, f"?of_school={now.pk}") == {"About 1"}


def test_the_log_goes_on_on_other_pages_and_keeps_what_was_chosen(office: Client, visit: models.Visit) -> None:
    for number in range(51):
        message_of(visit, number, created_at=NOW - timedelta(minutes=number))
    first = office.get(f"{LOG}?school=oak")
    assert "?page=2&amp;school=oak" in first.content.decode()
    assert len(subjects(office, "?school=oak")) == 50
    assert subjects(office, "?page=2&school=oak") == {"About 50"}
    assert "page=3" not in office.get(f"{LOG}?page=2").content.decode()


@pytest.mark.parametrize("query", ["", "?person=asha&school=oak&subject=about&kind=visits&state=sent&first=2026-11-01"])
def test_the_log_asks_the_same_of_one_message_and_of_four(
    office: Client, visit: models.Visit, django_assert_num_queries: DjangoAssertNumQueries, query: str
) -> None:
    asha = factories.VolunteerFactory(name="Asha Rao")
    message_of(visit, 0, volunteer=asha)
    office.get(f"{LOG}{query}")
    number = 12 if query else 8
    with django_assert_num_queries(number):
        assert subjects(office, query) == {"About 0"}
    for more in (1, 2, 3):
        message_of(visit, more, volunteer=asha)
    with django_assert_num_queries(number):
        assert len(subjects(office, query)) == 4


def test_who_is_invited_or_told_that_a_clearance_ends_has_it_in_their_log(office: Client, area: models.Area) -> None:
    volunteer = factories.able_volunteer(area, signs_in=True)
    models.Clearance.objects.filter(volunteer=volunteer).update(recheck_on=NOW.date() + timedelta(days=7))
    invitation = models.Invitation.objects.create(
        volunteer=volunteer, email=volunteer.mail_address, token_hash="x", sent_at=NOW, expires_at=NOW + timedelta(days=7)
    )
    invite(invitation, secret="secret-of-the-invitation-1")
    tell_and_send(NOW.replace(hour=10), kinds=["clearance-ends"])
    page = office.get(f"/admin/volunteer/{volunteer.pk}/").content.decode()
    assert "A clearance ends" in page
    assert "Your way into" in page
    invited = models.OutboxMessage.objects.get(key=f"invitation:{invitation.pk}")
    assert "secret-of" not in office.get(f"{LOG}{invited.pk}/").content.decode()


def test_erasing_a_volunteer_takes_their_texts_whatever_address_they_went_to(visit: models.Visit) -> None:
    volunteer = factories.VolunteerFactory(name="Asha Rao", status="left")
    message_of(visit, 1, volunteer=volunteer, to="old@example.org")
    direct = models.OutboxMessage.objects.create(key="d", to="older@example.org", subject="Hello", body="Hello")
    models.MessageTo.objects.create(message=direct, volunteer=volunteer)
    kept = message_of(visit, 2)
    erase(volunteer, by=factories.manager(), now=NOW)
    assert list(models.OutboxMessage.objects.all()) == [kept]


def test_deleting_somebody_at_a_school_takes_their_texts_and_leaves_that_they_went(office: Client, visit: models.Visit) -> None:
    gone = models.Contact.objects.create(school=visit.school, name="Pat Haed", email="pat@example.org")
    gone.name = "Pat Head"
    gone.save()
    shared = models.Contact.objects.create(school=visit.school, name="Office", email="office@example.org")
    models.Contact.objects.create(school=visit.school, name="Reception", email="office@example.org")
    message_of(visit, 1, to="pat@example.org", body="Dear Pat Head")
    message_of(visit, 2, to="office@example.org", body="Dear all")
    message_of(visit, 3, to="pat@example.org", body="Dear Pat Head", sent_at=None)
    for contact in (gone, shared):
        office.post(f"/admin/schools/contact/{contact.pk}/delete/", {"post": "yes"})
    assert models.Contact.objects.count() == 1
    assert not models.EarlierValue.objects.exists()
    texts = dict(models.OutboxMessage.objects.values_list("key", "body"))
    # What nobody can have got is asked anew, of who is at the school now.
    assert texts == {"k1": "(The text was erased with the person it was for.)", "k2": "Dear all"}
    assert "(The text was erased" in office.get(f"{LOG}?of_visit={visit.pk}").content.decode()


def test_the_sms_beside_a_mail_stands_on_its_page_with_the_end_of_the_number_alone(
    office: Client, managers_office: Client, visit: models.Visit
) -> None:
    mail = message_of(visit, 1)
    models.OutboxMessage.objects.create(
        key="sms:k1", channel="sms", beside=mail, to="+447400123456", subject="About it", body="Moved: Oak", kind="visits",
        sent_at=NOW, arrived_at=NOW, last_error="of +447400123456",
    )  # fmt: skip
    for client in (office, managers_office):
        log = client.get(LOG).content.decode()
        assert ("About 1" in log, "By mail and SMS" in log, "About it" in log) == (True, True, False)
    page = office.get(f"{LOG}{mail.pk}/").content.decode()
    assert ("Moved: Oak" in page, "ends in …456" in page, "and arrived" in page) == (True, True, True)
    assert "7400123456" not in page
    assert office.get(f"{LOG}{models.OutboxMessage.objects.get(channel='sms').pk}/").status_code == 404


def test_the_log_says_from_whom_a_mail_was_also_after_somebody_stood_in() -> None:
    visit = a_far_visit()
    ben = factories.coordinator_of(models.Area.objects.get(), name="Ben Fell")
    office, own = office_of(visit), visit.coordinator
    assert own is not None
    away = models.StandIn.objects.create(coordinator=own, stand_in=ben, from_day=NOW.date(), to_day=NOW.date())
    waiting = message_of(visit, sent_at=None)
    assert "<dt>From</dt>" not in office.get(f"{LOG}{waiting.pk}/").content.decode()
    waiting.delete()
    cancel_visit(visit, code="weather", note="", by=own, now=NOW)
    assert tell_and_send(NOW) > 0
    sent = models.OutboxMessage.objects.get(kind="mornings")
    assert sent.signed_by == [[ben.pk, own.pk]]
    away.delete()
    assert f"Ben Fell for {own}, who was away" in office.get(f"{LOG}{sent.pk}/").content.decode()
    models.OutboxMessage.objects.update(signed_by=[[ben.pk, None], [ben.pk + 1_000, None]])
    assert "Ben Fell; somebody who is no longer here" in office.get(f"{LOG}{sent.pk}/").content.decode()
