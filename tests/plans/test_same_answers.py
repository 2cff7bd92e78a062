"""Questions that indexes lead answer as the slow ones do, which say plainly what is meant."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import Q

from schools.models import Contact, Cover, Headcount, School, Session, SuppressedAddress, Visit
from schools.office.schools.facts import visits_of
from schools.visits.queries.parties import schools_of
from schools.visits.queries.unreachable import unreachable
from tests.factories import CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory, VolunteerFactory, manager

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def visits() -> list[Visit]:
    """A visit without a session, one alone, one with two guests in several sessions, and one of which the host is a guest."""
    bare, alone, shared, other = (VisitFactory() for _ in range(4))
    SessionFactory(visit=alone)
    host, guests = shared.school, [SchoolFactory(), other.school]
    for number in range(2):
        session = SessionFactory(visit=shared, day=date(2026, 12, 3 + number))
        for school in (host, *guests):
            HeadcountFactory(session=session, school=school, year_group=3)
    HeadcountFactory(session=SessionFactory(visit=other), school=host, year_group=4)
    return [bare, alone, shared, other]


def test_the_schools_of_a_visit_are_its_host_and_its_guests(visits: list[Visit]) -> None:
    for visit, number in zip(visits, (1, 1, 3, 2), strict=True):
        slow = School.objects.filter(Q(pk=visit.school_id) | Q(headcounts__session__visit=visit)).distinct()
        quick = list(schools_of(visit).order_by("pk"))
        assert quick == list(slow.order_by("pk"))
        assert len(quick) == number


def test_the_visits_of_a_school_are_those_that_it_hosts_and_those_to_which_it_goes(visits: list[Visit]) -> None:
    by = manager()
    for school, number in zip(School.objects.order_by("pk"), (1, 1, 2, 2, 1), strict=True):
        seated = Headcount.objects.filter(school=school).values("session__visit")
        slow = set(Visit.objects.filter(Q(school=school) | Q(pk__in=seated)))
        quick = [line.visit for line in visits_of([school], by, on=NOW.date())]
        assert set(quick) == slow
        assert len(quick) == number


def test_people_at_schools_are_those_of_one_and_those_who_belong_to_several() -> None:
    here, there, elsewhere = SchoolFactory(), SchoolFactory(), SchoolFactory()
    people = [Contact.objects.create(school=school, name=str(school.pk)) for school in (here, there, elsewhere, elsewhere, here)]
    people[3].also_at.add(here, there)
    people[4].also_at.add(there)
    slow = Contact.objects.filter(Q(school__in=[here, there]) | Q(also_at__in=[here, there])).distinct()
    for schools in ([here, there], School.objects.filter(pk__in=[here.pk, there.pk])):
        quick = list(Contact.objects.at(schools).order_by("pk"))
        assert quick == list(slow.order_by("pk")) == [people[0], people[1], people[3], people[4]]


def test_addresses_that_somebody_still_has_are_found_however_they_are_written() -> None:
    school = SchoolFactory()
    for address in ("Pat.Head@Example.ORG", "sam@example.org", ""):
        Contact.objects.create(school=school, name=address, email=address)
    for address in ("PAT.head@example.org", "Sam@example.org", "sam@example.org.uk"):
        assert set(Contact.objects.with_address(address)) == set(Contact.objects.filter(email__iexact=address))
    VolunteerFactory(email="Vera@example.org")
    VolunteerFactory(email="gone@example.org", status="left")
    addresses = ("pat.head@example.org", "sam@example.org", "vera@example.org", "gone@example.org", "nobody@example.org")
    for address in addresses:
        SuppressedAddress.objects.create(address=address, reason="bounce", since=NOW)
    SuppressedAddress.objects.filter(address="sam@example.org").update(
        lifted_at=NOW, lifted_why="It is right.", lifted_by=manager()
    )
    people = {contact.email.lower() for contact in Contact.objects.all()} | {"vera@example.org"}
    slow = {row.address for row in SuppressedAddress.objects.filter(lifted_at=None) if row.address in people}
    assert {row.address for row in unreachable(SuppressedAddress.objects.all())} == slow
    assert slow == {"pat.head@example.org", "vera@example.org"}


def test_covers_without_an_outcome_are_those_of_the_sessions_without_one() -> None:
    volunteer, today = VolunteerFactory(), NOW.date()
    for days in (-3, 0, 3):
        for state in ("accepted", "offered"):
            day = today + timedelta(days=days)
            CoverFactory(session=SessionFactory(day=day), volunteer=volunteer, state=state)
            CoverFactory(session=SessionFactory(day=day - timedelta(days=9), until_day=day), volunteer=volunteer, state=state)
    CoverFactory(session=SessionFactory(day=today - timedelta(days=2), delivered=True), volunteer=volunteer, state="accepted")
    slow = Cover.objects.filter(session__in=Session.objects.outcome_missing(on=today), state="accepted")
    assert set(Cover.objects.outcome_missing(on=today)) == set(slow)
    assert len(slow) == 2
