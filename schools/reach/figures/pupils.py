"""Figures of pupils: how many seats were filled, and by how many different pupils and children."""

from schools.reach.figures.declaration import DrillDown, Figure, LineKind, Publication, Reads, SumWords, Total
from schools.reach.figures.sums import any_line, plain_sum, sum_and_more


def _drill_down_years(question: str, *, sum_words: SumWords = plain_sum) -> DrillDown:
    return DrillDown(question=question, lines=LineKind.SCHOOL_YEAR, adds=lambda line: line.pupils, sum_words=sum_words)


def _drill_down_cohorts(question: str) -> DrillDown:
    return DrillDown(question=question, lines=LineKind.COHORT, adds=lambda line: line.cohort.children, sum_words=plain_sum)


def _drill_down_counts(question: str) -> DrillDown:
    return DrillDown(question=question, lines=LineKind.COUNT, adds=lambda line: line.pupils or 0, sum_words=plain_sum)


PUPILS = (
    Figure(
        name="pupils_reached",
        heading="Pupils reached",
        definition=(
            "About so many pupils, each counted once in a school year, if sessions with the same pupils again are marked so."
        ),
        reads=Reads.COUNT,
        adds_up=(
            "Of each school, school year and year group the largest number of one session type; of a type the sum of its "
            "sessions with new pupils, or the largest session with the same pupils again if that is more; never more than the "
            "exact roll or the largest headcount. Of a school and school year their sum, or at least so many, if that is more."
        ),
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_years("years"),
        publication=Publication.ROUNDED,
        in_short_table=True,
        file_position=12,
    ),
    Figure(
        name="pupils_reached_low",
        heading="Pupils, at least",
        definition="At least so many pupils, whatever was not marked: no two sessions are taken to have had different pupils.",
        reads=Reads.COUNT,
        adds_up=(
            "Of each school and school year the largest headcount of each year group, or the largest total of one session, if "
            "that is more; the school’s own numbers are left out, and so are shares of a total that covers several schools, or "
            "year groups that are not asked for. Where schools merged or split during the year, those before or those after "
            "it, whichever are more."
        ),
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(
            question="low_years", lines=LineKind.LINEAGE_YEAR, adds=lambda line: line.pupils, sum_words=plain_sum
        ),
        publication=Publication.ROUNDED,
        in_short_table=True,
        file_position=22,
    ),
    Figure(
        name="pupils_reached_high",
        heading="Pupils, at most",
        definition="At most so many pupils, by the rolls: as if nobody came twice, and everybody came where nobody counted.",
        reads=Reads.COUNT,
        adds_up=(
            "Of each school, school year and year group all pupils of all sessions, but never more than the exact roll or the "
            "largest headcount; the whole roll where somebody was not counted. And more, where that roll is not known."
        ),
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_years("years_at_most", sum_words=sum_and_more),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=23,
        and_more=lambda row: bool(row.high_is_open),
    ),
    Figure(
        name="high_is_open",
        heading="Or more",
        definition="Whether there may be more pupils than at most: nobody counted in a year group whose roll is not known.",
        reads=Reads.YES_NO,
        adds_up="The schools and school years in which nobody counted a year group whose roll is not known.",
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_years("years_open", sum_words=any_line),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=24,
    ),
    Figure(
        name="children_reached",
        heading="Children reached",
        definition="About so many children, each counted once over all the years of the period.",
        reads=Reads.COUNT,
        adds_up=(
            "Of schools that followed one another, and of children who started school together, the largest number of pupils "
            "reached in one school year. Their sum."
        ),
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_cohorts("cohorts"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=15,
    ),
    Figure(
        name="children_reached_low",
        heading="Children, at least",
        definition="At least so many children, each counted once over all the years of the period, in the whole place.",
        reads=Reads.COUNT,
        adds_up=(
            "Of the children of the whole place who started school together, at least so many pupils of the school year with "
            "most. Their sum."
        ),
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_cohorts("low_cohorts"),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=25,
    ),
    Figure(
        name="attendances",
        heading="Attendances",
        definition="Seats filled: every pupil counted in every session.",
        reads=Reads.COUNT,
        adds_up="The sum of the pupils of all headcounts.",
        total=Total.SUM_OF_ROWS,
        drill_down=_drill_down_counts("counts"),
        publication=Publication.ROUNDED,
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
        publication=Publication.NEVER,
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
        drill_down=_drill_down_years("years_in_person"),
        publication=Publication.NEVER,
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
        drill_down=_drill_down_years("years_online"),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=14,
    ),
)
