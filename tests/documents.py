"""Reading the documents and the code that they name, for tests/test_docs.py: Markdown, links, rules, names of code."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCS = ROOT / "docs"
CODE = ("schools", "speakout", "templates", "tests", "bin", ".ci", "manage.py", "Makefile", "pyproject.toml")


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


LINK = re.compile(
    r"""\]\(\s*<?([^\s()>]*(?:\([^\s()]*\)[^\s()>]*)*)>?(?:\s+"[^"]*")?\s*\)
    |^\[[^\]]+\]:\s+(\S+)
    |<(?:img|a)\s[^>]*?(?:src|href)="([^"]+)\"""",
    re.MULTILINE | re.VERBOSE,
)
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
