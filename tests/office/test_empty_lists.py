"""Every list of every role, on an empty database, says what would be here and how it gets there."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, reverse

from schools import models
from schools.office.frame.empty_lists import EMPTY
from tests import factories
from tests.audience import AUDIENCE
from tests.house import assert_none, assert_stated
from tests.office.test_visibility import ALL, url
from tests.profiles import more_in_the_long_gate
from tests.test_house import named_urls

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NO_LISTS = {
    "admin:area-add": "a form",
    "admin:volunteer-add": "a form",
    "admin:guides": "the guides are always there",
    "admin:find": "the pages are always there",
    "admin:find-options": "nothing until somebody types",
    "admin:message-texts": "the texts are always there",
    "admin:app_list": "the tables are always there",
    "admin:authority-move": "a form",
    "admin:reach": "a table of figures, with zeros",
    "admin:bulk-hand-over": "a form",
    "phone-received": "an answer to the phone",
    "volunteer-guide": "a text",
    "privacy": "a text",
    "accessibility": "a text",
    "cookies": "what the program itself stores",
    "my-way-back": "at most one request",
    "admin:charity": "one row",
    "week": "a form",
    "away": "a form",
    "profile": "a form",
    "change-address": "a form",
    "agreement": "a text",
    "phone": "filled by the phone itself",
    "calendar-file": "a file",
    "duty-contact": "a form",
    "sms": "a form",
}


def empties(body: str) -> list[str]:
    """The paragraphs of the page that stand in place of a list, as they are read."""
    found = re.findall(r'<p[^>]*class="empty[^"]*"[^>]*>(.*?)</p>', body, flags=re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", words)).split()) for words in found]


def sentences(words: str) -> int:
    return len(re.findall(r"[.?!:](?:\s|$)", words))


def bare_tables(body: str) -> list[str]:
    """Tables and lists of the page without a single row."""
    rest = body.partition('id="content"')[2] or body
    return re.findall(r"<(?:tbody|ul|ol)(?: [^>]*)?>\s*</(?:tbody|ul|ol)>", rest)


def somebody(role: str) -> models.User:
    if role == "manager":
        return factories.manager()
    if role == "analyst":
        return factories.analyst()
    if role == "coordinator":
        return factories.coordinator_of(factories.AreaFactory())
    user: models.User = factories.VolunteerFactory(user=factories.UserFactory(), status="active").user
    return user


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_every_table_has_its_words() -> None:
    assert_stated(
        (model.__name__ for model in ALL),
        EMPTY,
        add="Say in EMPTY (schools/office/frame/empty_lists.py) what the empty list of each of these tables says.",
        remove="These tables are gone: take them out of EMPTY (schools/office/frame/empty_lists.py).",
    )


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("role", more_in_the_long_gate(["coordinator", "manager"]))
def test_an_empty_list_of_a_table_says_what_would_be_here_and_how_it_gets_there(
    role: str, model: type[Model], client: Client
) -> None:
    user = somebody(role)
    client.force_login(user)
    answer = client.get(url(model, "changelist"))
    if answer.status_code == 403:
        assert role == "coordinator"
        return
    if answer.context["cl"].full_result_count:  # groups, session types, templates and oneself are always there
        assert empties(answer.content.decode()) == []
        return
    [words] = empties(answer.content.decode())
    assert sentences(words) >= 2, words
    assert EMPTY[model.__name__].here in words
    leads = EMPTY[model.__name__].address_for(user)
    assert not leads or client.get(leads).status_code == 200


def test_an_empty_list_has_no_line_of_days_to_choose_from(managers_office: Client) -> None:
    assert "date-hierarchy-label" not in managers_office.get(url(models.Term, "changelist")).content.decode()
    models.Term.objects.create(nation="england", name="Autumn", first_day=date(2026, 9, 1), last_day=date(2026, 12, 18))
    assert "date-hierarchy-label" in managers_office.get(url(models.Term, "changelist")).content.decode()


def test_a_coordinator_gets_no_link_to_a_page_of_managers(office: Client) -> None:
    body = office.get(url(models.School, "changelist")).content.decode()
    assert "They come in with a register" in body
    assert "Hand a register in" not in body


def test_a_search_that_finds_nothing_leads_back_to_all(office: Client, area: models.Area) -> None:
    factories.SchoolFactory(area=area)
    [words] = empties(office.get(url(models.School, "changelist"), {"q": "zzz"}).content.decode())
    assert words == "None of them is like that. Search for other words or choose other filters, or show all of them ."


def pages_without_a_row() -> list[str]:
    """The names of the pages that open without naming a row."""
    pages = []
    for name, pattern in named_urls():
        if name not in AUDIENCE or pattern.pattern.regex.groupindex or name in NO_LISTS:
            continue
        ours = name.startswith("admin:") or getattr(pattern.callback, "__module__", "").startswith("schools.portal")
        if ours and not re.search(
            r"csv|ics|xlsx|json|manifest|worker|token|jsi18n|log(in|out)|password|autocomplete|language|address", name
        ):
            pages.append(name)
    return sorted(set(pages))


@pytest.mark.parametrize("role", more_in_the_long_gate(["coordinator", "manager", "analyst", "volunteer"]))
@pytest.mark.parametrize("name", pages_without_a_row())
def test_an_empty_list_of_a_page_says_so_too(name: str, role: str, client: Client) -> None:
    call_command("createcachetable", verbosity=0)
    client.force_login(somebody(role))
    try:
        answer = client.get(reverse(name))
    except NoReverseMatch:
        pytest.fail(f"{name} cannot be opened")
    if answer.status_code in {302, 403, 405} or "portal/no_volunteer.html" in {one.name for one in answer.templates}:
        return
    body = answer.content.decode()
    assert_none(bare_tables(body), to_do="Say in its place what would be here and how it gets there (class `empty`).")
    found = empties(body)
    if name == "me" and role != "volunteer":
        return  # how they sign in, without any list
    assert found, "Say in a paragraph of the class `empty` what would be here and how it gets there."
    assert_none((words for words in found if sentences(words) < 2), to_do="Say what would be here, and how it gets there.")
