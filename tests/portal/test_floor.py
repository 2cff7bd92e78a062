"""The oldest browser that the portal is made for is Chrome 90: nothing younger stands in its scripts and its sheet."""

import re

import pytest
from django.conf import settings

from tests.house import assert_none

PORTAL = settings.BASE_DIR / "schools" / "static" / "portal"
TO_DO = "Chrome 90 does not know these: write each with what it knows."

YOUNGER_SCRIPT = (
    r"\.at\(", r"\bhasOwn\(", r"\bstructuredClone\(", r"\.findLast", r"\.to(Sorted|Reversed|Spliced)\(", r"\.groupBy\(",
    r"\bArray\.fromAsync\(", r"\brandomUUID\(", r"\bstatic\s*{", r"#\w+ in ", r"^await |^(const|let) .* = await ",
    r"\bwithResolvers\b", r"\.showPopover\(", r"\bAbortSignal\.timeout",
)  # fmt: skip
YOUNGER_SHEET = (
    r":has\(", r"\bcolor-mix\(", r"\d[lds]v(h|w|min|max)\b", r"@layer\b", r"@container\b", r"@property\b", r"@starting-style",
    r"^\s*&", r"\btext-wrap\b", r"\boklch\(", r"\blight-dark\(", r"\bsubgrid\b", r"\boverflow:\s*clip\b",
    r"@media[^{]*[<>]=?",
)  # fmt: skip


def found(pattern: str, file: str) -> list[str]:
    """The lines of the file in which it stands, without what comments say."""
    text = re.sub(r"/\*.*?\*/", "", (PORTAL / file).read_text(), flags=re.DOTALL)
    return [line for line in text.splitlines() if not line.strip().startswith("//") and re.search(pattern, line)]


@pytest.mark.parametrize("file", sorted(path.name for path in PORTAL.glob("*.js")))
def test_no_script_needs_a_younger_browser(file: str) -> None:
    left = {pattern: lines for pattern in YOUNGER_SCRIPT if (lines := found(pattern, file))}
    assert_none(left.items(), to_do=TO_DO)


def test_the_sheet_needs_no_younger_browser() -> None:
    left = {pattern: lines for pattern in YOUNGER_SHEET if (lines := found(pattern, "portal.css"))}
    assert_none(left.items(), to_do=TO_DO)
