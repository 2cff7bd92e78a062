"""Feedback: against a second computation, and that answers of fewer than five schools are never known by themselves."""

from collections import Counter
from datetime import UTC, date, datetime, time
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import AcademicYear, Period
from schools.delivery.models import QUESTIONS
from schools.reach.feedback import ENOUGH, Asked, FeedbackBehind, FeedbackCut, FeedbackTable, table_of, too_few
from schools.reach.feedback_files import COLUMNS, csv_lines, in_words, share_in_words
from schools.reach.figures import FEEDBACK
from schools.reach.queries.feedback import feedback, feedback_of_all
from tests import factories
from tests.profiles import examples

YEAR = AcademicYear(2026).period
AT = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)
NAMES: list[tuple[int | None, str]] = [(number, f"Row {number}") for number in range(1, 13)] + [(None, "No area")]
OPINIONS = st.sampled_from(["yes", "yes", "yes", "partly", "no", ""])


@st.composite
def schools_asked(draw: st.DrawFn) -> list[Asked]:
    """Schools that were asked; many of them in one place, so that rows are shown."""
    lines = []
    kinds, most = draw(st.sampled_from([([1, 2, 3], 3), ([1, 2, 3, 4, 5, 6], 1), ([1, 2, 3, 4, 5, 6], 2)]))
    for number in range(draw(st.integers(0, 40))):
        answers = dict(zip(QUESTIONS, draw(st.tuples(*[OPINIONS] * 5)), strict=True)) if draw(st.booleans()) else None
        area = draw(st.sampled_from([1, 1, 1, 2, 2, 3, None]))
        types = draw(st.frozensets(st.sampled_from(kinds), min_size=1, max_size=most))
        lines.append(Asked(number // 2, number, number, date(2026, 11, 3), area, types, answers))
    return lines


def assert_is_naive(table: FeedbackTable, asked: list[Asked], by: FeedbackCut) -> None:
    """Each row says what counting by hand says, or nothing; and what is behind a figure adds up to it."""
    for row in [*table.rows, table.total]:
        key = None if row.cell == "none" else row.cell
        mine = [line for line in asked if row.cell == "total" or str(line.area if by == "area" else "") == str(key)]
        if by == "type" and row.cell != "total":
            mine = [line for line in asked if row.cell in {str(each) for each in line.types}]
        assert row.asked == len(mine)
        assert row.answered == sum(line.answers is not None for line in mine)
        for question in QUESTIONS:
            given_here = Counter(line.answers[question] for line in mine if line.answers and line.answers[question])
            number = sum(given_here.values())
            shown = (getattr(row, f"{question}_answers"), getattr(row, f"{question}_yes"))
            assert shown == ((None, None) if question in row.hidden else (number, given_here["yes"]))
            assert question in row.hidden or number >= ENOUGH
        for figure in FEEDBACK:
            value = figure.value(row)
            lines = list(FeedbackBehind(row).lines(figure.drill_down))
            if figure.name == "answered_percent":
                assert sum(figure.drill_down.adds(line) for line in lines) == row.answered
            else:
                assert sum(figure.drill_down.adds(line) for line in lines) == (value or 0)


@given(asked=schools_asked(), by=st.sampled_from(FeedbackCut))
@settings(max_examples=examples(60))
def test_each_row_says_what_counting_by_hand_says_or_nothing(asked: list[Asked], by: FeedbackCut) -> None:
    assert_is_naive(table_of(YEAR, by, asked, NAMES), asked, by)


@given(asked=schools_asked(), question=st.sampled_from(QUESTIONS))
@settings(max_examples=examples(100))
def test_no_sum_or_difference_of_areas_tells_of_fewer_than_five_schools(asked: list[Asked], question: str) -> None:
    table = table_of(YEAR, FeedbackCut.AREA, asked, NAMES)
    if question in table.total.hidden:
        assert all(question in row.hidden for row in table.rows)
        return
    shown = [getattr(row, f"{question}_answers") for row in table.rows if question not in row.hidden]
    total = getattr(table.total, f"{question}_answers")
    for number in range(len(shown) + 1):
        for rows in combinations(shown, number):
            assert total - sum(rows) == 0 or total - sum(rows) >= ENOUGH


@given(asked=schools_asked(), question=st.sampled_from(QUESTIONS))
@settings(max_examples=examples(100))
def test_both_tables_laid_side_by_side_tell_of_no_fewer_than_five_schools(asked: list[Asked], question: str) -> None:
    assert_tells_of_enough(asked, question)


def test_the_same_schools_by_area_and_by_type_do_not_tell_of_the_one_in_which_they_differ() -> None:
    """Six in Cumbria and five in Devon; five had one type of session and six the other: one school is between them."""
    said = dict.fromkeys(QUESTIONS, "yes")
    asked = [
        Asked(number, number, number, date(2026, 11, 3), 1 if number < 6 else 2, frozenset({1 if number < 5 else 2}), said)
        for number in range(11)
    ]
    assert_tells_of_enough(asked, "again")
    by_area, by_type = (table_of(YEAR, by, asked, [(1, "One"), (2, "Two")]) for by in FeedbackCut)
    assert [row.again_yes for row in [*by_area.rows, by_area.total]] == [6, 5, 11]
    assert [row.again_yes for row in [*by_type.rows, by_type.total]] == [None, None, 11]


def the_same_said(*groups: tuple[int, int, int]) -> list[Asked]:
    """So many schools of an area, each with one type of session: number, area, type."""
    said = dict.fromkeys(QUESTIONS, "yes")
    places = [(area, kind) for number, area, kind in groups for _ in range(number)]
    return [
        Asked(number, number, number, date(2026, 11, 3), area, frozenset({kind}), said)
        for number, (area, kind) in enumerate(places)
    ]


def test_four_types_together_do_not_tell_of_the_one_school_that_they_have_in_another_area() -> None:
    asked = the_same_said((11, 1, 1), (1, 1, 2), (5, 2, 2), (8, 2, 3), (8, 2, 4), (9, 2, 5))
    assert_tells_of_enough(asked, "again")
    assert [row.again_yes for row in table_of(YEAR, FeedbackCut.AREA, asked, NAMES).rows] == [12, 30]


def test_what_two_types_have_in_common_does_not_tell_of_the_one_school_that_had_both() -> None:
    said = dict.fromkeys(QUESTIONS, "yes")
    kinds = [{1}] * 9 + [{2}] * 9 + [{1, 2}]
    asked = [Asked(number, number, number, date(2026, 11, 3), 1, frozenset(types), said) for number, types in enumerate(kinds)]
    assert_tells_of_enough(asked, "again")
    assert [row.again_yes for row in table_of(YEAR, FeedbackCut.TYPE, asked, NAMES).rows] == [None, 10]


def test_a_type_that_is_added_twice_does_not_tell_of_the_one_school_that_had_another_alone() -> None:
    """Twice the total, less twice A and once each of B, C and D, counts the school that had B alone, and nobody else."""
    said = dict.fromkeys(QUESTIONS, "yes")
    a, b, c, d = 1, 2, 3, 4
    kinds = [{a}] * 10 + [{b, c}] * 10 + [{b, d}] * 10 + [{c, d}] * 10 + [{b}]
    asked = [Asked(number, number, number, date(2026, 11, 3), 1, frozenset(types), said) for number, types in enumerate(kinds)]
    assert_tells_of_enough(asked, "again")
    table = table_of(YEAR, FeedbackCut.TYPE, asked, NAMES)
    assert [row.again_yes for row in [*table.rows, table.total]] == [None, 21, 20, 20, 41]


def test_a_type_does_not_tell_of_two_schools_that_are_exchanged_between_it_and_an_area() -> None:
    asked = the_same_said((9, 1, 1), (1, 1, 2), (1, 2, 1), (20, 2, 2))
    assert_tells_of_enough(asked, "again")


def test_of_very_many_types_the_eight_largest_are_shown() -> None:
    asked = the_same_said(*((20 + kind, 1, kind) for kind in range(1, 13)))
    shown = [row.cell for row in table_of(YEAR, FeedbackCut.TYPE, asked, NAMES).rows if row.again_yes is not None]
    assert shown == [str(kind) for kind in range(5, 13)]


def assert_tells_of_enough(asked: list[Asked], question: str) -> None:
    """Whoever adds up and subtracts rows of both tables, and knows which schools each counts, knows of no few."""
    answered = {line.key: line for line in asked if line.opinion(question)}
    by_area, by_type = (table_of(YEAR, by, asked, NAMES) for by in FeedbackCut)
    assert (question in by_area.total.hidden) == (question in by_type.total.hidden)
    if question in by_area.total.hidden:
        return
    everybody = frozenset(answered)

    def known(table: FeedbackTable) -> set[frozenset[Any]]:
        """All that rows of the table which share no school say together, and what they leave of the total."""
        shown = [
            frozenset(line.key for line in row.lines if line.key in answered) for row in table.rows if question not in row.hidden
        ]
        sums = {
            frozenset[Any]().union(*rows)
            for number in range(len(shown) + 1)
            for rows in combinations(shown, number)
            if sum(map(len, rows)) == len(frozenset[Any]().union(*rows))
        }
        return sums | {everybody - people for people in sums}

    for one, other in product(known(by_area), known(by_type)):
        assert not one < other or len(other - one) >= ENOUGH
        assert not other < one or len(one - other) >= ENOUGH
    assert_no_sum_tells(answered, by_area, by_type, question)


def assert_no_sum_tells(answered: dict[Any, Asked], by_area: FeedbackTable, by_type: FeedbackTable, question: str) -> None:
    """Of each sum of types, taken up to twice, however often each area and the rest are subtracted, no few schools are left."""
    areas = [row.cell for row in by_area.rows if question not in row.hidden]
    types = [row.cell for row in by_type.rows if question not in row.hidden]
    places: dict[str, list[frozenset[str]]] = {}
    for line in answered.values():
        cell = "none" if line.area is None else str(line.area)
        places.setdefault(cell if cell in areas else "rest", []).append(frozenset(map(str, line.types)))

    sums = np.array(list(product((-2, -1, 0, 1, 2), repeat=len(types))), int).reshape(5 ** len(types), len(types))
    left = np.zeros(len(sums), int)
    for schools in places.values():
        counted = sums @ np.array([[kind in had for had in schools] for kind in types], int).reshape(len(types), len(schools))
        often = range(-2 * len(types), 2 * len(types) + 1)
        left += np.min([(counted != each).sum(axis=1) for each in often], axis=0)
    telling = sums[(left > 0) & (left < ENOUGH)]
    assert not telling.size, dict(zip(types, telling[0], strict=True))


def visited_often(*visits: tuple[int, int, int]) -> list[Asked]:
    """Schools of an area that answered alike about so many visits: school, area, number of visits."""
    said, on = dict.fromkeys(QUESTIONS, "yes"), date(2026, 11, 3)
    places = [(school, area) for school, area, number in visits for _ in range(number)]
    return [Asked(number, school, number, on, area, frozenset({1}), said) for number, (school, area) in enumerate(places)]


def test_a_school_that_answered_about_many_visits_is_one_school() -> None:
    alone = table_of(YEAR, FeedbackCut.AREA, visited_often((1, 1, 6)), NAMES)
    assert [(row.answered, row.again_yes) for row in [*alone.rows, alone.total]] == [(6, None), (6, None)]
    beside = table_of(YEAR, FeedbackCut.AREA, visited_often(*((school, 1, 2) for school in range(5)), (6, 2, 6)), NAMES)
    assert [row.again_yes for row in [*beside.rows, beside.total]] == [None, None, 16], "from the total it would follow"
    enough = table_of(YEAR, FeedbackCut.AREA, visited_often(*((school, 1 + school // 5, 2) for school in range(10))), NAMES)
    assert [row.again_yes for row in [*enough.rows, enough.total]] == [10, 10, 20]


@given(groups=st.lists(st.frozensets(st.integers(0, 14)), max_size=5))
def test_of_groups_that_overlap_none_lies_in_another_with_hardly_more_in_it(groups: list[frozenset[int]]) -> None:
    named: dict[Any, frozenset[int]] = dict(enumerate(groups))
    everybody = frozenset[int]().union(*groups)
    hidden = too_few({**named, "total": everybody}, total="total")
    shown = [people for key, people in {**named, "total": everybody}.items() if key not in hidden]
    for one, other in combinations(shown, 2):
        for outer, inner in ((one, other), (other, one)):
            assert not inner < outer or len(outer - inner) >= ENOUGH
    rest = everybody - frozenset[int]().union(*(people for key, people in named.items() if key not in hidden))
    assert "total" in hidden or not any(key not in hidden for key in named) or len(rest) in {0, *range(ENOUGH, 16)}


def visit_in(area: models.Area, *types: str, day: date = date(2026, 11, 3)) -> models.Visit:
    school = factories.SchoolFactory(area=area)
    visit: models.Visit = factories.VisitFactory(school=school)
    place = {"area": area, "region": area.region, "authority": school.authority}
    for number, slug in enumerate(types or ("ks2-assembly",)):
        kind = models.SessionType.objects.get(slug=slug)
        at = {"starts": time(9 + number), "ends": time(9 + number, 30)}
        factories.SessionFactory(visit=visit, day=day, type=kind, delivered=True, **at, **place)
    return visit


def asked_about(visit: models.Visit, school: models.School | None = None, **fields: Any) -> None:
    """Our thanks went to the school, the host if none is said."""
    school = school or visit.school
    key = f"school-thanks:{visit.pk}:{school.pk}"
    sent = {"to": "x@example.org", "subject": "x", "body": "x", "kind": "school-thanks", "sent_at": AT, **fields}
    message = models.OutboxMessage.objects.create(key=key, **sent)
    about = {"known_by": "message", "is_reminder": True, "facts": key[:64]}
    models.MessageAbout.objects.create(visit=visit, school=school, message=message, **about)


def answers(visit: models.Visit, school: models.School | None = None, **opinions: str) -> None:
    models.Feedback.objects.create(visit=visit, school=school or visit.school, given_by="Jo", at=AT, **opinions)


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(8))
@given(
    world=st.lists(
        st.tuples(st.sampled_from("AAAB"), st.sampled_from(["asked", "answers", "both", "waits"]), OPINIONS),
        max_size=14,
    )
)  # fmt: skip
def test_the_table_of_the_database_says_what_is_stored(world: list[tuple[str, str, str]]) -> None:
    with transaction.atomic():
        areas = {name: factories.AreaFactory(name=name) for name in "AB"}
        for name, what, again in world:
            visit = visit_in(areas[name])
            if what in {"asked", "both", "waits"}:
                asked_about(visit, **({"sent_at": None} if what == "waits" else {}))
            if what in {"answers", "both"}:
                answers(visit, again=again)
        table = feedback(YEAR)
        own = feedback(YEAR, areas=models.Area.objects.filter(name="B"))
        transaction.set_rollback(True)
    for found, names in ((table, "AB"), (own, "B")):
        here = [(what, again) for name, what, again in world if name in names and what != "waits"]
        assert found.total.asked == len(here)
        assert found.total.answered == sum(what != "asked" for what, _ in here)
        said = [again for what, again in here if what != "asked" and again]
        expected = (len(said), said.count("yes")) if len(said) >= ENOUGH else (None, None)
        assert (found.total.again_answers, found.total.again_yes) == expected
        by_area = {name: sum(each == name and what != "waits" for each, what, _ in world) for name in names}
        assert {row.place: row.asked for row in found.rows} == {name: number for name, number in by_area.items() if number}


@pytest.mark.django_db
def test_a_visit_belongs_to_the_year_and_area_of_its_last_session_and_to_each_of_its_types() -> None:
    coast, valley = factories.AreaFactory(name="Coast"), factories.AreaFactory(name="Valley")
    visit = visit_in(coast, "ks2-assembly", "workshop-5-6", day=date(2026, 7, 3))
    last = visit.sessions.order_by("starts").last()
    assert last
    models.Session.objects.filter(pk=last.pk).update(day=date(2026, 9, 3), academic_year=2026, area=valley)
    guest = factories.SchoolFactory(area=coast)
    asked_about(visit)
    asked_about(visit, guest)
    assert feedback(AcademicYear(2025).period).total.asked == 0
    assert [(row.place, row.asked) for row in feedback(YEAR).rows] == [("Valley", 2)]
    models.Session.objects.filter(visit=visit).update(day=date(2026, 9, 3), academic_year=2026)
    by_type = feedback(YEAR, by=FeedbackCut.TYPE)
    assert [row.asked for row in by_type.rows] == [2, 2]
    assert by_type.total.asked == 2


@pytest.mark.django_db
def test_any_period_has_the_visits_that_ended_in_it_each_in_one_of_those_that_follow_one_another() -> None:
    area = factories.AreaFactory()
    for month in (10, 11, 12):
        asked_about(visit_in(area, day=date(2026, month, 1)))
    over_half_term = visit_in(area, "ks2-assembly", "workshop-5-6", day=date(2026, 10, 20))
    models.Session.objects.filter(pk=over_half_term.sessions.order_by("-pk")[0].pk).update(day=date(2026, 11, 2))
    asked_about(over_half_term)
    following = ("2026-09-01..2026-10-31", "2026-11-01..2026-11-30", "2026-12-01..2026-12-01")
    whole = ("2026/27", "FY2026", "2025/26..2026/27")
    assert [feedback(Period.parse(name)).total.asked for name in (*following, *whole)] == [1, 2, 1, 4, 4, 4]


@pytest.mark.django_db
def test_the_file_says_what_the_page_says_and_leaves_out_the_same() -> None:
    area = factories.AreaFactory(name="Coast")
    for number in range(6):
        visit = visit_in(area)
        asked_about(visit)
        answers(visit, again="yes" if number else "no", surer="yes" if number < 4 else "")
    other = visit_in(factories.AreaFactory(name="Valley"))
    asked_about(other)
    table = feedback(YEAR)
    assert feedback_of_all(YEAR) == table.total
    assert in_words(YEAR, table.total, areas=None) == (
        "For 2026/27, 7 schools were asked what they thought of a visit; 6 answered. "
        "Would have us again: 83.3 % (43.6 to 97.0), of 6."
    )
    header, coast, valley, total = (line.rstrip("\r\n").split(",") for line in csv_lines(table))
    assert [name.lstrip("\ufeff") for name in header] == list(COLUMNS)
    of = {name: dict(zip(COLUMNS, row, strict=True)) for name, row in (("coast", coast), ("valley", valley), ("total", total))}
    assert (of["coast"]["asked"], of["coast"]["again_answers"], of["coast"]["again_yes"]) == ("6", "6", "5")
    assert (of["coast"]["again_percent"], of["coast"]["again_low"], of["coast"]["again_high"]) == ("83.3", "43.6", "97.0")
    assert (of["coast"]["surer_answers"], of["coast"]["surer_percent"], of["valley"]["again_yes"]) == ("", "", "")
    assert (of["total"]["place"], of["total"]["asked"]) == ("TOTAL", "7")
    assert share_in_words(table.total, "surer") == "fewer than five"


@pytest.mark.django_db
@pytest.mark.parametrize("answered_by", [None, date(2027, 8, 28)])
@pytest.mark.parametrize("schools", [1, 8])
def test_the_table_asks_the_same_number_of_questions_however_many_schools_there_are(
    schools: int, answered_by: date | None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(schools):
        visit = visit_in(factories.AreaFactory(name=f"Area {number}"))
        asked_about(visit)
        answers(visit, again="yes")
    with django_assert_num_queries(3):
        assert feedback(YEAR, answered_by=answered_by).total.asked == schools


def test_columns_of_its_file_stand_where_they_always_stood() -> None:
    assert [figure.file_position for figure in FEEDBACK] == list(range(1, len(FEEDBACK) + 1))
    assert [figure.name for figure in FEEDBACK] == [
        "asked", "answered", "answered_percent", "right_for_age_answers", "right_for_age_yes", "kept_to_agreed_answers",
        "kept_to_agreed_yes", "knew_beforehand_answers", "knew_beforehand_yes", "surer_answers", "surer_yes", "again_answers",
        "again_yes",
    ]  # fmt: skip
