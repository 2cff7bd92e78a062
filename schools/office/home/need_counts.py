"""Counts the rows of each need: one statement counts all needs that are not kept in the cache.

Django takes longer to compile that statement than a database takes to answer it. So it is compiled once for each user and day,
and after that only executed (docs/adr/0007-home-keeps-its-compiled-statement.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import CharField, Count, Expression, Min, Model, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils import timezone

from schools.accounts.models import User
from schools.core.batched_queries import NamedIds, compiled
from schools.directory.models import School
from schools.directory.models.areas import Patch
from schools.office.frame.need_registry import Need
from schools.visits.models import ContactLog, Cover, OfferedDates, SafeguardingNotice, Session, Visit

KEPT_SECONDS = 60
"""Seconds that the number of a slow need is shown again; its line says when it was counted."""


SESSIONS, SCHEDULED, SCHOOLS = "own_sessions", "own_scheduled", "own_schools"
"""The lists of ids that are worked out once, at the head of the statement, and not once for each need."""
OF_OWN: dict[type[Model], tuple[str, str]] = {
    Session: ("pk", SESSIONS),
    Cover: ("session", SESSIONS),
    SafeguardingNotice: ("session", SESSIONS),
    Visit: ("school", SCHOOLS),
    ContactLog: ("school", SCHOOLS),
    OfferedDates: ("school", SCHOOLS),
}
"""By which field the rows of a table belong to one of these lists; `Need.visible` says the same without them."""


@dataclass(frozen=True)
class NeedCount:
    """The number of rows and the earliest day; `as_of` is when they were counted, None means just now."""

    number: int
    since: date | None
    as_of: datetime | None = None


@dataclass(frozen=True)
class Viewer:
    """Everything that decides which rows a user sees on a day; equal viewers share one compiled statement."""

    user_id: int
    roles: frozenset[str]
    sees_everything: bool
    """Whether the user sees all rows, as managers do."""
    patch: Patch
    """What the user looks after; empty where they see everything, whatever they look after themselves."""
    on: date
    user: User = field(compare=False)

    @classmethod
    def of(cls, user: User, *, on: date) -> "Viewer":
        """Return the viewer for what the user may see now."""
        patch = Patch((), ()) if user.is_manager else Patch.of(user, on=on)
        return cls(user.pk, user.roles, user.is_manager, patch, on, user)

    @property
    def own_ids(self) -> dict[str, QuerySet[Any]]:
        """The sessions and schools that a coordinator sees, which many needs ask for; nothing for anybody else.

        Whoever sees everything needs no list. Whoever kept areas without the role sees their own covers, of others' none.
        """
        if self.sees_everything or not self.user.is_coordinator:
            return {}
        return {
            SESSIONS: Session.objects.for_user(self.user, on=self.on),
            SCHEDULED: Session.objects.scheduled().filter(pk__in=NamedIds(SESSIONS)),
            SCHOOLS: School.objects.for_user(self.user, on=self.on),
        }


def count_needs(needs: Sequence[Need], user: User, *, on: date, now: datetime) -> dict[str, NeedCount]:
    """Return the count of each need by its key; one query, and one more for each slow need that the cache does not hold."""
    viewer = Viewer.of(user, on=on)
    kept = [need for need in needs if need.is_kept(everything=viewer.sees_everything)]
    fresh = tuple(need for need in needs if need not in kept)
    counts = {need.key: NeedCount(0, None) for need in fresh}
    for name, number, since in _answers(*_statement(viewer, fresh)):
        for need in _needs_counted_by(name, since, fresh, on=on):
            so_far = counts[need.key]
            counts[need.key] = NeedCount(so_far.number + number, min(filter(None, (so_far.since, since)), default=None))
    return counts | {need.key: _from_cache(need, viewer, now=now) for need in kept}


def _needs_counted_by(name: str, since: date | None, needs: Iterable[Need], *, on: date) -> Iterable[Need]:
    """Return the needs to which a row of the answer belongs: that with the key, or those of the table in which its day lies."""
    for need in needs:
        if need.key == name or (need.expiry and need.table == name and since and need.expiry.includes(since, on=on)):
            yield need


@lru_cache(maxsize=256)
def _statement(viewer: Viewer, needs: tuple[Need, ...]) -> tuple[str, list[Any]]:
    """Return the SQL that counts the needs, and its parameters; the SQL is blank where the viewer can have no rows."""
    expiring: defaultdict[str, list[Need]] = defaultdict(list)
    for need in needs:
        if need.expiry:
            expiring[need.table].append(need)
    parts = [_part(need.key, need.rows(_visible(need, viewer), viewer.on), need.since) for need in needs if not need.expiry]
    parts += [_by_day(table, alike, viewer) for table, alike in expiring.items()]
    return compiled(parts, viewer.own_ids, connection)


def _visible(need: Need, viewer: Viewer) -> QuerySet[Any]:
    """Return what `need.visible` does, by the lists at the head of the statement where these have the sessions or schools."""
    field, of_table = OF_OWN.get(need.model, ("", ""))
    if need.seen_by is not None or of_table not in viewer.own_ids:
        return need.visible(viewer.user, on=viewer.on)
    ids = NamedIds(SCHEDULED if need.of_scheduled else of_table)
    rows: QuerySet[Any] = need.model._default_manager.filter((f"{field}__in", ids))
    return rows


def _part(name: str, rows: QuerySet[Any], since: str | Expression | Subquery) -> Any:
    """Return a query for one row: the name, the number of rows, and the earliest `since`."""
    named = {"of_need": Value(name, output_field=CharField())}
    in_all = rows.order_by().annotate(**named).values("of_need")
    return in_all.annotate(rows=Count("pk"), since_when=Cast(Min(since), CharField())).values_list(
        "of_need", "rows", "since_when"
    )


def _by_day(table: str, needs: Sequence[Need], viewer: Viewer) -> Any:
    """Return a query for the number of rows that end on each day: the needs of the table differ only in their days."""
    widest = max((need.expiry for need in needs if need.expiry), key=lambda expiry: expiry.last)
    rows = replace(widest, first=None).rows(_visible(needs[0], viewer), viewer.on)
    named = {"of_need": Value(table, output_field=CharField()), "since_when": Cast(needs[0].since, CharField())}
    of_day = rows.order_by().annotate(**named).values("of_need", "since_when")
    return of_day.annotate(rows=Count("pk")).values_list("of_need", "rows", "since_when")


def _answers(sql: str, parameters: Sequence[Any]) -> Iterable[tuple[str, int, date | None]]:
    if not sql:
        return
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for name, number, since in cursor.fetchall():
            yield name, number, _day(since)


def _day(text: str | None) -> date | None:
    """Return the local day of a text with a day or a moment; moments are stored in UTC."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if len(text) <= len("2026-11-24"):
        return moment.date()
    return timezone.localdate(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _from_cache(need: Need, viewer: Viewer, *, now: datetime) -> NeedCount:
    """Return the count, which may be up to a minute old."""
    owner = "all" if viewer.sees_everything else f"{viewer.user_id}:{hash((viewer.patch.areas, viewer.patch.authorities)):x}"
    key = f"need:{need.key}:{viewer.on}:{owner}"
    if (cached := cache.get(key)) is not None:
        known: NeedCount = cached
        return known
    rows = need.of_user(viewer.user, on=viewer.on).order_by().aggregate(number=Count("pk"), since=Min(need.since))
    count = NeedCount(rows["number"], rows["since"], timezone.localtime(now))
    cache.set(key, count, KEPT_SECONDS)
    return count
