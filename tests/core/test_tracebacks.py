"""An error of the database is written without its words, whatever it caused or came of; every other as Python writes it."""

import sqlite3
import traceback
from collections.abc import Callable

import psycopg
import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import ProtectedError

from schools.accounts.models import User
from schools.core.tracebacks import traceback_of, without_rows

ROW = "asha@example.org"
TAKEN = f'duplicate key value violates unique constraint "schools_user_email_key"\nDETAIL:  Key (email)=({ROW}) already exists.'
FAILING = f"null value violates not-null constraint\nDETAIL:  Failing row contains (7, {ROW}, null)."


def taken() -> None:
    try:
        raise psycopg.errors.UniqueViolation(TAKEN)
    except psycopg.Error as error:
        raise IntegrityError(TAKEN) from error


def caused_another() -> None:
    try:
        taken()
    except IntegrityError as error:
        raise RuntimeError("The import broke") from error


def came_in_the_middle_of_another() -> None:
    try:
        int("no")
    except ValueError:
        taken()


def two_at_once() -> None:
    raise ExceptionGroup("Two jobs failed", [psycopg.errors.NotNullViolation(FAILING), ValueError("no")])


def caught(broken: Callable[[], object]) -> Exception:
    try:
        broken()
    except Exception as error:  # noqa: BLE001  # whatever it is
        return error
    raise AssertionError("nothing broke")


@pytest.mark.parametrize("broken", [taken, caused_another, came_in_the_middle_of_another, two_at_once])
def test_a_row_that_the_database_quotes_is_not_written(broken: Callable[[], object]) -> None:
    text = traceback_of(caught(broken))
    assert ROW not in text
    assert "DETAIL" not in text
    assert broken.__name__ in text, "where it broke"


def test_type_and_code_are_written_of_an_error_of_the_database_and_of_the_one_that_it_caused() -> None:
    lines = traceback_of(caught(caused_another)).splitlines()
    assert "psycopg.errors.UniqueViolation: 23505" in lines
    assert "django.db.utils.IntegrityError: 23505" in lines
    assert lines.count("The above exception was the direct cause of the following exception:") == 2
    assert lines[-1] == "RuntimeError: The import broke"


@pytest.mark.django_db
def test_what_the_database_of_the_tests_refuses_is_written_without_the_row() -> None:
    User.objects.create(email=ROW, name="Asha")

    def again() -> None:
        with transaction.atomic():
            User.objects.create(email=ROW, name="Asha")

    text = traceback_of(caught(again))
    assert ROW not in text
    assert "django.db.utils.IntegrityError: " in text
    assert "23505" in text or "SQLITE_CONSTRAINT_UNIQUE" in text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationalError("connection refused"), "django.db.utils.OperationalError: connection refused"),
        (InterfaceError("connection already closed"), "django.db.utils.InterfaceError: connection already closed"),
        (sqlite3.OperationalError("database is locked"), "sqlite3.OperationalError: database is locked"),
        (psycopg.errors.AdminShutdown(f"while {ROW} was stored"), "psycopg.errors.AdminShutdown: 57P01"),
        (psycopg.DataError(ROW), "psycopg.DataError: its words are left out"),
        (ProtectedError(ROW, {User(pk=7, name="Asha")}), "django.db.models.deletion.ProtectedError: its words are left out"),
    ],
)
def test_words_stay_only_where_no_row_can_be_in_them(error: Exception, words: str) -> None:
    assert traceback_of(error) == words
    assert without_rows(error) == words


@pytest.mark.parametrize("value", [7, "asha", None, ValueError("no")])
def test_a_value_that_is_no_error_of_the_database_is_written_as_it_is(value: object) -> None:
    assert without_rows(value) is value


def with_a_cause() -> None:
    try:
        int("no")
    except ValueError as error:
        raise KeyError("number") from error


def in_the_middle() -> None:
    try:
        int("no")
    except ValueError:
        dict[str, int]()["number"]


def without_what_was_before() -> None:
    try:
        int("no")
    except ValueError:
        raise KeyError("number") from None


def with_a_note() -> None:
    error = ValueError("no")
    error.add_note("in line 7")
    raise error


@pytest.mark.parametrize("broken", [with_a_cause, in_the_middle, without_what_was_before, with_a_note])
def test_every_other_error_is_written_as_python_writes_it(broken: Callable[[], object]) -> None:
    error = caught(broken)
    assert traceback_of(error) == "".join(traceback.format_exception(error)).rstrip("\n")


def test_an_error_that_is_its_own_cause_is_written_once() -> None:
    error = ValueError("no")
    error.__cause__ = KeyError("number")
    error.__cause__.__cause__ = error
    assert traceback_of(error).splitlines()[-1] == "ValueError: no"
