"""The documents tell the truth: links lead somewhere, and what they name is there; what there is, they name.

Rules and figures are checked without importing what keeps them: files are read and parsed.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from schools.office.running.jobs import JOBS
from tests.documents import (
    DOCS,
    ROOT,
    advice,
    all_documents,
    anchor_of,
    anchors_of,
    broken_links,
    cited_rules,
    code_files,
    content,
    documents,
    found_in,
    has_test,
    inside,
    is_name,
    matches,
    moved_to,
    rules,
    where_test_is_now,
)

RETIRED = {
    "DESIGN": "“rule 6” for a rule (docs/rules.md), docs/words.md for a word, docs/imports.md for files, or say the thing itself",
    "REACH": "docs/figures.md, or say the thing itself",
    "LOOK": "docs/look.md, or say the thing itself",
    "STYLE": "CONTRIBUTING.md, or say the thing itself",
    "STACK": "docs/architecture.md or a page of docs/adr/, or say the thing itself",
}
"""Documents that never were in this repository, and what to cite instead."""

MADE_BY_READERS = {"schools/locale/cy/LC_MESSAGES/django.po"}
"""Files that a document names as what somebody gets who follows it."""

BUTTONS = {"admin:return-close", "admin:return-sign-off"}
"""URLs of the office that only take what a button of another page sends."""


def test_every_link_of_a_document_leads_somewhere() -> None:
    broken = [problem for document in documents() for problem in broken_links(document)]
    assert not broken, advice("Mend these links, or write the page, heading or picture that they lead to", broken)


def test_every_rule_that_code_cites_is_written_down() -> None:
    known = set(rules())
    wrong = [
        f"{where}: rule {number}"
        for path in (*code_files(), *documents())
        for where, number in cited_rules(path)
        if number not in known
    ]
    assert not wrong, advice(
        f"docs/rules.md has the rules 1 to {max(known)}. Cite one of them, or write “## Rule {max(known) + 1}: …” there first",
        wrong,
    )


def test_every_rule_says_why_and_names_what_keeps_it_and_the_test_that_holds_it() -> None:
    numbers = list(rules())
    assert numbers == list(range(1, len(numbers) + 1)), (
        f"docs/rules.md numbers its rules {numbers}. Numbers never change and leave no gap: a new rule takes the next free one."
    )
    incomplete = [
        f"rule {number} has no {what}"
        for number, text in rules().items()
        for what, pattern in (
            ("“**Why.**”", r"^\*\*Why\.\*\* \S"),
            ("function under “**Kept by**”", r"\*\*Kept by\*\*\n(?:(?!\*\*)[\s\S])*?`schools\.[\w.]+`"),
            ("test under “**Held by**”", r"\*\*Held by\*\*\n(?:(?!\*\*)[\s\S])*?`tests/[\w/]+\.py::test_\w+`"),
        )
        if not re.search(pattern, text, flags=re.MULTILINE)
    ]
    assert not incomplete, advice("Complete docs/rules.md", incomplete)


def test_every_name_of_code_in_the_documents_is_there() -> None:
    missing = [
        f"{where}: `{dotted}`{moved_to(dotted)}"
        for document in documents()
        for where, dotted in found_in(document, r"`((?:schools|speakout)(?:\.\w+)+)(?:\(\))?`")
        if not is_name(dotted)
    ]
    assert not missing, advice("Write the name that the code has now", missing)


def test_every_test_that_the_documents_name_is_there() -> None:
    missing = []
    for document in documents():
        for where, named in found_in(document, r"`(tests/[\w/]+\.py::test_\w+)`"):
            path, _, name = named.partition("::")
            if not has_test(ROOT / path, name):
                missing.append(f"{where}: `{named}`{where_test_is_now(name)}")
    assert not missing, advice("Write where the test is now, or write the test again", missing)


def test_every_file_that_the_documents_name_is_there() -> None:
    folders = "schools|speakout|templates|tests|requirements|docs|bin"
    missing = [
        f"{where}: `{named}`"
        for document in documents()
        if document.name != "recipes.md"  # it names files that its reader is to make
        for where, named in found_in(document, rf"`((?:{folders})/[\w./-]*)`")
        if not (ROOT / named).exists() and named not in MADE_BY_READERS
    ]
    assert not missing, advice("Write where the file is now, or leave it out", missing)


def test_no_text_cites_a_document_that_is_not_here() -> None:
    citation = rf"\b({'|'.join(RETIRED)})(?:\.md\b|['’]s\b)"
    places: dict[str, list[str]] = {}
    for path in (*code_files(), *documents()):
        for where, name in found_in(path, citation, in_code=True):
            places.setdefault(name, []).append(where)
    wrong = [f"instead of {name} write {RETIRED[name]}: {', '.join(where)}" for name, where in places.items()]
    assert not wrong, advice("These cite documents that are not in this repository", wrong)


def test_every_command_is_in_the_documents_and_no_other() -> None:
    ours = {path.stem for path in (ROOT / "schools/management/commands").glob("[!_]*.py")}
    text = all_documents()
    unnamed = sorted(name for name in ours if not re.search(rf"(?:manage\.py |`){name}\b", text))
    assert not unnamed, advice("Describe these commands of manage.py in docs/operations.md or docs/imports.md", unnamed)
    programs = sorted(path.name for path in (ROOT / "bin").iterdir() if f"bin/{path.name}" not in text)
    assert not programs, advice("Describe these programs of bin/ in README.md or docs/operations.md", programs)
    unknown = sorted(set(re.findall(r"manage\.py (\w+)", text)) - get_commands().keys())
    assert not unknown, advice(
        "The documents name commands that manage.py does not have. Take them out, or mend their names", unknown
    )


def test_every_setting_is_in_the_documents_and_no_other() -> None:
    pattern = r"\bSPEAKOUT_[A-Z_]+\b"
    places = ("speakout", "schools", "bin", "tests/e2e")
    known = {
        name for path in code_files() if path.is_relative_to(ROOT) and inside(path, places) for name in matches(path, pattern)
    }
    named = set(re.findall(pattern, all_documents()))
    assert not known - named, advice("Describe these settings in docs/operations.md", sorted(known - named))
    assert not named - known, advice("Nothing reads these settings. Take them out of the documents", sorted(named - known))


def test_settings_in_the_documents_can_be_pasted_as_they_are() -> None:
    """systemd reads these too: a comment behind a value becomes part of it, and a line with export is left out."""
    blocks = re.findall(r"^ *```\w+\n(.*?)^ *```$", content(DOCS / "operations.md"), flags=re.MULTILINE | re.DOTALL)
    of_settings = [lines for block in blocks if (lines := dedent(block).splitlines()) and lines[-1].startswith("SPEAKOUT_")]
    assert len(of_settings) >= 4
    wrong = [line for lines in of_settings for line in lines if not re.fullmatch(r"[A-Z_]+='[^']*'", line)]
    assert not wrong, advice("Write NAME='value' and nothing else on these lines", wrong)


def test_every_job_of_the_clock_is_in_the_table_of_operations() -> None:
    table = content(DOCS / "operations.md").partition("| job | how often |")[2].partition("\n\n")[0]
    assert table.count("\n| ") - 1 == len(JOBS)


def test_every_page_of_the_office_is_in_its_guide() -> None:
    guide = with_bare_placeholders(content(DOCS / "office-guide.md"))
    missing = [f"{name}: `{path}`" for name, path in office_pages() if not names_page(guide, path)]
    assert not missing, advice("Describe these pages in docs/office-guide.md, each with its path", missing)


def test_every_figure_has_an_entry_under_its_own_heading() -> None:
    text = content(DOCS / "figures.md")
    headings = re.findall(r"^### (.+)$", text.partition("## Every figure")[2], flags=re.MULTILINE)
    declared = [figure["heading"] for figure in declared_figures()]
    assert sorted(headings) == sorted(declared), advice(
        "docs/figures.md needs one entry “### Heading” for each figure that schools/reach/figures/ declares",
        [f"missing: {entry}" for entry in (Counter(declared) - Counter(headings)).elements()]
        + [f"not declared: {entry}" for entry in (Counter(headings) - Counter(declared)).elements()],
    )


def test_the_columns_of_the_files_are_written_down_with_the_figures_that_they_hold() -> None:
    columns = re.findall(r"^\| `(\w+)` \| (.+) \|$", content(DOCS / "figures.md"), flags=re.MULTILINE)
    declared = [(figure["name"], figure["heading"]) for figure in declared_figures()]
    assert sorted(entry for entry in columns if entry[0] not in {"definitions", "SHA256SUMS"}) == sorted(declared), (
        "Write each figure of schools/reach/figures/ into the tables of columns in docs/figures.md: “| `name` | Heading |”."
    )


def test_the_columns_of_the_file_are_written_down_in_their_order() -> None:
    of_reach = declared_figures(besides=("dose.py", "feedback.py"))
    in_order = [figure["name"] for figure in sorted(of_reach, key=lambda figure: figure["file_position"])]
    chapter = content(DOCS / "figures.md").partition("\n## The columns\n")[2].partition("\n## ")[0]
    in_order.insert(27, "definitions")
    assert re.findall(r"^\| `(\w+)`", chapter, flags=re.MULTILINE) == in_order, (
        "Write the columns in docs/figures.md, “The columns”, in the order of the file."
    )


def test_readme_is_short_enough_to_be_read() -> None:
    assert len(content(ROOT / "README.md").splitlines()) <= 110, "Move what is too long for README.md into docs/, and link to it."


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Rule 6: Nobody is with children", "rule-6-nobody-is-with-children"),
        ("`bin/demo` and *the rest*", "bindemo-and-the-rest"),
        ("The [registry](figures.md)", "the-registry"),
        ("School’s year, 2025/26", "schools-year-202526"),
        ("A – B", "a--b"),
        ("snake_case `__init__`", "snake_case-__init__"),
        ("Ysgol Gynradd Dŵr", "ysgol-gynradd-dŵr"),
    ],
)
def test_an_anchor_is_what_github_makes_of_a_heading(heading: str, anchor: str) -> None:
    assert anchor_of(heading) == anchor


def test_headings_that_are_there_twice_are_numbered() -> None:
    assert anchors_of("# Why\n\n```\n# no heading\n```\n## Why\n\n<a id='Old-Name'></a>\n") == {"why", "why-1", "Old-Name"}


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# There\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md#there) [b](#here) [c](https://example.org) `[d](gone.md)`\n"
        "[e](other.md#gone)\n[![f](gone.png)](other.md)\n[g](#gone)\n\n[h]: gone.md\n"
    )
    assert [problem.partition(": ")[2] for problem in broken_links(page)] == [
        "`other.md#gone` has no such heading",
        "`gone.png` is not there",
        "`#gone` has no such heading",
        "`gone.md` is not there",
    ]


# Pages of the office


def urls_of(resolver: URLResolver, before: str = "", namespace: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """Yield full name, path and pattern of each URL below the resolver."""
    for pattern in resolver.url_patterns:
        path = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from urls_of(pattern, path, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield f"{namespace}{pattern.name or ''}", path, pattern


def office_pages() -> Iterator[tuple[str, str]]:
    """Yield name and path of each page of the office that is ours: no table of the stock admin, and no file to download."""
    tables = {f"{model._meta.app_label}_{model._meta.model_name}" for model in apps.get_models()}
    for name, path, pattern in urls_of(get_resolver()):
        of_table = any(name.startswith(f"admin:{table}_") for table in tables)
        is_page = name.startswith("admin:") and name not in BUTTONS and not of_table
        if is_page and is_ours(pattern) and not is_download(path):
            yield name, f"/{path}"


def is_ours(pattern: URLPattern) -> bool:
    """Whether a view of the office answers there, and no method of the stock admin."""
    view = pattern.callback
    return view.__module__.startswith("schools.office.") and "." not in view.__qualname__


def is_download(path: str) -> bool:
    """Whether it only sends a file, which is described with the page that links to it."""
    return bool(re.search(r"/(?:csv|xlsx|ics|json)/$|returns/<[^>]*>/(?:figures|sessions)/$", path))


def with_bare_placeholders(text: str) -> str:
    """Return the text with “…” for every placeholder, whatever it is called: `<int:visit_id>`, `<id>`."""
    return re.sub(r"<[^<>/\n]*>", "…", text.replace("&lt;", "<").replace("&gt;", ">"))


def names_page(guide: str, path: str) -> bool:
    """Whether the guide has the whole path of the page, and not only that of a page below it."""
    return bool(re.search(rf"{re.escape(with_bare_placeholders(path))}(?![\w…])", guide))


# Figures


def declared_figures(*, besides: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the constants of each `Figure(…)` that the registry declares, by the names of its arguments.

    `besides` are files of figures that stand in tables of their own.
    """
    calls = [
        node
        for path in sorted((ROOT / "schools/reach/figures").glob("*.py"))
        if path.name not in besides
        for node in ast.walk(ast.parse(content(path)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Figure"
    ]
    assert calls, "No Figure(…) is declared in schools/reach/figures/. Where the registry has moved, change this function."
    # Names and headings are texts; positions are numbers, and compared alone.
    return [
        {word.arg: word.value.value for word in call.keywords if word.arg and isinstance(word.value, ast.Constant)}
        for call in calls
    ]
