"""An authority moves to another area from a day on; what was before stays."""

from datetime import date

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.directory.actions import move_authority
from schools.directory.queries import area_holding, places_on
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2027, 1, 4)


@pytest.fixture
def authority() -> models.Authority:
    """In Lakes from always."""
    holding = factories.AreaAuthorityFactory(area__name="Lakes", authority__name="Cumberland")
    made: models.Authority = holding.authority
    return made


def lakes() -> models.Area:
    return models.Area.objects.get(name="Lakes")


def held(authority: models.Authority) -> list[tuple[str, date | None, date | None]]:
    rows = authority.holdings.order_by("to_day").select_related("area")
    return sorted(((row.area.name, row.from_day, row.to_day) for row in rows), key=lambda row: row[1] or date.min)


def test_the_old_area_holds_it_until_the_day_before(authority: models.Authority) -> None:
    coast = factories.AreaFactory(name="Coast")
    school = factories.SchoolFactory(authority=authority)
    move_authority(authority, coast, from_day=DAY, leaving=lakes())
    assert held(authority) == [("Lakes", None, date(2027, 1, 3)), ("Coast", DAY, None)]
    places = places_on([(school.pk, date(2027, 1, 3)), (school.pk, DAY)])
    assert places[school.pk, DAY].area_id == coast.pk
    assert places[school.pk, date(2027, 1, 3)].area_id == lakes().pk


def test_delivered_sessions_stay_where_they_were_delivered(authority: models.Authority) -> None:
    session = factories.SessionFactory(
        visit__school=factories.SchoolFactory(authority=authority), delivered=True, area=lakes(), day=date(2026, 11, 5)
    )
    move_authority(authority, factories.AreaFactory(name="Coast"), from_day=date(2026, 9, 1), leaving=lakes())
    session.refresh_from_db()
    assert session.area == lakes()


def test_what_was_said_of_a_later_day_stays(authority: models.Authority) -> None:
    coast, hills = factories.AreaFactory(name="Coast"), factories.AreaFactory(name="Hills")
    move_authority(authority, hills, from_day=date(2027, 9, 1), leaving=lakes())
    move_authority(authority, coast, from_day=DAY, leaving=lakes())
    assert held(authority) == [
        ("Lakes", None, date(2027, 1, 3)), ("Coast", DAY, date(2027, 8, 31)), ("Hills", date(2027, 9, 1), None),
    ]  # fmt: skip
    assert area_holding(authority, on=date(2027, 8, 31)) == coast


def test_a_move_of_the_same_day_is_corrected_and_an_empty_automatic_area_goes(authority: models.Authority) -> None:
    models.Area.objects.filter(name="Lakes").update(automatic=True)
    wrong, right = (factories.AreaFactory(name=name, automatic=True) for name in ("Wrong", "Right"))
    move_authority(authority, wrong, from_day=DAY, leaving=lakes())
    move_authority(authority, right, from_day=DAY, leaving=wrong)
    assert [row[0] for row in held(authority)] == ["Lakes", "Right"]
    assert set(models.Area.objects.values_list("name", flat=True)) == {"Lakes", "Right"}


def test_an_authority_that_no_area_held_is_in_one_from_the_day_on() -> None:
    authority, area = factories.AuthorityFactory(), factories.AreaFactory(name="Coast")
    move_authority(authority, area, from_day=DAY, leaving=None)
    assert held(authority) == [("Coast", DAY, None)]


def test_every_reason_not_to_move_it_is_told_and_nothing_moves(authority: models.Authority) -> None:
    authority.closed = date(2026, 3, 31)
    abroad = factories.AreaFactory(region__nation="wales", region__name="Wales")
    with pytest.raises(RuleBroken) as broken:
        move_authority(authority, abroad, from_day=DAY, leaving=abroad)
    assert [reason.split(".")[0] for reason in broken.value.reasons] == [
        f"Cumberland and {abroad} are in different nations (England and Wales)",
        "Cumberland ended on 31 March 2026",
        "Somebody moved Cumberland meanwhile: on that day it is in Lakes",
    ]
    with pytest.raises(RuleBroken, match="is in Lakes on that day already"):
        move_authority(authority, lakes(), from_day=date(2026, 1, 1), leaving=lakes())
    assert held(authority) == [("Lakes", None, None)]
