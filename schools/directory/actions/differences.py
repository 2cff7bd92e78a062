"""What a register would change, worked out from plain values: the file's schools, the stored ones, and the authorities' ids."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from schools.directory.actions.reading import RegisterFile
from schools.directory.models import Source, Status
from schools.directory.registers import CLOSING, NO_FACTS, SchoolFacts


class StoredSchool(NamedTuple):
    """A school as it is stored."""

    pk: int
    authority_id: int | None
    day: date
    """The day of the newest register that speaks of it; ALWAYS: not known."""
    older: Mapping[str, date]
    """Facts that this register leaves out, each with the day of the one that gave it; `authority` can be among them."""
    source: str
    missing_since: date | None
    facts: SchoolFacts

    @property
    def authority_day(self) -> date:
        """The day of the newest register that names its authority."""
        return self.older.get("authority", self.day)


class Dated(NamedTuple):
    """Facts with the days that they speak of, as in StoredSchool."""

    facts: SchoolFacts
    day: date
    older: Mapping[str, date]


class Change(NamedTuple):
    """A change of a stored school; `authority` is the key of its new authority, or "" where it stays in the old one."""

    register_id: str
    old: StoredSchool
    facts: SchoolFacts
    authority: str
    day: date
    older: Mapping[str, date]
    missing_since: date | None
    """Since when it is marked as missing from now on; None: it is not."""


class NewSchool(NamedTuple):
    """A school that is not stored yet; `day` is the day that its row speaks of."""

    register_id: str
    authority: str
    facts: SchoolFacts
    day: date
    missing_since: date | None
    """The day of the first whole register after the one that names it, which lacks it; None: there is none yet."""


class Seen(NamedTuple):
    """The fact that a register of the day names the authority, by its key, for a stored school."""

    register_id: str
    pk: int
    authority: str
    day: date


@dataclass
class Differences:
    """What is to be written, and how many schools stay as they are."""

    created: list[NewSchool] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    outdated: int = 0
    """The number of rows that say otherwise and are older than what is stored; they change nothing."""
    seen: list[Seen] = field(default_factory=list)
    """What rows say of authorities, where it may change to which authority a school belonged on some day."""
    redated: list[tuple[int, Dated]] = field(default_factory=list)
    """Schools of which a newer register says the same: only the day is written."""

    @property
    def closed(self) -> int:
        """The number of schools that were open and are closed now; they are among the changed."""
        return sum(change.facts.status == Status.CLOSED != change.old.facts.status for change in self.changed)

    @property
    def moved(self) -> list[Change]:
        """The schools that belong to another authority now."""
        return [change for change in self.changed if change.authority]


@dataclass(frozen=True)
class Known:
    """What is known of the authorities in a file, by their keys in it, and of the stored ones, by their ids."""

    ids: Mapping[str, int | None]
    """None for a new one."""
    closed: Mapping[str, date] = field(default_factory=dict)
    """The last day of those that were abolished."""
    closed_by_id: Mapping[int, date] = field(default_factory=dict)
    followers: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The keys of those that followed."""
    whole_files: Sequence[tuple[date, frozenset[str]]] = ()
    """The days of the whole registers that were imported, the earliest first; each with the schools whose rows were refused."""

    def lacked_after(self, day: date, register_id: str, opened: date | None) -> date | None:
        """Return the day of the first whole register after `day` in which a school that opened then had to be; None: none.

        One whose row was refused names the school all the same.
        """
        had_to_name_it = (
            whole for whole, refused in self.whole_files if register_id not in refused and not (opened and opened > whole)
        )
        return next((whole for whole in had_to_name_it if whole > day), None)


def day_described(content: RegisterFile, known: Known, *, day: date) -> date:
    """Return the day that the file speaks of: `day`, or an earlier one that its own rows give away.

    A file in which an abolished authority has open schools, and none of those that followed it has any, was made before that
    authority was abolished, whatever day somebody gave for it.
    """
    there = {authority for _, authority, facts in content.schools.values() if facts.status != Status.CLOSED}
    days = [known.closed[key] for key in there & known.closed.keys() if not there & set(known.followers.get(key, ()))]
    return min([day, *days])


def differences(content: RegisterFile, stored: Mapping[str, StoredSchool], known: Known, *, day: date) -> Differences:
    """Compare the file, which speaks of the day, with what is stored. What is older never beats what is newer."""
    result = Differences()
    for register_id, (_, authority, facts) in content.schools.items():
        on = day
        if authority in known.closed and facts.status != Status.CLOSED:
            on = min(day, known.closed[authority])  # the row is older than its file: that authority has no open schools any more
        old = stored.get(register_id)
        if old is None:
            result.created.append(
                NewSchool(register_id, authority, facts, on, known.lacked_after(day, register_id, facts.opened))
            )
            continue
        # Nearly always the row is as new as what is stored, and says the same of the authority.
        is_same = on >= old.day and authority and known.ids[authority] == old.authority_id is not None
        moves_to = "" if is_same or not authority else _moves_to(authority, old, known, on=on)
        if authority and not is_same:
            result.seen.append(Seen(register_id, old.pk, authority, on))
        kept, now, older = put_together(old, facts, has_authority=bool(authority), day=on)
        missing_since = _missing_since(register_id, old, known, day=day)
        if kept != old.facts or moves_to or (old.source, old.missing_since) != (Source.REGISTER, missing_since):
            result.changed.append(Change(register_id, old, kept, moves_to, now, older, missing_since))
        elif on < old.day and _says_otherwise(facts, kept):
            result.outdated += 1
        else:
            result.unchanged += 1
            if (now, older) != (old.day, old.older):
                result.redated.append((old.pk, Dated(kept, now, older)))
    return result


def _missing_since(register_id: str, old: StoredSchool, known: Known, *, day: date) -> date | None:
    """Return since when a school that a register of the day names is missing: an older one than the mark leaves it."""
    if old.missing_since is None or day < old.missing_since:
        return old.missing_since
    return known.lacked_after(day, register_id, old.facts.opened)


def _moves_to(authority: str, old: StoredSchool, known: Known, *, on: date) -> str:
    """Return the authority's key where the row makes it that of today, else ""."""
    # A new authority has no id yet, and a school without an authority has none either: both are None.
    if known.ids[authority] is not None and known.ids[authority] == old.authority_id:
        return ""
    of_row = min(on, known.closed.get(authority, on))
    of_stored = old.authority_day
    if old.authority_id is not None:
        of_stored = min(of_stored, known.closed_by_id.get(old.authority_id, of_stored))
    return authority if of_row >= of_stored else ""


def _says_otherwise(facts: SchoolFacts, kept: SchoolFacts) -> bool:
    return any(new not in (blank, is_kept) for new, blank, is_kept in zip(facts, NO_FACTS, kept, strict=True))


NONE_OLDER: Mapping[str, date] = {}


def put_together(old: StoredSchool, new: SchoolFacts, *, has_authority: bool, day: date) -> Dated:
    """Return the facts of the newest register that gives each, and the days they speak of; `new` speaks of `day`.

    Of two registers of one day the one that was loaded later counts: it corrects the other.
    """
    if day >= old.day and has_authority and new == old.facts:
        return Dated(new, day, NONE_OLDER)
    days = {name: old.older.get(name, old.day) for name in SchoolFacts._fields}
    blanks = {name: getattr(NO_FACTS, name) for name in SchoolFacts._fields}
    newer = old.facts._replace(**{name: blanks[name] for name, since in days.items() if since <= day})
    older = old.facts._replace(**{name: blanks[name] for name, since in days.items() if since > day})
    kept = merged(merged(older, new), newer) if newer != NO_FACTS else merged(old.facts, new)
    latest = max(day, old.day)
    speaks_of: dict[str, date] = {}
    for name, value in zip(SchoolFacts._fields, kept, strict=True):
        if value != blanks[name]:
            is_news = getattr(newer, name) == blanks[name] and getattr(new, name) != blanks[name]
            speaks_of[name] = day if is_news else days[name]
    if old.authority_id is not None or has_authority:
        speaks_of["authority"] = max(day, old.authority_day) if has_authority else old.authority_day
    return _dated(kept, latest, speaks_of)


def with_closing(old: StoredSchool, status: str, closed: date | None) -> Dated:
    """Return the facts and their days once people say of a missing school whether it has closed, and which was its last day.

    What they say is of the day since which it is missing, or of the day after its last one where that is later. So an older
    register does not open it again, and a later one that names it does.
    """
    assert old.missing_since is not None  # noqa: S101  # see reasons_not_to_close
    first_closed = closed + timedelta(days=1) if closed and status == Status.CLOSED else old.missing_since
    day = max(old.missing_since, first_closed)
    facts = old.facts._replace(status=status, closed=closed)
    speaks_of = {
        name: day if name in CLOSING else old.older.get(name, old.day)
        for name, value, blank in zip(SchoolFacts._fields, facts, NO_FACTS, strict=True)
        if value != blank
    }
    if old.authority_id is not None:
        speaks_of["authority"] = old.authority_day
    return _dated(facts, max(speaks_of.values()), speaks_of)


def _dated(facts: SchoolFacts, latest: date, speaks_of: Mapping[str, date]) -> Dated:
    return Dated(facts, latest, {name: since for name, since in speaks_of.items() if since != latest})


def older_as_stored(older: Mapping[str, date]) -> dict[str, str] | None:
    """Return the days of such facts as a school keeps them; None for none."""
    return {name: day.isoformat() for name, day in older.items()} or None


def merged(old: SchoolFacts, new: SchoolFacts) -> SchoolFacts:
    """Return the new facts, with the old ones where the register says nothing: a blank never erases.

    Five facts depend on another one. A census day belongs to a number of pupils and is kept or replaced with it. A grid
    reference is taken as a whole. A school that opened again has no closing day. The names of a trust and of a federation belong
    to their codes.
    """
    kept = SchoolFacts._make(was if now is None or now == "" else now for was, now in zip(old, new, strict=True))
    if new.pupils is None:
        kept = kept._replace(census_day=old.census_day)
    elif new.pupils != old.pupils:
        kept = kept._replace(census_day=new.census_day)
    if new.easting is None or new.northing is None:
        kept = kept._replace(easting=old.easting, northing=old.northing)
    if new.closed is None and _opens_again(old.status, new.status):
        kept = kept._replace(closed=None)
    if new.trust_code and new.trust_code != old.trust_code:
        kept = kept._replace(trust=new.trust)
    if new.federation_code and new.federation_code != old.federation_code:
        kept = kept._replace(federation=new.federation)
    return kept


def _opens_again(old: str, new: str) -> bool:
    """Return whether a school's closing day is of a closing that came to nothing, or that is over."""
    return new == Status.OPEN != old or (old == Status.CLOSED and new == Status.CLOSING)


class Missing(NamedTuple):
    """A school of the register that a complete file lacks."""

    pk: int
    id: str
    name: str
    since: date
    before: date | None
    """Since when it was marked until now; None: it was not."""

    @property
    def is_new(self) -> bool:
        """Whether the mark has to be written."""
        return self.since != self.before


def missing_schools(content: RegisterFile, stored: Mapping[str, StoredSchool], *, day: date) -> list[Missing]:
    """Return the register's schools that a complete file lacks, by register id; it speaks of the day.

    They are missing since then, or since the earlier day of a file that lacked them too. A school that opened later could not be
    in the file, and one that a newer register has is not missing. A school whose row cannot be used is in the file nevertheless.
    One that has closed is not named again once it is marked.
    """
    missing = [
        Missing(old.pk, register_id, old.facts.name, min(day, old.missing_since or day), old.missing_since)
        for register_id, old in sorted(stored.items())
        if old.source == Source.REGISTER
        and register_id not in content.schools
        and register_id not in content.unused
        and not (old.facts.opened and old.facts.opened > day)
        and old.day <= day
    ]
    return [school for school in missing if school.is_new or stored[school.id].facts.status != Status.CLOSED]
