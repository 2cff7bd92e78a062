"""What a register would change, worked out from plain values: what the file says, what is stored, which authority is which."""

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
    """From when it belongs to that authority; None: always."""
    source: str
    missing_since: date | None
    facts: SchoolFacts

    @property
    def is_settled(self) -> bool:
        """Its source is the register and it is not marked as missing, so there is nothing but facts to change."""
        return self.source == Source.REGISTER and self.missing_since is None


class Change(NamedTuple):
    """What becomes of a stored school; `authority` is the key of its new authority, or "" where it stays."""

    register_id: str
    old: StoredSchool
    facts: SchoolFacts
    authority: str


class NewSchool(NamedTuple):
    """A school that was not known."""

    register_id: str
    authority: str
    facts: SchoolFacts


@dataclass
class Differences:
    """What is to be written, and how many schools there is nothing to write about."""

    created: list[NewSchool] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    outdated: int = 0
    """Rows that are older than what is stored; they change nothing."""

    @property
    def closed(self) -> int:
        """Schools that were open, and are closed now; they are among the changed."""
        return sum(change.facts.status == Status.CLOSED != change.old.facts.status for change in self.changed)

    @property
    def moved(self) -> list[Change]:
        """Schools that belong to another authority now."""
        return [change for change in self.changed if change.authority]


def differences(
    content: RegisterFile,
    stored: Mapping[str, StoredSchool],
    authorities: Mapping[str, int | None],
    *,
    day: date,
    replaced: Collection[tuple[int, int]] = (),
) -> Differences:
    """Compare the file with what is stored; `authorities` gives the id of each of the file's authorities, None for a new one.

    A file whose `day` lies before a school came to its present authority knows nothing of that move and does not undo it.
    `replaced` are pairs of authorities, the abolished one and the one that took its place by then.
    """
    outdated = outdated_rows(content, stored, authorities, replaced)
    found = Differences(outdated=len(outdated))
    for register_id, (_, authority, facts) in content.schools.items():
        if register_id in outdated:
            continue
        old = stored.get(register_id)
        if old is None:
            found.created.append(NewSchool(register_id, authority, facts))
            continue
        kept = facts if facts == old.facts else merged(old.facts, facts)
        is_news = authority and (old.since is None or old.since <= day)
        # A new authority has no id yet, and neither has a school without authority.
        is_other = is_news and (authorities[authority] is None or authorities[authority] != old.authority_id)
        moves_to = authority if is_other else ""
        if kept == old.facts and not moves_to and old.is_settled:
            found.unchanged += 1
        else:
            found.changed.append(Change(register_id, old, kept, moves_to))
    return found


def outdated_rows(
    content: RegisterFile,
    stored: Mapping[str, StoredSchool],
    authorities: Mapping[str, int | None],
    replaced: Collection[tuple[int, int]],
) -> set[str]:
    """Schools of which the file, whatever day was said, knows less than what is stored.

    Their rows name an authority that was abolished since, as the present one took its place. A file with such rows is older
    than the register, so it opens no closed school of the abolished authorities again either.
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
    """The new facts, and the old ones where the register says nothing: a blank never erases.

    Three facts hang on another and follow it. A census day is the day of a number of pupils: it stays with the number that
    stays, and goes with the one that goes. A grid reference is taken whole. A school that opened again has no closing day.
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
    """A school of the register that its whole file does not name."""

    pk: int
    id: str
    name: str
    since: date
    is_news: bool
    """It was not known before that it is missing."""


def missing_schools(content: RegisterFile, stored: Mapping[str, StoredSchool], *, day: date) -> list[Missing]:
    """Schools of the register that a file which is the whole register of `day` lacks, by register id.

    A school that opened later could not be in it. One whose row cannot be used is in it all the same.
    """
    return [
        Missing(old.pk, register_id, old.facts.name, old.missing_since or day, old.missing_since is None)
        for register_id, old in sorted(stored.items())
        if old.source == Source.REGISTER
        and register_id not in content.schools
        and register_id not in content.unused
        and not (old.facts.opened and old.facts.opened > day)
    ]
