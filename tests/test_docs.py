"""The documents tell the truth: links lead somewhere, and what they name is there; what there is, they name.

Rules and figures are checked without importing what keeps them: files are read and parsed.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(settings.BASE_DIR)
DOCS = ROOT / "docs"
CODE = ("schools", "speakout", "templates", "tests", "bin", ".ci", "manage.py", "Makefile", "pyproject.toml")

RETIRED = {
    "DESIGN": "“rule 6” for a rule (docs/rules.md), docs/words.md for a word, docs/imports.md for files, or say the thing itself",
    "REACH": "docs/figures.md, or say the thing itself",
    "LOOK": "docs/look.md, or say the thing itself",
    "STYLE": "CONTRIBUTING.md, or say the thing itself",
    "STACK": "docs/architecture.md or a page of docs/adr/, or say the thing itself",
}
"""Documents that never were in this repository, and what to cite instead."""

IN_PRODUCTION = {"db_worker", "prune_db_task_results"}
"""Commands of packages that only production installs."""

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
    unknown = sorted(set(re.findall(r"manage\.py (\w+)", text)) - get_commands().keys() - IN_PRODUCTION)
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


def test_every_page_of_the_office_is_in_its_guide() -> None:
    guide = with_bare_placeholders(content(DOCS / "office-guide.md"))
    missing = [f"{name}: `{path}`" for name, path in office_pages() if not names_page(guide, path)]
    assert not missing, advice("Describe these pages in docs/office-guide.md, each with its path", missing)


def test_every_figure_has_an_entry_under_its_own_heading() -> None:
    entries = re.findall(r"^### `(\w+)`: (.+)$", content(DOCS / "figures.md"), flags=re.MULTILINE)
    declared = [(figure["name"], figure["heading"]) for figure in declared_figures()]
    assert sorted(entries) == sorted(declared), advice(
        "docs/figures.md needs one entry “### `name`: Heading” for each figure that schools/reach/figures/ declares",
        [f"missing: {entry}" for entry in sorted(set(declared) - set(entries))]
        + [f"not declared: {entry}" for entry in sorted(set(entries) - set(declared))],
    )


def test_the_columns_of_the_file_are_written_down_in_their_order() -> None:
    in_order = [figure["name"] for figure in sorted(declared_figures(), key=lambda figure: figure["file_position"])]
    text = content(DOCS / "figures.md")
    block = text.partition("## The columns")[2].split("```")[1]
    columns = re.findall(r"\w+", block)
    assert columns[-len(in_order) :] == in_order, "Write the columns in docs/figures.md, “The columns”, in the order of the file."


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


# Reading files


def advice(what_to_do: str, lines: list[str]) -> str:
    """Return a message of a failing test that begins with what to do."""
    return "\n  ".join([f"{what_to_do}:", *lines])


def documents() -> list[Path]:
    """Return every Markdown file of the repository that is read by people."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


@cache
def code_files() -> tuple[Path, ...]:
    """Return every file of code, templates, style sheets and tests; migrations say nothing to people."""
    endings = {".py", ".html", ".txt", ".css", ".js", ".toml", ".sql", ""}
    files: list[Path] = []
    for place in CODE:
        path = ROOT / place
        files += [path] if path.is_file() else path.rglob("*")
    skipped = {"__pycache__", "migrations", "locale"}
    return tuple(sorted(path for path in files if path.suffix in endings and path.is_file() and not skipped & {*path.parts}))


def inside(path: Path, places: tuple[str, ...]) -> bool:
    """Whether the file lies in one of these folders of the repository."""
    return any(path.is_relative_to(ROOT / place) for place in places)


@cache
def content(path: Path) -> str:
    """Return the text of a file; a missing one is a failure that says so."""
    if not path.exists():
        pytest.fail(f"Write {path.relative_to(ROOT)}: it is not there yet.")
    return path.read_text(errors="ignore")


def all_documents() -> str:
    """Return README.md and everything in docs/ as one text."""
    return "\n".join(content(path) for path in documents())


def matches(path: Path, pattern: str) -> set[str]:
    """Return what the pattern finds in the file."""
    return set(re.findall(pattern, content(path)))


def found_in(path: Path, pattern: str, *, in_code: bool = False) -> Iterator[tuple[str, str]]:
    """Yield file and line, and the first group, of each match; blocks of code in a document only where asked for."""
    text = content(path)
    if path.suffix == ".md" and not in_code:
        text = without_blocks(text)
    for match in re.finditer(pattern, text):
        yield f"{path.relative_to(ROOT)}:{text.count('\n', 0, match.start()) + 1}", match[1]


# Markdown


def without_blocks(text: str) -> str:
    """Return the text with fenced blocks of code blank, so that lines keep their numbers."""
    return re.sub(r"^(```|~~~).*?^\1", lambda block: "\n" * block[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub gives to a heading: the text as it is read, small, hyphens for spaces, no other signs."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    # Emphasis is not part of the text, but underscores inside words and inside code are.
    parts = re.split(r"(`[^`]*`)", text)
    text = "".join(part if part.startswith("`") else re.sub(r"\*+|(?<!\w)_+|_+(?!\w)", "", part) for part in parts)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def anchors_of(text: str) -> set[str]:
    """Return every anchor of a document; of headings that are alike the second ends in -1."""
    plain = without_blocks(text)
    anchors = set(re.findall(r"<a\s+(?:id|name)=[\"']([^\"']+)", plain))
    seen: Counter[str] = Counter()
    for heading in re.findall(r"^#{1,6} +(.+?)(?: +#+)?$", plain, flags=re.MULTILINE):
        anchor = anchor_of(heading)
        anchors.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return anchors


LINK = re.compile(r"\]\(\s*<?([^\s()>]*(?:\([^\s()]*\)[^\s()>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s+(\S+)|<(?:img|a)\s[^>]*?(?:src|href)=\"([^\"]+)\"", re.MULTILINE)  # fmt: skip  # noqa: E501
"""A link or picture in Markdown, the definition of one, or a picture or link in HTML."""


def broken_links(document: Path) -> Iterator[str]:
    """Yield a line for each link to a file, picture or heading of the repository that is not there."""
    text = re.sub(r"`[^`\n]*`", lambda code: " " * len(code[0]), without_blocks(document.read_text()))
    for match in LINK.finditer(text):
        link = next(filter(None, match.groups()), "")
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z][a-z+.-]*:|//", link):
            continue
        target = (ROOT / path.lstrip("/") if path.startswith("/") else document.parent / unquote(path)) if path else document
        where = f"{document.name}:{text.count('\n', 0, match.start()) + 1}"
        if not target.exists():
            yield f"{where}: `{link}` is not there"
        elif anchor and target.suffix == ".md" and unquote(anchor) not in anchors_of(target.read_text()):
            yield f"{where}: `{link}` has no such heading"


# Rules


@cache
def rules() -> dict[int, str]:
    """Return the text of each rule of docs/rules.md by its number, in the order in which they stand."""
    text = content(DOCS / "rules.md")
    starts = [*re.finditer(r"^## (?:Rule (\d+): )?.+$", text, flags=re.MULTILINE)]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return {int(match[1]): text[match.end() : end] for match, end in zip(starts, ends, strict=True) if match[1]}


def cited_rules(path: Path) -> Iterator[tuple[str, int]]:
    """Yield file and line, and the number, of each rule that a text cites: “rule 6”, “rules 6 to 8 and 10”."""
    for where, numbers in found_in(path, r"\b[Rr]ules?\s+(\d+(?:(?:\s*,\s*|\s+and\s+|\s+to\s+|[–-])\d+)*)"):
        for number in re.findall(r"\d+", numbers):
            yield where, int(number)
        for low, high in re.findall(r"(\d+)(?:\s+to\s+|[–-])(\d+)", numbers):
            yield from ((where, number) for number in range(int(low), int(high)))


@cache
def names_of(path: Path) -> frozenset[str]:
    """Return what a module defines or passes on: functions, classes, “Class.method”, variables, names imported from elsewhere."""
    if not path.exists():
        return frozenset()
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        names |= names_bound_by(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for statement in node.body for name in names_bound_by(statement)}
    return frozenset(names)


def names_bound_by(node: ast.stmt) -> set[str]:
    """Return the names that one statement gives."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.ImportFrom(names=aliases):
            return {alias.asname or alias.name for alias in aliases}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.TypeAlias(name=ast.Name(id=name)):
            return {name}
        case _:
            return set()


def is_name(dotted: str) -> bool:
    """Whether the dotted path is a package, a module, or something in a module; found by reading files."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        module = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if module.exists():
            return length == len(parts) or ".".join(parts[length:]) in names_of(module)
    return False


def moved_to(dotted: str) -> str:
    """Return where something of the same name is now, in words; of a method, where its class has it."""
    *_, owner, name = dotted.split(".")
    wanted = f"{owner}.{name}" if owner[:1].isupper() else name
    now = [
        ".".join([*path.relative_to(ROOT).with_suffix("").parts, wanted]).replace(".__init__", "")
        for path in (ROOT / "schools").rglob("*.py")
        if re.search(rf"^ *(?:def|class) {name}\b", content(path), flags=re.MULTILINE) and wanted in names_of(path)
    ]
    return f" is now {' or '.join(sorted(now))}" if now else " is not there under any path"


def has_test(path: Path, name: str) -> bool:
    """Whether the file has a test of that name, be it in a class."""
    return path.exists() and f"def {name}(" in content(path)


def where_test_is_now(name: str) -> str:
    """Return where a test of the name is now, in words."""
    now = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py") if has_test(path, name)]
    return f" is now {' or '.join(f'{path}::{name}' for path in sorted(now))}" if now else " is not there under any path"


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


def declared_figures() -> list[dict[str, str]]:
    """Return the constants of each `Figure(…)` that the registry declares, by the names of its arguments."""
    calls = [
        node
        for path in sorted((ROOT / "schools/reach/figures").glob("*.py"))
        for node in ast.walk(ast.parse(content(path)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Figure"
    ]
    assert calls, "No Figure(…) is declared in schools/reach/figures/. Where the registry has moved, change this function."
    # Names and headings are texts; positions are numbers, and compared alone.
    return [
        {word.arg: word.value.value for word in call.keywords if word.arg and isinstance(word.value, ast.Constant)}  # type: ignore[misc]
        for call in calls
    ]
