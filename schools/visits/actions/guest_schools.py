"""Adding a guest school to a booked visit, changing which of its pupils come to which session, and taking it off."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import joined
from schools.core.year_groups import year_group_name
from schools.directory.models import School
from schools.visits.actions.waking import schools_about_to_change
from schools.visits.models import Headcount, Session, SessionStage, Visit
from schools.visits.rules.guest_schools import reasons_not_to_set_guest

type Coming = Mapping[int, Mapping[int, int | None]]
"""The pupils expected, by the session’s id and the year group; None: not known."""


class GuestChanged(RuleBroken):
    """A refusal, because somebody has changed who comes of the guest since it was looked at; `coming` is who comes now."""

    def __init__(self, guest: School, sessions: Iterable[Session], coming: Coming) -> None:
        self.coming = coming
        stands = [f"To {session}: {_in_words(guest, coming[session.pk])}." for session in sessions if session.pk in coming]
        now = " ".join(stands) or "Now nobody of it comes."
        first = f"Somebody changed which pupils of {guest} come, after you had opened this page."
        super().__init__([f"{first} {now} If what you chose is still right, press once more."])


def _in_words(guest: School, groups: Mapping[int, int | None]) -> str:
    """Return the year groups with the pupils expected, such as “Year 3 (12) and Year 4”."""
    names = {group: year_group_name(group, guest.nation) for group in sorted(groups)}
    return joined(name if groups[group] is None else f"{name} ({groups[group]:,})" for group, name in names.items())


def coming_of(guest: School, sessions: Iterable[Session]) -> dict[int, dict[int, int | None]]:
    """Return the pupils of the guest in those of the sessions that are to come, as they are stored."""
    coming: dict[int, dict[int, int | None]] = {}
    for session in sessions:
        counts = {row.year_group: row.expected for row in session.headcounts.all() if row.school_id == guest.pk}
        if counts and session.stage == SessionStage.SCHEDULED:
            coming[session.pk] = counts
    return coming


def mark_of(coming: Coming) -> str:
    """Return a short fingerprint: it differs after somebody has changed which pupils of the guest come."""
    rows = sorted((session, sorted(counts.items())) for session, counts in coming.items())
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


@transaction.atomic
def set_guest(visit: Visit, guest: School, coming: Coming, *, seen: str, by: User, now: datetime) -> Visit:
    """Let these pupils of the guest school come to the sessions of the visit, and no others of it; `coming` empty takes it off.

    What took place or was cancelled stays as it is. `seen` is `mark_of` what the user looked at. Guest and host are told by the
    kind of messages about visits. Raises GuestChanged where something else is stored by now, and RuleBroken with every reason.
    """
    visit = Visit.objects.select_related("school").get(pk=visit.pk)
    locked = Session.objects.select_for_update(of=("self",)).filter(visit=visit).select_related("type", "visit__school")
    sessions = list(locked.order_by("pk").prefetch_related("headcounts"))
    stored = coming_of(guest, sessions)
    wanted = {session: dict(counts) for session, counts in coming.items()}
    if wanted == stored:
        return visit
    if seen != mark_of(stored):
        raise GuestChanged(guest, sessions, stored)
    changed = [session for session in sessions if stored.get(session.pk) != wanted.get(session.pk)]
    if reasons := reasons_not_to_set_guest(visit, guest, changed, wanted, by=by, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
    schools_about_to_change([visit.pk], newcomers=[guest.pk])
    for session in changed:
        _store(session, guest, wanted.get(session.pk, {}))
    return visit


def _store(session: Session, guest: School, counts: Mapping[int, int | None]) -> None:
    rows = {row.year_group: row for row in session.headcounts.all() if row.school_id == guest.pk}
    for group, row in rows.items():
        if group not in counts:
            row.delete()
        elif row.expected != counts[group]:
            row.expected = counts[group]
            row.save()
    for group in sorted(counts.keys() - rows.keys()):
        Headcount.objects.create(session=session, school=guest, year_group=group, expected=counts[group])
