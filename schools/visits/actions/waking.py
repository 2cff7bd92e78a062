"""Waking the kinds of messages after a change, and writing down what people knew before it (docs/messages.md)."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from schools.messages.asking import ask_soon
from schools.visits.actions.batches import Changes, field_values
from schools.visits.models import KnownBy, MessageAbout, Session, Visit
from schools.visits.queries.known import ANEW, known_standings
from schools.visits.queries.parties import contact_to_write_to
from schools.visits.queries.standings import (
    AGREED,
    ASKED,
    EXPECTED,
    PLANNED,
    SCHOOL,
    UNCONFIRMED,
    VOLUNTEER,
    Pair,
    Standing,
    Standings,
    true_standings,
    true_standings_of_schools,
)
from schools.visits.queries.to_phone import not_reported

BEFORE = "before"
"""In place of a fingerprint: each person has one such row for a visit, whoever changes it first."""


def about_to_change(visits: Collection[int], newcomers: Collection[int] = ()) -> None:
    """Write down what everybody who is on the visits knows so far, and wake the kinds of messages after the commit.

    Call it with the sessions locked, before anything changes. `newcomers` are volunteers who may come onto a visit; no verb
    brings somebody onto several visits at once. What people know is written once; messages tell the rest.
    """
    wanted = sorted(set(visits))
    if not wanted:
        return
    # The standings are read first: whoever changed them meanwhile has written its row by then, so this one is not taken.
    true = true_standings(wanted)
    involved = {(wanted[0], person) for person in newcomers} if len(wanted) == 1 else set()
    involved |= {
        pair for pair, theirs in true.items() if any(standing.stands in {ASKED, *EXPECTED} for standing in theirs.values())
    }
    _write_before(VOLUNTEER, wanted, involved, true)


def schools_about_to_change(visits: Collection[int], newcomers: Collection[int] = ()) -> None:
    """Do the same for the schools of the visits, hosts and guests, before a change that concerns them.

    `newcomers` are schools that may become guests of a visit; no verb brings one to several visits at once.
    """
    wanted = sorted(set(visits))
    if not wanted:
        return
    true = true_standings_of_schools(wanted)
    involved = set(true) | ({(wanted[0], school) for school in newcomers} if len(wanted) == 1 else set())
    _write_before(SCHOOL, wanted, involved, true)


def _write_before(of: str, visits: list[int], involved: set[Pair], true: Mapping[Pair, Standings]) -> None:
    """Write what the parties knew before, of those for whom that is not written, and wake the kinds after the commit."""
    written = set(MessageAbout.objects.filter(visit__in=visits, facts=BEFORE).values_list("visit", of))
    MessageAbout.objects.bulk_create(
        (
            MessageAbout(
                visit_id=visit,
                **{f"{of}_id": party},
                known_by=KnownBy.BEFORE,
                says=[standing.as_row for standing in true.get((visit, party), {}).values()],
                facts=BEFORE,
            )
            for visit, party in sorted(involved - written)
        ),
        ignore_conflicts=True,
    )
    wake(visits)


def wake(visits: Collection[int]) -> None:
    """Ask the kinds of messages about these visits (by id) once the change is committed."""
    # Robust: the change is stored by then, and a lost task is made good by the next run over everything.
    transaction.on_commit(partial(ask_soon.enqueue, sorted(visits)), robust=True)


def they_know(
    people: Collection[int],
    *,
    sessions: Collection[int],
    now: datetime,
    unconfirmed: bool = False,
    changes: Changes | None = None,
) -> None:
    """Write down that the volunteers know how they stand today to these sessions (by id), so that no message tells them.

    `unconfirmed`: they took it, or agreed to it on the phone. That is still confirmed, and if it ends before, they are told that.
    `changes` records what was written.
    """
    rows = MessageAbout.objects.filter(volunteer__in=people, is_reminder=False)
    rows = rows.filter(visit__in=Session.objects.filter(pk__in=sessions).order_by().values("visit"))
    pairs = set(rows.values_list("visit", "volunteer"))
    visits = {visit for visit, _ in pairs}
    true, known = true_standings(visits), known_standings(visits)
    for pair in sorted(pairs):
        theirs: Standings = true.get(pair, {})
        if unconfirmed:
            theirs = {pk: standing._replace(at=UNCONFIRMED) for pk, standing in theirs.items()}
        heard = {pk: standing for pk, standing in theirs.items() if pk in sessions}
        _write_known(VOLUNTEER, pair, {**known[pair].says, **heard}, speaks_of=heard, now=now, changes=changes)
    # Whoever takes a place, or agrees to it on the phone, has heard what else there was to say of the visit.
    they_heard(VOLUNTEER, dict.fromkeys(pairs, None if unconfirmed else sessions), changes=changes)


def they_heard(of: str, heard: Mapping[Pair, Collection[int] | None], *, changes: Changes | None = None) -> None:
    """Write down that these parties need not be phoned any more about what they were mailed of these sessions (by id).

    None: about all of the visit. Who was mailed of other sessions too is still to be phoned, unless those were reported or are
    gone. `changes` records what was written.
    """
    if not heard:
        return
    rows = MessageAbout.objects.filter(visit__in={visit for visit, _ in heard}, phone_until__isnull=False)
    rows = rows.filter(**{f"{of}__in": {party for _, party in heard}})
    theirs = [row for row in rows.order_by("pk") if (row.visit_id, getattr(row, f"{of}_id")) in heard]
    still = _not_reported(theirs)
    for row in theirs:
        sessions = heard[row.visit_id, getattr(row, f"{of}_id")]
        if sessions is None or still.intersection(row.speaks_of or ()) <= set(sessions):
            before = field_values(row, ["phone_until"])
            row.phone_until = None
            row.save(update_fields=["phone_until"])
            if changes is not None:
                changes.record_changed(row, before)


def reported(visit: int) -> None:
    """Write down that nobody has to be phoned any more who was mailed only of sessions of the visit (by id) that were reported.

    One query where nobody was to be phoned, and one more for each row that ends.
    """
    rows = list(MessageAbout.objects.filter(visit=visit, phone_until__isnull=False).order_by("pk"))
    still = _not_reported(rows)
    for row in rows:
        if still.isdisjoint(row.speaks_of or ()):
            row.phone_until = None
            row.save(update_fields=["phone_until"])


def _not_reported(rows: Collection[MessageAbout]) -> set[int]:
    """Return the ids of those sessions of which these rows speak that are there, and not reported; no query without rows."""
    return set(not_reported({pk for row in rows for pk in row.speaks_of or ()}).values_list("pk", flat=True))


def hosts_know(sessions: Collection[int], *, now: datetime, changes: Changes | None = None) -> None:
    """Write down that the host schools of these sessions (by id) know how they stand today; `changes` as in `they_know`."""
    visits = Visit.objects.filter(pk__in=Session.objects.filter(pk__in=sessions).order_by().values("visit"))
    hosts = set(visits.order_by().values_list("pk", "school"))
    ids = {visit for visit, _ in hosts}
    true, known = true_standings_of_schools(ids), known_standings(ids, of=SCHOOL)
    for pair in sorted(hosts & known.keys()):
        theirs = {pk: standing for pk, standing in true.get(pair, {}).items() if pk in sessions}
        _write_known(SCHOOL, pair, {**known[pair].says, **theirs}, speaks_of=theirs, now=now, changes=changes)
    they_heard(SCHOOL, dict.fromkeys(hosts, sessions), changes=changes)


def guests_know(pairs: Collection[Pair], *, now: datetime, changes: Changes | None = None) -> None:
    """Write down that these guests, by visit and school, know how they stand today to all of the visit; as `they_know`."""
    true = true_standings_of_schools({visit for visit, _ in pairs})
    for pair in sorted(pairs):
        _write_known(SCHOOL, pair, true.get(pair, {}), speaks_of=None, now=now, changes=changes)
    they_heard(SCHOOL, dict.fromkeys(pairs), changes=changes)


def hosts_know_the_rest(pairs: Collection[Pair], *, now: datetime, changes: Changes | None = None) -> None:
    """Write down that these hosts, by visit and school, know whose pupils come to them, and what was taken out of the visit.

    What else is new of a session that is there stands by itself, to be ticked by itself. `changes` as in `they_know`.
    """
    ids = {visit for visit, _ in pairs}
    true, known = true_standings_of_schools(ids), known_standings(ids, of=SCHOOL)
    heard: dict[Pair, set[int]] = {}
    for pair in sorted(pairs & known.keys()):
        theirs, says = true.get(pair, {}), known[pair].says
        guests = {pk: standing for pk, standing in theirs.items() if _as_agreed(says.get(pk)) == standing._replace(guests="")}
        gone = says.keys() - theirs.keys()
        left = {pk: standing for pk, standing in says.items() if pk not in gone}
        heard[pair] = {*guests, *gone}
        _write_known(SCHOOL, pair, {**left, **guests}, speaks_of=heard[pair], now=now, changes=changes)
    they_heard(SCHOOL, heard, changes=changes)


def _as_agreed(known: Standing | None) -> Standing | None:
    """Return what a host knows of a session, without its guests: of an agreed visit somebody has spoken with it."""
    return known._replace(guests="", stands=AGREED if known.stands == PLANNED else known.stands) if known else None


def reader_of(visit: Visit) -> str:
    """Return the address to which mails to the host of the visit go; "" where there is none."""
    contact = contact_to_write_to(visit, visit.school)
    return contact.email if contact else ""


def somebody_else_reads(visit: Visit, *, before: str, now: datetime) -> None:
    """Write down that the host of the visit is written to at another address than `before` (reader_of), and wake its kinds.

    Who reads there is told all that holds, and what was agreed once and does not hold any more: they may have read of it earlier,
    before somebody else was told otherwise. Where they were written to last, they know it.
    """
    reader, host = reader_of(visit), (visit.pk, visit.school_id)
    if reader == before:
        return
    rows = MessageAbout.objects.filter(visit=visit, school=visit.school_id, is_reminder=False)
    anew = rows.filter(facts__startswith=ANEW)
    since = anew.order_by("pk").values_list("pk", flat=True).first()
    # Somebody in between may have read no mail, and have heard of something on the phone.
    was_phoned = since is not None and rows.filter(known_by=KnownBy.OTHERWISE, pk__gt=since).exclude(pk__in=anew).exists()
    anew.delete()
    # What was handed over and got no answer may have been read as well.
    read = rows.filter(Q(message__sent_at__isnull=False) | Q(message__handed_over_at__isnull=False)).order_by("-pk")
    last_reader = read.values_list("message__to", flat=True).first()
    known = known_standings([visit.pk], of=SCHOOL).get(host)
    if known is not None and (was_phoned or reader != last_reader):
        says = [standing.as_row for _, standing in sorted(known.says.items())]
        facts = f"{ANEW}{hashlib.sha256(repr((now.isoformat(), says)).encode()).hexdigest()[:32]}"
        values = {"known_by": KnownBy.OTHERWISE, "says": says, "speaks_of": [], "facts": facts, "at": now}
        MessageAbout.objects.create(visit=visit, school_id=visit.school_id, **values)
    wake([visit.pk])


def is_read_anew(visit: Visit) -> bool:
    """Return whether somebody began to read for the host of the visit after that had heard of it (`somebody_else_reads`)."""
    return _read_anew(visit).exists()


def nobody_else_reads(visit: Visit) -> None:
    """Forget that somebody else began to read for the host of the visit, as they never heard of it, and wake its kinds."""
    _read_anew(visit).delete()
    wake([visit.pk])


def _read_anew(visit: Visit) -> QuerySet[MessageAbout]:
    return MessageAbout.objects.filter(visit=visit, school=visit.school_id, is_reminder=False, facts__startswith=ANEW)


def _write_known(
    of: str,
    pair: Pair,
    standings: Standings,
    *,
    speaks_of: Iterable[int] | None,
    now: datetime,
    changes: Changes | None,
) -> None:
    """Store what they know; `speaks_of`: the ids of the sessions of which they have just heard; None: of all."""
    says = [standing.as_row for _, standing in sorted(standings.items())]
    facts = hashlib.sha256(repr((now.isoformat(), says)).encode()).hexdigest()[:32]
    heard = None if speaks_of is None else sorted(speaks_of)
    values = {"known_by": KnownBy.OTHERWISE, "says": says, "speaks_of": heard, "at": now}
    key = {"visit_id": pair[0], f"{of}_id": pair[1], "facts": facts}
    row, is_new = MessageAbout.objects.get_or_create(**key, defaults=values)
    if is_new and changes is not None:
        changes.record_created(row, ["facts"])
