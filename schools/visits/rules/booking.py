"""Reasons not to book sessions at a school, and what is known of a session to be booked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from schools.charity.queries import current
from schools.core.nations import Language
from schools.core.words import long_day, short_time
from schools.core.year_groups import YEAR_GROUPS, year_group_name
from schools.directory.models import School, Site
from schools.programme.models import SessionType
from schools.visits.limits import FIRST_DAY, LAST_DAY
from schools.visits.rules.sites import DayAtSite, reasons_of_mixed_sites, reasons_of_site


@dataclass(frozen=True)
class NewSession:
    """A session to be booked.

    `ends` None: it ends after the type's minutes. `expected` maps year groups to pupils (None: not known); where `expected`
    itself is None, the numbers come from rolls.
    """

    type: SessionType
    day: date
    starts: time
    ends: time | None = None
    until_day: date | None = None
    room: str = ""
    language: str = "en"
    expected: dict[int, int | None] | None = field(default=None, hash=False)
    guests: tuple[tuple[School, dict[int, int | None]], ...] = field(default=(), hash=False)
    """The guest schools with pupils in the session, each with its year groups; the host is not one of them."""
    site: Site | None = None
    """Where it is; None: at the school's own address."""

    @property
    def day_at_site(self) -> DayAtSite:
        """Its day, and the id of its site."""
        return self.day, self.site.pk if self.site else None

    @property
    def end(self) -> time | None:
        """The time at which it ends; None where the type's minutes run past midnight."""
        if self.ends is not None:
            return self.ends
        minutes = self.starts.hour * 60 + self.starts.minute + self.type.minutes
        return time(minutes // 60, minutes % 60) if minutes < 24 * 60 else None

    @property
    def language_name(self) -> str:
        """The name of the language, for people to read."""
        return str(Language(self.language).label)

    @property
    def number_expected(self) -> int:
        """The number of pupils expected from the host and the guests, as far as it is known."""
        groups = [self.expected or {}, *(expected for _, expected in self.guests)]
        return sum(pupils or 0 for expected in groups for pupils in expected.values())

    def named_at(self, school: School) -> str:
        """Return the session's name at the host school, its day and its start."""
        return f"{self.type.name_in(school.nation)}, {long_day(self.day)}, {short_time(self.starts)}"


def reasons_not_to_book(school: School, sessions: Sequence[NewSession]) -> list[str]:
    """Return the reasons why these sessions cannot be booked at the school; warnings_about_booking returns the warnings."""
    reasons = []
    if not school.is_bookable:
        state = school.get_status_display().lower() if school.year_groups else "without Reception to Year 6"
        reasons.append(f"{school} is {state}, so nothing can be booked there. Look for its successor.")
    if not sessions:
        reasons.append("Add at least one session.")
    seen = set()
    for session in sessions:
        key = (session.type.pk, session.day, session.starts)
        if key in seen:
            reasons.append(f"{session.named_at(school)} is there twice. Change the time of one of them.")
        seen.add(key)
        reasons += reasons_of_session(school, session)
    return reasons + reasons_of_mixed_sites(session.day_at_site for session in sessions if session.type.presenters)


def reasons_of_session(school: School, session: NewSession, *, there: Collection[int] | None = None) -> list[str]:
    """Return the reasons why one session by itself cannot be booked.

    `there`: it is booked already, and pupils of these schools (ids) are expected: neither its type nor these schools are chosen
    anew. None: it is to be booked.
    """
    reasons = []
    named = session.named_at(school)
    if there is None and not session.type.active:
        reasons.append(f"“{session.type.name_in(school.nation)}” is no longer offered. Choose another type.")
    if session.end is None or session.end <= session.starts:
        reasons.append(f"{named}: it must end after it starts, on the same day. Change the times.")
    reasons += _reasons_of_days(session, named)
    if session.site is not None and not session.type.presenters:
        reasons.append(f"{named}: nobody goes there. Leave the site out.")
    else:
        reasons += [f"{named}: {reason}" for reason in reasons_of_site(session.site, school)]
    if session.language not in Language.values:
        reasons.append(f"{named}: “{session.language}” is no language of ours. Choose one of the languages.")
    groups = session.type.year_groups if session.expected is None else session.expected
    if session.type.is_for_pupils and not set(groups) & set(school.year_groups):
        reasons.append(f"{named}: {school} teaches none of its year groups. Choose another type.")
    reasons += _reasons_of_numbers(named, school, session.expected or {})
    return reasons + reasons_of_guests(school, session, there=there or ())


def _reasons_of_numbers(named: str, school: School, expected: dict[int, int | None]) -> list[str]:
    reasons = []
    most = current().most_pupils if expected else 0
    for group, pupils in expected.items():
        if group not in YEAR_GROUPS:
            reasons.append(f"{named}: there is no year group {group}. A year group is 0 (Reception or P1) to 6.")
        elif pupils is not None and not 0 <= pupils <= most:
            name = year_group_name(group, school.nation)
            reasons.append(f"{named}: {pupils:,} pupils in {name} cannot be right. Give 0 to {most:,}, or leave it empty.")
    return reasons


def reasons_of_guests(school: School, session: NewSession, *, there: Collection[int] = ()) -> list[str]:
    """Return what is wrong with the guests: each must be another bookable school, with year groups that it teaches.

    `there`: the schools (ids) that are guests already; that one has closed since is said elsewhere.
    """
    reasons = []
    named = session.named_at(school)
    guests = [guest for guest, _ in session.guests]
    if guests and not session.type.is_for_pupils:
        reasons.append(f"{named}: it is for adults, so no other school's pupils come. Leave the guest school out.")
    if school in guests or len(set(guests)) < len(guests):
        reasons.append(f"{named}: a guest is another school, each once. Leave it out.")
    for guest, expected in session.guests:
        if not guest.is_bookable and guest.pk not in there:
            reasons.append(f"{guest} is {guest.get_status_display().lower()} and cannot be a guest. Look for its successor.")
        if not expected:
            reasons.append(f"{named}: say which year groups of {guest} come, or leave it out.")
        elif set(expected) - set(guest.year_groups):
            reasons.append(f"{named}: {guest} does not teach all of these year groups. Leave them empty.")
        reasons += _reasons_of_numbers(named, guest, expected)
    return reasons


def _reasons_of_days(session: NewSession, named: str) -> list[str]:
    reasons = [
        f"{named}: {day} is not between {FIRST_DAY.year} and {LAST_DAY.year}. Look the year up."
        for day in (session.day, session.until_day)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY
    ]
    if session.until_day is not None and session.until_day < session.day:
        reasons.append(f"{named}: the last day of the window is before its first. Change the days.")
    if session.until_day is not None and not session.type.is_online:
        reasons.append(f"{named}: it takes place on one day. Only online sessions have a window; leave the last day empty.")
    return reasons


def reasons_not_to_redefine(session_type: SessionType) -> list[str]:
    """Return the reason why the type's audience, channel and series are fixed: past figures rest on them."""
    if session_type.pk and session_type.sessions.exists():
        return [f"Sessions of “{session_type}” exist, so its audience, channel and series stay. Make a new type instead."]
    return []
