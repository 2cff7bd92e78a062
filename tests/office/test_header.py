"""The header of the office: which places somebody sees, and which of them is marked."""

import re
from collections import Counter

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from schools import models
from schools.office.frame.header import PLACES
from schools.office.urls import urlpatterns
from tests import factories
from tests.house import assert_none
from tests.test_house import named_urls

pytestmark = pytest.mark.django_db


def header_of(body: str) -> dict[str, str]:
    """The places in the header, each with what marks it."""
    [nav] = re.findall(r'<nav class="office-nav".*?</nav>', body, re.DOTALL)
    links = re.findall(r"<a ([^>]*)>([^<]*)</a>", nav)
    return {words.strip(): "".join(re.findall(r'aria-current="(\w+)"', attributes)) for attributes, words in links}


def marked(client: Client, address: str) -> dict[str, str]:
    places = header_of(client.get(address).content.decode())
    return {words: current for words, current in places.items() if current}


def test_schools_and_visits_are_in_the_header_and_the_place_that_is_open_is_marked(office: Client, area: models.Area) -> None:
    visit = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area)).visit
    assert list(header_of(office.get("/admin/due/").content.decode())) == [
        "Home", "Calendar", "Who is due", "Schools", "Visits", "Sessions", "Volunteers", "Book a visit", "Many at once", "Stock",
        "Reach", "Guide", "Import a table",
    ]  # fmt: skip
    assert marked(office, "/admin/due/") == {"Who is due": "page"}
    assert marked(office, "/admin/schools/visit/") == {"Visits": "page"}
    assert marked(office, f"/admin/visit/{visit.pk}/") == {"Visits": "true"}
    assert marked(office, f"/admin/school/{visit.school_id}/") == {"Schools": "true"}
    assert marked(office, f"/admin/visit/{visit.pk}/dates/") == {"Visits": "true"}
    assert marked(office, "/admin/imports/") == {"Import a table": "page"}
    assert marked(office, "/admin/messages/") == {}


def test_the_breadcrumbs_of_a_page_lead_back_to_its_list(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area, name="Beck School")

    def crumbs(address: str) -> list[str]:
        [found] = re.findall(r'<ol class="breadcrumbs">.*?</ol>', office.get(address).content.decode(), re.DOTALL)
        return [" ".join(words.split()) for words in re.findall(r"<li[^>]*>(?:\s*<a[^>]*>)?([^<]*)<", found)]

    assert crumbs(f"/admin/school/{school.pk}/") == ["Home", "Schools", "Beck School"]
    assert crumbs("/admin/schools/school/") == ["Home", "Schools"]
    assert crumbs("/admin/schools/roll/add/") == ["Home", "Pupils by year group", "Add number of pupils"]
    assert crumbs("/admin/tell/") == ["Home", "Tell these people"]


def test_an_analyst_sees_the_figures_and_the_guide(client: Client) -> None:
    client.force_login(factories.analyst())
    assert header_of(client.get("/admin/reach/").content.decode()) == {"Reach": "page", "Guide": ""}


def test_no_page_belongs_to_two_places() -> None:
    of_pages = Counter(name for place in PLACES for name in {place.view, *place.pages})
    of_tables = Counter(table for place in PLACES for table in place.tables)
    assert_none(
        [name for counted in (of_pages, of_tables) for name, number in counted.items() if number > 1],
        to_do="Name each page and each table in one place of the header alone (schools/office/frame/header.py).",
    )


def test_every_page_of_a_place_is_there() -> None:
    known = {name.removeprefix("admin:") for name, _ in named_urls()}
    assert_none(
        {name for place in PLACES for name in {place.view, *place.pages}} - known,
        to_do="There is no such page: take it out of its place of the header (schools/office/frame/header.py).",
    )


FILES = frozenset((
    "pack-file", "calendar-ics", "calendar-feed", "publication-files", "return-figures", "return-sessions", "return-bundle",
))  # fmt: skip
"""Addresses that answer with a file; beside them those whose name ends so."""
FILE_ENDINGS = ("-csv", "-xlsx")
IN_NO_PLACE = {
    "from one’s own menu, about the program and who uses it": (
        "stand-ins locked-out locked-out-person locked-out-request trustees charity public-text messages message stopped-mail"
        " message-texts message-text running unreachable erasures erase erased held held-request held-person kept"
    ),
    "opened from every page": "find find-options guides guide",
    "a button, which leads back to the return": "return-close return-sign-off",
}
"""Pages that no place of the header is marked on, by why."""


def test_every_page_of_the_office_is_in_a_place_or_it_is_written_down_why_not() -> None:
    own = {name for room in urlpatterns for name, _ in named_urls(room)}
    marked_pages = {name for place in PLACES for name in {place.view, *place.pages}}
    without = {name for names in IN_NO_PLACE.values() for name in names.split()}
    files = {name for name in own if name in FILES or name.endswith(FILE_ENDINGS)}
    assert len(own) > len(without | files) + 50
    assert_none(
        own - marked_pages - without - files,
        to_do="Name each page in a place of the header (schools/office/frame/header.py), or above why it is in none.",
    )
    assert_none((without | FILES) - own, to_do="There is no such page any more: take it out above.")
    assert_none((without | files) & marked_pages, to_do="It is in a place of the header: take it out above.")


def test_a_stock_form_has_labels_and_choices_as_our_own(office: Client) -> None:
    page = office.get("/admin/schools/contactlog/add/").content.decode()
    assert ":</label>" not in page
    assert "related-widget-wrapper-link" not in page


NO_PLACE = {
    "addresschange", "areacoordinator", "backuprun", "charity", "earliervalue", "editedtext", "erasure", "group",
    "mailpace", "messageabout", "messageto", "officefeed", "outboxmessage", "packitem", "periodicjob", "publictext",
    "purgerun", "recovery", "recoverystep", "signoflife", "standin", "subjectaccess", "suppressedaddress", "trustee",
    "user",
}  # fmt: skip
"""Tables of the charity itself, its people, its mail and its machines: the header has no place for them."""


def test_every_list_marks_its_place_or_is_of_none(managers_office: Client) -> None:
    wrong = []
    for model in admin.site._registry:
        name = str(model._meta.model_name)
        address = reverse(f"admin:{model._meta.app_label}_{name}_changelist")
        places = set(marked(managers_office, address)) - {"Guide"}
        if len(places) != (name not in NO_PLACE):
            wrong.append(f"{name}: {sorted(places)}")
    assert_none(wrong, to_do="Put the table into one of PLACES in schools/office/frame/header.py, or into NO_PLACE here.")
