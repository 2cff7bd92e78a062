"""What the page of a visit shows beside it, read in one statement.

That is what the host changed, the reader's other visits, and whether they can ask for another.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.db.models import Exists, TextField
from django.db.models.functions import Cast

from schools.charity.published import are_all, in_usual_language
from schools.core.batched_queries import NamedQuery, Row, named_query, run_batch
from schools.directory.models import SchoolAccess
from schools.school_portal.others import OtherVisit, others_of, queries_of_others
from schools.visits.models import ChangeWhat, SchoolChange
from schools.visits.queries.school_changes import answered_since, open_dates


@dataclass(frozen=True)
class Beside:
    """What stands beside the visit."""

    change: SchoolChange | None = None
    """What the host changed, or asks for, that is so now; not with everything that a row has. None: there is nothing."""
    are_dates_offered: bool = False
    """Whether the school has dates to choose from instead, by a link in a mail."""
    is_answered: bool = False
    """Whether the host that cancelled the visit was offered dates since, or another visit was booked since."""
    others: list[OtherVisit] = field(default_factory=list)
    may_ask: bool = False
    """Whether they can ask for a visit by themselves, as `door_is_open` says; False where it was not asked."""


def beside(access: SchoolAccess, visit: int, school: int, *, change: ChangeWhat | None, on: date) -> Beside:
    """Return what stands beside the page of the visit for this school; one query.

    `change`: what of the host is looked for; None: nothing, as for a guest, who is not told who did it.
    """
    queries = [*([_query_of_changes(visit, change, on=on)] if change else []), *queries_of_others(access, on=on)]
    rows: Mapping[str, Sequence[Row]] = run_batch(*queries, named_query("text", in_usual_language(), key="key"))
    changes = rows.get("change", ())
    are_offered = any(row.get("are_dates_offered") for row in changes)
    is_answered = any(row.get("is_answered") for row in changes)
    others = others_of(rows.get("other", ()), access, but=(visit, school), on=on)
    return Beside(_latest(changes), are_offered, is_answered, others, are_all(row["key"] for row in rows.get("text", ())))


def _query_of_changes(visit: int, kind: ChangeWhat, *, on: date) -> NamedQuery:
    standing = SchoolChange.objects.standing().filter(visit=visit, what=kind)
    half_days = Cast("half_days", TextField())  # else SQLite would give it as another value
    columns = {name: name for name in ("pk", "given_by", "at", "seen_at")}
    if kind == ChangeWhat.CANCEL:
        return named_query("change", standing, half_days=half_days, is_answered=answered_since(on=on), **columns)
    offered = Exists(open_dates(on=on))
    return named_query("change", standing, half_days=half_days, are_dates_offered=offered, **columns)


def _latest(rows: Iterable[Row]) -> SchoolChange | None:
    changes = (
        SchoolChange(
            pk=row["pk"],
            given_by=row["given_by"],
            at=_moment(row["at"]),
            seen_at=_moment(row["seen_at"]) if row["seen_at"] else None,
            half_days=json.loads(row["half_days"]),
        )
        for row in rows
    )
    return max(changes, key=lambda change: (change.at, change.pk), default=None)


def _moment(text: str) -> datetime:
    """Return the moment; SQLite writes it without its zone, which is UTC in every row."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
