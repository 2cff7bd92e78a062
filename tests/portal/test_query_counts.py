"""Each page asks at most eight questions, however much there is: a phone with a weak signal waits for every one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from schools import models
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, HeadcountFactory, SchoolFactory, able_volunteer
from tests.kept import kept_for_several_tests
from tests.materials.stores import a_material, received, store_in
from tests.portal.pages import AFTER, BEFORE, client_of, day_url, morning_at, school_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

QUERIES = {
    "home": 6,
    "open-list": 8,
    "take": 8,
    "calendar": 5,
    "me": 8,
    "week": 4,
    "away": 3,
    "profile": 3,
    "change-address": 2,
    "observe": 8,
    "morning": 8,
    "give-back": 4,
    "swap": 8,
    "told": 4,
    "agreement": 4,
    "phone": 2,
    "phone-token": 2,
    "phone-received": 3,
    "usersessions_list": 4,
    "mfa_list_webauthn": 4,
    "account_logout": 3,
}
"""What signing in costs is in it: its session, the user, and on most pages the volunteer."""

LATER = {"told": 8, "told too long ago": 11, "form": 9, "correction": 9, "too early": 7}
"""Of the pages of a day, by what is known of it. Of a day that has passed, also whether its return is signed off."""


@dataclass(frozen=True)
class Portal:
    """A volunteer with so much of everything, in an area of their own, and what the addresses of pages name."""

    volunteer: Volunteer
    arguments: dict[str, list[Any]]


@pytest.fixture(scope="module")
def _kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Portal]]:
    with kept_for_several_tests(django_db_blocker):
        with time_machine.travel(BEFORE):
            agreement = models.Agreement.objects.create(version=1, text="Be on time.", from_day=date(2026, 1, 1))
            kept = []
            for how_much in (1, 3):
                volunteer = able_volunteer(AreaFactory(duty_phone="+441228606060"), signs_in=True)
                volunteer.accepted.create(agreement=agreement, at=BEFORE)
                kept.append(Portal(volunteer, _full(volunteer, how_much)))
        yield kept


@pytest.fixture
def portals(db: None, _kept: list[Portal]) -> list[Portal]:
    """With little and with much; what a test reads of the volunteer stays with that test."""
    return [Portal(Volunteer.objects.get(pk=portal.volunteer.pk), portal.arguments) for portal in _kept]


def _full(volunteer: Volunteer, how_much: int) -> dict[str, list[Any]]:
    """Mornings, partners, guests, things to bring, days away and open mornings, so many of each; the addresses of one of them."""
    area = volunteer.areas.get()
    store = store_in(area)
    for number in range(how_much):
        mine, _ = morning_at(
            school_in(area), volunteer, *(able_volunteer(area) for _ in range(number)), day=date(2026, 11, 26 + number)
        )
        HeadcountFactory(session=mine, school=SchoolFactory(name="Guest"), year_group=5, expected=7)
        free, _ = morning_at(school_in(area), able_volunteer(area), day=date(2026, 12, 1 + number))
        volunteer.aways.create(first_day=date(2026, 12, 20 + number), last_day=date(2026, 12, 20 + number))
        able_volunteer(area, signs_in=True)
        _things(mine, free, store, number)
    for weekday in range(2 + how_much):
        volunteer.availabilities.create(weekday=weekday, part="morning")
    own = [mine.visit_id, mine.day]
    return {"take": [free.visit_id, free.day], **dict.fromkeys(("morning", "give-back", "swap", "told"), own)}


def _things(mine: models.Session, other: models.Session, store: models.Store, number: int) -> None:
    """A kit in another language, a decision, a box, a piece that goes on to another visit, a parcel."""
    models.Session.objects.filter(pk=mine.pk).update(language="cy")
    puppet = a_material(f"Puppet {mine.pk}", kind="equipment")
    sticker, _ = (a_material(f"Sticker {mine.pk}", language=language) for language in ("en", "cy"))
    for material in (puppet, sticker):
        models.KitLine.objects.create(session_type=mine.type, material=material, quantity=1, per="pupil")
    by = received(store, sticker, 500).by
    models.SessionKit.objects.create(session=mine, material=sticker, quantity=4, store=store)
    models.Packed.objects.create(session=mine, material=sticker, store=store, quantity=4, by=by, packed_at=BEFORE)
    piece = models.Piece.objects.create(material=puppet, label=f"{number}", home=store)
    for session in (mine, other):
        models.PieceBooking.objects.create(session=session, piece=piece)
    models.Parcel.objects.create(visit=mine.visit, store=store, sent_on=date(2026, 11, 20), by=by)
    # By a colleague: where somebody of the office wrote it, the merges are read too, which is one query more, or two.
    colleague = models.User.objects.get(volunteer=able_volunteer(signs_in=True))
    models.SafeguardingNotice.objects.create(session=mine, told_at=BEFORE, role_told="the head teacher", by=colleague)


@pytest.mark.parametrize("name", QUERIES)
@time_machine.travel(BEFORE)
def test_a_page_costs_the_same_of_little_and_of_much(name: str, portals: list[Portal], django_assert_num_queries: Any) -> None:
    for portal in portals:
        address = reverse(name, args=portal.arguments.get(name, []))
        client = client_of(portal.volunteer)
        with django_assert_num_queries(QUERIES[name]):
            assert client.get(address).status_code == 200
    assert QUERIES[name] <= 8


@pytest.mark.parametrize("what", LATER)
def test_a_sessions_page_costs_the_same_of_little_and_of_much(
    what: str, portals: list[Portal], django_assert_num_queries: Any
) -> None:
    moments = {"too early": BEFORE, "told too long ago": AFTER + timedelta(days=15)}
    name = "day-reported" if what == "told" else "day-outcome"
    for portal in portals:
        with time_machine.travel(moments.get(what, AFTER)):
            session = models.Session.objects.filter(covers__volunteer=portal.volunteer, day=date(2026, 11, 26))[0]
            if what not in {"form", "too early"}:
                _went_ahead(session, at=AFTER)
            client = client_of(portal.volunteer)
            with django_assert_num_queries(LATER[what]):
                assert client.get(day_url(session, name)).status_code == 200
    assert LATER[what] <= 11


def _went_ahead(session: models.Session, *, at: datetime) -> None:
    told = {"stage": "delivered", "went_ahead": "yes", "recorded_at": at, "version": 1, "count_basis": "counted"}
    models.Session.objects.filter(pk=session.pk).update(**told)
    for line in models.KitLine.objects.filter(session_type=session.type):
        models.MaterialUse.objects.create(session=session, material=line.material, arrived=3, used=2)
