"""Coordinators hear of whatever did not arrive and somebody has to see to, also where it is about no visit."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.directory.models import StandIn
from schools.models import Area, Contact, MessageTo, OfferedDates, OutboxMessage, SchoolAnswer, User, Volunteer
from schools.visits.contact_emails import ask_new_contact
from schools.visits.new_contacts import NewContact
from schools.volunteers.actions import invite
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.news import drafts

pytestmark = pytest.mark.django_db

STOPPED = datetime(2026, 12, 1, 9, 5, tzinfo=UTC)
AN_HOUR_LATER = datetime(2026, 12, 1, 10, tzinfo=UTC)
HOME = "/admin/"


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    SchoolFactory(area=made)  # so that it holds an authority, for which somebody can be there
    return made


@pytest.fixture
def cora(area: Area) -> User:
    return coordinator_of(area, name="Cora Nwosu")


@pytest.fixture
def volunteer(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao")


def contact_of(area: Area, name: str = "Oak") -> Contact:
    made: Contact = Contact.objects.create(school=SchoolFactory(area=area, name=name), name="Nia", email="nia@oak.example.org")
    return made


def refused(kind: str, *, key: str = "", subject: str = "Words", **reader: object) -> OutboxMessage:
    number = OutboxMessage.objects.count()
    of_mail = {"key": key or f"{kind}:{number}", "to": f"dead{number}@example.org", "subject": subject, "last_error": "550 no"}
    message: OutboxMessage = OutboxMessage.objects.create(body="", kind=kind, stopped_at=STOPPED, **of_mail)
    MessageTo.objects.create(message=message, **reader)
    return message


def told() -> dict[str, str]:
    """What each address reads of it."""
    return {draft.to: draft.body for draft in drafts("undelivered", AN_HOUR_LATER)}


@pytest.mark.parametrize("kind", ["term-thanks", "school-due"])
def test_thanks_and_questions_that_did_not_arrive_are_told_to_who_coordinates_their_readers_areas(
    area: Area, cora: User, volunteer: Volunteer, kind: str
) -> None:
    coordinator_of(AreaFactory(), name="Of another area")
    reader = {"volunteer": volunteer} if kind == "term-thanks" else {"contact": contact_of(area)}
    refused(kind, **reader)
    (draft,) = drafts("undelivered", AN_HOUR_LATER)
    who = "Asha Rao" if kind == "term-thanks" else "Nia, Oak"
    assert (draft.to, draft.link.address.endswith(HOME) if draft.link else None) == (cora.email, True)
    assert f"- {who} (dead0@example.org): “Words”. 550 no" in draft.body


def test_an_invitation_that_did_not_arrive_is_told_to_who_coordinates_the_volunteers_area(area: Area, cora: User) -> None:
    invite(able_volunteer(area, name="Asha Rao"), by=manager(), now=STOPPED, email="asha@example.org")
    OutboxMessage.objects.update(stopped_at=STOPPED, last_error="550 no")
    assert list(told()) == [cora.email]
    assert "- Asha Rao (asha@example.org): “Your way into " in told()[cora.email]


def dates_of(contact: Contact, by: User | None) -> OfferedDates:
    made: OfferedDates = OfferedDates.objects.create(
        school=contact.school,
        contact=contact,
        half_days=["2027-01-12-morning"],
        people=2,
        offered_at=STOPPED,
        offered_by=by,
        held_until=date(2026, 12, 8),
    )
    return made


def test_dates_to_choose_that_did_not_arrive_are_told_to_who_offered_them_and_to_nobody_of_another_area(
    area: Area, cora: User
) -> None:
    coordinator_of(area, name="A colleague")
    other = SchoolFactory(area=AreaFactory())
    coordinator_of(other.authority.holdings.get().area, name="Of another area")
    by = manager()
    for giver, name in ((cora, "Oak"), (by, "Elm")):
        contact = contact_of(area, name)
        contact.also_at.add(other)
        refused("dates-to-choose", key=f"dates-to-choose:{dates_of(contact, giver).pk}", contact=contact)
    read = told()
    assert set(read) == {cora.email, by.email}
    assert "- Nia, Oak (dead" in read[cora.email]
    assert "- Nia, Elm (dead" in read[by.email]


def test_dates_whose_giver_is_gone_are_told_to_who_coordinates_the_schools_area(area: Area, cora: User) -> None:
    contact = contact_of(area)
    refused("dates-to-choose", key=f"dates-to-choose:{dates_of(contact, None).pk}", contact=contact)
    assert list(told()) == [cora.email]


def test_whose_clearance_ends_is_not_said_by_telling_that_they_were_not_told(cora: User, volunteer: Volunteer) -> None:
    refused("clearance-ends", subject="Your clearance ends in 30 days: DBS", volunteer=volunteer)
    (draft,) = drafts("undelivered", AN_HOUR_LATER)
    assert "- Asha Rao (dead0@example.org): a mail for them alone. 550 no" in draft.body
    assert "learance" not in draft.subject + draft.body


def test_mornings_near_somebody_come_again_so_no_coordinator_hears_that_they_did_not_arrive(
    cora: User, volunteer: Volunteer
) -> None:
    refused("near-you", volunteer=volunteer)
    assert told() == {}


def test_that_somebody_named_by_a_school_was_not_asked_is_told_to_who_looks_after_the_visit(cora: User, now: datetime) -> None:
    visit = SessionFactory(visit__stage="confirmed", visit__agreed_on=now.date(), visit__coordinator=manager()).visit
    words = NewContact("Zoe New", "", "zoe@oak.example.org").words
    answer = SchoolAnswer.objects.create(visit=visit, school=visit.school, item="contact", words=words, given_by="Nia", at=now)
    ask_new_contact(answer, visit)
    OutboxMessage.objects.update(stopped_at=STOPPED, last_error="550 no")
    assert list(told()) == [visit.coordinator.email]
    assert "(zoe@oak.example.org)" in told()[visit.coordinator.email]


def test_who_stands_in_hears_of_it_too(area: Area, cora: User, volunteer: Volunteer) -> None:
    by = manager()
    StandIn.objects.create(coordinator=cora, stand_in=by, from_day=date(2026, 12, 1), to_day=date(2026, 12, 2))
    refused("term-thanks", volunteer=volunteer)
    assert set(told()) == {cora.email, by.email}


def test_however_many_did_not_arrive_it_takes_as_many_queries(area: Area, cora: User) -> None:
    counts = []
    for number in range(3):
        contact = contact_of(area, name=f"Oak {number}")
        refused("school-due", contact=contact)
        refused("term-thanks", volunteer=able_volunteer(area, signs_in=True, name=f"Asha {number}"))
        refused("dates-to-choose", key=f"dates-to-choose:{dates_of(contact, cora).pk}", contact=contact)
        with CaptureQueriesContext(connection) as captured:
            drafts("undelivered", AN_HOUR_LATER)
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts
