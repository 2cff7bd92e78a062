"""Schools are found by words of name, place, postcode and number, by an index that stays true whatever writes them."""

import re
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.row_locks import is_held
from schools.core.search_words import GENERIC, SAME, pieces_of, places_of_address, plain, words_of
from schools.core.searchable import LONGEST_TEXT, keep_search, rebuild_search
from tests import factories
from tests.core.test_search_words import differ_by_one
from tests.profiles import examples

School = models.School
NAMES = (
    "St Mary’s Church of England Primary School",
    "St. Mary's C/E (VA) Infant School",
    "Stoke-on-Trent Primary Academy",
    "Eastfield Primary School",
    "Ysgol Llanddôna",
    "Park Lane 2nd School",
    "St.John-Fisher@Heath",
    "Allithwaite CofE Primary School",
    "St Michael and All Angels",
)
ADDRESS = "Kirk Road, Flookburgh, Grange-over-Sands, Cumbria"


def named(text: str) -> list[str]:
    """The schools that a text names; a list of the first of them has the same ones."""
    schools = list(School.objects.named(text).order_by("pk"))
    assert School.objects.first_named(text, len(NAMES), lambda rows: rows.order_by("pk")) == schools[: len(NAMES)]
    return [school.name for school in schools]


def begins(school: tuple[str, str, str, str], word: str, *, near: bool) -> bool:
    """Whether a word of the school begins with the word, or is nearly it: looked up in each word, without any index."""
    name, address, postcode, _number = school
    of_name = words_of(name)
    words = {*of_name, *(w for place in places_of_address(address) for w in words_of(place))}
    if {"church", "england"} <= set(of_name):
        words.add("cofe")
    if outward := plain(postcode).split():
        words |= {"".join(outward), "·".join(outward)}
    if any(known.startswith(word) for known in words) or (len(word) > 4 and word.endswith("s") and word[:-1] in words):
        return True
    if not near or len(word) < 3 or not word.isalpha():
        return False
    if len(word) == 4 and any(word[:at] + word[at + 1 :] in words for at in range(4)):
        return True
    tolerant = {known for known in words if len(known) >= 4 and known.isalpha()} | (words & GENERIC)
    return any(_near(word, known) for known in tolerant)


def _near(typed: str, known: str) -> bool:
    """Forms of fewer than three letters say nothing, unless the word is one of very many names."""
    if known not in GENERIC and len(typed) == 3 and len(known) == 4:
        return any(known[:at] + known[at + 1 :] == typed for at in range(4))
    return differ_by_one(typed, known) or differ_by_one(known, typed)


def naive(schools: list[tuple[str, str, str, str]], text: str) -> list[str]:
    """Return the names of the schools that a text names, school by school and word by word."""

    def have(*, near: bool) -> list[str]:
        return [
            school[0]
            for school in schools
            if all(
                all(begins(school, word, near=near) for word in piece.words)
                or (any(map(str.isdigit, piece.typed)) and re.sub(r"[\W_]", "", plain(piece.typed)) == plain(school[3]))
                or (len(piece.words) == 1 and plain(piece.typed).strip(".") in SAME
                    and piece.words[0] != plain(piece.typed).strip(".")
                    and any(w.startswith(plain(piece.typed).strip(".")) for w in words_of(school[0])))
                for piece in pieces_of(text)
            )
        ]  # fmt: skip

    return have(near=False) or have(near=True)


@pytest.fixture
def schools(db: None) -> list[models.School]:
    return [
        factories.SchoolFactory(name=name, address=ADDRESS if number > 6 else "", postcode="LA11 7RD" if number > 6 else "",
                                register_id=f"10612{number}")
        for number, name in enumerate(NAMES)
    ]  # fmt: skip


def facts() -> list[tuple[str, str, str, str]]:
    return list(School.objects.order_by("pk").values_list("name", "address", "postcode", "register_id"))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("st mary", [0, 1]), ("saint marys", [0, 1]), ("mary's", [0, 1]), ("c of e mary", [0, 1]), ("(va)", [1]),
        ("st", [0, 1, 2, 6, 8]), ("on trent", [2]), ("llanddona", [4]), ("llanddôna", [4]), ("2nd", [5]), ("fisher heath", [6]),
        ("allithwaite c of e", [7]), ("allithwaite ce", [7]), ("allithwaite cofe prim", [7]), ("st michaels", [8]),
        ("saint michael", [8]), ("flookburgh", [7, 8]), ("grange over sands", [7, 8]), ("la117rd", [7, 8]), ("LA11 7", [7, 8]),
        ("106124", [4]), ("kirk", []),
        # One wrong letter, one missing, one too many, two the wrong way round, and one in a word of very many names.
        ("alithwaite", [7]), ("allithwayte", [7]), ("allithwaitte", [7]), ("micheal", [8]), ("flokburgh", [7, 8]),
        ("allithwaite primry scool", [7]), ("llandona", [4]),
    ],
)  # fmt: skip
def test_what_people_type_names_the_schools_that_they_mean(text: str, numbers: list[int], schools: list[models.School]) -> None:
    assert named(text) == [NAMES[number] for number in numbers]


def test_a_primary_school_is_not_found_by_mary_and_nothing_near_is_added_to_what_was_spelled_right(
    schools: list[models.School],
) -> None:
    factories.SchoolFactory(name="Stoke Mark Primary")
    assert named("mary") == list(NAMES[:2])


typed = st.one_of(
    st.text("stmaryleo '’-./(&\"\\*:!|%_\x00é2", max_size=12),
    st.lists(
        st.sampled_from(["st", "mary", "marys", "saint", "c of e", "primry", "shcool", "fild", "la11 7", "la117", "106124", "2nd",
                         "trnet", "llandona", "jon", "jonn", "onn", "all", "cumbira"]), max_size=4,
    ).map(" ".join),
)  # fmt: skip


@given(text=typed)
@example(text="jon")
@example(text="ss sts rc")
@example(text="primary school")
@example(text="school")
@settings(max_examples=examples(120))
@pytest.mark.usefixtures("schools")
@pytest.mark.django_db
def test_whatever_is_typed_is_answered_as_a_naive_search_would(text: str) -> None:
    assert named(text) == naive(facts(), text)


@pytest.mark.parametrize("text", ["LA9", "la9 4", "LA9 4X", "la9 4xx", "la94xx", "fell LA9 4XX", "106123", "fellside 106123"])
def test_a_postcode_as_far_as_it_was_typed_and_a_register_number_find_their_school(text: str, db: None) -> None:
    factories.SchoolFactory(name="Fellside", postcode="LA9 4XX", register_id="106123")
    factories.SchoolFactory(name="Fellview", postcode="LA90 4XX", register_id="1061234")
    factories.SchoolFactory(name="Beckside", postcode="CA1 1AA", register_id="106124")
    assert named(text)[:1] == ["Fellside"]
    assert "Beckside" not in named(text)
    assert ("Fellview" in named(text)) == (text == "LA9")


@pytest.mark.parametrize("text", ["", "  ", "!", "’ –"])
def test_a_text_without_a_word_names_every_school(text: str, schools: list[models.School]) -> None:
    assert len(named(text)) == len(NAMES)


def test_the_index_follows_whatever_writes_a_school(db: None) -> None:
    pair = [factories.SchoolFactory.build(name=name, authority=None) for name in ("Beech", "Rowan")]
    one, two = School.objects.bulk_create(pair)
    assert (named("beech"), named("rowan")) == (["Beech"], ["Rowan"])
    assert School.objects.filter(pk=one.pk).update(name="Alder") == 1
    two.name = "Hazel"
    School.objects.bulk_update([two], ["name"])
    assert [named(word) for word in ("beech", "rowan", "alder", "hazel")] == [[], [], ["Alder"], ["Hazel"]]
    again = School(nation=one.nation, register_id=one.register_id, name="Linden", status="open")
    upsert: Any = {"update_conflicts": True, "unique_fields": ["nation", "register_id"]}
    School.objects.bulk_create([again], update_fields=["name", "address", "postcode"], **upsert)
    with pytest.raises(ValueError, match="has to write all of them"):
        School.objects.bulk_create([again], update_fields=["name"], **upsert)
    two.name, two.address = "Never stored", "Kendal"
    two.save(update_fields=["address"])
    assert [named(word) for word in ("alder", "linden", "kendal")] == [[], ["Linden"], ["Hazel"]]
    School.objects.filter(pk=one.pk).delete()
    keep_search()
    assert (named("linden"), named("hazel")) == ([], ["Hazel"])


def test_the_words_of_rows_of_an_earlier_version_are_written_after_a_migrate_and_all_by_the_command(
    schools: list[models.School], capsys: pytest.CaptureFixture[str]
) -> None:
    School.objects.update(search_words="")
    assert named("mary") == []
    keep_search()
    assert named("mary") == list(NAMES[:2])
    School.objects.update(search_words="wrong")
    call_command("rebuild_search")
    assert named("mary") == list(NAMES[:2])
    assert re.fullmatch(r"rows: \d+\n", capsys.readouterr().out)
    assert rebuild_search() >= len(NAMES)


@pytest.mark.django_db(transaction=True)
def test_nobody_is_erased_between_the_reading_of_their_name_and_the_writing_of_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    volunteer = factories.VolunteerFactory(name="Marguerite Thorne")
    models.Volunteer.objects.filter(pk=volunteer.pk).update(search_words="wrong")
    held: list[bool] = []

    def look() -> None:
        held.append(is_held(models.Volunteer.objects.filter(pk=volunteer.pk)))
        connection.close()

    def words(row: models.Volunteer) -> str:
        eraser = Thread(target=look)
        eraser.start()
        eraser.join()
        return row.name

    monkeypatch.setattr(models.Volunteer, "words_to_search", words)
    rebuild_search()
    assert held == [True]
    assert not is_held(models.Volunteer.objects.filter(pk=volunteer.pk)), "and afterwards they can be"


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


@pytest.mark.parametrize("model", [models.School, models.Volunteer, models.Contact, models.User])
@pytest.mark.parametrize("forgiving", [False, True])
def test_both_databases_search_every_table_by_its_index(model: Any, forgiving: bool, db: None) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of a few rows is quicker read whole.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        elif cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone():
            # Another test may have had its few rows counted.
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_master")
        plan = model.objects.all().having(pieces_of("st mary 12"), forgiving=forgiving).explain()
    index = f"{model._meta.db_table}_search"
    assert (f"Bitmap Index Scan on {index}" if connection.vendor == "postgresql" else f"{index} VIRTUAL") in plan
    assert not re.search(rf"(SCAN|Seq Scan on) {model._meta.db_table}\b", plan)


@pytest.mark.parametrize("text", [" ".join(str(number) for number in range(3000)), "school " * 1000])
def test_a_page_of_text_names_no_school(text: str, schools: list[models.School]) -> None:
    assert named(text) == []


def test_the_longest_text_that_is_looked_for_is_answered(schools: list[models.School]) -> None:
    every_word_with_a_digit = " ".join("0123456789" * 12 + "ABCD")[:LONGEST_TEXT]
    assert (len(every_word_with_a_digit), named(every_word_with_a_digit)) == (247, [])
    assert named(("2nd " * 60)[:LONGEST_TEXT]) == ["Park Lane 2nd School"]
    assert named(" ".join(f"ab{chr(97 + n)}cdef" for n in range(26))) == []


def test_whole_names_come_first_then_own_areas_then_open_ones(db: None) -> None:
    area = factories.AreaFactory()
    user = factories.coordinator_of(area)
    for name, own, status in (
        ("Mary Lane", True, "closed"), ("Mary Hill", False, "open"), ("Mary", False, "closed"), ("Mary Grove", True, "open"),
        ("Marys", True, "open"), ("Ann and Mary", True, "open"),
    ):  # fmt: skip
        factories.SchoolFactory(name=name, status=status, **({"area": area} if own else {}))
    ranked = School.objects.named("mary").most_likely_first("mary", user, on=factories.DAY)
    assert [school.name for school in ranked] == ["Mary", "Mary Grove", "Mary Lane", "Mary Hill", "Marys", "Ann and Mary"]
