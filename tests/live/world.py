"""Rows for people of a test, made by the site's own code inside one of its processes (`crowd.world`). JSON goes back."""

from datetime import time, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from factory.django import DjangoModelFactory

from schools.accounts.models import Role
from schools.models import Clearance, Cover, Headcount, Session, SessionType, User
from tests import factories
from tests.browsing import shows_second_factor
from tests.factories import AreaFactory, VisitFactory, able_volunteer, user_with
from tests.portal.pages import morning_at, school_in


def begin_at(number: int) -> None:
    """Let names and numbers of new rows begin there, because those below are taken by an earlier call."""
    for maker in vars(factories).values():
        if isinstance(maker, type) and issubclass(maker, DjangoModelFactory) and maker is not DjangoModelFactory:
            maker.reset_sequence(number, force=True)  # type: ignore[attr-defined]  # factory_boy makes it


def cookie_of(user: User | None, *, with_second_factor: bool = False) -> str:
    """A sign-in of the user; with the second factor, where they showed that too."""
    client = Client()
    assert user is not None
    client.force_login(user)
    if with_second_factor:
        shows_second_factor(client, user)
    return client.cookies["sessionid"].value


def reporters(people: int, sessions: int) -> list[tuple[str, list[tuple[int, int, int]]]]:
    """People with sessions until yesterday that nobody has reported yet: a cookie each, and session, school and cover."""
    return [_reporter(sessions, number) for number in range(people)]


def _reporter(sessions: int, number: int) -> tuple[str, list[tuple[int, int, int]]]:
    area, kind = AreaFactory(), SessionType.objects.get(slug="ks2-assembly")
    person = able_volunteer(area, signs_in=True, name=f"Person {number}")
    Clearance.objects.filter(volunteer=person).update(recheck_on=timezone.localdate() + timedelta(365))
    visit = VisitFactory(school=school_in(area, name=f"School {number} of {area}"))
    made = Session.objects.bulk_create(
        Session(visit=visit, type=kind, day=day, starts=time(8 + hour), ends=time(8 + hour, 30))
        for day, hour in ((timezone.localdate() - timedelta(1 + nth // 8), nth % 8) for nth in range(sessions))
    )
    covers = Cover.objects.bulk_create(Cover(session=session, volunteer=person, state="accepted") for session in made)
    Headcount.objects.bulk_create(Headcount(session=session, school=visit.school, year_group=5, expected=30) for session in made)
    work = [(session.pk, visit.school_id, cover.pk) for session, cover in zip(made, covers, strict=True)]
    return cookie_of(person.user), work


def takers(people: int, mornings: int) -> dict[str, Any]:
    """People of one area, as volunteers by their cookie, and visit, day and sessions of mornings with one open place each."""
    area = AreaFactory()
    other = able_volunteer(area, name="The other")
    those_who_take = [able_volunteer(area, signs_in=True, name=f"Taker {number}") for number in range(people)]
    work = []
    for number in range(mornings):
        day = timezone.localdate() + timedelta(7 + number)
        sessions = morning_at(school_in(area, name=f"Open {number}"), other, day=day)
        work.append((sessions[0].visit_id, day.isoformat(), [session.pk for session in sessions]))
    return {"people": {cookie_of(person.user): person.pk for person in those_who_take}, "work": work}


def office() -> dict[str, Any]:
    """A manager with a second factor, and a school to talk with."""
    manager = user_with(Role.MANAGER)
    Authenticator.objects.create(user=manager, type=Authenticator.Type.TOTP, data={})
    return {"cookie": cookie_of(manager, with_second_factor=True), "school": school_in(AreaFactory(), name="The school").pk}


def addresses(number: int) -> list[str]:
    """Addresses of people who sign in by a code."""
    return [user_with(Role.VOLUNTEER, name=f"Reader {nth}").email for nth in range(number)]
