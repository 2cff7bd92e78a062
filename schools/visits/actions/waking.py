"""Waking the kinds of messages after a change, and writing down what people knew before it (docs/messages.md)."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction

from schools.messages.asking import ask_soon
from schools.visits.models import KnownBy, MessageAbout, Session
from schools.visits.queries.standings import ASKED, EXPECTED, known_standings, true_standings

BEFORE = "before"
"""In place of a fingerprint: each person has one such row for a visit, whoever changes it first."""


UNCONFIRMED = "unconfirmed"
"""In place of the time of an answer: they know that they are down for it, and no message has said so yet."""


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
    written = set(MessageAbout.objects.filter(visit__in=wanted, facts=BEFORE).values_list("visit", "volunteer"))
    MessageAbout.objects.bulk_create(
        (
            MessageAbout(
                visit_id=visit,
                volunteer_id=person,
                known_by=KnownBy.BEFORE,
                says=[list(standing) for standing in true.get((visit, person), {}).values()],
                facts=BEFORE,
            )
            for visit, person in sorted(involved - written)
        ),
        ignore_conflicts=True,
    )
    # Robust: the change is stored by then, and a lost task is made good by the next run over everything.
    transaction.on_commit(partial(ask_soon.enqueue, wanted), robust=True)


def they_know(
    people: Collection[int], *, sessions: Collection[int] | None = None, now: datetime, unconfirmed: bool = False
) -> None:
    """Write down that the volunteers know how they stand today, so that no message tells them.

    `sessions`: the ids of those that they know of; None: all sessions of all of their visits. `unconfirmed`: they took it, or
    agreed to it on the phone. That is still confirmed, and if it ends before, they are told that.
    """
    rows = MessageAbout.objects.filter(volunteer__in=people)
    if sessions is not None:
        rows = rows.filter(visit__in=Session.objects.filter(pk__in=sessions).order_by().values("visit"))
    pairs = set(rows.values_list("visit", "volunteer"))
    visits = {visit for visit, _ in pairs}
    true, known = true_standings(visits), known_standings(visits)
    for pair in sorted(pairs):
        theirs = true.get(pair, {})
        if unconfirmed:
            theirs = {pk: standing._replace(at=UNCONFIRMED) for pk, standing in theirs.items()}
        if sessions is not None:
            theirs = {**known[pair].says, **{pk: standing for pk, standing in theirs.items() if pk in sessions}}
        says = [list(standing) for _, standing in sorted(theirs.items())]
        facts = hashlib.sha256(repr((now.isoformat(), says)).encode()).hexdigest()[:32]
        values = {"known_by": KnownBy.OTHERWISE, "says": says, "at": now}
        MessageAbout.objects.get_or_create(visit_id=pair[0], volunteer_id=pair[1], facts=facts, defaults=values)
