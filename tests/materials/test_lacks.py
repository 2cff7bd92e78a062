"""What sessions lack: sentences that say what is missing where, and what to do."""

from datetime import timedelta
from typing import Any

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.materials import actions
from schools.materials.queries import forecasts, kits_of, lacking_soon, lacks
from tests import factories
from tests.factories import DAY
from tests.materials.stores import a_material, received, store_in
from tests.materials.wants import TODAY, a_puppet, a_session, needs, reasons


def test_a_lack_says_what_is_missing_where_and_what_to_do(area: models.Area, office: models.Store) -> None:
    received(office, needs(a_material()), 20)
    session = a_session(area)
    assert reasons() == [
        "Office has 20 of the 30 “Sticker” for this session. Move 10 there, order more, or choose another store."
    ]
    assert list(lacking_soon(models.Session.objects.all(), TODAY)) == [session]


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "cancelled", "cancelled_code": "school"},
        {"stage": "delivered", "went_ahead": "yes"},
        {"day": DAY + timedelta(days=30)},
        {"day": TODAY - timedelta(days=70)},
    ],
)
def test_what_a_session_held_is_free_by_itself_when_it_is_cancelled_over_or_moved(
    change: dict[str, Any], area: models.Area, office: models.Store
) -> None:
    received(office, needs(a_material()), 30)
    first, _ = a_session(area), a_session(area, day=DAY + timedelta(days=1))
    assert len(reasons()) == 1
    models.Session.objects.filter(pk=first.pk).update(**change)
    assert reasons() == []


def test_a_requested_visit_holds_nothing(area: models.Area, office: models.Store) -> None:
    received(office, needs(a_material()), 30)
    asked = factories.VisitFactory(school=factories.SchoolFactory(area=area), stage="requested")
    a_session(area, visit=asked)
    a_session(area, day=DAY + timedelta(days=1))
    assert reasons() == []


def test_a_past_session_without_an_outcome_still_holds_what_it_needed(area: models.Area, office: models.Store) -> None:
    received(office, needs(a_material()), 30)
    a_session(area, day=TODAY - timedelta(days=5))
    a_session(area)
    assert len(reasons()) == 1


def test_two_weeks_and_no_further(area: models.Area, office: models.Store) -> None:
    needs(a_material())
    a_session(area, day=TODAY + timedelta(days=14))
    a_session(area, day=TODAY + timedelta(days=15))
    assert len(reasons()) == 1


def test_another_areas_stock_does_not_help_and_an_area_without_a_store_is_not_judged(
    area: models.Area, office: models.Store
) -> None:
    received(office, needs(a_material()), 900)
    other = factories.AreaFactory()
    session = a_session(other)
    assert reasons() == []
    store_in(other, name="Hall")
    assert [(lack.session_id, lack.missing) for lack in lacks(on=TODAY)] == [(session.pk, 30)]


def test_a_filter_of_the_list_does_not_change_who_comes_first(area: models.Area, office: models.Store) -> None:
    received(office, needs(a_material()), 30)
    a_session(area)
    later = a_session(area, day=DAY + timedelta(days=1))
    assert list(lacking_soon(models.Session.objects.filter(pk=later.pk), TODAY)) == [later]


def test_the_coordinator_decides_how_many_and_from_where(area: models.Area, office: models.Store) -> None:
    sticker = needs(a_material())
    hall = store_in(area, name="Hall")
    received(office, sticker, 100)
    session = a_session(area)
    actions.decide(session, sticker, quantity=45, store=hall)
    assert reasons() == [
        "Hall has none of the 45 “Sticker” for this session. Move 45 there, order more, or choose another store."
    ]
    actions.decide(session, sticker, quantity=0, store=None)
    assert kits_of([session])[session.pk] == []
    actions.decide(session, sticker, quantity=None, store=None)
    assert [item.quantity for item in kits_of([session])[session.pk]] == [30]
    with pytest.raises(RuleBroken, match="10,001 of “Sticker” cannot be right"):
        actions.decide(session, sticker, quantity=10_001, store=None)


@pytest.mark.parametrize(
    ("language", "versions", "taken"),
    [("en", ["2025"], "2026"), ("cy", [], "2026"), ("cy", ["2025", "2026"], "2026"), ("cy", ["2024", "2025"], "2025")],
)
def test_a_session_takes_the_material_in_its_language(language: str, versions: list[str], taken: str, area: models.Area) -> None:
    needs(a_material("Booklet", version="2026"))
    for version in versions:
        a_material("Booklet", version=version, language="cy")
    session = a_session(area, language=language)
    [item] = kits_of([session])[session.pk]
    expected = language if versions and language == "cy" else "en"
    assert (item.material.language, item.material.version, item.quantity) == (expected, taken, 30)


@pytest.mark.parametrize("many", [1, 3])
def test_the_same_number_of_questions_however_many_sessions(
    many: int, area: models.Area, office: models.Store, django_assert_num_queries: Any
) -> None:
    received(office, needs(a_material()), 20)
    [bear] = a_puppet(office, "Bear")
    for number in range(many):
        actions.choose_pieces(a_session(area, day=DAY + timedelta(days=number)), bear.material, [bear])
    with django_assert_num_queries(10):
        lacks(on=TODAY)
    with django_assert_num_queries(7):
        forecasts(on=TODAY)
