"""Names in the code are the field's standard words, and docstrings say what a function does.

Identifiers alone are looked at, never strings; tests may call things as they like.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)

MODULES = {
    "schools/core/at_once": "batched_queries",
    "schools/core/moments": "snapshot",
    "schools/office/asked": "query_params",
    "schools/office/behind_lines": "drilldown",
    "schools/office/counting": "need_counts",
    "schools/office/rows": "visibility",
    "schools/portal/who": "access",
    "schools/visits/attention": "outstanding",
    "schools/visits/closing": "closed_periods",
    "schools/visits/guests": "redaction",
    "schools/visits/holding": "locks",
    "schools/visits/leaving": "offboarding and erasure",
    "schools/visits/news": "choices",
    "schools/visits/sheet": "parse",
    "schools/visits/stored": "diff",
    "schools/visits/storing": "claiming",
    "schools/visits/talking": "conversations",
    "schools/visits/telling": "notifications",
    "schools/visits/wondering": "warnings",
    "schools/doors": "onboarding",
}
"""Modules and packages, by a folder (at any depth below it) and their name, each with the name to give."""

NAMES = {
    "Asker": "Viewer",
    "Told": "SafeguardingNotice",
    "guests_at": "redacted_at",
    "known_as": "what the context manager does",
    "looked_up": "what is kept there, such as `patches`",
    "reason_of_guest": "redacted_reason",
    "reasons_to_wonder": "warnings_about_booking",
    "strangers_to": "redacted_for",
}
"""Classes, functions, methods and attributes, each with the name to give."""

VARIABLES = {
    "asked": "what was asked for, such as `query` or `offered`",
    "found": "what was found, such as `matches` or `schools`",
    "one": "what it is, such as `session` or `school`",
    "said": "what it holds, such as `data`, `values` or `words`",
    "told": "what it holds, such as `notice` or `notified`",
    "what": "what it holds, such as `kind` or `label`",
    "whose": "what it holds, such as `owner`",
}
"""Variables, parameters and targets of loops, each with what to write. Columns of tables keep their names."""


def python_files() -> list[Path]:
    """Return the files whose names are looked at; migrations are kept as they were made."""
    return [path for place in ("schools", "speakout") for path in (ROOT / place).rglob("*.py") if "migrations" not in path.parts]


def test_modules_have_standard_names() -> None:
    places = {*python_files(), *(path.parent for path in python_files() if path.name == "__init__.py")}
    wrong = [
        f"{path.relative_to(ROOT)}: write {better} instead of {path.stem}" for path in places if (better := better_module(path))
    ]
    assert not wrong, advice("Rename these modules", wrong)


def test_classes_functions_and_attributes_have_standard_names() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: write {NAMES[name]} instead of {name}"
        for path in python_files()
        if mentions(path, NAMES)
        for name, line in definitions(tree_of(path))
        if name in NAMES
    ]
    assert not wrong, advice("Rename these", wrong)


def test_variables_say_what_they_hold() -> None:
    places: dict[str, list[str]] = {}
    # Where a name gets a value, one of these signs follows it: most files need not be parsed.
    gets_value = r"\s*(?:[-+*/|&:]?=(?!=)|[,:)\]}]|in\b)"
    for path in python_files():
        given = variables(tree_of(path)) if mentions(path, VARIABLES, gets_value) else ()
        for name, line in given:
            if name in VARIABLES:
                places.setdefault(name, []).append(f"{path.relative_to(ROOT)}:{line}")
    wrong = [f"instead of {name} write {VARIABLES[name]} ({len(where)}): {', '.join(where)}" for name, where in places.items()]
    assert not wrong, advice("Rename these variables", wrong)


def test_docstrings_of_tables_begin_with_a_verb_except_in_querysets() -> None:
    # Words of a QuerySet complete “sessions …”, so ruff leaves files of tables out. Here the rest of these files is looked at.
    files = [*ROOT.glob("schools/*/models.py"), *ROOT.glob("schools/*/models/*.py")]
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {docstring_at(path, line)}"
        for path, line in not_imperative(files)
        if not in_queryset(path, line)
    ]
    assert not wrong, advice("Begin these docstrings with a verb, such as “Return the …”", wrong)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("one = 1", ["one"]),
        ("def f(said, *, what=0, **told): ...", ["said", "told", "what"]),
        ("rows = [one for one in rows if (found := one)]", ["found", "one"]),
        ("for one, (said, other) in rows: print(one)", ["one", "said"]),
        ("with f() as found: ...", ["found"]),
        ("key = lambda one: one", ["one"]),
        ("match rows:\n  case [one, *found]: ...", ["found", "one"]),
        ("class Log(Model):\n  told = Field()\n  def f(self): said = self.told", ["said"]),
        ("words = 'one found' + rows.one + f(found=1)", []),
    ],
)
def test_a_variable_is_found_wherever_it_gets_its_value(code: str, names: list[str]) -> None:
    assert sorted(name for name, _ in variables(ast.parse(code)) if name in VARIABLES) == names


@pytest.mark.parametrize(
    ("path", "better"),
    [
        ("schools/portal/views/who.py", "access"),
        ("schools/volunteers/models/doors.py", "onboarding"),
        ("schools/reach/rows.py", ""),
        ("schools/office/reach/rows.py", "visibility"),
        ("schools/delivery/guests.py", ""),
        ("schools/office/counting/__init__.py", ""),
        ("schools/office/counting", "need_counts"),
    ],
)
def test_a_module_is_named_by_its_folder(path: str, better: str) -> None:
    assert better_module(ROOT / path) == better


def advice(what_to_do: str, lines: list[str]) -> str:
    """Return a message of a failing test that begins with what to do."""
    return "\n  ".join([f"{what_to_do} (the list is in tests/test_words.py):", *sorted(lines)])


def better_module(path: Path) -> str:
    """Return what the module or package should be called; empty where its name is good."""
    for place, better in MODULES.items():
        folder, _, name = place.rpartition("/")
        if path.stem == name and path.is_relative_to(ROOT / folder):
            return better
    return ""


def mentions(path: Path, names: Iterable[str], after: str = "") -> bool:
    """Whether one of the names stands anywhere in the file, with `after` behind it."""
    return re.search(rf"\b(?:{'|'.join(names)})\b{after}", path.read_text()) is not None


def definitions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield name and line of every class, function and attribute that the code defines."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno


def variables(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield name and line of every variable, parameter and target that the code gives a value; attributes of classes are none."""
    attributes = {
        target
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if node not in attributes:
                yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, node.lineno


def not_imperative(files: list[Path]) -> Iterator[tuple[Path, int]]:
    """Yield file and line of each docstring that ruff does not take for an imperative."""
    ruff = Path(sys.executable).parent / "ruff"
    # Isolated, because pyproject.toml leaves these files out.
    answer = subprocess.run(  # noqa: S603  # our own words
        [ruff, "check", "--isolated", "--no-cache", "--select", "D401", "--output-format", "json", *files],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert answer.returncode in {0, 1}, answer.stderr
    for hit in json.loads(answer.stdout):
        yield Path(hit["filename"]), hit["location"]["row"]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the parsed file."""
    return ast.parse(path.read_text())


def in_queryset(path: Path, line: int) -> bool:
    """Whether the line lies inside a class whose name says that it is a QuerySet."""
    return any(
        isinstance(node, ast.ClassDef) and node.name.endswith("QuerySet") and node.lineno <= line <= (node.end_lineno or 0)
        for node in ast.walk(tree_of(path))
    )


def docstring_at(path: Path, line: int) -> str:
    """Return the first line of the docstring that begins there."""
    return path.read_text().splitlines()[line - 1].strip()
