"""Schools are found by how the words of their names begin, by an index that stays true whatever writes the names."""

import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor
from hypothesis import given
from hypothesis import strategies as st

from schools import models
from schools.directory.models.schools import LONGEST_NAMING
from schools.directory.name_index import keep_name_index
from tests import factories

School = models.School
NAMES = (
    "St Mary’s Church of England Primary School",
    "St. Mary's C/E (VA) Infant School",
    "Stoke-on-Trent Primary Academy",
    "Eastfield Primary School",
    "Ysgol Llanddôna",
    "Park Lane 2nd School",
    "St.John-Fisher@Heath",
)


def named(text: str) -> list[str]:
    return [school.name for school in School.objects.named(text).order_by("pk")]


def begins(name: str, text: str) -> bool:
    """Word for word, without any index."""
    words = re.findall(r"[^\W_]+", name.upper())
    return all(any(word.startswith(asked) for word in words) for asked in re.findall(r"[^\W_]+", text.upper()))


@pytest.fixture
def schools(db: None) -> list[models.School]:
    return [factories.SchoolFactory(name=name, postcode="") for name in NAMES]


@pytest.mark.parametrize(
    "text",
    ["st mary", "MARY", "mary's", "mary’s st", "primary", "prim", "field", "on trent", "c e", "c/e", "(va)", "llanddôna", "john",
     "fisher heath", "2nd", "lane 2", "school st", "stoke-on", "ysgol park"],
)  # fmt: skip
def test_each_word_begins_a_word_of_the_name(text: str, schools: list[models.School]) -> None:
    assert named(text) == [name for name in NAMES if begins(name, text)]


def test_a_primary_school_is_not_found_by_mary(schools: list[models.School]) -> None:
    assert named("mary") == list(NAMES[:2])


letters = st.text("stmaryleo '’-./(&\"\\*:!|%_\x00é2", max_size=12)


@given(text=letters)
@pytest.mark.usefixtures("schools")
@pytest.mark.django_db
def test_whatever_is_typed_is_answered_as_a_naive_search_would(text: str) -> None:
    assert named(text) == [name for name in NAMES if begins(name, text)]


@pytest.mark.parametrize("text", ["LA9", "la9 4", "LA9 4X", "la9 4xx", "LA9 4XX", "fell LA9 4XX", "106123", "fellside 106123"])
def test_a_postcode_as_far_as_it_was_typed_and_a_register_number_find_their_school(text: str, db: None) -> None:
    factories.SchoolFactory(name="Fellside", postcode="LA9 4XX", register_id="106123")
    factories.SchoolFactory(name="Fellview", postcode="LA90 4XX", register_id="1061234")
    factories.SchoolFactory(name="Beckside", postcode="CA1 1AA", register_id="106124")
    assert named(text)[:1] == ["Fellside"]
    assert "Beckside" not in named(text)
    assert ("Fellview" in named(text)) == (text == "LA9")


@pytest.mark.parametrize("text", ["", "  ", "&", "’ –"])
def test_a_text_without_a_word_names_every_school(text: str, schools: list[models.School]) -> None:
    assert len(named(text)) == len(NAMES)


def test_the_index_follows_whatever_writes_a_name(db: None) -> None:
    one, two = School.objects.bulk_create(
        [factories.SchoolFactory.build(name=name, authority=None) for name in ("Beech", "Rowan")]
    )
    assert (named("beech"), named("rowan")) == (["Beech"], ["Rowan"])
    School.objects.filter(pk=one.pk).update(name="Alder")
    two.name = "Hazel"
    School.objects.bulk_update([two], ["name"])
    assert [named(word) for word in ("beech", "rowan", "alder", "hazel")] == [[], [], ["Alder"], ["Hazel"]]
    School.objects.filter(pk=one.pk).delete()
    keep_name_index()
    assert (named("alder"), named("hazel")) == ([], ["Hazel"])


@pytest.mark.django_db(transaction=True)
def test_after_a_migration_that_makes_the_table_anew_the_index_is_true_again() -> None:
    school = factories.SchoolFactory(name="Beech")
    if isinstance(editor := connection.schema_editor(), DatabaseSchemaEditor):
        with editor:
            editor._remake_table(School)  # type: ignore[attr-defined]  # what a migration of the table does on SQLite
        School.objects.filter(pk=school.pk).update(name="Alder")
        assert named("alder") == []
    else:
        School.objects.filter(pk=school.pk).update(name="Alder")
    call_command("migrate", verbosity=0)
    assert (named("beech"), named("alder")) == ([], ["Alder"])
    School.objects.filter(pk=school.pk).update(name="Hazel")
    assert named("hazel") == ["Hazel"]


def test_both_databases_search_by_the_index(schools: list[models.School]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = School.objects.named("st mary").explain()
    used = "Bitmap Index Scan on schools_school_words" if connection.vendor == "postgresql" else "schools_school_words VIRTUAL"
    assert used in plan
    assert not re.search(r"(SCAN|Seq Scan on) schools_school\b", plan)


@pytest.mark.parametrize("text", [" ".join(str(number) for number in range(3000)), "school " * 1000])
def test_a_page_of_text_names_no_school(text: str, schools: list[models.School]) -> None:
    assert named(text) == []


def test_the_longest_text_that_is_looked_for_is_answered(schools: list[models.School]) -> None:
    every_word_with_a_digit = " ".join("0123456789" * 12 + "ABCD")[:LONGEST_NAMING]
    assert (len(every_word_with_a_digit), named(every_word_with_a_digit)) == (247, [])
    assert named("2nd " * 60) == ["Park Lane 2nd School"]
