"""What grows too large is split by noun before it is a warehouse."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
MOST_LINES = {"*.py": 400, "*.html": 200}
MOST_LINES_OF_A_FUNCTION = 40
REASON = "# long: "
"""What begins the comment on a longer function's first line, with the reason behind it."""


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
            head = " ".join(lines[node.lineno - 1 : node.body[0].lineno])
            if length > MOST_LINES_OF_A_FUNCTION and REASON not in head:
                long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines")
    assert long == [], f"Split each, or write the reason behind `{REASON}` on its first line."
