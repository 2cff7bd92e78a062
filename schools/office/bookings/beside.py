"""What stands beside a booking form: what keeps it from being booked, what deserves a look, who could go."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from schools.accounts.models import User
from schools.core.words import long_day
from schools.directory.models import School
from schools.office.frame.visibility import today
from schools.planning.queries.new_days import PeopleOnDay, people_who_could
from schools.visits.actions.booking import reasons_locked_for
from schools.visits.models import Visit
from schools.visits.rules import NewSession, Warned, reasons_not_to_add, reasons_not_to_book, warnings_about_booking

MOST_DAYS = 5
"""Of how many days the page says who could go."""


@dataclass(frozen=True)
class Beside:
    """What is known of the sessions that were typed so far."""

    school: School
    sessions: Sequence[NewSession]
    reasons: list[str]
    """What keeps them from being booked."""
    warnings: list[Warned]
    """The severe ones first."""

    @classmethod
    def of(cls, school: School, sessions: Sequence[NewSession], *, by: User, added_to: Visit | None = None) -> "Beside":
        """Look at the sessions; `added_to` is the visit into which they are booked, None: a visit of their own."""
        on = today()
        if not sessions:
            return cls(school, sessions, [], [])
        reasons = reasons_of(school, sessions, by=by, added_to=added_to)
        warnings = warnings_about_booking(school, sessions, on=on, added_to=added_to)
        return cls(school, sessions, reasons, sorted(warnings, key=lambda warning: not warning.is_severe))

    @cached_property
    def people(self) -> list[str]:
        """For each of the next days a sentence on how many people could go; read only where it is shown."""
        on = today()
        days = sorted({session.day for session in self.sessions if session.day >= on})[:MOST_DAYS]
        of_days = people_who_could(self.school, [session for session in self.sessions if session.day in days], on=on)
        return [_sentence(of_day) for of_day in of_days]

    @property
    def pupils(self) -> int:
        """How many pupils are expected, as far as it is known."""
        return sum(session.number_expected for session in self.sessions)

    @property
    def unknown(self) -> int:
        """Of how many year groups in sessions the number is not known."""
        return sum(pupils is None for pupils in self._numbers)

    @property
    def nothing_known(self) -> bool:
        """Whether year groups come, and the number of none of them is known."""
        return bool(self._numbers) and self.unknown == len(self._numbers)

    @property
    def _numbers(self) -> list[int | None]:
        """How many are expected of each year group of each school in each session; None: not known."""
        groups = [groups for session in self.sessions for groups in (session.expected or {}, *(of for _, of in session.guests))]
        return [pupils for of_school in groups for pupils in of_school.values()]

    @property
    def severe(self) -> list[Warned]:
        """The warnings that are looked at once more before booking."""
        return [warning for warning in self.warnings if warning.is_severe]

    @property
    def marks(self) -> list[str]:
        """What the form sends back once the severe warnings were looked at."""
        return sorted({mark for warning in self.severe for mark in warning.marks})

    def unseen(self, seen: set[str]) -> list[Warned]:
        """Return the severe warnings of which the form did not send back that they were looked at."""
        return [warning for warning in self.severe if not warning.marks <= seen]


def reasons_of(school: School, sessions: Sequence[NewSession], *, by: User, added_to: Visit | None) -> list[str]:
    """Return the reasons why the sessions cannot be booked, or added to the visit."""
    if added_to is not None:
        return reasons_not_to_add(added_to, sessions, by=by, on=today())
    return reasons_not_to_book(school, sessions) + reasons_locked_for(school, sessions, by=by)


def _sentence(people: PeopleOnDay) -> str:
    day = long_day(people.day)
    if not people.number:
        return f"{day}: nobody in the area could go to all of it without a question. Another day may be easier."
    who = "1 person" if people.number == 1 else f"{people.number:,} people"
    near = f", the nearest {people.kilometres:.0f} km away" if people.kilometres is not None else ""
    return f"{day}: {who} could go{near}."
