"""Figures of the schools that stand in a place: how many there are, which of them were visited, and their rolls."""

from schools.reach.figures.declaration import DrillDown, Figure, LineKind, Publication, Reads, Total
from schools.reach.figures.sums import plain_sum, roll_is_estimated, share_of_roll, share_of_schools

SCHOOLS_IN_AREA = (
    Figure(
        name="schools_in_area",
        heading="Schools in area",
        definition="Mainstream schools open on the period’s last day that lay in the place on that day.",
        reads=Reads.COUNT,
        adds_up="The mainstream schools that were open on the day and lay in the place then.",
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(question="chains_standing", lines=LineKind.SCHOOL, adds=lambda _: 1, sum_words=plain_sum),
        publication=Publication.EXACT,
        in_short_table=False,
        file_position=1,
    ),
    Figure(
        name="school_coverage_percent",
        heading="School coverage",
        definition="Schools in area that were visited, of all schools in area.",
        reads=Reads.PERCENT,
        adds_up="The schools in area that were visited, of all schools in area.",
        total=Total.RATIO,
        drill_down=DrillDown(
            question="chains_standing", lines=LineKind.SCHOOL, adds=lambda line: line.visited, sum_words=share_of_schools
        ),
        publication=Publication.EXACT,
        in_short_table=True,
        file_position=3,
    ),
    Figure(
        name="schools_visited_in_cycle",
        heading="In cycle",
        definition="Schools in area with a session that counts for the cycle, in the area’s last cycle.",
        reads=Reads.COUNT,
        adds_up="The schools in area with a session that counts, in the cycle of their area.",
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(
            question="chains_standing", lines=LineKind.SCHOOL, adds=lambda line: line.in_cycle, sum_words=plain_sum
        ),
        publication=Publication.EXACT,
        in_short_table=False,
        file_position=5,
    ),
    Figure(
        name="cycle_coverage_percent",
        heading="Cycle coverage",
        definition="Schools in cycle, of all schools in area.",
        reads=Reads.PERCENT,
        adds_up="The schools in area that were visited in their cycle, of all schools in area.",
        total=Total.RATIO,
        drill_down=DrillDown(
            question="chains_standing", lines=LineKind.SCHOOL, adds=lambda line: line.in_cycle, sum_words=share_of_schools
        ),
        publication=Publication.EXACT,
        in_short_table=True,
        file_position=6,
    ),
    Figure(
        name="schools_whole_programme",
        heading="Whole programme",
        definition="Schools in area in whose cycle each stage that they have was counted: Reception to Year 2, Years 3 to 6.",
        reads=Reads.COUNT,
        adds_up=(
            "The schools in area of which, in the cycle of their area, each stage that they teach had a headcount over 0 in a "
            "session that is no series."
        ),
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(
            question="chains_standing", lines=LineKind.SCHOOL, adds=lambda line: line.whole_programme, sum_words=plain_sum
        ),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=27,
    ),
    Figure(
        name="pupils_on_roll",
        heading="Pupils on roll",
        definition="Pupils of Reception to Year 6 in the schools in area.",
        reads=Reads.COUNT,
        adds_up="The sum of the rolls of the schools in area.",
        total=Total.SUM_OF_ROWS,
        drill_down=DrillDown(question="schools", lines=LineKind.SCHOOL, adds=lambda line: line.roll or 0, sum_words=plain_sum),
        publication=Publication.ROUNDED,
        in_short_table=False,
        file_position=19,
    ),
    Figure(
        name="pupils_on_roll_estimated",
        heading="Roll estimated",
        definition="Whether part of the roll is a share of a register’s total, or a school’s is unknown.",
        reads=Reads.YES_NO,
        adds_up="Whether a roll is a share of the register’s total, or a school’s roll is not known.",
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(
            question="schools", lines=LineKind.SCHOOL, adds=lambda line: line.roll_estimated, sum_words=roll_is_estimated
        ),
        publication=Publication.EXACT,
        in_short_table=False,
        file_position=20,
        doubt=lambda _: "Part of the pupils on roll is a share of a register’s total, or a school’s is unknown.",
    ),
    Figure(
        name="coverage_percent",
        heading="Coverage",
        definition="Children reached in the schools in area, of their pupils on roll; blank unless within one school year.",
        reads=Reads.PERCENT,
        adds_up="The children reached in the schools in area, of the pupils on their rolls.",
        total=Total.RATIO,
        drill_down=DrillDown(
            question="schools", lines=LineKind.SCHOOL, adds=lambda line: line.roll or 0, sum_words=share_of_roll
        ),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=21,
    ),
)
