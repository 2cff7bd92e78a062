"""Pages of equipment: what each piece offers, and which sessions they name."""

from datetime import date
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from tests.materials.stores import store_in
from tests.materials.wants import a_puppet

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture
def store(area: models.Area) -> models.Store:
    return store_in(area, name="Carlisle office")


def press(office: Client, piece: models.Piece, do: str, **typed: object) -> None:
    """Send one form of a piece's page."""
    boxes = {"key": uuid4(), "day": TODAY, **typed}
    office.post(reverse("admin:piece", args=[piece.pk]), {"do": do, **{f"{do}-{name}": value for name, value in boxes.items()}})


def offered(office: Client, piece: models.Piece) -> set[str]:
    """What the buttons of a piece's page do."""
    page = office.get(reverse("admin:piece", args=[piece.pk])).content.decode()
    return {do for do in ("move", "lose", "find") if f'value="{do}"' in page}


def test_a_lost_piece_is_written_down_as_found_and_only_what_is_there_is_moved_or_lost(
    office: Client, store: models.Store
) -> None:
    (bear,) = a_puppet(store, "Bear")
    assert offered(office, bear) == {"move", "lose"}
    press(office, bear, "lose")
    assert offered(office, bear) == {"find"}
    press(office, bear, "find", store=store.pk)
    assert offered(office, bear) == {"move", "lose"}
