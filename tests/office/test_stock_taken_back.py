"""A line of the ledger is never changed: the bar after it writes the opposite, once."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.materials.queries import stock_of, whereabouts
from tests.browsing import take_back
from tests.materials.stores import a_material, received, store_in
from tests.materials.wants import a_puppet
from tests.portal.pages import text_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture
def store(area: models.Area) -> models.Store:
    return store_in(area, name="Carlisle office")


@pytest.fixture
def hall(area: models.Area) -> models.Store:
    return store_in(area, name="Hall")


def sent(office: Client, address: str, do: str, **typed: object) -> Any:
    """Send one form of a page of stock, as it was just opened."""
    boxes = {"key": uuid4(), "day": TODAY, **typed}
    return office.post(address, {"do": do, **{f"{do}-{name}": value for name, value in boxes.items()}}, follow=True)


@pytest.mark.parametrize("do", ["receive", "lose", "find", "move"])
def test_what_came_or_left_is_taken_back_once(office: Client, store: models.Store, hall: models.Store, do: str) -> None:
    sticker = a_material()
    received(store, sticker, 40)
    before = {place: pieces for place, pieces in stock_of(stores=models.Store.objects.all()).items() if pieces}
    to = {"target": hall.pk} if do == "move" else {}
    done = sent(office, reverse("admin:store-stock", args=[store.pk]), do, material=sticker.pk, quantity=7, **to)
    assert stock_of(stores=models.Store.objects.all())[store.pk, sticker.pk] == (33 if do in {"lose", "move"} else 47)
    for _twice in range(2):
        take_back(office, done)
        now = {place: pieces for place, pieces in stock_of(stores=models.Store.objects.all()).items() if pieces}
        assert now == before
    assert models.Movement.objects.filter(note="Taken back").exists()


def test_what_has_gone_on_since_is_not_taken_back(office: Client, store: models.Store) -> None:
    sticker = a_material()
    address = reverse("admin:store-stock", args=[store.pk])
    done = sent(office, address, "receive", material=sticker.pk, quantity=7)
    sent(office, address, "lose", material=sticker.pk, quantity=3)
    assert "so 7 cannot leave it" in take_back(office, done).content.decode()
    assert stock_of(stores=models.Store.objects.all())[store.pk, sticker.pk] == 4


def test_what_was_counted_since_is_right_and_stays(office: Client, store: models.Store) -> None:
    sticker = a_material()
    received(store, sticker, 100)
    done = sent(office, reverse("admin:store-stock", args=[store.pk]), "receive", material=sticker.pk, quantity=40)
    counted = {f"counted_{sticker.pk}": 100, f"seen_{sticker.pk}": 140, "day": TODAY, "key": uuid4()}
    office.post(reverse("admin:stock-take", args=[store.pk]), counted)
    assert "It was counted since" in text_of(take_back(office, done))
    assert stock_of(stores=models.Store.objects.all())[store.pk, sticker.pk] == 100


def test_a_piece_that_has_gone_on_since_stays_where_it_is(office: Client, store: models.Store, hall: models.Store) -> None:
    (puppet,) = a_puppet(store, "Puppet 1")
    address, barn = reverse("admin:piece", args=[puppet.pk]), store_in(store.area, name="Barn")
    done = sent(office, address, "move", store=hall.pk)
    sent(office, address, "move", store=barn.pk)
    assert "Puppet 1 has gone on since" in text_of(take_back(office, done))
    assert whereabouts()[puppet.pk] == barn.pk


def test_a_piece_is_where_it_was(office: Client, store: models.Store, hall: models.Store) -> None:
    (puppet,) = a_puppet(store, "Puppet 1")
    address = reverse("admin:piece", args=[puppet.pk])
    done = sent(office, address, "move", store=hall.pk)
    assert whereabouts()[puppet.pk] == hall.pk
    take_back(office, done)
    assert whereabouts()[puppet.pk] == store.pk
    done = sent(office, address, "lose")
    assert whereabouts().get(puppet.pk) is None
    done = take_back(office, done)
    assert whereabouts()[puppet.pk] == store.pk
    take_back(office, done)
    assert whereabouts().get(puppet.pk) is None
