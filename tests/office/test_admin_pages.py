"""docs/look.md says which pages of the office are still Django's own: what it says is compared with the admin site."""

import re
from pathlib import Path

from django.contrib import admin

from schools.office.frame.model_admin import OfficeAdmin

ROOT = Path(__file__).parents[2]
SECTION = re.search(r"^## What is still the stock admin’s$(.*?)(?=^## |\Z)", (ROOT / "docs/look.md").read_text(), re.M | re.S)
AGAIN = "Compare the section with the admin site, and say in it what is so now."


def listed(names: list[str]) -> str:
    return f"{', '.join(sorted(names))} ({len(names)})"


def test_the_section_counts_the_tables_and_names_those_with_a_page_of_their_own_and_those_that_may_be_deleted() -> None:
    assert SECTION
    own: list[str] = []
    deleted: list[str] = []
    for model, of_table in admin.site._registry.items():
        assert isinstance(of_table, OfficeAdmin), model
        name = str(model._meta.verbose_name_plural)
        if of_table.page_name or type(of_table).page_of is not OfficeAdmin.page_of:
            own.append(name)
        if of_table.may_be_deleted:
            deleted.append(name)
    words = " ".join(SECTION[1].split())
    for fact in (f"{len(admin.site._registry)} tables", listed(own), listed(deleted)):
        assert fact in words, f"{fact} is not in it. {AGAIN}"


def test_the_section_names_every_template_of_ours_in_place_of_one_of_the_admins() -> None:
    assert SECTION
    ours = {path.name for folder in ("admin", "simple_history") for path in (ROOT / "templates" / folder).glob("*.html")}
    assert set(re.findall(r"`(\w+\.html)`", SECTION[1])) == ours, AGAIN
