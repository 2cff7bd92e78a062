"""An area with its authorities, coordinators, duty phone and cycle on one form, which names who loses what."""

import re
from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import hidden, saved
from tests.office.conftest import NOW
from tests.office.test_query_counts import Asserts
from tests.reach.examples import delivered

pytestmark = pytest.mark.django_db

ADD = "/admin/area/add/"
TODAY = "2026-11-24"


def address(area: models.Area) -> str:
    return f"/admin/area/{area.pk}/"


def typed(**more: Any) -> dict[str, Any]:
    return {"do": "store", "name": "Eden", "cycle_years": 3, "from_day": TODAY, "duty_phone": "0161 496 0100"} | more


def errors(answer: Any) -> dict[str, list[str]]:
    return {name: [str(error) for error in found] for name, found in answer.context["form"].errors.items()}


def with_the_look(answer: Any, data: dict[str, Any]) -> dict[str, Any]:
    return {**hidden(answer.content.decode()), **data}


@pytest.fixture
def region(db: None) -> models.Region:
    return models.Region.objects.create(name="North West", nation="england")


@pytest.fixture
def cumberland(db: None) -> models.Authority:
    made: models.Authority = factories.AuthorityFactory(name="Cumberland", nation="england")
    return made


def test_a_new_area_with_everything_at_once(managers_office: Client, cumberland: models.Authority) -> None:
    cora = factories.coordinator_of(factories.AreaFactory(), name="Cora Nwosu")
    models.AreaCoordinator.objects.all().delete()
    data = typed(new_region="North West", nation="england", coordinators=[cora.pk], authorities=[cumberland.pk], auto_offers="on")
    answer = managers_office.post(ADD, data, follow=True)
    area = models.Area.objects.get(name="Eden")
    assert answer.redirect_chain[0][0] == address(area)
    assert (area.region.name, area.region.nation, area.cycle_years, area.auto_offers) == ("North West", "england", 3, True)
    assert str(area.duty_phone) == "0161 496 0100"
    holding = models.AreaAuthority.objects.get(authority=cumberland)
    assert (holding.area, holding.from_day, holding.to_day) == (area, None, None)
    coordinating = models.AreaCoordinator.objects.get()
    assert (coordinating.user, coordinating.area, coordinating.from_day) == (cora, area, NOW.date())
    for words in ("Cumberland", "Cora Nwosu", "every school once in 3 years"):
        assert words in answer.content.decode()


def test_an_authority_that_an_import_put_somewhere_comes_with_all_its_days(
    managers_office: Client, region: models.Region, cumberland: models.Authority
) -> None:
    automatic = factories.AreaFactory(automatic=True, region=region)
    factories.AreaAuthorityFactory(area=automatic, authority=cumberland, from_day=None)
    managers_office.post(ADD, typed(region=region.pk, authorities=[cumberland.pk]))
    holding = models.AreaAuthority.objects.get()
    assert (holding.area.name, holding.from_day) == ("Eden", None)
    assert not models.Area.objects.filter(automatic=True).exists()


def test_who_loses_what_is_named_before_anything_moves(
    managers_office: Client, area: models.Area, coordinator: models.User, cumberland: models.Authority
) -> None:
    factories.AreaAuthorityFactory(area=area, authority=cumberland)
    school = factories.SchoolFactory(authority=cumberland)
    factories.SessionFactory(visit__school=school, day=date(2026, 12, 3))
    factories.coordinator_of(area, name="Cal Dunn").groups.clear()  # in the role no more, so they see nothing that could be lost
    data = typed(region=area.region.pk, authorities=[cumberland.pk], coordinators=[coordinator.pk])
    answer = managers_office.post(ADD, data)
    assert answer.context["losses"] == [
        "Cumberland loses Cumberland on Tue 24 November 2026, with 1 school and 1 visit to come. Cora Nwosu no longer sees them.",
        "Cora Nwosu coordinates Cumberland now, and will have Eden as well.",
    ]
    assert not models.Area.objects.filter(name="Eden").exists()
    assert 'value="Eden"' in answer.content.decode()
    assert managers_office.post(ADD, with_the_look(answer, data)).status_code == 302
    holdings = models.AreaAuthority.objects.filter(authority=cumberland).order_by("from_day")
    assert {(one.area.name, one.from_day, one.to_day) for one in holdings} == {
        ("Cumberland", None, date(2026, 11, 23)), ("Eden", date(2026, 11, 24), None),
    }  # fmt: skip
    assert set(coordinator.area_coordinators.values_list("area__name", flat=True)) == {"Cumberland", "Eden"}


def test_what_changed_after_the_look_is_shown_once_more(
    managers_office: Client, area: models.Area, elsewhere: models.Area, cumberland: models.Authority
) -> None:
    holding = factories.AreaAuthorityFactory(area=area, authority=cumberland)
    data = typed(region=area.region.pk, authorities=[cumberland.pk])
    looked = managers_office.post(ADD, data)
    models.AreaAuthority.objects.filter(pk=holding.pk).update(area=elsewhere)
    again = managers_office.post(ADD, with_the_look(looked, data))
    assert again.context["losses"][0].startswith("Northamptonshire loses Cumberland")
    assert not models.Area.objects.filter(name="Eden").exists()


def test_visits_to_come_of_a_coordinator_who_is_let_go_are_counted_before_it_is_stored(
    managers_office: Client, area: models.Area, coordinator: models.User
) -> None:
    school = factories.SchoolFactory(area=area)
    data = typed(name="Cumberland", region=area.region.pk, coordinators=[])
    for visits, words in ((1, "1 visit to come there is theirs"), (2, "2 visits to come there are theirs")):
        factories.SessionFactory(visit__school=school, visit__coordinator=coordinator)
        factories.SessionFactory(visit__school=school)
        [loss] = saved(managers_office, address(area), data).context["losses"]
        assert f"no longer sees its rows. {words}: hand the area over instead, or give" in loss, visits


def test_a_coordinator_who_is_let_go_is_named_and_ends_the_day_before(
    managers_office: Client, area: models.Area, coordinator: models.User
) -> None:
    data = typed(name="Cumberland", region=area.region.pk, coordinators=[])
    answer = saved(managers_office, address(area), data)
    [loss] = answer.context["losses"]
    assert loss == "Cora Nwosu no longer coordinates Cumberland from Tue 24 November 2026 on, and no longer sees its rows."
    assert managers_office.post(address(area), with_the_look(answer, data)).status_code == 302
    assert models.AreaCoordinator.objects.get().to_day == date(2026, 11, 23)
    # Named again on the same day, and gone again: the day stays in order.
    saved(managers_office, address(area), data | {"coordinators": [coordinator.pk]})
    answer = saved(managers_office, address(area), data)
    assert managers_office.post(address(area), with_the_look(answer, data)).status_code == 302
    assert not models.AreaCoordinator.objects.filter(to_day=None).exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, {"name": ["Give the area a name."]}),
        ({"region": ""}, {"new_region": ["Choose a region above, or name a new one."], "nation": ["Choose its nation."]}),
        ({"new_region": "Other"}, {"new_region": ["Choose a region above, or name a new one here, not both."]}),
        ({"cycle_years": "often"}, {"cycle_years": ["Give a number of years, like 2."]}),
        ({"duty_phone": "12"}, {"duty_phone": ["That is no phone number. Write it with its area code, like 0113 496 0100."]}),
        ({"from_day": ""}, {"from_day": ["Give the day."]}),
        ({"authorities": ["9" * 40]}, {"authorities": ["Choose from the list."]}),
        (
            {"name": "taken"},
            {"__all__": ["North West has an area called taken already. Choose another name, or change that area."]},
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_is_half_done(
    wrong: dict[str, Any], told: dict[str, list[str]], managers_office: Client, region: models.Region
) -> None:
    factories.AreaFactory(region=region, name="Taken")
    answer = managers_office.post(ADD, typed(region=region.pk) | wrong)
    assert errors(answer) == told
    assert models.Area.objects.count() == 1


def test_an_authority_of_another_nation_is_refused_and_the_area_is_not_made(
    managers_office: Client, region: models.Region
) -> None:
    for held in (False, True):
        fife = factories.AuthorityFactory(name="Fife", nation="scotland")
        if held:
            factories.AreaAuthorityFactory(area=factories.AreaFactory(automatic=True), authority=fife)
        answer = managers_office.post(ADD, typed(region=region.pk, authorities=[fife.pk]))
        assert "different nations" in errors(answer)["__all__"][0]
        assert not models.Area.objects.filter(name="Eden").exists()


def test_authorities_name_their_nation_where_there_are_several(managers_office: Client, cumberland: models.Authority) -> None:
    assert "Cumberland (England)" not in managers_office.get(ADD).content.decode()
    factories.AuthorityFactory(name="Fife", nation="scotland")
    page = managers_office.get(ADD).content.decode()
    assert page.index("Cumberland (England)") < page.index("Fife (Scotland)")
    assert page.index("<details><summary>England (1)</summary>") < page.index("<details><summary>Scotland (1)</summary>")
    area = factories.AreaFactory(region__nation="scotland")
    assert "Fife (Scotland)" not in managers_office.get(f"/admin/area/{area.pk}/").content.decode()  # of one nation alone


def test_a_nation_is_unfolded_where_something_is_ticked(
    managers_office: Client, region: models.Region, cumberland: models.Authority
) -> None:
    fife = factories.AuthorityFactory(name="Fife", nation="scotland")
    page = managers_office.post(ADD, typed(name="", region=region.pk, authorities=[fife.pk])).content.decode()
    assert "<details><summary>England (1)</summary>" in page
    assert "<details open><summary>Scotland (1)</summary>" in page
    [ticked] = [box for box in re.findall(r"<input[^>]*name=\"authorities\"[^>]*>", page) if " checked" in box]
    assert f'value="{fife.pk}"' in ticked
    data = typed(region=region.pk, authorities=[cumberland.pk])
    assert managers_office.post(ADD, data).status_code == 302
    assert models.AreaAuthority.objects.get().authority == cumberland


def test_the_same_twice_makes_one_area(managers_office: Client, region: models.Region) -> None:
    managers_office.post(ADD, typed(region=region.pk))
    assert "has an area called Eden already" in errors(managers_office.post(ADD, typed(region=region.pk)))["__all__"][0]
    assert models.Area.objects.filter(name="Eden").count() == 1


def test_what_somebody_else_stored_meanwhile_is_kept(
    managers_office: Client, area: models.Area, coordinator: models.User
) -> None:
    page = hidden(managers_office.get(address(area)).content.decode())
    models.Area.objects.filter(pk=area.pk).update(cycle_years=5)
    data = typed(name="Cumberland", region=area.region.pk, coordinators=[coordinator.pk])
    answer = managers_office.post(address(area), {**page, **data})
    assert "Cycle: 5 is stored now." in errors(answer)["__all__"]
    area.refresh_from_db()
    assert area.cycle_years == 5
    assert managers_office.post(address(area), with_the_look(answer, data)).status_code == 302
    area.refresh_from_db()
    assert area.cycle_years == 3


def test_an_area_that_an_import_made_becomes_the_charitys_own(managers_office: Client, region: models.Region) -> None:
    automatic = factories.AreaFactory(automatic=True, region=region)
    saved(managers_office, address(automatic), typed(region=region.pk))
    automatic.refresh_from_db()
    assert (automatic.name, automatic.automatic) == ("Eden", False)


def test_a_coordinator_sees_the_page_of_their_area_and_changes_nothing(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    body = office.get(address(area)).content.decode()
    assert "Cora Nwosu" in body
    assert 'name="cycle_years"' not in body
    assert office.post(address(area), typed(region=area.region.pk)).status_code == 403
    assert office.get(address(elsewhere)).status_code == 404
    assert office.get(ADD).status_code == 403


def test_the_page_asks_the_same_of_one_authority_and_of_three(
    managers_office: Client, area: models.Area, coordinator: models.User, django_assert_num_queries: Asserts
) -> None:
    def more() -> None:
        factories.AreaAuthorityFactory(area=area, authority=factories.AuthorityFactory())
        other = factories.AreaFactory()
        factories.AreaAuthorityFactory(area=other, authority=factories.AuthorityFactory())
        factories.coordinator_of(other)
        factories.coordinator_of(area)

    more()
    managers_office.get(address(area))
    with django_assert_num_queries(16):
        managers_office.get(address(area))
    more()
    more()
    with django_assert_num_queries(16):
        managers_office.get(address(area))


def test_an_area_with_the_name_that_an_import_gave_its_authoritys_area_is_that_one(
    managers_office: Client, region: models.Region, cumberland: models.Authority
) -> None:
    automatic = factories.AreaFactory(automatic=True, region=region, name="Cumberland")
    factories.AreaAuthorityFactory(area=automatic, authority=cumberland)
    data = typed(name="cumberland", region=region.pk, authorities=[cumberland.pk])
    assert managers_office.post(ADD, data, follow=True).redirect_chain[0][0] == address(automatic)
    area = models.Area.objects.get(region=region)
    assert (area.pk, area.name, area.automatic, str(area.duty_phone)) == (automatic.pk, "cumberland", False, "0161 496 0100")
    assert list(models.AreaAuthority.objects.values_list("area", "from_day", "to_day")) == [(automatic.pk, None, None)]
    refused = managers_office.post(ADD, data | {"authorities": []})
    assert "North West has an area called cumberland already." in refused.content.decode()


def test_a_new_area_begins_with_what_has_one_choice_only(
    managers_office: Client, region: models.Region, cumberland: models.Authority
) -> None:
    factories.AreaAuthorityFactory(area=factories.AreaFactory(automatic=True, region=region), authority=cumberland)
    cora = factories.coordinator_of(factories.AreaFactory(region=region), name="Cora Nwosu")
    models.AreaCoordinator.objects.all().delete()

    def chosen() -> list[Any]:
        form = managers_office.get(ADD).context["form"]
        return [form[name].value() for name in ("region", "coordinators", "authorities")]

    assert chosen() == [region.pk, [cora.pk], [cumberland.pk]]
    other = factories.AuthorityFactory(name="Eden", nation="england")
    models.Region.objects.create(name="Wales", nation="wales")
    models.AreaCoordinator.objects.create(area=factories.AreaFactory(region=region), user=cora)
    assert chosen() == [None, [], []]
    factories.AreaAuthorityFactory(area=factories.AreaFactory(region=region), authority=other)
    assert chosen() == [None, [], [cumberland.pk]]  # the other one is in an area of the charity's own


def test_an_area_that_comes_to_another_region_says_what_stays(managers_office: Client, region: models.Region) -> None:
    area = factories.AreaFactory(name="Eden", region=region, cycle_years=3)
    east = models.Region.objects.create(name="East", nation="england")
    words = (
        "Eden comes to {}, in the tables of every period: its schools, rolls and coverage are told there. Sessions that were "
        "delivered stay in North West."
    )
    unchanged = {**hidden(managers_office.get(address(area)).content.decode()), **typed(region=region.pk)}
    for chosen, name in (({"region": east.pk}, "East"), ({"region": "", "new_region": "South", "nation": "england"}, "South")):
        answer = managers_office.post(address(area), {**unchanged, **chosen})
        assert answer.context["losses"] == [words.format(name)]
        area.refresh_from_db()
        assert area.region == region
    assert managers_office.post(address(area), unchanged).status_code == 302


def test_another_cycle_names_the_periods_whose_figures_move(managers_office: Client, region: models.Region) -> None:
    area = factories.AreaFactory(name="Eden", region=region, cycle_years=1)
    school = factories.SchoolFactory(area=area)
    delivered(school, "ks2-assembly", date(2025, 10, 6), time(9), {5: 30})
    delivered(factories.SchoolFactory(area=area), "ks2-assembly", date(2026, 10, 6), time(9), {5: 30})
    data = {**hidden(managers_office.get(address(area)).content.decode()), **typed(region=region.pk)}
    answer = managers_office.post(address(area), data)
    assert answer.context["losses"] == ["This changes in cycle and cycle coverage of 2026/27 in 1 area."]
    assert managers_office.post(address(area), with_the_look(answer, data)).status_code == 302
