"""Stores with something in them."""

from datetime import UTC, date, datetime
from itertools import count

from schools import models
from tests import factories

DAY = date(2026, 11, 2)
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

_numbers = count(1)


def store_in(area: models.Area, **fields: object) -> models.Store:
    """A store of the area."""
    fields = {"name": f"Store {next(_numbers)}"} | fields
    return models.Store.objects.create(area=area, **fields)


def a_material(name: str = "Sticker", **fields: object) -> models.Material:
    """A material that is used up."""
    return models.Material.objects.create(name=name, **fields)


def received(store: models.Store, material: models.Material, quantity: int) -> models.Movement:
    """A line of the ledger: so many came to the store."""
    by = models.User.objects.filter(email="keeper@example.org").first() or factories.UserFactory(email="keeper@example.org")
    return models.Movement.objects.create(
        material=material, store=store, quantity=quantity, kind="received", day=DAY, written_at=AT, by=by
    )
