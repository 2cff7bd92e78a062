"""Figures of pupils: how many seats were filled, and by how many different pupils and children."""

from schools.reach.figures.declaration import DrillDown, Figure, LineKind, Publication, Reads, Total
from schools.reach.figures.sums import plain_sum


def _drill_down_classes(question: str) -> DrillDown:
    return DrillDown(question=question, lines=LineKind.CLASS, adds=lambda line: line.pupils, sum_words=plain_sum)


def _drill_down_counts(question: str) -> DrillDown:
    return DrillDown(question=question, lines=LineKind.COUNT, adds=lambda line: line.pupils or 0, sum_words=plain_sum)


PUPILS = (
    Figure(
        name="pupils_reached",
        heading="Pupils reached",
        definition="At least so many pupils, each counted once in a school year.",
        reads=Reads.COUNT,
        adds_up=(
            "Of each school, school year and year group the largest number of one session type; of a type the sum of its "
            "sessions with new pupils, or the largest session with the same pupils again if that is more. Their sum."
        ),
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_classes("classes"),
        publication=Publication.HIDDEN_UNDER_FIVE,
        in_short_table=True,
        file_position=12,
    ),
    Figure(
        name="children_reached",
        heading="Children reached",
        definition="At least so many children, each counted once over all the years of the period.",
        reads=Reads.COUNT,
        adds_up=(
            "Of schools that followed one another, and of children who started school together, the largest number of pupils "
            "reached in one school year. Their sum."
        ),
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(
            question="cohorts", lines=LineKind.COHORT, adds=lambda line: line.cohort.children, sum_words=plain_sum
        ),
        publication=Publication.HIDDEN_UNDER_FIVE,
        in_short_table=True,
        file_position=15,
    ),
    Figure(
        name="attendances",
        heading="Attendances",
        definition="Seats filled: every pupil counted in every session.",
        reads=Reads.COUNT,
        adds_up="The sum of the pupils of all headcounts.",
        total=Total.SUM_OF_ROWS,
        drill_down=_drill_down_counts("counts"),
        publication=Publication.HIDDEN_UNDER_FIVE,
        in_short_table=True,
        file_position=10,
    ),
    Figure(
        name="attendances_estimated",
        heading="of them estimated",
        definition="Attendances where one total was spread over year groups, or the school gave its own number.",
        reads=Reads.COUNT,
        adds_up="The sum of the pupils of the headcounts that are no count: a spread total, or the school’s number.",
        total=Total.SUM_OF_ROWS,
        drill_down=_drill_down_counts("estimates"),
        publication=Publication.HIDDEN_UNDER_FIVE,
        in_short_table=False,
        file_position=11,
        doubt=lambda number: (
            f"{number:,} {'attendance is an estimate' if number == 1 else 'attendances are estimates'}: one total that was "
            "spread, or the school’s own number."
        ),
    ),
    Figure(
        name="pupils_in_person",
        heading="In person",
        definition="Pupils reached, over in-person sessions alone. Overlaps with online; never added.",
        reads=Reads.COUNT,
        adds_up="As pupils reached, over the in-person types alone.",
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_classes("classes_in_person"),
        publication=Publication.HIDDEN_UNDER_FIVE,
        in_short_table=False,
        file_position=13,
    ),
    Figure(
        name="pupils_online",
        heading="Online",
        definition="Pupils reached, over online sessions alone. Overlaps with in person; never added.",
        reads=Reads.COUNT,
        adds_up="As pupils reached, over the online types alone.",
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_classes("classes_online"),
        publication=Publication.HIDDEN_UNDER_FIVE,
        in_short_table=False,
        file_position=14,
    ),
)
