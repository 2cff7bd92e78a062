"""Figures of what was done: schools that had sessions, the sessions, what was not reported of them, and who held them."""

from schools.reach.figures.declaration import DrillDown, Figure, LineKind, Publication, Reads, Total
from schools.reach.figures.sums import hours_of_minutes, plain_sum


def _drill_down_chains(question: str) -> DrillDown:
    return DrillDown(question=question, lines=LineKind.CHAIN, adds=lambda _: 1, sum_words=plain_sum)


def _drill_down_sessions(question: str) -> DrillDown:
    return DrillDown(question=question, lines=LineKind.SESSION, adds=lambda _: 1, sum_words=plain_sum)


SESSIONS = (
    Figure(
        name="schools_visited",
        heading="Schools visited",
        definition="Schools with a delivered in-person session for pupils, under all their register numbers.",
        reads=Reads.COUNT,
        adds_up="The schools with a delivered in-person session for pupils, each once under all its register numbers.",
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_chains("chains_visited"),
        publication=Publication.EXACT,
        in_short_table=True,
        file_position=2,
    ),
    Figure(
        name="schools_visited_not_counted",
        heading="Visited, not counted",
        definition="Schools visited in whose sessions nobody counted: not a single headcount has a number.",
        reads=Reads.COUNT,
        adds_up="The schools visited of which no headcount of any session has a number, each once under all its numbers.",
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_chains("chains_not_counted"),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=26,
    ),
    Figure(
        name="schools_online_only",
        heading="Schools online only",
        definition="Schools that had online sessions and no visit.",
        reads=Reads.COUNT,
        adds_up="The schools with online sessions alone, each once under all its register numbers.",
        total=Total.COUNTED_AFRESH,
        drill_down=_drill_down_chains("chains_online_only"),
        publication=Publication.EXACT,
        in_short_table=False,
        file_position=4,
    ),
    Figure(
        name="sessions_delivered",
        heading="Sessions",
        definition="Sessions of all types that took place.",
        reads=Reads.COUNT,
        adds_up="The delivered sessions, each once.",
        total=Total.SUM_OF_ROWS,
        drill_down=_drill_down_sessions("sessions_delivered"),
        publication=Publication.EXACT,
        in_short_table=True,
        file_position=7,
    ),
    Figure(
        name="outcomes_missing",
        heading="Outcomes missing",
        definition="Sessions for pupils whose day has passed without anybody saying how it went.",
        reads=Reads.COUNT,
        adds_up="The sessions for pupils that are still scheduled although their day has passed.",
        total=Total.SUM_OF_ROWS,
        drill_down=_drill_down_sessions("sessions_without_outcome"),
        publication=Publication.EXACT,
        in_short_table=True,
        file_position=8,
        doubt=lambda number: (
            f"{number:,} {'session is' if number == 1 else 'sessions are'} over and not yet reported: the pupils in them are in "
            "no figure."
        ),
    ),
    Figure(
        name="counts_missing",
        heading="Counts missing",
        definition="Delivered sessions for pupils in which a year group was not counted. Blank is not zero.",
        reads=Reads.COUNT,
        adds_up="The delivered sessions for pupils in which a year group was not counted.",
        total=Total.SUM_OF_ROWS,
        drill_down=_drill_down_sessions("sessions_without_count"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=9,
        doubt=lambda number: (
            f"{number:,} {'session took place' if number == 1 else 'sessions took place'} without a count of every year group; "
            "who was not counted adds nothing."
        ),
    ),
    Figure(
        name="adults",
        heading="Adults",
        definition="Adults in sessions for adults; teachers in a hall are not an audience.",
        reads=Reads.COUNT,
        adds_up="The sum of the adults in delivered sessions for adults.",
        total=Total.SUM_OF_ROWS,
        drill_down=DrillDown(
            question="sessions_for_adults", lines=LineKind.ADULTS, adds=lambda line: line.adults or 0, sum_words=plain_sum
        ),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=16,
    ),
    Figure(
        name="volunteers_active",
        heading="Volunteers",
        definition="People who led or presented a session.",
        reads=Reads.COUNT,
        adds_up="The people who attended as lead or presenter, each once.",
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(question="people", lines=LineKind.PERSON, adds=lambda _: 1, sum_words=plain_sum),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=17,
    ),
    Figure(
        name="volunteer_hours",
        heading="Volunteer hours",
        definition="Minutes of the sessions that people attended, and 45 more for each person and visit day.",
        reads=Reads.HOURS,
        adds_up="The minutes of the sessions that people attended, and 45 more for each person and visit day; in hours.",
        total=Total.COUNTED_AFRESH,
        drill_down=DrillDown(
            question="person_days", lines=LineKind.PERSON_DAY, adds=lambda line: line.minutes, sum_words=hours_of_minutes
        ),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=18,
    ),
)
