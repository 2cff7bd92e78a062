"""How many rows need somebody: all that the database can count is asked in one statement.

The statement is composed once a day for each patch and asked anew each time: putting it together takes longer than answering it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import CharField, Count, Expression, Min, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils import timezone

from schools.accounts.models import User
from schools.core.ids import NamedIds, with_ids
from schools.directory.models.areas import Patch
from schools.visits.models import Session, Visit

LISTS: dict[str, Any] = {"sessions": Session, "visits": Visit}
"""The tables of which a statement lists the patch's rows first, by the names of the lists."""

if TYPE_CHECKING:
    from schools.office.frame.needs import Need

KEPT_SECONDS = 60
"""So long the number of a need that is dear to count is shown again; its line says as of when it is."""


@dataclass(frozen=True)
class Counted:
    """How many rows, and since when; `as_of` says when they were counted, None: just now."""

    number: int
    since: date | None
    as_of: datetime | None = None


@dataclass(frozen=True)
class Asker:
    """Everything that decides which rows are somebody's on a day; equal askers are asked the same statement."""

    person: int
    roles: frozenset[str]
    patch: Patch
    on: date
    user: User = field(compare=False)

    @classmethod
    def of(cls, user: User, *, on: date) -> "Asker":
        """Of the user as they are now."""
        return cls(user.pk, user.roles, Patch.of(user, on=on), on, user)

    @property
    def everything(self) -> bool:
        """Whether all rows are theirs: a manager's."""
        return self.user.is_manager


def counted(needs: Sequence["Need"], user: User, *, on: date, now: datetime) -> dict[str, Counted]:
    """Each need by its key; one query, and what those need whose number is not kept."""
    asker = Asker.of(user, on=on)
    kept = [need for need in needs if need.is_kept(everything=asker.everything)]
    asked = tuple(need for need in needs if need not in kept)
    found = {need.key: Counted(0, None) for need in asked}
    for key, number, since in _answers(*_composed(asker, asked)):
        for need in asked:
            if need.counts(key, since, on=on):
                before = found[need.key]
                found[need.key] = Counted(before.number + number, min(filter(None, (before.since, since)), default=None))
    return found | {need.key: _kept(need, asker, now=now) for need in kept}


@lru_cache(maxsize=256)
def _composed(asker: Asker, needs: tuple["Need", ...]) -> tuple[str, tuple[Any, ...]]:
    """The statement that counts them and its values; blank where nothing can be theirs."""
    if asker.everything:
        return _union(asker, needs)
    # Nearly every need is about the sessions or visits of the patch: these are found once, not anew by each.
    lists = {name: model.objects.for_user(asker.user, on=asker.on).values("pk") for name, model in LISTS.items()}
    named = {name: NamedIds(name) for name in LISTS}
    with asker.patch.known_as(asker.user, on=asker.on, **named):
        sql, values = _union(asker, needs)
    return with_ids(lists, sql, values) if sql else ("", ())


def _union(asker: Asker, needs: tuple["Need", ...]) -> tuple[str, tuple[Any, ...]]:
    plain = [_part(need.key, need.of_user(asker.user, on=asker.on), need.since) for need in needs if not need.ends_in]
    ending = {need.table: need for need in needs if need.ends_in}
    parts = [*plain, *(_by_day(key, need.ending(asker.user, on=asker.on)) for key, need in ending.items())]
    if not parts:
        return "", ()
    first, *rest = parts
    try:
        sql, values = first.union(*rest, all=True).order_by().query.sql_with_params()
    except EmptyResultSet:
        return "", ()
    return sql, tuple(values)


def _part(key: str, rows: QuerySet[Any], since: str | Expression | Subquery) -> Any:
    named = {"of_need": Value(key, output_field=CharField())}
    of_all = rows.order_by().annotate(**named).values("of_need")
    return of_all.annotate(rows=Count("pk"), since_when=Cast(Min(since), CharField())).values_list(
        "of_need", "rows", "since_when"
    )


def _by_day(key: str, rows: QuerySet[Any]) -> Any:
    """The rows that end on each day: the needs of such a table differ by the days alone."""
    named = {"of_need": Value(key, output_field=CharField()), "since_when": Cast("recheck_on", CharField())}
    of_day = rows.order_by().annotate(**named).values("of_need", "since_when")
    return of_day.annotate(rows=Count("pk")).values_list("of_need", "rows", "since_when")


def _answers(sql: str, values: Sequence[Any]) -> Iterable[tuple[str, int, date | None]]:
    if not sql:
        return
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for key, number, since in cursor.fetchall():
            yield key, number, _day(since)


def _day(text: str | None) -> date | None:
    """The local day of a day or a moment; moments are stored in UTC."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if len(text) <= len("2026-11-24"):
        return moment.date()
    return timezone.localdate(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _kept(need: "Need", asker: Asker, *, now: datetime) -> Counted:
    """The number as of a minute ago at most."""
    whose = "all" if asker.everything else f"{asker.person}:{hash((asker.patch.areas, asker.patch.authorities)):x}"
    key = f"need:{need.key}:{asker.on}:{whose}"
    if (kept := cache.get(key)) is not None:
        known: Counted = kept
        return known
    rows = need.of_user(asker.user, on=asker.on).order_by().aggregate(number=Count("pk"), since=Min(need.since))
    found = Counted(rows["number"], rows["since"], timezone.localtime(now))
    cache.set(key, found, KEPT_SECONDS)
    return found
