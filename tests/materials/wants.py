"""What sessions of a day want of the stock, and what they lack."""

from datetime import UTC, date, datetime
from typing import Any

from schools import models
from schools.materials import actions
from schools.materials.queries import lacks
from tests import factories
from tests.factories import DAY
from tests.materials.stores import a_material

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def a_session(area: models.Area, *, expected: int | None = 30, day: date = DAY, **fields: Any) -> models.Session:
    """A KS2 assembly in the area."""
    fields = {"visit__school": factories.SchoolFactory(area=area), **fields} if "visit" not in fields else fields
    session: models.Session = factories.SessionFactory(day=day, **fields)
    factories.HeadcountFactory(session=session, expected=expected)
    return session


def needs(material: models.Material, *, quantity: int = 1, per: str = "pupil") -> models.Material:
    """The KS2 assembly needs it."""
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    models.KitLine.objects.create(session_type=kind, material=material, quantity=quantity, per=per)
    return material


def a_puppet(office: models.Store, *labels: str) -> list[models.Piece]:
    puppet = needs(a_material("Puppet", kind="equipment"), per="session")
    return actions.receive_pieces(office, puppet, labels, day=TODAY, by=factories.manager(), now=NOW)


def reasons(**asked: Any) -> list[str]:
    return [lack.reason for lack in lacks(on=TODAY, **asked)]
