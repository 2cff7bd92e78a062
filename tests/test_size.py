"""What grows too large is split by noun before it is a warehouse."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
MOST_LINES = {"*.py": 400, "*.html": 200}
MOST_LINES_OF_A_FUNCTION = 40
REASON = "# Longer than 40 lines"
"""How the comment above or inside a longer function begins; the reason follows."""


def files(pattern: str) -> Iterator[Path]:
    """Every file of the pattern that is ours, without migrations."""
    for folder in ("schools", "speakout", "templates", "tests"):
        yield from (path for path in (ROOT / folder).rglob(pattern) if "migrations" not in path.parts)


def test_no_file_is_longer_than_a_reader_has_breath() -> None:
    long = [
        f"{path.relative_to(ROOT)} has {lines} lines of at most {most}"
        for pattern, most in MOST_LINES.items()
        for path in files(pattern)
        if (lines := len(path.read_text().splitlines())) > most
    ]
    assert long == [], "Split each by noun."


def test_no_function_is_longer_than_a_screen_without_a_reason_beside_it() -> None:
    long = []
    for path in files("*.py"):
        lines = path.read_text().splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if not isinstance(node, ast.FunctionDef):
                continue
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            around = "\n".join(lines[max(0, start - 2) : node.end_lineno])
            if length > MOST_LINES_OF_A_FUNCTION and REASON not in around:
                long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines")
    assert long == [], f"Split each, or begin a comment above it with “{REASON}” and say why."
