"""The diagram of the tables tells the truth."""

from schools.management.commands.draw_tables import DOCUMENT, page_of_tables


def test_the_page_of_tables_is_what_the_models_say() -> None:
    assert DOCUMENT.read_text() == page_of_tables(), "A model changed: run `manage.py draw_tables` and commit docs/tables.md."
