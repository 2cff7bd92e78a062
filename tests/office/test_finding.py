"""Find anything: schools, people, visits and pages, from any page, and nobody finds what they may not see or do."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import resolve, reverse

from schools import models
from schools.office.finding.places import LIST_PLACES, PLACES
from tests import factories
from tests.audience import audience_of
from tests.house import assert_none
from tests.office.test_search import ALLITHWAITE
from tests.test_audience import World, is_let_in, world  # noqa: F401  # a fixture
from tests.test_house import named_urls

pytestmark = pytest.mark.django_db

BOX, PAGE = "/admin/find/options/", "/admin/find/"


def found(client: Client, text: str, address: str = PAGE) -> dict[str, list[str]]:
    """The names of what the text finds, by group."""
    answer = client.get(address, {"q": text})
    assert answer.status_code == 200
    return {group.name: [match.name for match in group.matches] for group in answer.context["answer"].groups}


@pytest.fixture
def school(area: models.Area) -> models.School:
    school: models.School = factories.SchoolFactory(area=area, phone="01539 720001", **ALLITHWAITE)
    return school


@pytest.fixture
def strangers(elsewhere: models.Area) -> models.Visit:
    """A school, its visit, somebody there and a volunteer, all of another area and all called alike."""
    there = factories.SchoolFactory(area=elsewhere, **ALLITHWAITE)
    models.Contact.objects.create(school=there, name="Allithwaite Head")
    factories.VolunteerFactory(name="Ali Allithwaite").areas.set([elsewhere])
    visit: models.Visit = factories.VisitFactory(school=there, reference="VFAR")
    factories.SessionFactory(visit=visit, day=date(2026, 12, 3))
    return visit


@pytest.mark.parametrize("text", ["allithwaite c of e", "alithwaite", "LA117RD", "flookburgh", "allithwaite primry"])
@pytest.mark.parametrize("address", [BOX, PAGE])
def test_a_school_is_found_with_its_phone_and_its_next_visit(
    text: str, address: str, office: Client, school: models.School, strangers: models.Visit
) -> None:
    later, sooner = (factories.SessionFactory(visit__school=school, day=day) for day in (date(2027, 1, 14), date(2026, 12, 3)))
    answer = office.get(address, {"q": text})
    groups = {group.name: group.matches for group in answer.context["answer"].groups}
    [line] = groups["Schools"]
    assert (line.name, line.phone, line.next_day) == (school.name, "01539 720001", "next visit Thu 3 December 2026")
    assert line.address == f"/admin/school/{school.pk}/"
    assert [match.address for match in groups["Visits"]] == [f"/admin/visit/{one.visit_id}/" for one in (sooner, later)]
    body = answer.content.decode()
    assert "next visit Thu 3 December 2026" in body
    assert strangers.reference not in body
    assert f"/admin/school/{strangers.school_id}/" not in body


def test_a_visit_under_an_earlier_number_and_one_as_a_guest_are_next_too(office: Client, school: models.School) -> None:
    school.chain = school.lineage = school.pk
    school.save()
    before = factories.SchoolFactory(authority=school.authority, name="Before", chain=school.pk, lineage=school.pk)
    factories.SessionFactory(visit__school=before, day=date(2027, 1, 14))
    assert next_day(office, "allithwaite") == "next visit Thu 14 January 2027"
    host = factories.SessionFactory(visit__school__authority=school.authority, day=date(2026, 12, 3))
    factories.HeadcountFactory(session=host, school=school, year_group=3, expected=20)
    assert next_day(office, "allithwaite") == "next visit Thu 3 December 2026"
    models.Headcount.objects.all().delete()
    models.Session.objects.all().delete()
    assert next_day(office, "allithwaite") == "nothing booked"
    window = factories.SessionFactory(visit__school=school, day=date(2026, 11, 16), until_day=date(2026, 11, 24))
    assert next_day(office, "allithwaite") == "online since Mon 16 November 2026"
    factories.SessionFactory(visit__school=before, day=date(2027, 1, 14))
    assert next_day(office, "allithwaite") == "next visit Thu 14 January 2027"
    assert window.visit.reference in office.get(PAGE, {"q": "allithwaite"}).content.decode()


def test_a_visit_under_an_earlier_number_in_another_area_is_next_and_leads_to_no_page_that_is_not_theirs(
    office: Client, school: models.School, elsewhere: models.Area
) -> None:
    school.chain = school.lineage = school.pk
    school.save()
    before = factories.SchoolFactory(area=elsewhere, name="Before", chain=school.pk, lineage=school.pk)
    theirs = factories.SessionFactory(visit__school=before, day=date(2026, 12, 3)).visit
    assert next_day(office, "allithwaite") == "next visit Thu 3 December 2026"
    assert found(office, "allithwaite")["Schools"] == [school.name]
    assert "Visits" not in found(office, "allithwaite")
    managers = Client()
    managers.force_login(factories.manager())
    assert found(managers, "allithwaite")["Visits"] == [f"{school}, Thu 3 December 2026"]
    own = factories.SessionFactory(visit__school=school, day=date(2026, 12, 10)).visit
    [group] = [group for group in office.get(PAGE, {"q": "allithwaite"}).context["answer"].groups if group.name == "Visits"]
    assert [match.address for match in group.matches] == [f"/admin/visit/{own.pk}/"]
    assert office.get(f"/admin/visit/{theirs.pk}/").status_code == 404


def next_day(office: Client, text: str) -> str:
    groups = office.get(BOX, {"q": text}).context["answer"].groups
    return str(next(group for group in groups if group.name == "Schools").matches[0].next_day)


def test_people_are_found_with_their_phone_and_next_day(
    office: Client, area: models.Area, school: models.School, strangers: models.Visit
) -> None:
    volunteer = factories.VolunteerFactory(name="Asha Bell", reference="V-77", phone="+441539720002")
    volunteer.areas.set([area])
    factories.CoverFactory(session__day=date(2026, 12, 3), volunteer=volunteer, state="accepted")
    models.Contact.objects.create(school=school, name="Ashley Bowness", role="Head teacher", phone="+441539720003")
    models.Contact.objects.create(school=strangers.school, name="Asha Stranger")
    groups = {group.name: group.matches for group in office.get(BOX, {"q": "ash"}).context["answer"].groups}
    [asha] = groups["Volunteers"]
    assert (asha.name, asha.next_day) == ("Asha Bell", "next Thu 3 December 2026")
    assert asha.phone.replace(" ", "").endswith("1539720002")
    [head] = groups["People at schools"]
    assert (head.name, head.beside) == ("Ashley Bowness", f"Head teacher · {school.name}")
    assert found(office, "01539 720003") == {"People at schools": ["Ashley Bowness"]}
    assert list(found(office, "v-77")) == ["Volunteers"]


def test_somebody_at_schools_of_two_areas_is_found_at_the_one_that_is_theirs_to_see(
    office: Client, coordinator: models.User, school: models.School, strangers: models.Visit
) -> None:
    both = models.Contact.objects.create(school=strangers.school, name="Perpetua Both")
    both.also_at.set([school])
    factories.SessionFactory(visit__school=school, day=date(2027, 1, 14))
    of_manager = factories.manager(), strangers.school, "next visit Thu 3 December 2026"
    for user, there, next_day in ((coordinator, school, "next visit Thu 14 January 2027"), of_manager):
        office.force_login(user)
        [group] = office.get(PAGE, {"q": "perpetua"}).context["answer"].groups
        [line] = group.matches
        assert (line.address, line.phone) == (f"/admin/school/{there.pk}/#contacts-heading", there.phone)
        assert (line.beside, line.next_day) == (there.name, next_day)
        assert office.get(line.address).status_code == 200


def test_a_visit_is_found_by_its_reference_as_somebody_types_it(
    office: Client, school: models.School, strangers: models.Visit
) -> None:
    visit = factories.VisitFactory(school=school, reference="V7K2MX3")
    for text in ("V7K2MX3", "v7k2mx3"):
        assert found(office, text) == {"Visits": [f"V7K2MX3, {school.name}"]}
    assert office.get(PAGE, {"q": "v7k2mx3"}).context["answer"].groups[0].matches[0].address == f"/admin/visit/{visit.pk}/"
    assert found(office, strangers.reference) == {}


def test_pages_and_verbs_are_found_by_words_and_nearly_so(office: Client) -> None:
    assert found(office, "calendar") == {"Pages": ["Calendar"]}
    assert found(office, "calender") == {"Pages": ["Calendar"]}
    assert found(office, "snow") == {"Pages": ["Call off a day"]}
    assert "Clearances" in found(office, "clear")["Pages"]
    assert found(office, "sch")["Pages"][:2] == ["Call schools one after the other", "Call off a day"]


def test_a_page_called_so_comes_before_a_school_that_begins_so(office: Client, area: models.Area) -> None:
    factories.SchoolFactory(area=area, name="Stockdale Primary School")
    assert list(found(office, "stock")) == ["Pages", "Schools"]
    assert found(office, "stock")["Pages"][0] == "Stock"
    assert list(found(office, "stockd")) == ["Schools"]


def test_a_school_behind_a_verb_is_what_it_is_done_with(office: Client, area: models.Area, school: models.School) -> None:
    factories.SchoolFactory(area=area, name="Allithwaite Closed School", status="closed")
    assert found(office, "book allithwaite") == {"Book a visit": [f"Book a visit: {school.name}"]}
    assert found(office, "offer allithwaite") == {"Offer dates": [f"Offer dates: {school.name}"]}
    assert len(found(office, "log allithwaite")["Log a conversation"]) == 2, "one talks with a closed school, too"
    [group] = office.get(BOX, {"q": "Call allithwaite cofe"}).context["answer"].groups
    assert [match.address for match in group.matches] == [f"/admin/school/{school.pk}/talk/"]
    assert found(office, "book")["Pages"] == ["Book a visit"]


def test_a_school_is_found_before_anything_is_forgiven(office: Client, area: models.Area) -> None:
    for name in ("Marsh School", "Marth School"):
        factories.SchoolFactory(area=area, name=name)
    volunteer = factories.VolunteerFactory(name="Martha Wood")
    volunteer.areas.set([area])
    assert found(office, "marth")["Schools"] == ["Marth School"]
    volunteer.name = "Ma Wood"
    volunteer.save()
    assert found(office, "marzh")["Schools"] == ["Marsh School", "Marth School"]


SENTENCES = {
    "": "",
    "   ": "",
    "%%%": "Type part of a name",
    "_' \" --": "Type part of a name",
    "x" * 500: "Search for fewer words: at most 250 characters.",
    "zzzzqx": "Nothing of yours is like",
    "';drop table": "Nothing of yours is like",
    "<script>alert(1)</script>": "Nothing of yours is like",
    "\x00": "",
    "O'Neill's": "Nothing of yours is like",
}


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("address", [BOX, PAGE])
def test_what_finds_nothing_gets_a_sentence(text: str, address: str, office: Client, school: models.School) -> None:
    answer = office.get(address, {"q": text})
    assert answer.status_code == 200
    assert answer.context["answer"].reason.startswith(SENTENCES[text])
    assert "<script>alert" not in answer.content.decode()
    assert not SENTENCES[text] or found(office, text, address) == {}


def test_one_letter_finds_pages_and_no_rows(office: Client, school: models.School) -> None:
    assert list(found(office, "a")) == ["Pages"]
    assert "Schools" in found(office, "al")


def test_without_words_the_page_lists_every_page_and_the_box_nothing(office: Client) -> None:
    assert "Book a visit" in found(office, "")["Pages"]
    assert found(office, "", BOX) == {}


def is_stated(address: str, role: str) -> bool:
    """Whether the address is that of a page without a row, and of a URL that is stated to open for the role."""
    match = resolve(urlsplit(address).path)
    return (
        not (match.args or match.kwargs) and address == reverse(match.view_name) and role in (audience_of(match.view_name) or "")
    )


@pytest.mark.slow
@pytest.mark.parametrize("role", "MCOAV")
def test_each_role_finds_only_what_it_may_open(role: str, client: Client, world: World) -> None:  # noqa: F811  # the fixture
    """Every page that is offered, and every line of the names of the world's rows, lets them in.

    Pages without a row are opened as every role by tests/test_audience.py; here it is looked up who may.
    """
    person = world.people[role]
    assert person is not None
    client.force_login(person)
    school = world.rows[models.School]
    assert isinstance(school, models.School)
    school.name = "Quernmore Primary School"
    school.save()
    texts = ["", "quernmore", "book quernmore", "log quernmore", world.open_visit.reference]
    texts += [str(world.rows[model].name) for model in (models.Volunteer, models.Contact)]  # type: ignore[attr-defined]  # both have one
    cache.clear()
    addresses, names = set(), set()
    for text in texts:
        answer = client.get(PAGE, {"q": text})
        if role == "V":
            assert not is_let_in(answer)
            return
        for group in answer.context["answer"].groups:
            addresses |= {match.address for match in group.matches}
            names |= {group.name}
    shut = [address for address in sorted(addresses) if not (is_stated(address, role) or is_let_in(client.get(address)))]
    assert_none(shut, to_do="Offer these only to who may open them (schools/office/finding/places.py).")
    rows = {"Schools", "Visits", "Volunteers", "People at schools", "Book a visit", "Log a conversation"}
    assert names == ({"Pages", *rows} if role in "MC" else {"Pages"})


def test_every_page_that_opens_without_a_row_is_found(manager_pages: set[str]) -> None:
    stated = {f"admin:{place.view}" for place in (*PLACES, *LIST_PLACES)}
    assert_none(sorted(manager_pages - stated), to_do="Name each in PLACES of schools/office/finding/places.py.")


@pytest.fixture
def manager_pages() -> set[str]:
    """The office's own pages that have an address without a number and are no file, no sign-in and no search."""
    files = re.compile(
        r"csv|ics|xlsx|address|find|behind|log(in|out)|password|autocomplete|jsi18n|app_list|^admin:(schools|auth)_"
    )
    return {
        name
        for name, pattern in named_urls()
        if name.startswith("admin:") and name != "admin:" and not pattern.pattern.regex.groupindex and not files.search(name)
    }


def test_the_box_is_on_every_page_and_its_link_works_without_scripts(office: Client) -> None:
    for path in ("", "due/", "schools/school/", "schools/school/add/"):
        body = office.get(f"/admin/{path}").content.decode()
        assert body.count('role="combobox"') == 1
        assert re.search(rf'href="{PAGE}"\s+id="find-open"', body)
    assert resolve(PAGE).url_name == "find"
    assert reverse("admin:find-options") == BOX


QUERIES = 11
"""Of the box: who signed in and their rights, the patch, one for each table, days of schools and of volunteers, the visit."""
FORGIVING = 14
"""Where nothing is spelled so: each table once more."""


@pytest.mark.parametrize(("text", "queries"), [("allithwaite", QUERIES), ("alithwaite", FORGIVING)])
def test_it_asks_the_same_of_one_row_and_of_three(
    text: str,
    queries: int,
    office: Client,
    area: models.Area,
    school: models.School,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    def another(number: int) -> None:
        there = school if not number else factories.SchoolFactory(authority=school.authority, **ALLITHWAITE)
        factories.SessionFactory(visit__school=there, day=date(2026, 12, 3 + number))
        models.Contact.objects.create(school=there, name=f"Allithwaite Head {number}")
        volunteer = factories.VolunteerFactory(name=f"Ann Allithwaite {number}")
        volunteer.areas.set([area])
        factories.CoverFactory(session__day=date(2026, 12, 3), volunteer=volunteer, state="accepted")

    another(0)
    office.get(BOX, {"q": text})
    with django_assert_num_queries(queries):
        office.get(BOX, {"q": text})
    another(1)
    another(2)
    with django_assert_num_queries(queries):
        assert len(found(office, text, BOX)["Schools"]) == 3
