"""The needs that the office knows: home counts their rows, and the list of their table can be filtered by them.

Lists of the office ask here for the needs of their table. The needs are declared in schools.office.home.needs.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from django.db.models import Expression, Model, QuerySet, Subquery
from django.urls import reverse

from schools.accounts.models import User
from schools.office.frame.visibility import visible_rows
from schools.visits.models import Visit

PARAMETER = "needs"
"""The parameter in the address of a list that names the need by which its rows are filtered."""


class Kept(Enum):
    """For which users the number of a need is kept in the cache for a minute."""

    NEVER = "never"
    OF_EVERYTHING = "of everything"
    """For users who see all areas: the database reads very many rows for the number, and nobody waits for it."""
    ALWAYS = "always"
    """For everybody: the number is worked out from many rows together."""


@dataclass(frozen=True)
class Expiry:
    """Which rows of a table with rows that end: those that end between two days, counted from today, both included."""

    ending: Callable[[Any, date | None, date], QuerySet[Any]]
    """Takes a QuerySet of the table, a first day (None means no limit) and a last day; returns the rows that end in between."""
    first: int | None
    """Days from today; None means no limit."""
    last: int
    """Days from today."""

    def rows(self, rows: Any, on: date) -> QuerySet[Any]:
        """Return those of the rows that end between the two days."""
        return self.ending(rows, None if self.first is None else on + timedelta(days=self.first), on + timedelta(days=self.last))

    def includes(self, day: date, *, on: date) -> bool:
        """Return whether a row that ends on the day ends between the two days."""
        return (self.first is None or day >= on + timedelta(days=self.first)) and day <= on + timedelta(days=self.last)


@dataclass(frozen=True, kw_only=True)
class Need:
    """One kind of thing that needs somebody: certain rows of one table."""

    key: str
    """Its unique name in an address: `?needs=key`."""
    model: type[Model]
    """The table of its rows; users need the permission to view it, and only rows that they may see are counted and listed."""
    rows: Callable[[Any, date], QuerySet[Any]]
    """Takes a QuerySet of the table and today; returns the rows that need somebody. It must not join to-many tables."""
    since: str | Expression | Subquery
    """A day or moment of each row; the earliest is the line's age, or, where it is still to come, when it becomes pressing."""
    singular: str
    """The text after the number 1: “session has no outcome yet”."""
    plural: str
    """The text after any other number: “sessions have no outcome yet”."""
    in_filter: str
    """Its name in the list's filter: “Outcome missing”."""
    of_scheduled: bool = False
    """Whether all its rows are of scheduled sessions: then home looks at those of a coordinator alone."""
    expiry: Expiry | None = None
    """Where the rows of the table end, which of them; `since` is then the name of the field with the day on which a row ends."""
    kept: Kept = Kept.NEVER
    """For which users home keeps the number for a minute: it is slow to count, and nobody waits for it."""
    page: str = ""
    """The URL name of an own page of the office that lists exactly these rows; blank means the table's list."""
    page_query: str = ""
    """What stands after the question mark in the address of that page."""
    permission: str = ""
    """What one needs to see the line, such as `view_visit`; blank: to view the table."""
    seen_by: Callable[[User, date], QuerySet[Any]] | None = None
    """Takes a user and today; returns the rows that the user may see, where `visible_rows` does not decide that."""

    def of_user(self, user: User, *, on: date) -> QuerySet[Any]:
        """Return the rows in need that the user may see on the day."""
        return self.rows(self.visible(user, on=on), on)

    def visible(self, user: User, *, on: date) -> QuerySet[Any]:
        """Return the rows of the table that the user may see on the day; of visits those that they can see to, too."""
        if self.seen_by is not None:
            return self.seen_by(user, on)
        if self.model is Visit:
            return Visit.objects.at_own_schools(user, on=on)
        return visible_rows(self.model._default_manager.all(), user, on=on)

    def narrowed(self, rows: Any, user: User, *, on: date) -> QuerySet[Any]:
        """Return those of the rows, which the user may see, that are among `visible`."""
        narrowed: QuerySet[Any] = rows
        if self.seen_by is not None:
            narrowed = rows.filter(pk__in=self.seen_by(user, on).values("pk"))
        elif self.model is Visit:
            narrowed = rows.at_own_schools(user, on=on)
        return narrowed

    @property
    def table(self) -> str:
        """The name of its table in addresses."""
        return str(self.model._meta.model_name)

    @property
    def needed(self) -> str:
        """The permission that one needs to see the line."""
        return f"schools.{self.permission or f'view_{self.table}'}"

    def is_kept(self, *, everything: bool) -> bool:
        """Return whether the number is kept for a user who sees everything, or who sees only some areas."""
        return self.kept == Kept.ALWAYS or (everything and self.kept == Kept.OF_EVERYTHING)

    @property
    def address(self) -> str:
        """The address of the list of exactly these rows."""
        if self.page:
            return f"{reverse(self.page)}{'?' if self.page_query else ''}{self.page_query}"
        return f"{reverse(f'admin:schools_{self.table}_changelist')}?{urlencode({PARAMETER: self.key})}"


_registered: dict[str, Need] = {}


def register(needs: Iterable[Need]) -> None:
    """Make the needs known to the lists of their tables, in this order; called once, when the office starts.

    Raises ValueError where two needs have the same key.
    """
    for need in needs:
        if need.key in _registered:
            msg = f"Two needs have the key “{need.key}”. Give one of them another key."
            raise ValueError(msg)
        _registered[need.key] = need


def of_table(model: type[Model]) -> list[Need]:
    """Return the needs that the table's own list can show."""
    return [need for need in _registered.values() if need.model is model and not need.page]
