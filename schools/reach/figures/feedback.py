"""Figures of feedback: what schools thought of visits. A table of its own, whose answers are shown from five schools on."""

from collections.abc import Callable
from typing import Any

from schools.reach.figures.declaration import DrillDown, Figure, LineKind, Publication, Reads, Total
from schools.reach.figures.sums import plain_sum

YES = "yes"


def _schools(question: str) -> DrillDown:
    return DrillDown(question=question, lines=LineKind.ASKED, adds=lambda _: 1, sum_words=plain_sum)


def _opinions(question: str, adds: Callable[[Any], int]) -> DrillDown:
    return DrillDown(question=f"opinions:{question}", lines=LineKind.OPINION, adds=adds, sum_words=plain_sum)


def _answers(question: str) -> DrillDown:
    return _opinions(question, lambda line: line.number)


def _yes(question: str) -> DrillDown:
    return _opinions(question, lambda line: line.number if line.opinion == YES else 0)


def _share_that_answered(answered: int, schools: int, _row: Any) -> str:
    return f"{answered:,} of {schools:,} schools"


FEEDBACK = (
    Figure(
        name="asked",
        heading="Asked",
        definition="Schools that were asked what they thought of a visit: hosts and guests, once for each visit.",
        reads=Reads.COUNT,
        adds_up="The schools to which our thanks for a visit went, and those that answered without them.",
        total=Total.COUNTED_AFRESH,
        drill_down=_schools("asked"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=1,
    ),
    Figure(
        name="answered",
        heading="Answered",
        definition="Of them those that answered any of the five questions, or left a comment.",
        reads=Reads.COUNT,
        adds_up="The schools that were asked and answered.",
        total=Total.COUNTED_AFRESH,
        drill_down=_schools("answered"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=2,
    ),
    Figure(
        name="answered_percent",
        heading="Share that answered",
        definition="The schools that answered, of those that were asked.",
        reads=Reads.PERCENT,
        adds_up="The schools that answered, divided by those that were asked.",
        total=Total.RATIO,
        drill_down=DrillDown(
            question="asked",
            lines=LineKind.ASKED,
            adds=lambda line: line.answers is not None,
            sum_words=_share_that_answered,
        ),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=3,
    ),
    Figure(
        name="right_for_age_answers",
        heading="Right for the age: answers",
        definition="Schools that answered this question; blank where fewer than five did, or where that would follow.",
        reads=Reads.COUNT,
        adds_up="The schools that answered this question with yes, partly or no.",
        total=Total.COUNTED_AFRESH,
        drill_down=_answers("right_for_age"),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=4,
    ),
    Figure(
        name="right_for_age_yes",
        heading="Right for the age",
        definition="Schools that say that it was right for the age of their pupils; blank where the answers are.",
        reads=Reads.COUNT,
        adds_up="Of the schools that answered this question those that said yes.",
        total=Total.COUNTED_AFRESH,
        drill_down=_yes("right_for_age"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=5,
    ),
    Figure(
        name="kept_to_agreed_answers",
        heading="Kept to what was agreed: answers",
        definition="Schools that answered this question; blank where fewer than five did, or where that would follow.",
        reads=Reads.COUNT,
        adds_up="The schools that answered this question with yes, partly or no.",
        total=Total.COUNTED_AFRESH,
        drill_down=_answers("kept_to_agreed"),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=6,
    ),
    Figure(
        name="kept_to_agreed_yes",
        heading="Kept to what was agreed",
        definition="Schools that say that the people who came kept to what was agreed; blank where the answers are.",
        reads=Reads.COUNT,
        adds_up="Of the schools that answered this question those that said yes.",
        total=Total.COUNTED_AFRESH,
        drill_down=_yes("kept_to_agreed"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=7,
    ),
    Figure(
        name="knew_beforehand_answers",
        heading="Knew beforehand: answers",
        definition="Schools that answered this question; blank where fewer than five did, or where that would follow.",
        reads=Reads.COUNT,
        adds_up="The schools that answered this question with yes, partly or no.",
        total=Total.COUNTED_AFRESH,
        drill_down=_answers("knew_beforehand"),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=8,
    ),
    Figure(
        name="knew_beforehand_yes",
        heading="Knew beforehand",
        definition="Schools that say that they knew beforehand what their pupils would hear; blank where the answers are.",
        reads=Reads.COUNT,
        adds_up="Of the schools that answered this question those that said yes.",
        total=Total.COUNTED_AFRESH,
        drill_down=_yes("knew_beforehand"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=9,
    ),
    Figure(
        name="surer_answers",
        heading="Surer what to do: answers",
        definition="Schools that answered this question; blank where fewer than five did, or where that would follow.",
        reads=Reads.COUNT,
        adds_up="The schools that answered this question with yes, partly or no.",
        total=Total.COUNTED_AFRESH,
        drill_down=_answers("surer"),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=10,
    ),
    Figure(
        name="surer_yes",
        heading="Surer what to do",
        definition="Schools that feel surer about what to do when a child tells them something; blank where the answers are.",
        reads=Reads.COUNT,
        adds_up="Of the schools that answered this question those that said yes.",
        total=Total.COUNTED_AFRESH,
        drill_down=_yes("surer"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=11,
    ),
    Figure(
        name="again_answers",
        heading="Would have us again: answers",
        definition="Schools that answered this question; blank where fewer than five did, or where that would follow.",
        reads=Reads.COUNT,
        adds_up="The schools that answered this question with yes, partly or no.",
        total=Total.COUNTED_AFRESH,
        drill_down=_answers("again"),
        publication=Publication.NEVER,
        in_short_table=False,
        file_position=12,
    ),
    Figure(
        name="again_yes",
        heading="Would have us again",
        definition="Schools that say that they would have us again; blank where the answers are.",
        reads=Reads.COUNT,
        adds_up="Of the schools that answered this question those that said yes.",
        total=Total.COUNTED_AFRESH,
        drill_down=_yes("again"),
        publication=Publication.NEVER,
        in_short_table=True,
        file_position=13,
    ),
)
"""All figures of the table of feedback, in the order of page and files."""
