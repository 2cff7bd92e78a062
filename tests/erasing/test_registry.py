"""Every column that may hold or name a person has an entry that says what becomes of it."""

from schools.erasing.registry import without_column, without_entry
from tests.house import assert_none


def test_every_column_that_may_hold_somebody_has_an_entry() -> None:
    assert_none(without_entry(), to_do="Say in schools/erasing/columns.py what becomes of each column when somebody is erased.")


def test_every_entry_has_a_column() -> None:
    assert_none(without_column(), to_do="Take each of these out of schools/erasing/columns.py.")
