"""What has to be put into somebody’s calendar or taken out of it, compared with what mails did there; without a database."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schools.visits.queries.entries import Entry, Mailed, SessionFacts
from schools.visits.queries.standings import Standing, Standings

type Facts = Mapping[int, SessionFacts]
"""By the session’s id."""
type Names = Callable[[str], str]
"""Makes a name that no other installation, visit or person gives."""

PEOPLE_COME = SessionFacts()


@dataclass(frozen=True)
class PartyCalendar:
    """The calendar of one volunteer or school, as far as it is about one visit."""

    wanted: Sequence[Entry]
    """What should stand in it today."""
    mailed: Sequence[Mailed]
    """What mails did in it, the oldest first."""
    facts: Facts
    is_of_several: bool = False
    """Whether several people may read there, one after another, as at a school."""
    missed: Collection[str] = ()
    """The names of the entries that mails brought which did not arrive."""

    def changes(self, *, to: str, now: datetime, spoken: Collection[int] = ()) -> list[Entry]:
        """Return what a mail to this address has to put in, change or take out; what is over stays as it is.

        A morning that never stood there is put in by a mail that speaks of one of its sessions (`spoken`, their ids). One that a
        mail to another address has put in is put in here as well, and one of a mail that did not arrive: others spoke of it since
        and left it out.
        """
        to = to.lower()
        wanted = {entry.uid: entry for entry in self.wanted}
        ever = {entry.uid for mail in self.mailed for entry in mail.entries}
        changed = [
            entry
            for entry in wanted.values()
            if (entry.uid in ever or entry.uid in self.missed or set(entry.sessions) & set(spoken))
            and any(before != entry for before in _may_stand(self.mailed, entry.uid, to=to))
            and not self._is_over(entry.uid, now=now)
        ]
        for uid in sorted(ever - wanted.keys()):
            there = [entry for entry in self._may_stand_at(to, uid) if entry and entry.is_there and not entry.has_ended(now)]
            if there and not self._is_over(uid, now=now):
                changed.append(there[-1]._replace(is_there=False))
        return sorted(changed, key=lambda entry: (not entry.is_there, entry.begins, entry.uid))

    def _may_stand_at(self, reader: str, uid: str) -> list[Entry | None]:
        """Return what may be in the calendar of whoever reads at this address now, under this name.

        Where no mail may have come to it, they may have read at any other, and a colleague at another since.
        """
        here = _may_stand(self.mailed, uid, to=reader)
        if not self.is_of_several:
            return [*_may_stand(self.mailed, uid), *here]
        others = {mail.to for mail in self.mailed if mail.to} if None in here else set()
        elsewhere: list[Entry | None] = []
        for other in sorted(others):
            # Of who was erased nobody knows any more which address they had.
            theirs = [mail for mail in self.mailed if mail.to in {None, "", other}]
            elsewhere += _may_stand(theirs, uid, reader=reader)
        return [*elsewhere, *_may_stand(self.mailed, uid, reader=reader), *here]

    def _is_over(self, uid: str, *, now: datetime) -> bool:
        """Whether the entry is of a morning that was reported, as a whole or in part, or that has ended."""
        last = next((entry for entry in self.wanted if entry.uid == uid), None)
        before = _may_stand(self.mailed, uid)[-1]
        # A day to come that stands there is put right, also where the right one is over.
        stands_to_come = before is not None and before.is_there and not before.has_ended(now)
        if last and last.has_ended(now) and not stands_to_come:
            return True
        return before is not None and any(self.facts.get(pk, PEOPLE_COME).is_reported for pk in before.sessions)


def _may_stand(mailed: Iterable[Mailed], uid: str, *, to: str | None = None, reader: str | None = None) -> list[Entry | None]:
    """Return what may be in the calendar under this name; `to`: in that of this address alone. None: nothing ever was.

    To a `reader` at another address what no server answered for may not have come.
    """
    may: list[Entry | None] = [None]
    for mail in mailed:
        if to is None or mail.to in {None, to}:
            is_doubtful = mail.is_doubtful or (mail.is_unanswered and reader not in {None, mail.to})
            for entry in mail.entries:
                if entry.uid == uid:
                    may = [*may, entry] if is_doubtful else [entry]
    return may


def wanted_entries(standings: Standings, stands: str, facts: Facts, mailed: Sequence[Mailed], *, names: Names) -> list[Entry]:
    """Return what should stand in the calendar of somebody who stands so to the sessions: an entry for each of their days.

    A morning keeps the name of the entry in which its sessions stood last, however often they moved since. Where that was
    reported meanwhile, it is over, and they begin another. `names` gives a new name.
    """
    days: defaultdict[tuple[str, int], list[Standing]] = defaultdict(list)
    for standing in standings.values():
        if standing.stands == stands:
            # The windows of two online sessions may differ, so each is an entry of its own.
            alone = standing.session if facts.get(standing.session, PEOPLE_COME).until else 0
            days[standing.day, alone].append(standing)
    mornings = [_morning(theirs, facts) for _, theirs in sorted(days.items())]
    return _named(mornings, [entry for mail in mailed for entry in mail.entries], facts, names=names)


def _morning(standings: Sequence[Standing], facts: Facts) -> Entry:
    """Return the entry of these sessions of one day, still without a name."""
    first = min(standings, key=lambda standing: standing.starts)
    until = facts.get(first.session, PEOPLE_COME).until
    begins = first.day if until else f"{first.day}T{first.starts}"
    ends = until or f"{first.day}T{max(standing.ends for standing in standings)}"
    return Entry("", begins, ends, tuple(sorted(standing.session for standing in standings)), is_there=True)


def _named(mornings: Sequence[Entry], mailed: Sequence[Entry], facts: Facts, *, names: Names) -> list[Entry]:
    """Give each morning its name: the one with most of an entry’s sessions keeps it; of equals, the one on the entry’s day."""
    last: dict[int, Entry] = {}
    for entry in mailed:
        if not any(facts.get(pk, PEOPLE_COME).is_reported for pk in entry.sessions):
            last.update(dict.fromkeys(entry.sessions, entry))
    given: dict[int, str] = {}
    claims = sorted(claim for place, morning in enumerate(mornings) for claim in _claims(place, morning, last))
    for _, _, uid, number in claims:
        if number not in given and uid not in given.values():
            given[number] = uid
    used = {entry.uid for entry in mailed}
    for number, morning in enumerate(mornings):
        if number not in given:
            given[number] = _new_name(morning.sessions[0], used | set(given.values()), names=names)
    return [morning._replace(uid=given[number]) for number, morning in enumerate(mornings)]


def _claims(number: int, morning: Entry, last: Mapping[int, Entry]) -> list[tuple[int, bool, str, int]]:
    """Return the names that the morning with this number may have: the fitter a name is, the lower is what it is sorted by."""
    before = [last[pk] for pk in morning.sessions if pk in last]
    shared = Counter(entry.uid for entry in before)
    return list({(-shared[entry.uid], entry.first_day != morning.first_day, entry.uid, number) for entry in before})


def _new_name(session: int, used: Collection[str], *, names: Names) -> str:
    """Return a name after the session, with a number where another morning has that name."""
    number = 1
    while (uid := names(f"{session}" if number == 1 else f"{session}.{number}")) in used:
        number += 1
    return uid
