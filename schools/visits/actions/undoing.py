"""Undoing a batch, once: what is still as the batch left it is put back, what is not is listed."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import joined
from schools.directory.models import AreaCoordinator
from schools.visits import emails, rules
from schools.visits.actions.batches import stands, table_of
from schools.visits.actions.locks import hold_off_closing, lock_people_and_sessions
from schools.visits.models import (
    Batch,
    BatchKind,
    ContactLog,
    Cover,
    CoverNews,
    CoverState,
    SchoolNews,
    Session,
    SessionStage,
    Visit,
    VisitStage,
)
from schools.visits.queries import CoverRecords

TABLES = ("visit", "session", "cover", "areacoordinator", "contactlog")
"""Tables whose rows a batch may hold, in the order in which they are put back."""

TOLD = {"told_at": ("news", CoverNews.BACK), "school_told_at": ("school_news", SchoolNews.BACK)}
"""Where it stands that they know, what they know, and what they are to be told when it is taken back."""

TELLING = frozenset({"news_why", "told_at", "school_news", "school_told_at"})
"""Who was told meanwhile does not keep anything from being put back; they are to be told again.

Whoever has other news by now, such as that they were taken off, was changed since.
"""

LONGEST_WHY = 300

type Row = dict[str, Any]


@transaction.atomic
def undo(batch: Batch, *, by: User, now: datetime) -> Batch:
    """Put back what is still as the batch left it; `left_alone` of the batch says what was changed since, or cannot be put back.

    Who was on a session keeps the place where they are still free. Who was told by somebody is to be told again; who was only
    mailed is mailed again. Raises RuleBroken when it was undone before.
    """
    batch = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.undone_at is not None:
        raise RuleBroken(["This was undone already. Look at the rows themselves to change them further."])
    on = timezone.localdate(now)
    rows = _locked_rows(batch.changes)
    hold_off_closing(_days_before(batch.changes, rows), on=on)
    left: list[str] = []
    back: list[Model] = []
    # What was written last is put back first: a session whose slot another took over waits until that one has left it.
    latest_first = batch.changes[::-1]
    for change in sorted(latest_first, key=lambda one: TABLES.index(one["table"])):
        row = rows.get((change["table"], change["pk"]))
        if row is None or not _as_left(row, change):
            left.append(f"{_name(change, row)} was changed since, so it stays as it is.")
        elif reasons := _reasons_not_back(change, row, {(table_of(one), one.pk) for one in back}, batch, by=by, on=on):
            left.append(f"{_name(change, row)} stays as it is. {' '.join(reasons)}")
        elif _put_back(change, row):
            back.append(row)
        else:
            left.append(f"{_name(change, row)} stays as it is: what was there before no longer fits. Change it by hand.")
    left += _judged_again(back, by=by, on=on, now=now)
    batch.undone_at, batch.undone_by, batch.left_alone = now, by, left
    batch.save()
    return batch


def _locked_rows(changes: Iterable[Row]) -> dict[tuple[str, int], Model]:
    """The rows of the batch, visits first, then people, then sessions, each locked by id, as everybody locks."""
    ids: dict[str, set[int]] = {}
    for change in changes:
        ids.setdefault(change["table"], set()).add(change["pk"])
    sessions = ids.get("session", set())
    sessions |= set(Cover.objects.filter(pk__in=ids.get("cover", ())).values_list("session", flat=True))
    people = Cover.objects.filter(session__in=sessions).values_list("volunteer", flat=True)
    visits = Visit.objects.select_for_update(of=("self",)).filter(pk__in=ids.get("visit", ())).order_by("pk")
    found: list[Model] = list(visits.select_related("school"))
    lock_people_and_sessions(list(people), sessions)
    found += Session.objects.filter(pk__in=ids.get("session", ())).select_related("type", "visit__school")
    covers = Cover.objects.filter(pk__in=ids.get("cover", ()))
    found += covers.select_related("volunteer__user", "session__type", "session__visit__school")
    found += AreaCoordinator.objects.select_for_update(of=("self",)).filter(pk__in=ids.get("areacoordinator", ())).order_by("pk")
    found += ContactLog.objects.select_for_update(of=("self",)).filter(pk__in=ids.get("contactlog", ())).order_by("pk")
    return {(table_of(row), row.pk): row for row in found}


def _days_before(changes: Iterable[Row], rows: dict[tuple[str, int], Model]) -> Iterator[tuple[int, date]]:
    """The school and day to which each session goes back."""
    for change in changes:
        session = rows.get((change["table"], change["pk"]))
        if isinstance(session, Session) and (day := change.get("before", {}).get("day")):
            yield session.visit.school_id, date.fromisoformat(day)


def _as_left(row: Model, change: Row) -> bool:
    after = {name: value for name, value in change["after"].items() if name not in TELLING}
    return stands(row, list(after)) == after


def _name(change: Row, row: Model | None) -> str:
    return str(row) if row is not None else f"A row that is gone ({change['table']} {change['pk']})"


def _reasons_not_back(change: Row, row: Model, back: set[tuple[str, int]], batch: Batch, *, by: User, on: date) -> list[str]:
    """Why a row cannot be as it was, although nobody changed it since."""
    if isinstance(row, Session):
        return _reasons_of_session(change, row, batch, by=by, on=on)
    if isinstance(row, Visit):
        reasons = rules.reasons_not_theirs(row, by=by, on=on)
        again = Visit.objects.filter(replaces=row).exclude(stage__in=(VisitStage.CANCELLED, VisitStage.DECLINED))
        if change["after"].get("stage") == VisitStage.CANCELLED and again.exists():
            reasons.append("It was booked again meanwhile. Cancel the new visit first if this one is to take place.")
        return reasons
    of_batch = {(one["table"], one["pk"]) for one in batch.changes}
    if isinstance(row, Cover) and ("session", row.session_id) in of_batch - back:
        return ["Its session stays as it is."]
    return []


def _reasons_of_session(change: Row, session: Session, batch: Batch, *, by: User, on: date) -> list[str]:
    """Nobody who said yes to the new time is moved without being asked, and no signed-off return changes."""
    day = date.fromisoformat(change["before"].get("day") or session.day.isoformat())
    reasons = rules.reasons_not_theirs(session.visit, by=by, on=on)
    reasons += rules.reasons_days_locked(session.visit.school, {day, session.day}, by=by)
    # Visits are put back before their sessions.
    if Visit.objects.filter(pk=session.visit_id, stage=VisitStage.CANCELLED).exists():
        reasons.append("Its visit stays cancelled.")
    if batch.kind == BatchKind.MOVE:
        # A move leaves the stage alone, so that comparing what it wrote does not tell.
        if session.stage != SessionStage.SCHEDULED:
            what = "took place" if session.stage == SessionStage.DELIVERED else "was cancelled"
            reasons.append(f"It {what} since, and is not moved any more.")
        left = {one["pk"]: one["after"] for one in batch.changes if one["table"] == "cover"}
        yes = Cover.objects.holding().filter(session=session).select_related("volunteer")
        since = [
            str(cover.volunteer) for cover in yes if cover.pk not in left or left[cover.pk].get("state") == CoverState.OFFERED
        ]
        if since:
            reasons.append(f"{joined(since)} said yes to the new time. Move it again instead, so that everybody is asked.")
    return reasons


def _put_back(change: Row, row: Model) -> bool:
    """Write what was there before, in a savepoint; False where the database's promises stand against it."""
    # Blank in the batch and filled in since: somebody told them, and they have to be told once more.
    told = {name: news for name, news in TOLD.items() if name in change["after"] and getattr(row, name) is not None}
    try:
        with transaction.atomic():
            if "before" not in change:
                row.delete()
                return True
            for name, value in change["before"].items():
                field = row._meta.get_field(name)
                setattr(row, field.attname, field.to_python(value))  # type: ignore[union-attr]  # columns alone are named
            for name, (news, back) in told.items():
                setattr(row, name, None)
                setattr(row, news, back)
            row.full_clean(exclude=[one.name for one in row._meta.fields if one.is_relation])
            row.save()
    except (ValidationError, IntegrityError):
        row.refresh_from_db()
        return False
    return True


def _judged_again(back: Iterable[Model], *, by: User, on: date, now: datetime) -> list[str]:
    """Take those off the sessions that are back who are no longer free then, and mail the others; who was taken off."""
    rows = list(back)
    sessions = {
        row.pk: row for row in rows if isinstance(row, Session) and row.stage == SessionStage.SCHEDULED and row.last_day >= on
    }
    covers = list(Cover.objects.live().filter(session__in=sessions).select_related("volunteer__user").order_by("pk"))
    for cover in covers:
        cover.session = sessions[cover.session_id]
    people = {cover.volunteer for cover in covers}
    records = CoverRecords.of(people, sessions.values())
    strangers = rules.redacted_for(by, people, on=on)
    gone, told = [], []
    for cover in covers:
        reasons = rules.reasons_not_there(cover.volunteer, cover.session, role=cover.role, records=records)
        if not reasons:
            told.append(cover)
            continue
        unsaid = [rules.redacted_reason(cover.volunteer)]
        is_guest = bool(rules.redacted_at(cover.session.visit.school, [cover.volunteer], on=on))
        why = " ".join(unsaid if is_guest else reasons)
        cover.state, cover.answered_at = CoverState.WITHDRAWN, now
        cover.news, cover.news_why, cover.told_at = CoverNews.DROPPED, why[:LONGEST_WHY], None
        cover.save()
        said = unsaid if cover.volunteer_id in strangers else reasons
        gone.append(f"{cover.volunteer} is no longer on {cover.session}. {' '.join(said)}")
    emails.tell_back(told, now=now)
    return gone
