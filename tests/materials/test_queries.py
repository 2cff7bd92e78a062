"""What to bring."""

from typing import Any

import pytest

from schools.materials.models import KitLine, Material
from schools.materials.queries import kit_for
from schools.programme.models import SessionType
from schools.visits.models import Session
from tests.factories import HeadcountFactory, SessionFactory

pytestmark = pytest.mark.django_db


def needs(name: str, quantity: int, per: str, *, kind: str = "consumable") -> Material:
    """The KS2 assembly needs so much of a new material."""
    material = Material.objects.create(name=name, kind=kind)
    KitLine.objects.create(
        session_type=SessionType.objects.get(slug="ks2-assembly"), material=material, quantity=quantity, per=per
    )
    return material


def session_of(*expected: int | None) -> Session:
    made: Session = SessionFactory()
    for year_group, pupils in enumerate(expected):
        HeadcountFactory(session=made, year_group=year_group, expected=pupils)
    return made


def kit(*sessions: Session) -> list[tuple[str, int | None, bool]]:
    return [(item.material.name, item.quantity, item.at_least) for item in kit_for(*sessions)]


@pytest.mark.parametrize(
    ("per", "quantity", "expected", "bring"),
    [
        ("session", 1, (30, 31), (1, False)),
        ("session", 2, (), (2, False)),
        ("class", 2, (30,), (2, False)),
        ("class", 2, (31,), (4, False)),
        ("class", 1, (30, 31), (3, False)),
        ("class", 1, (0,), (0, False)),
        ("pupil", 1, (30, 31), (61, False)),
        ("pupil", 2, (30, None), (60, True)),
        ("pupil", 1, (None, None), (None, False)),
        ("pupil", 1, (), (None, False)),
        ("adult", 1, (30,), (None, False)),
    ],
)
def test_a_kit_line_grows_with_what_it_is_per(
    per: str, quantity: int, expected: tuple[int | None, ...], bring: tuple[int | None, bool]
) -> None:
    needs("Cards", quantity, per)
    assert kit(session_of(*expected)) == [("Cards", *bring)]


def test_adults_are_counted_once_they_are_known() -> None:
    needs("Leaflets", 2, "adult")
    assert kit(SessionFactory(adults=7)) == [("Leaflets", 14, False)]


def test_things_used_up_add_over_a_morning_and_equipment_comes_back() -> None:
    needs("Stickers", 1, "pupil")
    needs("Puppet", 1, "class", kind="equipment")
    assert kit(session_of(30), session_of(45)) == [("Puppet", 2, False), ("Stickers", 75, False)]


def test_a_session_of_unknown_size_makes_the_morning_a_lower_bound() -> None:
    needs("Stickers", 1, "pupil")
    assert kit(session_of(30), session_of(None)) == [("Stickers", 30, True)]


def test_other_types_have_other_kits() -> None:
    needs("Stickers", 1, "pupil")
    assert kit(SessionFactory(type=SessionType.objects.get(slug="ks1-assembly"))) == []


@pytest.mark.parametrize("how_many", [1, 3])
def test_however_many_sessions_two_queries(how_many: int, django_assert_num_queries: Any) -> None:
    needs("Stickers", 1, "pupil")
    sessions = [session_of(30) for _ in range(how_many)]
    with django_assert_num_queries(2):
        kit_for(*sessions)
