"""What the office did with a request of a school, undone: which school it is of, and that its person is at the school."""

from datetime import date, datetime
from typing import Any

import pytest
from django.core import mail

from schools.accounts.models import User
from schools.directory.models import Contact, School
from schools.visits.actions.booked import join_to_undo, know_person_to_undo
from schools.visits.actions.conversations import Conversation, log_conversation
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.models import Batch, Visit, VisitRequest
from tests.factories import AreaFactory, SchoolFactory, manager
from tests.news import tell_and_send
from tests.visits.test_unbooking import RELEASED

pytestmark = pytest.mark.django_db

KIM: dict[str, Any] = {"name": "Kim Office", "email": "kim@ash.example.org"}


@pytest.fixture
def school() -> School:
    made: School = SchoolFactory(area=AreaFactory(), name="Ash", ask_again_on=date(2027, 6, 1))
    return made


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def request_of_nobody(now: datetime) -> VisitRequest:
    """A request of a school that nobody has found yet."""
    made: VisitRequest = VisitRequest.objects.create(
        school_name="The Ash", name="Pat Head", role="head", email="pat@ash.example.org", phone="+441539720009", asked_at=now,
        confirmed_at=now, state="waits",
    )  # fmt: skip
    return made


def joined(request: VisitRequest, school: School, by: User, now: datetime) -> Batch:
    return held(lambda: join_to_undo(request, school, by=by, now=now), now=now)


def known(request: VisitRequest, by: User, now: datetime) -> Batch:
    return held(lambda: know_person_to_undo(request, by=by, now=now), now=now)


def standing() -> list[Any]:
    """What stands of requests, visits, schools and the people there."""
    of_requests = VisitRequest.objects.values_list("school", "visit", "contact", "state", "decided_at", "decided_by")
    of_visits = Visit.objects.values_list("pk", "stage", "contact")
    of_schools = School.objects.values_list("pk", "ask_again_on")
    return [list(rows.order_by("pk")) for rows in (of_requests, of_visits, of_schools, Contact.objects.values_list("pk", "name"))]


def test_a_request_that_was_joined_with_the_wrong_school_waits_again_and_that_school_hears_nothing(
    school: School, request_of_nobody: VisitRequest, by: User, now: datetime
) -> None:
    Contact.objects.create(school=school, **KIM | {"email": request_of_nobody.email})
    before = standing()
    batch = joined(request_of_nobody, school, by, now)
    visit = Visit.objects.get()
    assert (batch.visits, len(batch.messages or ())) == ([visit.pk], 1)
    assert School.objects.get().ask_again_on is None
    assert tell_and_send(now) == 0, "it is held"
    assert undo(batch, by=by, now=now).left_alone == []
    assert standing() == before
    assert tell_and_send(now + RELEASED) == 0


def test_nobody_else_at_the_school_reads_that_they_asked_and_who_asked_does_once_they_are_known(
    school: School, request_of_nobody: VisitRequest, by: User, now: datetime
) -> None:
    Contact.objects.create(school=school, **KIM)
    assert not joined(request_of_nobody, school, by, now).messages
    assert tell_and_send(now + RELEASED) == 0
    known(request_of_nobody, by, now + RELEASED)
    assert tell_and_send(now + RELEASED * 2) == 1
    assert mail.outbox[-1].to == [request_of_nobody.email]


def test_a_request_that_was_joined_with_a_visit_that_was_there_leaves_that_visit_as_it_was(
    school: School, request_of_nobody: VisitRequest, by: User, now: datetime
) -> None:
    Visit.objects.create(reference="V10001", school=school, stage="requested", requested_on=now.date())
    before = standing()
    batch = joined(request_of_nobody, school, by, now)
    assert VisitRequest.objects.get().visit == Visit.objects.get()
    assert undo(batch, by=by, now=now).left_alone == []
    assert standing() == before


@pytest.mark.parametrize("since", ["talk", "person", "other request"])
def test_a_request_stays_of_its_school_once_others_have_worked_on_its_visit(
    since: str, school: School, request_of_nobody: VisitRequest, by: User, now: datetime
) -> None:
    batch = joined(request_of_nobody, school, by, now)
    visit = Visit.objects.get()
    if since == "talk":
        log_conversation(school, Conversation(day=now.date(), how="phone", who="Pat"), by=by, now=now, visit=visit)
    elif since == "person":
        known(request_of_nobody, by, now)
    else:
        asked = {"name": "Sam", "role": "head", "email": "sam@ash.example.org", "asked_at": now, "confirmed_at": now}
        VisitRequest.objects.create(school=school, visit=visit, state="waits", **asked)
    before = standing()
    left = " ".join(undo(batch, by=by, now=now).left_alone)
    assert "The visit that was made of the request stays." in left
    assert standing() == before


def test_who_was_put_among_the_people_by_a_slip_is_there_no_more_and_was_not_mailed(
    school: School, request_of_nobody: VisitRequest, by: User, now: datetime
) -> None:
    joined(request_of_nobody, school, by, now)
    before = standing()
    batch = known(request_of_nobody, by, now)
    assert Visit.objects.get().contact == Contact.objects.get()
    assert "Pat" not in f"{batch.words} {batch.changes}", "nobody’s name is kept in it"
    assert known(request_of_nobody, by, now).changes == []
    assert undo(batch, by=by, now=now).left_alone == []
    assert standing() == before
    assert tell_and_send(now + RELEASED) == 0


@pytest.mark.parametrize("since", ["corrected", "named elsewhere"])
def test_a_person_on_whom_others_have_worked_since_stays_at_the_school(
    since: str, school: School, request_of_nobody: VisitRequest, by: User, now: datetime
) -> None:
    joined(request_of_nobody, school, by, now)
    batch = known(request_of_nobody, by, now)
    person = Contact.objects.get()
    if since == "corrected":
        Contact.objects.update(name="Patricia Head")
    else:
        Visit.objects.create(reference="V10002", school=school, stage="planned", safeguarding_contact=person)
    (left,) = undo(batch, by=by, now=now).left_alone
    assert "They were changed since, or something refers to them." in left
    assert Contact.objects.exists()
    assert VisitRequest.objects.get().contact is None


def test_somebody_known_at_another_school_stays_at_this_one_and_it_is_said(
    school: School, request_of_nobody: VisitRequest, by: User, now: datetime
) -> None:
    elsewhere = SchoolFactory(name="Beck")
    person = Contact.objects.create(school=elsewhere, name="Pat H.", email=request_of_nobody.email)
    joined(request_of_nobody, school, by, now)
    batch = known(request_of_nobody, by, now)
    assert undo(batch, by=by, now=now).left_alone == [
        "Pat H. stays among the people at the school. Remove them on its page where they are not."
    ]
    assert (VisitRequest.objects.get().contact, Visit.objects.get().contact) == (None, None)
    assert list(person.also_at.all()) == [school]
