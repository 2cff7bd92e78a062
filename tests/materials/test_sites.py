"""A session at a site of its school takes its things from the store that is nearest to the site."""

from datetime import date, timedelta
from typing import Any

import pytest

from schools import models
from schools.materials.actions.using import Sources
from schools.materials.queries import reservations_around, things_to_bring
from schools.office.stock.picking import picking_lines
from tests import factories
from tests.materials.stores import a_material, received, store_in
from tests.portal.pages import morning_at, school_in

HERE, FAR = {"easting": 330_000, "northing": 520_000}, {"easting": 370_000, "northing": 520_000}
TODAY = date(2026, 11, 24)

type World = tuple[models.Session, models.Store, models.Store]


@pytest.fixture
def world(area: models.Area) -> World:
    """A session at a site, a store beside its school and one beside the site, both with enough."""
    school = school_in(area, name="Fellside", postcode="LA9 4XX", **HERE)
    session, _ = morning_at(school, factories.able_volunteer(area))
    session.site = models.Site.objects.create(school=school, name="Lower Site", postcode="CA1 2AB", **FAR)
    session.save()
    near_school, near_site = store_in(area, **HERE), store_in(area, **FAR)
    sticker = a_material()
    models.KitLine.objects.create(session_type=session.type, material=sticker, quantity=1, per="session")
    for store in (near_school, near_site):
        received(store, sticker, 500)
    return session, near_school, near_site


def as_asked() -> models.Session:
    """The session as the portal reads it."""
    rows = models.Session.objects.select_related("visit__school", "type", "site").prefetch_related("headcounts")
    session: models.Session = rows.get(site__isnull=False)
    return session


def test_its_things_are_reserved_where_the_site_is_and_those_of_the_schools_own_address_there(world: World) -> None:
    session, near_school, near_site = world
    sticker = models.Material.objects.get()
    reservations = reservations_around(session, on=TODAY)
    assert reservations.by_session[session.pk][sticker.pk].store == near_site.pk
    assert reservations.kilometres(session.pk, near_school.pk) == 40
    session.site = None
    session.save()
    assert reservations_around(session, on=TODAY).by_session[session.pk][sticker.pk].store == near_school.pk


def test_whoever_goes_there_reads_the_same_store(world: World) -> None:
    _, _, near_site = world
    assert things_to_bring([as_asked()], on=TODAY).stores == (near_site,)


def test_what_was_used_without_a_reservation_comes_out_of_the_store_near_the_site(world: World) -> None:
    session, _, near_site = world
    models.KitLine.objects.all().delete()
    sources = Sources(as_asked(), on=session.day + timedelta(days=1))
    assert sources.store_of(models.Material.objects.get().pk, 1) == near_site.pk


def test_the_picking_list_says_to_which_site_the_box_goes(world: World) -> None:
    session, near_school, near_site = world
    week = session.day - timedelta(days=session.day.weekday())
    lines: dict[int, list[Any]] = {store.pk: list(picking_lines(store, week, on=TODAY)) for store in (near_school, near_site)}
    assert lines[near_school.pk] == []
    [line] = lines[near_site.pk]
    assert line.cells[2:4] == ("Fellside, Lower Site", "CA1 2AB")
