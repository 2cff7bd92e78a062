"""The guides of docs/ are pages of the office, and each page leads to its section."""

import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import run_checks
from django.test import Client
from django.urls import URLPattern, reverse

from schools.core import guides
from schools.office.frame.guide_sections import SECTIONS, SECTIONS_OF_TABLES, address_of_section
from schools.office.frame.list_names import NAMES
from tests import factories
from tests.documents import anchors_of, content
from tests.house import assert_none, assert_stated
from tests.test_house import named_urls

pytestmark = pytest.mark.django_db

NO_PAGES = {
    "autocomplete", "jsi18n", "login", "logout", "password_change", "password_change_done", "view_on_site", "",
    "due-xlsx",
    "calendar-ics", "calendar-feed", "find-options", "due-csv", "picking-csv", "materials-used-csv", "reach-csv", "reach-xlsx",
    "reach-sessions-csv", "reach-sessions-xlsx", "return-figures", "return-sessions", "return-bundle",
    "publication-files", "dose-csv", "dose-xlsx", "feedback-csv",
}  # fmt: skip
"""URLs of the office that are files, or lead on, and show no page."""

DEVELOPERS = re.compile(
    r"\b(?:schools|speakout|tests)\.(?!csv)[a-z]\w+|\b(?:schools|speakout|templates|tests|docs|bin)/|\btest_\w+|\b(?!verify)\w+\.py\b|\w\(\)|::"
)
"""A module, a path of the repository, a command, a test. `verify.py` and `schools.csv` lie in a folder that people download."""

FUNCTION = re.compile(r"^ *(?:def|class) (\w+)", re.MULTILINE)

OTHERS_TABLES = re.compile(r"(schools|auth)_[a-z]+_\w+")


class Links(HTMLParser):
    """What a page links to, which ids it has, and what the content security policy would refuse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.ids: list[str] = []
        self.refused: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(named["href"])
        if tag == "img":
            self.pictures.append(named["src"])
        self.ids += [named["id"]] if "id" in named else []
        self.refused += [f"{tag} {name}" for name in named if name == "style" or name.startswith("on")]
        self.refused += [tag] if tag in {"script", "style", "iframe", "object"} else []


def pages_of_the_office() -> Iterable[str]:
    def of_ours(pattern: URLPattern) -> bool:
        return not OTHERS_TABLES.fullmatch(pattern.name or "")

    return {name.removeprefix("admin:") for name, pattern in named_urls() if name.startswith("admin:") and of_ours(pattern)}


def test_every_page_of_the_office_has_a_section() -> None:
    assert_stated(
        set(pages_of_the_office()) - NO_PAGES,
        [page for pages in SECTIONS.values() for page in pages],
        add="Say in SECTIONS (schools/office/frame/guide_sections.py) which section of the guide belongs to each of these pages.",
        remove="These pages are gone: take them out of SECTIONS (schools/office/frame/guide_sections.py).",
    )


def test_every_table_of_home_has_a_section() -> None:
    assert_stated(
        NAMES,
        [table for tables in SECTIONS_OF_TABLES.values() for table in tables if table in NAMES],
        add="Say in SECTIONS_OF_TABLES (schools/office/frame/guide_sections.py) which section belongs to each of these tables.",
        remove="",
    )


@pytest.mark.parametrize("section", sorted({*SECTIONS, *SECTIONS_OF_TABLES}))
def test_the_section_of_each_page_is_there(section: str) -> None:
    guide, _, anchor = section.partition("#")
    # GitHub's anchors are worked out a second time, from the text, by the tests of documents.
    assert anchor in anchors_of(content(guides.DOCS / guides.GUIDES[guide]))
    assert anchor in {anchor for anchor, _ in guides.guide_named(guide, address="/{name}/").sections}


@pytest.mark.parametrize("name", sorted(guides.GUIDES))
def test_each_guide_opens_with_all_that_it_links_to(name: str, managers_office: Client) -> None:
    page = Links(guides.guide_named(name, address="/admin/guide/{name}/").html)
    assert managers_office.get(reverse("admin:guide", args=[name])).status_code == 200
    ids = {
        f"/admin/guide/{other}/": {anchor for anchor, _ in guides.guide_named(other, address="/admin/guide/{name}/").sections}
        for other in guides.GUIDES
    }
    wrong = []
    for link in page.links:
        address, _, anchor = link.partition("#")
        known = ids.get(address or f"/admin/guide/{name}/")
        if not link.startswith("https://") and (known is None or (anchor and anchor not in known)):
            wrong.append(link)
    assert_none(wrong, to_do=f"These links of docs/{guides.GUIDES[name]} lead nowhere in the app.")
    assert page.refused == []
    assert len(page.ids) == len(set(page.ids))
    missing = [picture for picture in page.pictures if not finders.find(picture.removeprefix(settings.STATIC_URL))]
    assert missing == []


def test_pictures_of_the_guides_are_shown() -> None:
    assert len(Links(guides.guide_named("office", address="/{name}/").html).pictures) > 10


def test_a_guide_that_is_none_is_not_there(managers_office: Client) -> None:
    assert managers_office.get("/admin/guide/operations/").status_code == 404


@pytest.mark.parametrize(
    ("address", "section"),
    [
        ("/admin/", "office#each-morning-home"),
        ("/admin/book/", "office#booking-a-visit"),
        ("/admin/schools/volunteer/", "office#volunteers"),
        ("/admin/volunteer/add/", "office#volunteers"),
        ("/admin/area/add/", "office#starting-from-nothing-to-the-first-visit"),
        ("/admin/stock/", "office#materials-and-stock"),
    ],
)
def test_a_page_links_to_its_section(address: str, section: str, managers_office: Client) -> None:
    assert address_of_guide(managers_office, address) == address_of_section(section)


def test_a_page_without_a_section_links_to_all_guides(managers_office: Client) -> None:
    assert address_of_guide(managers_office, "/admin/schools/feedtoken/") == "/admin/guide/"


def address_of_guide(office: Client, address: str) -> str:
    """Return where *Guide* leads in the header of the page."""
    (link,) = re.findall(r'<a href="([^"]+)"\s*>Guide</a>', office.get(address).content.decode())
    return str(link)


def test_an_analyst_reads_the_guides_and_a_volunteer_does_not(client: Client) -> None:
    client.force_login(factories.analyst())
    assert client.get("/admin/guide/figures/").status_code == 200
    client.force_login(factories.UserFactory())
    assert client.get("/admin/guide/figures/").status_code != 200


def test_raw_html_and_scripts_in_a_guide_are_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = (
        "# A title\n\n<script>alert(1)</script>\n\n[press](javascript:alert(1)) <b onclick='x'>b</b>\n\n|a|b|\n|--:|---|\n|1|2|\n"
    )
    (tmp_path / "hostile.md").write_text(hostile)
    monkeypatch.setattr(guides, "DOCS", tmp_path)
    monkeypatch.setattr(guides, "GUIDES", {"hostile": "hostile.md"})
    page = Links(guides.guide_named("hostile", address="/{name}/").html)
    assert (page.refused, page.links) == ([], [])


def test_headings_that_are_there_twice_have_their_own_anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# A title\n\n## The `same`\n\n## The same\n\n### What’s *new*, [here](#the-same)\n"
    (tmp_path / "twice.md").write_text(text)
    monkeypatch.setattr(guides, "DOCS", tmp_path)
    monkeypatch.setattr(guides, "GUIDES", {"twice": "twice.md"})
    assert {anchor for anchor, _ in guides.guide_named("twice", address="/{name}/").sections} == anchors_of(text)


def test_what_stands_between_the_marks_is_not_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = "<!-- not on the pages -->\n\n## Commands\n\n`manage.py migrate`\n\n<!-- on the pages -->\n"
    text = f"# A title\n\nBefore<!-- not on the pages --> (`a.b`)<!-- on the pages -->.\n\n{left_out}\n## After\n\nThe rest.\n"
    (tmp_path / "marked.md").write_text(text)
    monkeypatch.setattr(guides, "DOCS", tmp_path)
    monkeypatch.setattr(guides, "GUIDES", {"marked": "marked.md"})
    guide = guides.guide_named("marked", address="/{name}/")
    assert guide.html == '<p>Before.</p>\n<h2 id="after">After</h2>\n<p>The rest.</p>\n'
    assert guide.chapters == (("after", "After"),)


def code_in(html: str) -> set[str]:
    """Return each word that is set as code."""
    return set(re.findall(r"<code>(\w+)</code>", html))


def functions() -> set[str]:
    """Return the name of each function and class, but those that a guide has in a table too: columns of files."""
    pages = "".join(guides.guide_named(name, address="/{name}/").html for name in guides.GUIDES)
    columns = {word for cell in re.findall(r"<td>.*?</td>", pages, re.DOTALL) for word in code_in(cell)}
    files = Path(settings.BASE_DIR, "schools").rglob("*.py")
    return {word for file in files for word in FUNCTION.findall(file.read_text(encoding="utf-8"))} - columns


@pytest.mark.parametrize("name", sorted(guides.GUIDES))
def test_no_guide_in_the_app_names_a_module_a_function_a_test_or_a_path(name: str) -> None:
    html = guides.guide_named(name, address="/admin/guide/{name}/").html
    text = re.sub(r"/admin/[\w/…-]*", "", re.sub(r"<[^>]*>", "", html))
    named = {match[0] for match in DEVELOPERS.finditer(text)} | {word for word in code_in(html) & functions() if "_" in word}
    assert_none(
        sorted(named),
        to_do=f"Set these of docs/{guides.GUIDES[name]} between “<!-- not on the pages -->” and “<!-- on the pages -->”.",
    )


def test_an_installation_without_its_documents_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_checks() == []
    monkeypatch.setattr(guides, "DOCS", tmp_path)
    assert {error.id for error in run_checks()} == {"speakout.E010"}


def test_a_guide_is_read_once(managers_office: Client, django_assert_num_queries: Callable[[int], Any]) -> None:
    managers_office.get("/admin/guide/office/")
    with django_assert_num_queries(3):
        managers_office.get("/admin/guide/office/")
