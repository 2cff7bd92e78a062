"""What a school asked for and was offered, and who can be mailed there: read in one statement for the page of its dates."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import BigIntegerField, DateField, Exists, OuterRef, Subquery, TextField
from django.db.models.functions import Cast, TruncDate

from schools.core.batched_queries import Batch, Given, GivenIds, NamedQuery, Row, named_query
from schools.directory.models import Contact, School
from schools.messages.models import NO_LONGER_TRUE, OutboxMessage
from schools.planning.rules import reasons_not_to_book_choice, reasons_not_to_move_by_choice
from schools.visits.half_days import HalfDay
from schools.visits.models import (
    ChangeWhat,
    OfferedDates,
    OfferedDatesQuerySet,
    OfferedState,
    SchoolChange,
    Visit,
    VisitQuerySet,
    VisitStage,
)
from schools.visits.models.offered_dates import of_mails_of
from schools.visits.queries.parties_told import did_not_arrive
from schools.visits.queries.requests import numbers_of
from schools.visits.rules.requests import is_nobody
from schools.volunteers.models import MessageTo

MOST_SHOWN = 5
"""So many of the dates that were offered to the school before."""


@dataclass(frozen=True)
class Requester:
    """Somebody who asked for the visit and is not among the people at the school, so they can get no dates yet."""

    request: int
    name: str
    email: str


@dataclass(frozen=True)
class Wishes:
    """What the school wished that asked for a visit; all blank where it did not."""

    half_days: Sequence[str] = ()
    """Half-days of the week, as a request has them, and certain ones that the school named since."""
    term: str = ""
    """The key of a term."""
    month: date | None = None
    contact: int | None = None
    """Whom the visit asks for."""
    requester: Requester | None = None
    """Who asked, where the visit asks for nobody and they are not known."""


@dataclass(frozen=True)
class Reader:
    """Somebody at the school who can be mailed."""

    pk: int
    name: str
    email: str


@dataclass(frozen=True)
class Line:
    """Dates that were offered, as the office reads them."""

    pk: int
    state: str
    """In words."""
    is_open: bool
    """Whether the school may still choose."""
    is_held: bool
    """Whether somebody has to take it back, should it not be meant any more."""
    held_until: date
    half_days: str
    """All of them, in order."""
    chosen: HalfDay | None
    """The one that the school chose; None: none."""
    chosen_by: str
    wished: str
    """The half-days that the school named instead, where none suits; "" where it named none."""
    answered_on: date | None
    is_short: bool
    """Whether too few people are left for the one that was chosen."""
    offered_on: date
    offered_by: str
    """A name; "" of somebody who left."""
    to: str
    """Who got the mail; "" of somebody who is known no more."""
    did_not_arrive: str
    """That the mail came back or could not be sent, with what to do; "" where it went, or waits."""
    template: int | None
    moves_from: date | None
    """The day of the booked visit that is to be moved; None: the dates are for a new one."""
    is_waiting: bool
    """Whether a half-day was chosen that somebody has still to book, or to move the visit to."""
    batch: int | None
    """The batch by which the choice has moved the visit; None: nothing was moved."""
    why_not_booked: Sequence[str] = ()
    """Why the visit was not booked on the half-day that was chosen, or moved there, by itself, as it is today."""


SCHOOL, VISIT = (Given(name, BigIntegerField()) for name in ("school", "visit"))
NUMBERS = GivenIds("numbers")
"""The school under all of its register numbers: what it asked for and was offered under an earlier one holds still."""
ON = Given("on", DateField())


def _of_school() -> list[NamedQuery]:
    """Return the queries about what a school asked for, who can be mailed, and what it was offered."""
    visits = Visit.objects.filter(school__in=NUMBERS, stage=VisitStage.REQUESTED)
    request = {name: f"visit_requests__{name}" for name in ("pk", "season", "season_year", "name", "role", "email")}
    request["known_as"] = "visit_requests__contact_id"
    wished = Cast("visit_requests__half_days", TextField())  # else SQLite would give it as another value
    readers = Contact.objects.at(School.objects.filter(pk=SCHOOL)).exclude(email="")
    cancelled = SchoolChange.objects.standing().filter(visit__school__in=NUMBERS, what=ChangeWhat.CANCEL)
    return [
        named_query("asked", visits, visit="pk", month="preferred_month", contact="contact_id", half_days=wished, **request),
        named_query("reader", readers, pk="pk", name="name", role="role", email="email"),
        named_query("cancelled", cancelled, half_days=Cast("half_days", TextField())),
        _offered(OfferedDates.objects.filter(school__in=NUMBERS)),
    ]


def _offered(offered: OfferedDatesQuerySet) -> NamedQuery:
    columns = {name: name for name in ("pk", "state", "held_until", "chosen", "chosen_by", "is_short", "moves_from")}
    people = {"by_name": "offered_by__name", "by_email": "offered_by__email"}
    people |= {"to_name": "contact__name", "to_role": "contact__role"}
    days = {"offered_on": TruncDate("offered_at"), "answered_on": TruncDate("answered_at")}
    still = Exists(OfferedDates.objects.open_on(ON).filter(pk=OuterRef("pk")))
    half_days, wished = (Cast(name, TextField()) for name in ("half_days", "wished"))
    own = OfferedDates.objects.filter(pk=OuterRef("pk"))
    waits = {"to_book": Exists(own.waiting_to_be_booked(on=ON)), "to_move": Exists(own.waiting_to_be_moved(on=ON))}
    # A mail that went to another address since took the place of what came back, however late that comes. It is found through
    # its reader: no index finds such a key among all later mails.
    since = MessageTo.objects.filter(
        of_mails_of(OuterRef(OuterRef("pk")), message="message__"),
        contact=OuterRef(OuterRef("contact")), message__gt=OuterRef("pk"), message__sent_at__isnull=False,
    )  # fmt: skip
    # Where the reader is gone, nobody is left who could be phoned.
    reader = MessageTo.objects.filter(message=OuterRef("pk"), contact=OuterRef(OuterRef("contact")))
    came_back = OutboxMessage.objects.stopped().exclude(last_error=NO_LONGER_TRUE).filter(of_mails_of(OuterRef("pk")))
    stopped = came_back.filter(Exists(reader), ~Exists(since)).order_by("-pk")
    mail = {"stopped_to": Subquery(stopped.values("to")[:1]), "stopped_why": Subquery(stopped.values("last_error")[:1])}
    return named_query(
        "offer", offered, is_open=still, half_days=half_days, wished=wished, template="template_id", batch="batch_id",
        **waits, **columns, **people, **days, **mail,
    )  # fmt: skip


OF_SCHOOL = Batch(_of_school)
OF_VISIT = Batch(lambda: [_offered(OfferedDates.objects.filter(visit=VISIT))])


@dataclass(frozen=True)
class KnownOfSchool:
    """What the page needs to know of a school besides its half-days."""

    wishes: Wishes
    readers: list[Reader]
    """By name."""
    offers: list[Line]
    """What it was offered, the latest first."""


def known_of_school(school: School, *, on: date) -> KnownOfSchool:
    """Return what is known of the school on the day, under all of its numbers; one query, and one where it has several."""
    rows = OF_SCHOOL.run(school=school.pk, numbers=numbers_of(school), on=on)
    readers = (Reader(row["pk"], str(Contact(name=row["name"], role=row["role"])), row["email"]) for row in rows["reader"])
    wishes = _with_named(_wishes(rows["asked"]), _named_since(rows["offer"], rows["cancelled"], on=on))
    return KnownOfSchool(wishes, sorted(readers, key=lambda each: (each.name, each.pk)), _lines(rows["offer"]))


def with_dates_to_move(visits: VisitQuerySet) -> VisitQuerySet:
    """Return the visits, each with whether dates were offered by which it is to be moved."""
    return visits.annotate(has_dates_to_move=Exists(OfferedDates.objects.of_moves().filter(visit=OuterRef("pk"))))


def offered_for(visit: Visit, *, on: date) -> list[Line]:
    """Return the dates that were offered for a visit, to book it or, of one `with_dates_to_move`, to move it.

    None, and no query, where there are none.
    """
    if visit.stage != VisitStage.REQUESTED and not getattr(visit, "has_dates_to_move", False):
        return []
    return _explained(_lines(OF_VISIT.run(visit=visit.pk, on=on)["offer"]), on=on)


def _explained(lines: list[Line], *, on: date) -> list[Line]:
    """Return the lines, where a half-day was chosen with the reasons why it is not booked; no query where none was."""
    chosen = [line.pk for line in lines if line.is_waiting]
    if not chosen:
        return lines
    rows = OfferedDates.objects.select_related("school", "template", "offered_by", "visit__school").in_bulk(chosen)
    reasons = {pk: _why_not_booked(row, on=on) for pk, row in rows.items()}
    return [replace(line, why_not_booked=reasons.get(line.pk, ())) for line in lines]


def _why_not_booked(row: OfferedDates, *, on: date) -> list[str]:
    reasons = reasons_not_to_book_choice if row.moves_from is None else reasons_not_to_move_by_choice
    return reasons(row, on=on)


def _wishes(visits: Sequence[Row]) -> Wishes:
    """Return what was wished with the first visit that the school asked for, by the latest of its requests."""
    if not visits:
        return Wishes()
    row = min(visits, key=lambda each: (each["visit"], -(each["pk"] or 0)))
    term = f"{row['season']}-{row['season_year']}" if row["season"] else ""
    month = date.fromisoformat(row["month"]) if row["month"] else None
    return Wishes(json.loads(row["half_days"] or "[]"), term, month, row["contact"], _requester(row))


def _requester(row: Row) -> Requester | None:
    """Return who asked where nobody knows them; None of somebody who was erased since, too."""
    if row["pk"] is None or row["known_as"] or row["contact"] or is_nobody(row["name"], row["email"]):
        return None
    return Requester(row["pk"], str(Contact(name=row["name"], role=row["role"])), row["email"])


def _named_since(offers: Sequence[Row], cancelled: Sequence[Row], *, on: date) -> list[HalfDay]:
    """Return the half-days still to come that the school named as none of the latest dates suited, or as it cancelled.

    Dates that were taken back, or are to move a visit, answer nothing of that.
    """
    counting = (row for row in offers if row["state"] != OfferedState.TAKEN_BACK and not row["moves_from"])
    latest = max(counting, key=lambda row: (row["offered_on"], row["pk"]), default=None)
    named = _keys(latest["wished"]) if latest and latest["state"] == OfferedState.NONE else []
    named += [key for row in cancelled for key in _keys(row["half_days"])]
    return [half_day for half_day in HalfDay.of_all(dict.fromkeys(named)) if half_day.day > on]


def _with_named(wishes: Wishes, named: Sequence[HalfDay]) -> Wishes:
    """Return the wishes with those certain half-days first, in whose term one looks."""
    if not named:
        return wishes
    keys = [half_day.key for half_day in named]
    return replace(wishes, half_days=[*keys, *wishes.half_days], term="", month=min(named).day)


def _keys(text: str | None) -> list[str]:
    """Return the keys of half-days, as the statement gives them."""
    keys: list[str] = json.loads(text or "[]") or []
    return keys


def _words(text: str | None) -> str:
    return "; ".join(str(half_day) for half_day in HalfDay.of_all(_keys(text)))


def _lines(offers: Sequence[Row]) -> list[Line]:
    latest = sorted(offers, key=lambda row: (row["offered_on"], row["pk"]), reverse=True)
    return [_line(row) for row in latest[:MOST_SHOWN]]


def _line(row: Row) -> Line:
    return Line(
        pk=row["pk"],
        state=OfferedState(row["state"]).label,
        is_open=bool(row["is_open"]),
        is_held=row["state"] == OfferedState.OPEN,
        held_until=date.fromisoformat(row["held_until"]),
        half_days=_words(row["half_days"]),
        chosen=HalfDay.of(row["chosen"]),
        chosen_by=row["chosen_by"],
        wished=_words(row["wished"]),
        answered_on=date.fromisoformat(row["answered_on"]) if row["answered_on"] else None,
        is_short=bool(row["is_short"]),
        offered_on=date.fromisoformat(row["offered_on"]),
        offered_by=row["by_name"] or row["by_email"] or "",
        to=str(Contact(name=row["to_name"], role=row["to_role"])) if row["to_name"] else "",
        did_not_arrive=did_not_arrive(row["stopped_to"], row["stopped_why"] or "") if row["stopped_to"] else "",
        template=row["template"],
        moves_from=date.fromisoformat(row["moves_from"]) if row["moves_from"] else None,
        batch=row["batch"],
        is_waiting=bool(row["to_book"] or row["to_move"]),
    )
