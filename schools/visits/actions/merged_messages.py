"""Messages where two entries of a volunteer become one: no news is lost by it, and nothing is told a second time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schools.messages.erasing import hold_mails
from schools.messages.kinds import all_kinds
from schools.messages.models import OutboxMessage
from schools.messages.sms import KEY as SMS
from schools.visits.fingerprints import fingerprint
from schools.visits.models import KnownBy, MessageAbout
from schools.visits.queries.known import Known, known_standings
from schools.visits.queries.standings import EXPECTED, Pair, Standing, Standings, true_standings
from schools.visits.rules.notices import telling_of

type NewKey = tuple[int, str, str]
"""A message by its id, with its key before and after."""


@dataclass(frozen=True)
class Messages:
    """What two entries know of their visits, what is true of them, and which keys name the one that goes."""

    kept: int
    gone: int
    known: Mapping[Pair, Known]
    true: Mapping[Pair, Standings]
    keys: Sequence[NewKey]

    def known_together(self, *, now: datetime) -> Iterator[MessageAbout]:
        """Yield the rows, not stored yet, that say what the one entry knows once everything refers to it.

        Such a row tells nothing new and answers no question, so it is written as a reminder is. Where one entry alone had
        heard of a visit, its rows say it already, unless the visit reads otherwise now.
        """
        visits = {visit for visit, _ in self.known}
        true = true_standings(visits)
        for visit in sorted(visits):
            entries = [_Entry(self.known.get((visit, pk)), self.true.get((visit, pk), {})) for pk in (self.kept, self.gone)]
            written = [entry.known for entry in entries if entry.known is not None]
            says = _says(entries, true.get((visit, self.kept), {}))
            is_there = len(written) == 1 and (written[0].is_left or says == written[0].says)
            if says and not is_there:
                rows = [standing.as_row for _, standing in sorted(says.items())]
                yield MessageAbout(
                    visit_id=visit,
                    volunteer_id=self.kept,
                    known_by=KnownBy.MESSAGE,
                    is_reminder=True,
                    says=rows,
                    facts=fingerprint("made one", self.gone, now.isoformat(), rows),
                    at=now,
                )


def messages_before(kept: int, gone: int) -> Messages:
    """Read that of two volunteers (by id) and lock the messages whose keys change; call it before anything is written.

    Whoever sends a message locks it before they write what it is about.
    """
    keys = list(_new_keys(kept, gone))
    hold_mails([pk for pk, _before, _after in keys])
    about = MessageAbout.objects.filter(volunteer__in=(kept, gone)).order_by().values("visit")
    known = known_standings(about, parties=(kept, gone))
    return Messages(kept, gone, known, true_standings({visit for visit, _ in known}), keys)


def _new_keys(kept: int, gone: int) -> Iterator[NewKey]:
    """Yield the messages whose keys hold the volunteer that goes: as that of the other one, none of them is due again."""
    places = {kind.name: kind.volunteer_at for kind in all_kinds() if kind.volunteer_at}
    rows = OutboxMessage.objects.filter(kind__in=places, key__contains=f":{gone}").order_by("pk")
    for pk, kind, key in rows.values_list("pk", "kind", "key"):
        parts = key.removeprefix(SMS).split(":")
        place = places[kind]
        if parts[place : place + 1] == [str(gone)]:
            parts[place] = str(kept)
            yield pk, key, (SMS if key.startswith(SMS) else "") + ":".join(parts)


@dataclass(frozen=True)
class _Entry:
    """What one of the two knew of a visit, and how it stood to it, before they became one."""

    known: Known | None
    """None: nothing was written of it, so they know what is true."""
    true: Standings

    def untold(self, session: int) -> list[Standing | None]:
        """Return what they know of the session, or may know, about which they have still to be told something.

        What a manager has left unsent is not told any more.
        """
        true = self.true.get(session)
        if true is None or self.known is None or self.known.is_left:
            return []
        was_known = true in self.known.earlier
        beliefs = (self.known.says.get(session), *self.known.doubts.get(session, ()))
        return [belief for belief in beliefs if telling_of(belief, true, was_known=was_known)]

    def believes(self, session: int) -> Standing | None:
        """Return what they know of the session; None: nothing."""
        return (self.true if self.known is None else self.known.says).get(session)


def _says(entries: Sequence[_Entry], true: Standings) -> dict[int, Standing]:
    """Return what the one entry knows of a visit to which it stands so now, by the session's id; the kept entry is the first."""
    says: dict[int, Standing] = {}
    for entry in reversed(entries):
        says |= entry.known.says if entry.known else {}
    for session, standing in true.items():
        # By whose place the person stands to the session.
        is_kept = (there := entries[0].true.get(session)) is not None and there.cover == standing.cover
        holder, other = entries if is_kept else reversed(entries)
        known = _known_of(standing, holder, other)
        if known is None:
            says.pop(session, None)
        else:
            says[session] = known
    return says


def _known_of(standing: Standing, holder: _Entry, other: _Entry) -> Standing | None:
    """Return what the person knows of a session: what is still to be told stays so, and becoming one is no news itself."""
    session = standing.session
    if untold := holder.untold(session):
        return untold[0]
    belief = holder.believes(session)
    if belief is not None and belief == holder.true.get(session):
        return standing
    # Whoever is not to come, and thinks so by the other entry, has to be told it.
    if standing.stands not in EXPECTED and (untold := other.untold(session)):
        return untold[0]
    belief = belief or other.believes(session)
    return standing if telling_of(belief, standing, was_known=False) else belief
