"""What is undone names nobody who was erased, merged away or has left since: it stays, and the page says so."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import pytest

from schools.erasing.actions import erase
from schools.models import Batch, Contact, Headcount, School, Session, SessionType, User, Visit
from schools.visits.actions.booked import book_to_undo
from schools.visits.actions.confirming import confirm_to_undo
from schools.visits.actions.merging import merge_people
from schools.visits.actions.undoing import undo
from schools.visits.rules import NewSession, VisitDetails
from tests.factories import SchoolFactory, SessionFactory, manager

pytestmark = pytest.mark.django_db

type Goes = Callable[[Contact, User, datetime], object]


def erased(pat: Contact, by: User, now: datetime) -> None:
    erase(pat, by=by, now=now)


def merged_away(pat: Contact, by: User, now: datetime) -> None:
    double = Contact.objects.create(school=pat.school, name="Patricia")
    merge_people(double, pat, chosen=(), mark=None, by=by, now=now)


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def school() -> School:
    made: School = SchoolFactory(name="Ash")
    return made


@pytest.fixture
def pat(school: School) -> Contact:
    return Contact.objects.create(school=school, name="Pat Ashworth")


@pytest.fixture
def zoe(school: School) -> Contact:
    return Contact.objects.create(school=school, name="Zoe Newbold")


def standing() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in (Visit, Session, Headcount)]


@pytest.mark.parametrize("goes", [erased, merged_away])
def test_a_confirmation_stays_once_whom_it_named_before_is_gone(
    goes: Goes, school: School, pat: Contact, zoe: Contact, by: User, now: datetime
) -> None:
    visit = SessionFactory(visit__school=school).visit
    agreed: dict[str, Any] = {"agreed_on": now.date(), "agreed_with": "Nia", "by": by, "now": now}
    confirm_to_undo(visit, safeguarding_contact=pat, **agreed)
    batch = confirm_to_undo(visit, safeguarding_contact=zoe, **agreed)
    goes(pat, by, now)
    before = standing()
    [left] = undo(batch, by=by, now=now).left_alone
    assert "what was there before no longer fits. Change it by hand." in left
    assert standing() == before
    visit.refresh_from_db()
    assert visit.safeguarding_contact == zoe


def left_the_school(pat: Contact) -> None:
    pat.school = SchoolFactory(name="Birch")
    pat.save()


def test_a_confirmation_stays_once_whom_it_named_before_has_left_the_school(
    school: School, pat: Contact, zoe: Contact, by: User, now: datetime
) -> None:
    visit = SessionFactory(visit__school=school).visit
    agreed: dict[str, Any] = {"agreed_on": now.date(), "agreed_with": "Nia", "by": by, "now": now}
    confirm_to_undo(visit, safeguarding_contact=pat, **agreed)
    batch = confirm_to_undo(visit, safeguarding_contact=zoe, **agreed)
    left_the_school(pat)
    before = standing()
    [left] = undo(batch, by=by, now=now).left_alone
    assert left == f"{visit} stays as it is. Pat Ashworth is not at Ash. Choose one of the school's own contacts."
    assert standing() == before


def test_what_was_agreed_comes_back_with_whom_the_visit_named_all_along(
    school: School, pat: Contact, by: User, now: datetime
) -> None:
    visit = SessionFactory(visit__school=school, visit__safeguarding_contact=pat).visit
    before = standing()
    batch = confirm_to_undo(visit, agreed_on=now.date(), agreed_with="Nia", by=by, now=now)
    left_the_school(pat)
    assert undo(batch, by=by, now=now).left_alone == []
    assert standing() == before


REFERENCE = "VABC234"


def asked_for(school: School, **named: Any) -> Visit:
    return Visit.objects.create(reference=REFERENCE, school=school, stage="requested", requested_on=date(2026, 11, 2), **named)


def booked(school: School, by: User, now: datetime, *, contact: Contact | None = None) -> Batch:
    sessions = [NewSession(SessionType.objects.get(slug="ks2-assembly"), date(2026, 12, 3), time(9, 15), expected={3: 30})]
    return book_to_undo(school, sessions, by=by, now=now, reference=REFERENCE, details=VisitDetails(contact=contact))


@pytest.mark.parametrize("goes", [erased, merged_away])
def test_what_a_school_had_asked_for_stays_booked_once_whom_it_named_is_gone(
    goes: Goes, school: School, pat: Contact, zoe: Contact, by: User, now: datetime
) -> None:
    asked_for(school, contact=pat)
    batch = booked(school, by, now, contact=zoe)
    goes(pat, by, now)
    before = standing()
    left = undo(batch, by=by, now=now).left_alone
    assert "Whoever it named before is not there any more. Cancel it on its page instead." in left[-1]
    assert standing() == before


def test_what_a_school_had_asked_for_stays_booked_once_whom_it_named_has_left_the_school(
    school: School, pat: Contact, zoe: Contact, by: User, now: datetime
) -> None:
    asked_for(school, contact=pat)
    batch = booked(school, by, now, contact=zoe)
    left_the_school(pat)
    before = standing()
    left = undo(batch, by=by, now=now).left_alone
    assert "Pat Ashworth is not at Ash. Choose one of the school's own contacts." in left[-1]
    assert standing() == before


def test_what_a_school_had_asked_for_stays_booked_once_whoever_saw_to_it_may_not_sign_in(
    school: School, by: User, now: datetime
) -> None:
    colleague = manager()
    asked_for(school, coordinator=colleague)
    batch = booked(school, by, now)
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    before = standing()
    left = undo(batch, by=by, now=now).left_alone
    assert f"{colleague} coordinates nothing here." in left[-1]
    assert standing() == before
