"""Parsing a session file: lines are put together into sessions, and lines that are wrong by themselves are refused.

The names in the lines are looked up in `Names`, which was read from the database before; only for a volunteer whom it has not
one query more is made, whatever the number of lines.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, time
from functools import cached_property
from typing import Any

from schools.core.nations import Language
from schools.core.on_disk import OnDisk
from schools.programme.models import SessionType
from schools.visits.models import (
    HOLDING_STATES,
    LIVE_STATES,
    CancelCode,
    CountBasis,
    CoverRole,
    CoverState,
    PupilsAre,
    SessionStage,
)
from schools.visits.session_files.columns import DAY_MINUTES, Because, Line

type SessionKey = tuple[str, int, date, time]
"""Visit's reference, type's id, day, start."""
type SchoolCount = tuple[int, int, int | None, int | None]
"""School's id, year group, expected, pupils."""
type KnownCover = tuple[int, str, str]
"""Volunteer's id, role, state."""


COLUMN_OF = {"because": "cancelled_because"}
"""The column of each field that has another name here."""


@dataclass(frozen=True)
class Names:
    """The schools, session types and volunteers that a file may name: ids of schools and volunteers, and types, by name."""

    schools: dict[tuple[str, str], int]
    types: dict[str, SessionType]
    volunteers: dict[str, int]
    chains: dict[int, int]
    """The lowest id of the chain, by the id of each school that is in one: under another number it is the same school."""
    closing: set[int]
    """The ids of the schools that have closed or are to close."""
    earlier: Callable[[], Mapping[str, int]] = dict
    """Tells by what else volunteers were known; asked once, for the first name that nobody has."""

    def volunteer(self, who: str) -> int | None:
        """Return the id of the volunteer who is, or was before two entries were made one, known by the reference or address."""
        return self.volunteers[who] if who in self.volunteers else self._earlier.get(who)

    @cached_property
    def _earlier(self) -> Mapping[str, int]:
        return self.earlier()


@dataclass(frozen=True, slots=True)
class Facts:
    """The values that a session has once, however many schools are in it."""

    minutes: int
    language: str
    stage: str
    because: Because
    adults: int | None
    pupils_are: str
    count_basis: str
    site: str


@dataclass(slots=True)
class SheetSession:
    """A session as the file has it; None where the file has no value."""

    line: int
    visit: str
    school_id: int
    type: SessionType
    day: date
    starts: time
    minutes: int | None
    language: str | None
    stage: str
    because: Because | None
    adults: int | None
    covers: tuple[KnownCover, ...]
    pupils_are: str | None
    count_basis: str | None
    counts: tuple[SchoolCount, ...]
    whole_schools: tuple[int, ...]
    """The ids of the schools with year groups named in their line: they have no other year groups in the session."""
    site: str | None = None
    """The name of a site of the host, as it is typed; None: at its own address, or as it is stored."""

    @property
    def key(self) -> SessionKey:
        """The key that identifies the session."""
        return self.visit, self.type.pk, self.day, self.starts

    @property
    def ends(self) -> time:
        """The time at which it ends: after the file's minutes, or else after the type's."""
        end = self.starts.hour * 60 + self.starts.minute + (self.minutes or self.type.minutes)
        return time(end // 60, end % 60)

    @property
    def facts(self) -> Facts:
        """The values to store, with defaults for those that the file does not have."""
        default = (CancelCode.OTHER.value, "") if self.stage == SessionStage.CANCELLED else ("", "")
        are = PupilsAre.AGAIN if self.type.series else PupilsAre.NEW
        return Facts(
            minutes=self.minutes or self.type.minutes,
            language=self.language or Language.ENGLISH.value,
            stage=self.stage,
            because=self.because or default,
            adults=self.adults,
            pupils_are=self.pupils_are or are.value,
            count_basis=self.count_basis or CountBasis.COUNTED.value,
            site=self.site or "",
        )

    @property
    def school_ids(self) -> set[int]:
        """The ids of the host and its guests."""
        return {self.school_id, *(count[0] for count in self.counts)}


def _key_of(line: Line) -> tuple[str, str, date, time]:
    return line.visit, line.session_type, line.day, line.starts


FIELDS = tuple(each.name for each in fields(SheetSession))


class Sheet:
    """The sessions of a file, in the order of their first lines; they are kept on disk, because a file may have very many."""

    def __init__(self, names: Names, on: date) -> None:
        self.names, self.on = names, on
        self.names_sites = False
        """Whether a line names a site; hardly any file does."""
        self._types = {session_type.pk: session_type for session_type in names.types.values()}
        self._sessions: OnDisk[SheetSession] = OnDisk(_packed, self._unpacked)
        self._left_out: OnDisk[bool] = OnDisk()
        self._first_of_visit: OnDisk[tuple[int, int]] = OnDisk()
        self._seen: OnDisk[int] = OnDisk()

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, key: SessionKey) -> bool:
        return key in self._sessions

    def sessions(self, *, without: Container[int] = ()) -> Iterator[SheetSession]:
        """Yield the sessions but those of these lines."""
        return (session for session in self._sessions.values() if session.line not in without)

    def _unpacked(self, values: tuple[Any, ...]) -> SheetSession:
        fields_of_session: dict[str, Any] = dict(zip(FIELDS, values, strict=True))
        return SheetSession(**fields_of_session | {"type": self._types[fields_of_session["type"]]})

    def leave_out(self, line: Line) -> list[str]:
        """Leave out the session of a line that was refused already; return what else is wrong with the line.

        Its guests' lines are left out too: otherwise the first of them would look like the host's.
        """
        self._left_out[_key_of(line)] = True
        return self._unknown_names(line)

    def add(self, line: Line) -> list[str]:
        """Add the line to its session; return everything that is wrong with it, and then leave the session out."""
        if reasons := self._unknown_names(line):
            self._left_out[_key_of(line)] = True
            return reasons
        session_type = self.names.types[line.session_type]
        school_id = self.names.schools[line.nation, line.register_id]
        known = ((self.names.volunteer(who), role, state) for who, role, state in line.covers)
        covers = tuple((volunteer, role, state) for volunteer, role, state in known if volunteer)
        key = (line.visit, session_type.pk, line.day, line.starts)
        earlier = self._seen.setdefault((key, school_id), line.number)
        if earlier != line.number:
            return [f"This is the session and school of line {earlier} again. Take one of the two out."]
        if _key_of(line) in self._left_out:
            return []
        reasons = _reasons_of_covers(covers)
        if host := self._sessions.get(key):
            reasons += _added_guest(host, school_id, line, covers)
            self._sessions[key] = host
        else:
            reasons += self._added_host(key, school_id, session_type, line, covers)
        if reasons:
            # An incomplete session is compared with nothing.
            self._left_out[_key_of(line)] = True
            self._sessions.discard(key)
        return reasons

    def _unknown_names(self, line: Line) -> list[str]:
        reasons = []
        if (line.nation, line.register_id) not in self.names.schools:
            reasons.append(
                f"register_id: no school of {line.nation} has the number “{line.register_id}”. "
                "Look it up in the register (leading zeros count), or import the school first."
            )
        if line.session_type not in self.names.types:
            known = ", ".join(sorted(self.names.types))
            reasons.append(f"session_type: “{line.session_type}” is unknown. Write one of {known}.")
        reasons += [
            f"covers: no volunteer has the {'address' if '@' in who else 'reference'} “{who}”. Add the volunteer first."
            for who in dict.fromkeys(who for who, _, _ in line.covers)
            if self.names.volunteer(who) is None
        ]
        return reasons

    def _added_host(
        self, key: SessionKey, school_id: int, session_type: SessionType, line: Line, covers: tuple[KnownCover, ...]
    ) -> list[str]:
        reasons = [*_reasons_of_times(line, session_type), *_reasons_of_stage(line, on=self.on)]
        first_line, first_school = self._first_of_visit.setdefault(line.visit, (line.number, school_id))
        if first_school != school_id:
            reasons.append(
                f"visit: line {first_line} has “{line.visit}” at another school. Use another reference, "
                "or put the line of the host before that of its guest."
            )
        self._sessions[key] = SheetSession(
            line=line.number,
            visit=line.visit,
            school_id=school_id,
            type=session_type,
            day=line.day,
            starts=line.starts,
            minutes=line.minutes,
            language=line.language,
            stage=line.stage or SessionStage.SCHEDULED,
            because=line.because,
            adults=line.adults,
            covers=covers,
            pupils_are=line.pupils_are,
            count_basis=line.count_basis,
            counts=tuple((school_id, *count) for count in line.counts),
            whole_schools=(school_id,) if line.names_its_year_groups else (),
            site=line.site,
        )
        self.names_sites |= line.site is not None
        return reasons


def _packed(session: SheetSession) -> tuple[Any, ...]:
    return tuple(session.type.pk if name == "type" else getattr(session, name) for name in FIELDS)


def _added_guest(host: SheetSession, school_id: int, line: Line, covers: tuple[KnownCover, ...]) -> list[str]:
    """Add a guest school's pupils to the session; return what is wrong with the line.

    The values that a session has once must be blank in a guest's line, or the same as the host's.
    """
    reasons = [
        f"{name}: it differs from line {host.line}, where the session begins. Leave it empty for a guest, or make both the same."
        for name, guests, hosts in (
            *(
                (COLUMN_OF.get(fact.name, fact.name), getattr(line, fact.name), getattr(host.facts, fact.name))
                for fact in fields(Facts)
            ),
            ("covers", sorted(covers) or None, sorted(host.covers)),
        )
        if guests is not None and guests != hosts
    ]
    if not line.counts:
        reasons.append("A guest school needs at least one year group in the session. Name them in year_groups, or give numbers.")
    if line.stage is None or line.stage == host.stage:
        reasons += _reasons_of_counts(line, host.stage)
    host.counts += tuple((school_id, *count) for count in line.counts)
    if line.names_its_year_groups:
        host.whole_schools += (school_id,)
    return reasons


def _reasons_of_covers(covers: tuple[KnownCover, ...]) -> list[str]:
    live = Counter(volunteer for volunteer, _, state in covers if state in LIVE_STATES)
    reasons = []
    if any(times > 1 for times in live.values()):
        reasons.append("covers: the same person is there twice. Leave one role for each.")
    if sum(role == CoverRole.LEAD and state in HOLDING_STATES for _, role, state in covers) > 1:
        reasons.append("covers: there are two leads. Make one of them a presenter.")
    return reasons


def _reasons_of_times(line: Line, session_type: SessionType) -> list[str]:
    minutes = line.minutes or session_type.minutes
    if line.starts.hour * 60 + line.starts.minute + minutes < DAY_MINUTES:
        return []
    return [f"minutes: {minutes} minutes from {line.starts:%H:%M} run past midnight. Mend one of the two."]


def _reasons_of_stage(line: Line, *, on: date) -> list[str]:
    if line.stage is None:
        return ["stage: the cell is empty. Write scheduled, delivered or cancelled."]
    reasons = _reasons_of_counts(line, line.stage)
    if line.stage == SessionStage.DELIVERED and line.day > on:
        reasons.append(f"stage: a session on {line.day} cannot have been delivered yet. Write scheduled, or mend the day.")
    if line.stage != SessionStage.CANCELLED and line.because:
        reasons.append(f"cancelled_because: the session is {line.stage}. Write cancelled as its stage, or leave the reason out.")
    came = {CoverState.ATTENDED, CoverState.ABSENT}
    if line.stage == SessionStage.SCHEDULED and line.day > on and any(state in came for _, _, state in line.covers):
        reasons.append("covers: nobody has attended or missed a session that is still to come. Write accepted or offered.")
    return reasons


def _reasons_of_counts(line: Line, stage: str) -> list[str]:
    if stage != SessionStage.SCHEDULED or all(pupils is None for _, _, pupils in line.counts):
        return []
    reason = "pupils: children were counted but the session is scheduled. Write delivered, or use the columns expected_0 to 6."
    return [reason]
