"""Figures of dose: in how many school years the children who leave Year 6 (P7) were reached. A table of its own."""

from schools.reach.figures.declaration import DrillDown, Figure, LineKind, Publication, Reads, Total
from schools.reach.figures.sums import any_line, plain_sum


def _pupils_with(years: int) -> DrillDown:
    return DrillDown(question="with_roll", lines=LineKind.LEAVERS, adds=lambda line: line.pupils_with(years), sum_words=plain_sum)


DOSE = (
    Figure(
        name="pupils_leaving",
        heading="Pupils leaving",
        definition="Pupils on roll in Year 6 (P7) of the schools in area.",
        reads=Reads.COUNT,
        adds_up="The rolls of Year 6 (P7) of the schools in area.",
        total=Total.SUM_OF_ROWS,
        drill_down=DrillDown(question="with_roll", lines=LineKind.LEAVERS, adds=lambda line: line.pupils, sum_words=plain_sum),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=1,
    ),
    Figure(
        name="pupils_no_year",
        heading="In no year",
        definition="Of them in a year group that was counted in no school year, here or in the schools that feed it.",
        reads=Reads.COUNT,
        adds_up="The pupils leaving schools where all seven years are recorded and their year group was never counted.",
        total=Total.SUM_OF_ROWS,
        drill_down=_pupils_with(0),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=2,
    ),
    Figure(
        name="pupils_one_year",
        heading="In one year",
        definition="Of them in a year group that was counted in one school year.",
        reads=Reads.COUNT,
        adds_up="The pupils leaving schools where all seven years are recorded and their year group was counted in one.",
        total=Total.SUM_OF_ROWS,
        drill_down=_pupils_with(1),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=3,
    ),
    Figure(
        name="pupils_two_years",
        heading="In two or more",
        definition="Of them in a year group that was counted in two or more school years.",
        reads=Reads.COUNT,
        adds_up="The pupils leaving schools where their year group was counted in two or more school years.",
        total=Total.SUM_OF_ROWS,
        drill_down=_pupils_with(2),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=4,
    ),
    Figure(
        name="pupils_years_unknown",
        heading="Not known",
        definition="Of them of whom nobody knows: some of their school years lie before the first that is recorded.",
        reads=Reads.COUNT,
        adds_up="The pupils leaving schools where years are not recorded and their year group was counted in fewer than two.",
        total=Total.SUM_OF_ROWS,
        drill_down=DrillDown(
            question="with_roll",
            lines=LineKind.LEAVERS,
            adds=lambda line: line.pupils if line.is_unknown else 0,
            sum_words=plain_sum,
        ),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=5,
    ),
    Figure(
        name="schools_leaving",
        heading="Schools",
        definition="Schools in area that teach Year 6 (P7).",
        reads=Reads.COUNT,
        adds_up="The schools in area that teach Year 6 (P7).",
        total=Total.SUM_OF_ROWS,
        drill_down=DrillDown(question="leavers", lines=LineKind.LEAVERS, adds=lambda _: 1, sum_words=plain_sum),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=6,
    ),
    Figure(
        name="schools_roll_unknown",
        heading="Roll not known",
        definition="Of these schools those of which nobody knows how many leave; their pupils are in no column.",
        reads=Reads.COUNT,
        adds_up="The schools in area that teach Year 6 (P7) and whose roll of it is not known.",
        total=Total.SUM_OF_ROWS,
        drill_down=DrillDown(question="without_roll", lines=LineKind.LEAVERS, adds=lambda _: 1, sum_words=plain_sum),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=7,
    ),
    Figure(
        name="leaving_estimated",
        heading="Roll estimated",
        definition="Whether part of the pupils leaving is a share of a register’s total.",
        reads=Reads.YES_NO,
        adds_up="Whether the roll of Year 6 (P7) of any school is a share of the register’s total.",
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(question="estimated", lines=LineKind.LEAVERS, adds=lambda _: 1, sum_words=any_line),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=8,
    ),
)
"""All figures of the table of dose, in the order of page and files."""
