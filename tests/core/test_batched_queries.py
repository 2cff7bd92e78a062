"""Several questions in one: every answer comes back under its kind, as it stands in the table, on either database."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Case, CharField, Count, DateField, Max, Value, When
from django.db.models.functions import Cast, Coalesce, Substr

from schools.core.batched_queries import (
    AsRead,
    Batch,
    Given,
    GivenIds,
    NamedIds,
    NamedQuery,
    Question,
    all_columns,
    all_of,
    ask_together,
    named_query,
    run_batch,
)
from schools.directory.models import School
from schools.materials.models import Material
from tests.factories import AreaFactory
from tests.materials.stores import a_material
from tests.portal.pages import school_in

pytestmark = pytest.mark.django_db


def test_answers_come_by_kind_in_one_query(django_assert_num_queries: Any) -> None:
    area = AreaFactory()
    for name in ("Ash", "Birch", "Birch"):
        school_in(area, name=name)
    sticker = a_material("Sticker “round”", reorder_level=7)
    # As on a connection that was opened just now.
    vars(connection.features).pop("supports_json_field", None)
    with django_assert_num_queries(1):
        answers = run_batch(
            named_query("school", School.objects.all(), name="name", opened="opened", postcode="postcode"),
            named_query("namesakes", School.objects.order_by().values("name"), name="name", number=Count("pk")),
            named_query("material", Material.objects.all(), **all_columns(Material)),
        )
    assert sorted(one["name"] for one in answers["school"]) == ["Ash", "Birch", "Birch"]
    assert {one["opened"] for one in answers["school"]} == {None}
    assert {one["name"]: one["number"] for one in answers["namesakes"]} == {"Ash": 1, "Birch": 2}
    [fact] = answers["material"]
    made = Material(**fact)
    assert (made, str(made), made.reorder_level, made.lead_days) == (sticker, "Sticker “round”", 7, None)
    assert answers["nobody asked this"] == []


def test_ids_that_several_queries_name_are_looked_up_once(django_assert_num_queries: Any) -> None:
    area = AreaFactory()
    ash, birch, _ = (school_in(area, name=name) for name in ("Ash", "Birch", "Cedar"))
    wanted = School.objects.filter(name__lt="C").order_by("-name")
    with django_assert_num_queries(1) as captured:
        answers = run_batch(
            named_query("name", School.objects.filter(pk__in=NamedIds("wanted")), name="name"),
            named_query("other", School.objects.exclude(pk__in=NamedIds("wanted")), name="name"),
            named_query("nobody", School.objects.none(), name="name"),
            ids={"wanted": wanted},
        )
    assert sorted(row["name"] for row in answers["name"]) == [ash.name, birch.name]
    assert [row["name"] for row in answers["other"]] == ["Cedar"]
    assert answers["nobody"] == []
    assert captured[0]["sql"].count("name\" < 'C'") == 1


def test_a_batch_of_queries_that_can_have_no_rows_asks_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert not run_batch(named_query("nobody", School.objects.none(), name="name"))


def test_a_batch_is_written_once_and_answers_each_time_for_what_it_is_given(
    django_assert_num_queries: Any,
) -> None:
    area = AreaFactory()
    ash, birch = (school_in(area, name=name, opened=date(2020 + number, 9, 1)) for number, name in enumerate(("Ash", "Birch")))
    written = 0

    def queries() -> list[NamedQuery]:
        nonlocal written
        written += 1
        some = School.objects.filter(pk__in=GivenIds("schools"))
        opened = School.objects.filter(opened__lte=Given("day", DateField()), pk__in=NamedIds("here"))
        return [named_query("some", some, name="name"), named_query("opened", opened, name="name")]

    batch = Batch(queries, ids=lambda: {"here": School.objects.filter(nation=Given("nation", CharField()))})
    for schools, day, names in (
        ([ash.pk], date(2020, 9, 1), ["Ash"]),
        ([ash.pk, birch.pk], date(2021, 9, 1), ["Ash", "Birch"]),
        ([], date(2020, 8, 31), []),
    ):
        with django_assert_num_queries(1):
            answers = batch.run(schools=schools, day=day, nation="england", not_named_anywhere=1)
        assert sorted(row["name"] for row in answers["some"]) == sorted({ash.pk: "Ash", birch.pk: "Birch"}[pk] for pk in schools)
        assert sorted(row["name"] for row in answers["opened"]) == names
    assert batch.run(schools=[], day=date(2030, 1, 1), nation="wales") == {}
    assert written == 1


def test_questions_of_several_tables_are_answered_by_one_query_column_by_column(django_assert_num_queries: Any) -> None:
    area = AreaFactory()
    for name, opened in (("Ash", date(2020, 9, 1)), ("Birch", None), ("Birch", None)):
        school_in(area, name=name, opened=opened)
    a_material("Sticker “round”", reorder_level=7)
    vars(connection.features).pop("supports_json_field", None)
    month = Substr(Cast("opened", CharField()), 1, 7)
    with django_assert_num_queries(1):
        schools, months, nothing, materials = ask_together(
            Question(School.objects.order_by("-name"), ("name", "opened")),
            Question(School.objects.annotate(month=month).order_by().values("month"), (Count("pk"), "month")),
            Question(School.objects.none(), ("name",)),
            Question(Material.objects.all(), ("name", "lead_days", "reorder_level")),
        )
    assert sorted(schools) == [("Ash", "2020-09-01"), ("Birch", None), ("Birch", None)]
    assert sorted(months) == [(1, "2020-09"), (2, None)]
    assert nothing == []
    assert materials == [("Sticker “round”", None, 7)]
    with django_assert_num_queries(0):
        assert ask_together(Question(School.objects.none(), ("name",))) == [[]]


def names_of_cursors(act: Callable[[], object]) -> list[bool]:
    """Whether each statement of the act is read through a cursor with a name, which PostgreSQL reads in one process."""
    have_names: list[bool] = []

    def noting(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        have_names.append(bool(getattr(context["cursor"].cursor, "name", None)))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(noting):
        act()
    return have_names


def test_what_one_process_reads_is_the_same_and_comes_through_a_cursor() -> None:
    area = AreaFactory()
    for name in ("Ash", "Birch"):
        school_in(area, name=name)
    question = Question(School.objects.all(), ("name", "opened"))
    answers: list[Any] = []
    at_will = names_of_cursors(lambda: answers.extend(ask_together(question)))
    in_one = names_of_cursors(lambda: answers.extend(ask_together(question, in_one_process=True)))
    assert sorted(answers[0]) == sorted(answers[1]) == [("Ash", None), ("Birch", None)]
    assert (at_will, in_one) == ([False], [connection.vendor == "postgresql"])


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_read_in_portions() -> None:
    question = Question(School.objects.all(), ("name",))
    assert names_of_cursors(lambda: ask_together(question, in_one_process=True)) == [False]


def test_rows_of_several_queries_come_as_one_whatever_their_order_was() -> None:
    area = AreaFactory()
    for name in ("Cedar", "Ash", "Birch"):
        school_in(area, name=name)
    names = [School.objects.order_by("name").filter(name__lt=before).values_list("name") for before in ("B", "D")]
    assert list(all_of(names[1:])) == [("Ash",), ("Birch",), ("Cedar",)]
    assert sorted(all_of(names)) == [("Ash",), ("Ash",), ("Birch",), ("Cedar",)]
    assert list(all_of([School.objects.filter(pk__in=()).values_list("name"), names[0]])) == [("Ash",)]


def test_whole_numbers_are_the_same_whether_django_converts_them_or_not() -> None:
    area = AreaFactory()
    for name, pupils in (("Ash", 90), ("Birch", None)):
        school_in(area, name=name, pupils=pupils)
    by_name = School.objects.order_by("name").values_list("name")
    numbers = {
        "known": Coalesce("pupils", 0, output_field=AsRead()),
        "most": Max("pupils", output_field=AsRead()),
        "many": Case(When(pupils__gt=50, then=Value(1)), default=Value(0), output_field=AsRead()),
        "part": Value(7, AsRead()),
    }
    expected = [("Ash", 90, 90, 1, 7), ("Birch", 0, None, 0, 7)]
    assert list(by_name.annotate(**numbers)) == expected
    assert sorted(all_of([by_name.annotate(**numbers), by_name.filter(name="").annotate(**numbers)])) == expected
    [asked] = ask_together(Question(School.objects.values("name"), ("name", *numbers.values())))
    assert sorted(asked) == expected
    assert [type(number) for number in sorted(asked)[0][1:]] == [int] * 4
