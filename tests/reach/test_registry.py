"""Every figure says everything that the page, the files, the JSON, the returns and the drill-down need to know of it."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from inspect import signature

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schools.core.periods import Period
from schools.office.reach.drilldown import DRAWINGS
from schools.reach.exports import COLUMNS
from schools.reach.figures import BY_NAME, FIGURES, FILE_FIGURES, SHORT_TABLE, Figure, LineKind, Publication, Reads, Total
from schools.reach.figures.registry import in_file_order
from schools.reach.filters import EVERYTHING
from schools.reach.queries import Behind, behind
from schools.reach.rows import KIND_COLUMNS, NO_FIGURES, PLACE_COLUMNS, PLACE_CUTS, Cut, ReachRow
from tests.profiles import examples
from tests.reach.histories import NORTH, histories, in_north, in_south
from tests.reach.naive import History, Meeting, Place, everywhere
from tests.reach.stored import Country
from tests.reach.test_behind import CUTS
from tests.reach.test_queries import ask


def row(**figures: object) -> ReachRow:
    period = Period.parse("2025/26")
    days = {"period": period.name, "first_day": period.first_day, "last_day": period.last_day}
    names = dict.fromkeys(("nation", "region", "area", "authority_gss", "authority"), "")
    return ReachRow(**days, **names, **figures)  # type: ignore[arg-type]  # a column or two


def required() -> list[str]:
    """What a declaration may not leave out."""
    return [name for name, parameter in signature(Figure).parameters.items() if parameter.default is parameter.empty]


@pytest.mark.parametrize("part", required())
def test_a_figure_that_leaves_a_part_of_its_declaration_out_is_refused_by_the_name_of_the_part(part: str) -> None:
    declared = {field.name: getattr(FIGURES[0], field.name) for field in fields(Figure) if field.name != part}
    with pytest.raises(TypeError, match=f"required keyword-only argument: '{part}'"):
        Figure(**declared)


@pytest.mark.parametrize("part", ["name", "heading", "definition", "adds_up"])
def test_no_part_of_a_declaration_is_blank(part: str) -> None:
    with pytest.raises(ValueError, match=f"Declare `{part}` for "):
        replace(FIGURES[0], **{part: ""})  # type: ignore[arg-type]  # each of these is a text


def test_what_a_declaration_has_to_say_covers_all_readers() -> None:
    assert {"name", "heading", "definition", "reads", "adds_up", "total", "drill_down", "publication"} <= set(required())
    assert {"in_short_table", "file_position"} <= set(required())


@pytest.mark.parametrize(
    ("new", "what_to_do"),
    [
        ({"name": "rainfall"}, "Give schools.reach.rows.ReachRow a `rainfall`"),
        ({"name": "adults"}, "Declare another `name` for one of the 2 figures called adults."),
        (
            {"file_position": 3},
            f"Declare another `file_position` for cell than 3: .* takes {len(FIGURES) + 1}.",
        ),
        ({"file_position": 99}, "Declare another `file_position` for cell than 99"),
    ],
)
def test_a_figure_that_does_not_fit_to_the_others_is_refused_and_told_what_to_do(new: dict[str, object], what_to_do: str) -> None:
    # Called as something that a row has and that will never be a figure.
    fitting = replace(BY_NAME["adults"], name="cell", file_position=len(FIGURES) + 1)
    assert in_file_order([*FIGURES, fitting])[-1] is fitting
    with pytest.raises(ValueError, match=what_to_do):
        in_file_order([*FIGURES, replace(fitting, **new)])  # type: ignore[arg-type]  # a name or a position


def test_a_coverage_above_a_thousand_per_cent_is_written_alike_in_the_table_and_behind_it() -> None:
    line, figure = row(coverage_percent=Decimal("1218.2")), BY_NAME["coverage_percent"]
    assert figure.text(line) == "1,218.2 %"
    assert "1,218.2 %" in figure.drill_down.sum_words(11, 1, line)


def test_every_number_of_a_row_is_declared() -> None:
    names = {field.name for field in fields(ReachRow)}
    undeclared = names - set(PLACE_COLUMNS) - set(KIND_COLUMNS) - set(NO_FIGURES) - BY_NAME.keys()
    assert undeclared == set(), (
        f"declare a figure in schools/reach/figures/ for {', '.join(sorted(undeclared))}, which ReachRow has and nothing shows"
    )


def test_every_figure_is_computed_a_second_time() -> None:
    nothing = History(schools=[], meetings=[], first_day=date(2025, 8, 1), last_day=date(2026, 7, 31), as_of=date(2026, 7, 31))
    naive = nothing.row(everywhere).keys()
    assert naive == BY_NAME.keys(), (
        f"compute {sorted(naive ^ BY_NAME.keys())} a second time, in plain Python, in History.row of tests/reach/naive.py"
    )


def test_columns_stand_where_they_always_stood() -> None:
    assert [figure.file_position for figure in FILE_FIGURES] == list(range(1, len(FIGURES) + 1))
    names = [figure.name for figure in FILE_FIGURES]
    assert (*PLACE_COLUMNS, *names[:27], "definitions", *names[27:]) == COLUMNS


def test_every_drill_down_names_a_question_that_can_be_asked_and_lines_that_can_be_drawn() -> None:
    for figure in FIGURES:
        question = figure.drill_down.question
        assert callable(getattr(Behind, question, None)), (
            f"{figure.name}: give schools.reach.queries.Behind a method `{question}` that answers with the lines, "
            "or declare a `question` that it has"
        )
    undrawn = set(LineKind) - DRAWINGS.keys()
    assert undrawn == set(), f"say in DRAWINGS of schools/office/reach/drilldown.py how to draw {undrawn}"


def test_what_is_published_of_each_figure_is_stated() -> None:
    """Exact are counts of schools and sessions; rounded are sums of stored numbers; the rest is not public."""
    assert {figure.name for figure in FIGURES if figure.publication is Publication.ROUNDED} == {
        "attendances", "pupils_reached", "pupils_reached_low", "pupils_on_roll",
    }  # fmt: skip
    assert {figure.name for figure in FIGURES if figure.publication is Publication.NEVER} == {
        "pupils_reached_high", "high_is_open", "children_reached", "children_reached_low", "attendances_estimated",
        "pupils_in_person", "pupils_online", "schools_visited_not_counted", "counts_missing", "adults", "schools_whole_programme",
        "volunteers_active", "volunteer_hours",
        "coverage_percent",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reads", "value", "text"),
    [
        (Reads.COUNT, 1234, "1,234"),
        (Reads.COUNT, 0, "0"),
        (Reads.PERCENT, Decimal("12.5"), "12.5 %"),
        (Reads.HOURS, Decimal("1234.5"), "1,234.5"),
        (Reads.YES_NO, True, "yes"),
        (Reads.YES_NO, False, "no"),
        *((reads, None, "–") for reads in Reads),
    ],
)
def test_how_a_figure_reads(reads: Reads, value: int | Decimal | None, text: str) -> None:
    assert reads.text(value) == text


def test_the_short_table_is_a_part_of_the_whole_in_the_same_order() -> None:
    assert 0 < len(SHORT_TABLE) < len(FIGURES)
    assert list(SHORT_TABLE) == [figure for figure in FIGURES if figure in SHORT_TABLE]


SCHOOL_IN_TWO_CYCLES = History(
    schools=[Place(0, 0, spot_on=in_north), Place(0, 0, spot_on=in_south)],
    meetings=[Meeting(0, "ks2-assembly", date(2025, 7, 31), "delivered", NORTH)],
    first_day=date(2024, 8, 1),
    last_day=date(2026, 7, 31),
    as_of=date(2026, 11, 24),
    cycles={"Valley": 2, "Coast": 1},
)
"""One school with two entries, in areas whose cycles differ: within the one it was visited, within the other it was not."""


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(15))
@given(history=histories(), cut=st.sampled_from(CUTS))
@example(history=SCHOOL_IN_TWO_CYCLES, cut=(Cut.AREA, None))
def test_the_lines_behind_every_figure_add_up_to_it_as_it_declares(history: History, cut: tuple[Cut, Cut | None]) -> None:
    by, within = cut
    with transaction.atomic():
        Country(history)
        table = ask(history, by, None, EVERYTHING, within)
        for line in [*table.rows, table.total]:
            found = behind(table.period, by=by, within=within, as_of=history.as_of, cell=line.cell)
            for figure in FIGURES:
                if figure.value(line) is None:
                    continue
                added = [figure.drill_down.adds(one) for one in found.lines(figure.drill_down)]
                words = figure.drill_down.sum_words(sum(added), len(added), line)
                assert figure.text(line) in words, (line.cell, figure.name)
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(15))
@given(history=histories(), by=st.sampled_from(PLACE_CUTS), areas=st.sampled_from((None, {"Valley"})))
def test_the_total_comes_about_as_each_figure_declares(history: History, by: Cut, areas: set[str] | None) -> None:
    with transaction.atomic():
        Country(history)
        table = ask(history, by, areas, EVERYTHING)
        transaction.set_rollback(True)
    for figure in FIGURES:
        parts = [figure.value(line) or 0 for line in table.rows]
        total = figure.value(table.total) or 0
        if figure.total is Total.SUM_OF_ROWS:
            assert total == sum(parts), figure.name
        elif figure.total is Total.COUNTED_AFRESH and figure.reads is not Reads.YES_NO:
            assert total <= sum(parts) + Decimal("0.1") * len(parts), figure.name  # hours are rounded row by row
