"""What a register would change, worked out from plain values: the file's schools, the stored ones, and the authorities' ids."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from schools.directory.actions.reading import RegisterFile
from schools.directory.models import Source, Status
from schools.directory.registers import SchoolFacts


class StoredSchool(NamedTuple):
    """A school as it is stored."""

    pk: int
    authority_id: int | None
    since: date | None
    """The day from which it belongs to that authority; None: always."""
    source: str
    missing_since: date | None
    facts: SchoolFacts

    @property
    def is_settled(self) -> bool:
        """Whether its source is the register and it is not marked as missing: then only its facts can change."""
        return self.source == Source.REGISTER and self.missing_since is None


class Change(NamedTuple):
    """A change of a stored school; `authority` is the key of its new authority, or "" where it stays in the old one."""

    register_id: str
    old: StoredSchool
    facts: SchoolFacts
    authority: str


class NewSchool(NamedTuple):
    """A school that is not stored yet."""

    register_id: str
    authority: str
    facts: SchoolFacts


@dataclass
class Differences:
    """What is to be written, and how many schools stay as they are."""

    created: list[NewSchool] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    outdated: int = 0
    """The number of rows that are older than what is stored; they change nothing."""

    @property
    def closed(self) -> int:
        """The number of schools that were open and are closed now; they are among the changed."""
        return sum(change.facts.status == Status.CLOSED != change.old.facts.status for change in self.changed)

    @property
    def moved(self) -> list[Change]:
        """The schools that belong to another authority now."""
        return [change for change in self.changed if change.authority]


def differences(
    content: RegisterFile,
    stored: Mapping[str, StoredSchool],
    authorities: Mapping[str, int | None],
    *,
    day: date,
    replaced: Collection[tuple[int, int]] = (),
) -> Differences:
    """Compare the file with what is stored; `authorities` gives the id of each authority in the file, None for a new one.

    A file whose `day` is before a school came to its present authority does not know about that move, and does not undo it.
    `replaced` are pairs of authorities: an abolished one and the one that had replaced it by that day.
    """
    outdated = outdated_rows(content, stored, authorities, replaced)
    result = Differences(outdated=len(outdated))
    for register_id, (_, authority, facts) in content.schools.items():
        if register_id in outdated:
            continue
        old = stored.get(register_id)
        if old is None:
            result.created.append(NewSchool(register_id, authority, facts))
            continue
        kept = facts if facts == old.facts else merged(old.facts, facts)
        is_later = authority and (old.since is None or old.since <= day)
        # A new authority has no id yet, and a school without an authority has none either: both are None.
        is_other = is_later and (authorities[authority] is None or authorities[authority] != old.authority_id)
        moves_to = authority if is_other else ""
        if kept == old.facts and not moves_to and old.is_settled:
            result.unchanged += 1
        else:
            result.changed.append(Change(register_id, old, kept, moves_to))
    return result


def outdated_rows(
    content: RegisterFile,
    stored: Mapping[str, StoredSchool],
    authorities: Mapping[str, int | None],
    replaced: Collection[tuple[int, int]],
) -> set[str]:
    """Return the schools whose row in the file is older than what is stored, whatever day was given for the file.

    These rows name an authority that was abolished and replaced by the present one. A file with such rows is older than what is
    stored, so it does not open closed schools of the abolished authorities again either.
    """
    if not replaced:
        return set()
    there = [
        (register_id, authorities.get(authority), stored[register_id])
        for register_id, (_, authority, _) in content.schools.items()
        if register_id in stored
    ]
    pairs = set(replaced)
    older = {register_id for register_id, named, old in there if (named, old.authority_id) in pairs}
    abolished = {before for before, _ in pairs} if older else set()
    return older | {
        register_id
        for register_id, named, old in there
        if named in abolished and old.facts.status == Status.CLOSED != content.schools[register_id].facts.status
    }


def merged(old: SchoolFacts, new: SchoolFacts) -> SchoolFacts:
    """Return the new facts, with the old ones where the register says nothing: a blank never erases.

    Three facts depend on another one. A census day belongs to a number of pupils and is kept or replaced with it. A grid
    reference is taken as a whole. A school that opened again has no closing day.
    """
    kept = SchoolFacts._make(was if now is None or now == "" else now for was, now in zip(old, new, strict=True))
    if new.pupils is None:
        kept = kept._replace(census_day=old.census_day)
    elif new.pupils != old.pupils:
        kept = kept._replace(census_day=new.census_day)
    if new.easting is None or new.northing is None:
        kept = kept._replace(easting=old.easting, northing=old.northing)
    if new.closed is None and new.status == Status.OPEN != old.status:
        kept = kept._replace(closed=None)
    return kept


class Missing(NamedTuple):
    """A school of the register that a complete file lacks."""

    pk: int
    id: str
    name: str
    since: date
    is_new: bool
    """Whether it was not marked as missing before."""


def missing_schools(content: RegisterFile, stored: Mapping[str, StoredSchool], *, day: date) -> list[Missing]:
    """Return the register's schools that a complete file of `day` lacks, by register id.

    A school that opened later could not be in the file. A school whose row cannot be used is in the file nevertheless.
    """
    return [
        Missing(old.pk, register_id, old.facts.name, old.missing_since or day, old.missing_since is None)
        for register_id, old in sorted(stored.items())
        if old.source == Source.REGISTER
        and register_id not in content.schools
        and register_id not in content.unused
        and not (old.facts.opened and old.facts.opened > day)
    ]
