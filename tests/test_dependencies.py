"""The list of packages in docs/dependencies.md is that of the lock, with a day; whoever changes the lock looks at it again."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def locked() -> dict[str, str]:
    """Versions by package, of production."""
    text = (ROOT / "requirements/production.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", text, flags=re.MULTILINE))


def chosen() -> set[str]:
    """Packages that we named ourselves."""
    files = (ROOT / "requirements" / name for name in ("base.in", "production.in"))
    return {name for file in files for name in re.findall(r"^([a-z0-9-]+)", file.read_text(), flags=re.MULTILINE)}


def test_the_list_of_packages_is_that_of_the_lock() -> None:
    text = (ROOT / "docs/dependencies.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9._-]+) \| (\S+) \| (yes)? ?\|$", text, flags=re.MULTILINE)
    advice = "Run `make audit` where there is network, then write the day and the table in docs/dependencies.md anew."
    assert {name: version for name, version, _ in rows} == locked(), advice
    assert {name for name, _, is_chosen in rows if is_chosen} == chosen() & locked().keys(), advice
    assert re.search(r"As locked on \*\*\d{1,2} [A-Z][a-z]+ \d{4}\*\*", text)
