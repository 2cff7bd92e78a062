"""The needs that the office knows: what home counts, and by which the list of their table filters itself.

Lists of the office ask here which needs their table has. What the needs are is declared in schools.office.home.needs.
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

PARAMETER = "needs"
"""The parameter of a list's address that names the need by which its rows are filtered."""


class Kept(Enum):
    """For whom the number of a need is kept in the cache for a minute."""

    NEVER = "never"
    OF_EVERYTHING = "of everything"
    """For those who see all areas: the database reads very many rows for it, and nobody waits for this number."""
    ALWAYS = "always"
    """For everybody: it is worked out from many rows together."""


@dataclass(frozen=True)
class Expiry:
    """Which rows of a table whose rows end: those that end between two days, counted from today, both included."""

    ending: Callable[[Any, date | None, date], QuerySet[Any]]
    """From a QuerySet of the table, a first day (None: no limit) and a last day, the rows that end in between."""
    first: int | None
    """Days from today; None: no limit."""
    last: int

    def rows(self, rows: Any, on: date) -> QuerySet[Any]:
        """Return those of the rows that end between the two days."""
        return self.ending(rows, None if self.first is None else on + timedelta(days=self.first), on + timedelta(days=self.last))

    def includes(self, day: date, *, on: date) -> bool:
        """Return whether a row that ends on the day is one of them."""
        return (self.first is None or day >= on + timedelta(days=self.first)) and day <= on + timedelta(days=self.last)


@dataclass(frozen=True, kw_only=True)
class Need:
    """One kind of thing that needs somebody: certain rows of one table."""

    key: str
    """Names it in an address: `?needs=key`. Unique."""
    model: type[Model]
    """The table of its rows; the user needs the right to view it, and only their own rows are counted and listed."""
    rows: Callable[[Any, date], QuerySet[Any]]
    """From a QuerySet of the table and today, those that need somebody: a word of the QuerySet, never a join of to-many rows."""
    since: str | Expression | Subquery
    """A day or moment of each row; the earliest is the line's age (a day to come: when it becomes pressing)."""
    singular: str
    """What follows the number 1: “session has no outcome yet”."""
    plural: str
    """What follows any other number: “sessions have no outcome yet”."""
    in_filter: str
    """What the list's filter calls it: “Outcome missing”."""
    expiry: Expiry | None = None
    """Of a table whose rows end, which of them; `since` then names the field of the day on which a row ends."""
    kept: Kept = Kept.NEVER
    """For whom home keeps the number for a minute: it is dear to count, and nobody waits for it."""
    page: str = ""
    """The URL name of a page of the office's own that lists exactly these rows; blank: the table's list."""

    def of_user(self, user: User, *, on: date) -> QuerySet[Any]:
        """Return the rows in need among those that the user may see on the day."""
        return self.rows(self.visible(user, on=on), on)

    def visible(self, user: User, *, on: date) -> QuerySet[Any]:
        """Return the rows of the table that the user may see on the day."""
        return visible_rows(self.model._default_manager.all(), user, on=on)

    @property
    def table(self) -> str:
        """The name of its rows' table in addresses."""
        return str(self.model._meta.model_name)

    def is_kept(self, *, everything: bool) -> bool:
        """Return whether the number is kept for somebody who sees everything, or else only some areas."""
        return self.kept == Kept.ALWAYS or (everything and self.kept == Kept.OF_EVERYTHING)

    @property
    def address(self) -> str:
        """Where exactly these rows are listed."""
        if self.page:
            return reverse(self.page)
        return f"{reverse(f'admin:schools_{self.table}_changelist')}?{urlencode({PARAMETER: self.key})}"


_registered: dict[str, Need] = {}


def register(needs: Iterable[Need]) -> None:
    """Make the needs known to the lists of their tables, in this order; called once, when the office starts."""
    for need in needs:
        if need.key in _registered:
            msg = f"Two needs have the key “{need.key}”. Give one of them another key."
            raise ValueError(msg)
        _registered[need.key] = need


def of_table(model: type[Model]) -> list[Need]:
    """Return the needs that the table's own list can show."""
    return [need for need in _registered.values() if need.model is model and not need.page]
