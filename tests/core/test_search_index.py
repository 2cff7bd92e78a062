import pytest
from django.db import connection

from schools.core.search_index import index_name, tidy_index
from schools.directory.models import Contact
from tests.factories import SchoolFactory

INDEX = index_name(Contact._meta.db_table)


def rows_that_say(word: str) -> list[int]:
    """The ids of rows, there or not, of which SQLite's table of words knows this; PostgreSQL's index goes with the rows."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s", (word,))  # noqa: S608  # our own names
        return [pk for (pk,) in cursor.fetchall()]


@pytest.mark.django_db
def test_a_tidy_index_knows_no_word_of_a_row_that_went_unseen() -> None:
    school = SchoolFactory()
    Contact.objects.create(school=school, name="Ruth Airey")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {INDEX} (rowid, search_words) VALUES (99, 'bowness')")  # noqa: S608  # our own name
        assert rows_that_say("bowness") == [99]
    tidy_index(Contact._meta.db_table)
    assert rows_that_say("bowness") == []
    assert [contact.name for contact in Contact.objects.named("airey")] == ["Ruth Airey"]
