"""Ticking that somebody knows what they had to be told."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.visits.models import Cover, Session


@transaction.atomic
def mark_told(*, covers: Iterable[Cover] = (), sessions: Iterable[Session] = (), by: User, now: datetime) -> int:
    """Tick that the covers' volunteers, and the sessions' schools, know; how many rows are ticked now that were not before.

    What became news in the meantime stays to be told: only a row that still says what was read (its news) is ticked.
    """
    ticked = 0
    # Sessions' locks come first, as everywhere: a cover changes under its session's lock.
    read = {session.pk: session.school_news for session in sessions}
    told = {cover.pk: cover for cover in covers}
    wanted = {*read, *(cover.session_id for cover in told.values())}
    for session in Session.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk"):
        if session.pk in read and session.school_told_at is None and session.school_news == read[session.pk]:
            session.school_told_at = now
            session.save()
            ticked += 1
    for cover in Cover.objects.filter(pk__in=told).order_by("pk"):
        if cover.told_at is None and cover.news == told[cover.pk].news:
            cover.told_at = now
            cover.save()
            ticked += 1
    return ticked
