"""The facts about the charity, read anew for each request, yet without a query of its own where somebody is signed in.

Every page names the charity. A row kept by each process would have to be read again when another process changes it, and a
query on each page would slow all of them. So the query that reads the session of a signed-in person brings the facts along
(schools.charity.sessions), and they are kept until that request ends. Nothing outlives a request, so nothing is ever stale,
in whichever process the row was changed. Requests without a session, commands and tasks read the row.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from email.headerregistry import Address
from email.utils import parseaddr
from functools import cache
from typing import Any

from django.db.models import JSONField
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject
from phonenumber_field.phonenumber import PhoneNumber

from schools.charity.models import USUAL, Charity
from schools.core.distances import Unit
from schools.core.phones import number_in
from schools.core.travel import Pace
from schools.core.year_groups import MOST_PUPILS

PRODUCT = "Speakout"
"""What stands in the place of the charity's name until somebody gives it."""


@dataclass(frozen=True)
class CharityFacts:
    """What pages, mails and rules need to know of the charity; the public texts are left out, because they are long.

    Blank texts were not given yet. Without a row everything has its default.
    """

    name: str = ""
    address: str = ""
    sender: str = ""
    reply_to: str = ""
    safeguarding_phone: str = ""
    concern_name: str = ""
    concern_phone: str = ""
    data_protection: str = ""
    credentials: str = ""
    travel_km_per_hour: float = USUAL.km_per_hour
    travel_detour: float = USUAL.detour
    travel_minutes_around: float = USUAL.around
    cycle_years: int = 2
    distances_in: str = Unit.MILES
    most_pupils: int = MOST_PUPILS

    @property
    def brand(self) -> str:
        """The charity's name; the product's until somebody gives it."""
        return self.name or PRODUCT

    @property
    def address_on_one_line(self) -> str:
        """The postal address with commas between its lines; "" where there is none yet."""
        return ", ".join(line.strip(" ,") for line in self.address.splitlines() if line.strip(" ,"))

    @property
    def pace(self) -> Pace:
        """How fast volunteers travel from one school to the next (rule 7)."""
        return Pace(self.travel_detour, self.travel_km_per_hour, self.travel_minutes_around)

    @property
    def phone(self) -> PhoneNumber | None:
        """The number for a worry about a child; None where there is none yet."""
        return number_in(str(self.safeguarding_phone))

    @property
    def phone_for_concerns(self) -> PhoneNumber | None:
        """The number of the person to whom a concern about somebody who works here goes; None where there is none yet.

        None also where no number stands there: every page with a box for notes reads this, and has to say whom to phone instead.
        """
        return number_in(str(self.concern_phone))

    @property
    def missing(self) -> list[str]:
        """What people read in mails and on pages, and nobody has given yet; the public texts are left out."""
        named = {"name": "its name", "reply_to": "where answers go", "safeguarding_phone": "the safeguarding phone"}
        return [words for field, words in named.items() if not getattr(self, field)]

    def mail_from(self, installed: str) -> str:
        """Return the sender of mails, with the charity's name; `installed` is the sender that the operator set.

        The name stands there as people read it, on pages and in calendars; it is encoded when the mail is written.
        """
        if not self.name and not self.sender:
            return installed
        name, address = parseaddr(installed)
        return str(Address(self.name or name, addr_spec=self.sender or address))

    def signature(self, site: str) -> str:
        """Return what stands under each mail: name, postal address and the site's address; "" without a name."""
        lines = self.signature_lines(site)
        return "\n".join(["", "", "-- ", *lines, ""]) if lines else ""

    def signature_lines(self, site: str) -> list[str]:
        """Return the same by lines; none without a name."""
        lines = [self.name, *self.address.splitlines(), site] if self.name else []
        return [line.strip() for line in lines if line.strip()]


FIELDS = tuple(field.name for field in fields(CharityFacts))


class _Kept:
    """What one request knows of the charity, None until somebody asks; and what else it remembers, by name."""

    def __init__(self) -> None:
        self.facts: CharityFacts | None = None
        self.others: dict[str, Any] = {}


_of_request: ContextVar[_Kept | None] = ContextVar("charity_of_request", default=None)


@contextmanager
def kept_for_one_request() -> Iterator[None]:
    """Keep the facts, once they are read, until the block ends: a request, a run that asks what is due, or one message."""
    token = _of_request.set(_Kept())
    try:
        yield
    finally:
        _of_request.reset(token)


def remembered[Read](name: str, read: Callable[[], Read]) -> Read:
    """Return what `read` returned for the name before in the same request or run; outside of one, it reads each time."""
    kept = _of_request.get()
    if kept is None:
        return read()
    if name not in kept.others:
        kept.others[name] = read()
    known: Read = kept.others[name]
    return known


def keep(row: Mapping[str, Any] | None) -> CharityFacts:
    """Return the row's facts, and keep them where a request is running; None: there is no row."""
    facts = CharityFacts(**row) if row else CharityFacts()
    if kept := _of_request.get():
        kept.facts = facts
    return facts


def forget(**_: Any) -> None:
    """Read the row again when it is next needed; called when it was stored."""
    if kept := _of_request.get():
        kept.facts = None
        kept.others.clear()


def current() -> CharityFacts:
    """Return the facts about the charity as they are now; one query, or none within a request that has read them."""
    kept = _of_request.get()
    if kept and kept.facts:
        return kept.facts
    return keep(Charity.objects.order_by().values(*FIELDS).first())


def with_session() -> RawSQL:
    """Return the expression that brings the facts along with another query, for `keep`."""
    return RawSQL(*_statement(), output_field=JSONField())  # noqa: S611  # Django's own text, see below


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """Return the statement that reads the facts as one JSON text, and its parameters.

    It is compiled once in each process: compiling it for each request costs more than the database takes to answer it.
    """
    rows = Charity.objects.order_by().values(facts=JSONObject(**{name: name for name in FIELDS}))
    return rows[:1].query.sql_with_params()
