"""The words by which people were found go out of the index of the search when a purge ends, all at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from schools import models
from schools.core.search_index import index_name, tidy_index
from schools.core.searchable import searchable_models
from schools.erasing import actions as erasing
from schools.keeping import actions
from schools.keeping.actions import purge
from schools.keeping.leaving import PEOPLE, LetGo, People, let_go
from schools.keeping.periods import BY_NAME
from tests import factories
from tests.keeping.things import NOW, TODAY

pytestmark = pytest.mark.django_db

WORDS = ("qzxairey", "xqwthorne")


@pytest.fixture
def gone() -> list[models.Volunteer]:
    """Two volunteers whose time is over, the second a day later."""
    last_day = BY_NAME["volunteers"].last_day_over(TODAY)
    people: list[models.Volunteer] = [
        factories.VolunteerFactory(name=f"Pat {word.title()}", status="left", left=last_day - timedelta(days=days))
        for word, days in zip(WORDS, (1, 0), strict=True)
    ]
    assert [models.Volunteer.objects.named(word).get() for word in WORDS] == people
    return people


def in_the_index() -> list[str]:
    """The words that stand in the index's own tables, whether a row has them or not; PostgreSQL's index goes with the rows."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT block FROM {index_name(models.Volunteer._meta.db_table)}_data")  # noqa: S608  # our own names
        blocks = b"".join(bytes(block) for (block,) in cursor.fetchall())
    return [word for word in WORDS if word.encode() in blocks]


def test_the_index_holds_nothing_of_two_whom_a_purge_erased(gone: list[models.Volunteer]) -> None:
    # Of whoever was written last SQLite may have the words in memory still.
    assert connection.vendor != "sqlite" or WORDS[0] in in_the_index()
    purge(clock=lambda: NOW)
    assert models.Erasure.objects.count() == len(gone)
    assert in_the_index() == []


def test_a_purge_tidies_each_table_once_however_many_it_erases(
    gone: list[models.Volunteer], monkeypatch: pytest.MonkeyPatch
) -> None:
    tidied: list[str] = []
    monkeypatch.setattr(erasing, "tidy_index", tidied.append)
    purge(clock=lambda: NOW, dry_run=True)
    assert tidied == []
    purge(clock=lambda: NOW)
    assert models.Erasure.objects.count() == len(gone)
    people = {model._meta.db_table for model in searchable_models()} - {models.School._meta.db_table}
    assert sorted(tidied) == sorted(people)


def test_a_purge_that_breaks_off_tidies_what_it_erased(gone: list[models.Volunteer], monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(people: People, pk: int, **options: Any) -> LetGo:
        if pk == gone[1].pk:
            raise KeyboardInterrupt
        return let_go(people, pk, **options)

    monkeypatch.setattr(actions, "let_go", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        purge(clock=lambda: NOW)
    assert models.Erasure.objects.get().reference == gone[0].reference
    assert WORDS[0] not in in_the_index()
    assert [found.pk for found in models.Volunteer.objects.named(WORDS[1])] == [gone[1].pk]


def test_the_next_purge_tidies_what_a_killed_one_left(monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[str] = []

    def tidy(table: str) -> None:
        tidied.append(table)
        tidy_index(table)

    monkeypatch.setattr(erasing, "tidy_index", tidy)
    purge(clock=lambda: NOW)
    assert not models.Erasure.objects.exists()
    assert models.Volunteer._meta.db_table in tidied


@pytest.mark.parametrize("people", PEOPLE, ids=lambda people: people.period.name)
def test_whether_one_is_due_is_asked_of_nobody_else(people: People) -> None:
    query = str(people.due(NOW, pk=717_171).query)
    # Once of the person, and once of whom a manager decides about.
    assert query.count('"id" = 717171') == 2
