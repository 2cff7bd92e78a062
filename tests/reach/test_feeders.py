"""Likely feeders: which are proposed, what a link does to children reached, and what becomes of an answer."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import AcademicYear, Period
from schools.directory.actions import link_schools
from schools.reach.actions import accept_feeder, refuse_feeder, take_feeder_back
from schools.reach.queries import reach
from schools.reach.queries.children import cold_spots
from schools.reach.queries.feeders import mark_of, proposals, with_effects
from schools.reach.rows import Cut
from tests import factories
from tests.reach.examples import delivered

ON = date(2025, 11, 24)
NOW = datetime(2025, 11, 24, 9, tzinfo=UTC)
SEVEN_YEARS = Period.parse("2019/20..2025/26")

pytestmark = pytest.mark.django_db


@pytest.fixture
def area() -> models.Area:
    return factories.AreaFactory(name="Cumberland")


@pytest.fixture
def authority(area: models.Area) -> models.Authority:
    authority: models.Authority = factories.AreaAuthorityFactory(area=area).authority
    return authority


def infant(authority: models.Authority, name: str = "Elm Infant and Nursery School", **facts: Any) -> models.School:
    return factories.SchoolFactory(authority=authority, name=name, **({"low_age": 3, "high_age": 7} | facts))


def junior(authority: models.Authority, name: str = "Elm Junior School", **facts: Any) -> models.School:
    return factories.SchoolFactory(authority=authority, name=name, **({"low_age": 7, "high_age": 11} | facts))


def pairs() -> list[tuple[int, int]]:
    return [(pair.infant, pair.junior) for pair in proposals(factories.manager(), on=ON)]


def test_the_cold_spots_of_an_area_know_whom_its_feeder_in_another_area_reached(
    area: models.Area, authority: models.Authority
) -> None:
    elsewhere = factories.AreaAuthorityFactory(area=factories.AreaFactory(name="Next to it")).authority
    young, old, other = infant(elsewhere), junior(authority), junior(authority, "Ash Junior School")
    link_schools(young, old, kind="feeder", day=None)
    delivered(young, "ks1-assembly", date(2024, 3, 3), time(9, 0), {2: 60})
    for school in (old, other):
        models.Roll.objects.create(school=school, academic_year=2024, year_group=3, pupils=60, source="register")
    year = AcademicYear(2024)
    everywhere = {spot.school: spot.never for spot in cold_spots(year, as_of=ON).schools}
    here = cold_spots(year, as_of=ON, areas=models.Area.objects.filter(pk=area.pk))
    assert {spot.school: spot.never for spot in here.schools} == {old.pk: 0, other.pk: 60}
    assert everywhere.items() >= {old.pk: 0, other.pk: 60}.items()


@pytest.mark.parametrize(("north", "is_proposed"), [(500_300, True), (500_301, False)])
def test_an_infant_school_within_300_metres_is_proposed(authority: models.Authority, north: int, is_proposed: bool) -> None:
    young = infant(authority, "Oak Infant School", easting=350_000, northing=500_000)
    old = junior(authority, "Ash Junior School", easting=350_000, northing=north)
    assert pairs() == ([(young.pk, old.pk)] if is_proposed else [])


@pytest.mark.parametrize(
    ("name", "is_proposed"),
    [("Elm Junior School", True), ("Elm Junior Academy", True), ("Elm CofE Junior School", False), ("Junior School", False)],
)
def test_an_infant_school_of_the_same_name_in_the_same_authority_is_proposed(
    authority: models.Authority, name: str, is_proposed: bool
) -> None:
    young, old = infant(authority), junior(authority, name)
    assert pairs() == ([(young.pk, old.pk)] if is_proposed else [])


def test_nothing_is_proposed_of_another_authority_of_closed_schools_of_guessed_places_or_of_a_school_that_is_fed(
    authority: models.Authority, area: models.Area
) -> None:
    infant(factories.AreaAuthorityFactory(area=area).authority)
    infant(authority, status="closed")
    infant(authority, "Oak Infant School", easting=350_000, northing=500_000, placed_by="sector")
    old = junior(authority, easting=350_000, northing=500_000, placed_by="sector")
    junior(authority, "Elm Primary School", low_age=4)
    assert pairs() == []
    fed_by = infant(authority)
    assert pairs() == [(fed_by.pk, old.pk)]
    link_schools(fed_by, old, kind="feeder", day=None)
    assert pairs() == []


def test_the_effect_is_what_the_link_does_to_children_reached(authority: models.Authority) -> None:
    young, old = infant(authority), junior(authority)
    delivered(young, "ks1-assembly", date(2020, 10, 5), time(9), {1: 28, 2: 25})
    delivered(old, "ks2-assembly", date(2024, 10, 7), time(9), {5: 30, 6: 31, 4: 11})

    def children() -> int:
        return reach(SEVEN_YEARS, by=Cut.AREA, as_of=ON).total.children_reached

    before = children()
    (pair,) = with_effects(proposals(factories.manager(), on=ON), on=ON)
    # Year 1 and Year 2 of 2020/21 are Year 5 and Year 6 of 2024/25.
    assert pair.children_fewer == 28 + 25
    who: dict[str, Any] = {"by": factories.manager(), "now": NOW}
    link = accept_feeder(pair, **who)
    assert before - children() == pair.children_fewer
    assert take_feeder_back(young, old, mark=mark_of(link), **who)
    assert children() == before
    assert pairs() == [(young.pk, old.pk)]


def test_a_refused_proposal_is_remembered_until_it_is_taken_back(authority: models.Authority) -> None:
    young, old = infant(authority), junior(authority)
    by = factories.manager()
    refuse_feeder(proposals(by, on=ON)[0], by=by, now=NOW)
    assert pairs() == []
    refused = models.Confirmed.objects.get()
    assert (refused.words, refused.by) == ("Elm Infant and Nursery School may feed Elm Junior School.", by)
    assert take_feeder_back(young, old, mark=mark_of(refused), by=by, now=NOW)
    assert pairs() == [(young.pk, old.pk)]
    assert not take_feeder_back(young, old, mark=mark_of(refused), by=by, now=NOW)


def test_what_a_colleague_has_decided_since_is_not_taken_back(authority: models.Authority) -> None:
    young, old = infant(authority), junior(authority)
    by, colleague = factories.manager(), factories.manager()
    (pair,) = proposals(by, on=ON)
    mine = mark_of(refuse_feeder(pair, by=by, now=NOW))
    refuse_feeder(pair, by=colleague, now=NOW)
    assert not take_feeder_back(young, old, mark=mine, by=by, now=NOW)
    assert models.Confirmed.objects.get().by == colleague
    models.Confirmed.objects.all().delete()
    first = mark_of(accept_feeder(pair, by=by, now=NOW))
    assert take_feeder_back(young, old, mark=first, by=by, now=NOW)
    second = accept_feeder(pair, by=colleague, now=NOW)
    for mark in (first, mine, ""):
        assert not take_feeder_back(young, old, mark=mark, by=by, now=NOW)
    # A register has given the link meanwhile, as another kind: nobody's answer made that.
    models.SchoolLink.objects.update(kind="merged")
    assert not take_feeder_back(young, old, mark=mark_of(second), by=by, now=NOW)
    assert models.SchoolLink.objects.get() == second


def test_closed_returns_hear_of_an_accepted_feeder_and_of_one_taken_back(
    authority: models.Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    young, old = infant(authority), junior(authority)
    heard: list[tuple[str, set[int]]] = []
    for place in ("feeders", "linking"):
        monkeypatch.setattr(
            f"schools.reach.actions.{place}.note_drift", lambda because, *, areas, **_: heard.append((because, set(areas)))
        )
    by = factories.manager()
    link = accept_feeder(proposals(by, on=ON)[0], by=by, now=NOW)
    assert take_feeder_back(young, old, mark=mark_of(link), by=by, now=NOW)
    (area,) = models.Area.objects.values_list("pk", flat=True)
    assert heard == [(f"{young} feeds {old}", {area}), (f"{young} no longer feeds {old}", {area})]


def test_a_coordinator_is_asked_about_junior_schools_of_their_areas_alone(authority: models.Authority, area: models.Area) -> None:
    young, old = infant(authority), junior(authority)
    other = factories.AreaAuthorityFactory(area=factories.AreaFactory(name="Devon")).authority
    infant(other)
    junior(other)
    found = proposals(factories.coordinator_of(area), on=ON)
    assert [(pair.infant, pair.junior) for pair in found] == [(young.pk, old.pk)]


@pytest.mark.parametrize("how_many", [1, 8])
def test_proposals_and_effects_ask_the_same_number_of_questions(
    how_many: int, authority: models.Authority, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = factories.manager()
    for number in range(how_many):
        delivered(infant(authority, f"Elm {number} Infants"), "ks1-assembly", date(2024, 10, 7), time(9), {1: 20})
        junior(authority, f"Elm {number} Juniors")
    user.has_perm("schools.view_school")  # reads the rights, which are kept
    with django_assert_num_queries(9):
        assert len(with_effects(proposals(user, on=ON), on=ON)) == how_many
