"""People who were kept long enough: whom the purge erases, and whom it leaves for a manager to decide about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import CharField, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, TruncDate
from django.utils import timezone

from schools.accounts.models import User
from schools.charity.models import Charity
from schools.core.errors import RuleBroken
from schools.directory.models import Contact, SchoolAccess
from schools.erasing.actions import NotesToRead, erase, nothing_unseen
from schools.erasing.locks import hold_erasures, hold_what_names
from schools.erasing.models import Erasure
from schools.erasing.people import FORMER_COLLEAGUE, PersonRow
from schools.keeping.named_today import named_today
from schools.keeping.periods import BY_NAME, Period
from schools.visits.actions import end_membership
from schools.visits.models import (
    ContactLog,
    Cover,
    CoverState,
    Headcount,
    OfferedDates,
    OfferedState,
    RequestState,
    SafeguardingNotice,
    SchoolAnswer,
    Session,
    Visit,
    VisitRequest,
    VisitStage,
)
from schools.volunteers.models import ERASED, Clearance, Invitation, SignOff, StepKind, Volunteer, VolunteerStatus, VolunteerStep

NO_DAY = date(1900, 1, 1)
"""Stands for a day of which nothing is known; nobody whose latest day it is, is erased by a period."""

DAYS_OF_CLEARANCE = ("applied_on", "issued", "decided_on", "withdrawn_on")
_of_clearances: Any = Clearance

WENT_NO_FURTHER = (VolunteerStatus.ENQUIRER, VolunteerStatus.APPLICANT, VolunteerStatus.IN_TRAINING)


@dataclass(frozen=True)
class People:
    """People to whom a period applies; `counts_from` is the day from which their time is counted."""

    period: Period
    rows: Callable[[], "QuerySet[Any]"]
    for_managers: Callable[["QuerySet[Any]"], "QuerySet[Any]"]
    """Narrows people whose time is over to those about whom a manager has to decide."""
    entered: str = ""
    """The column since when they are kept, from which their time counts at the earliest; "": there is none.

    Who is too new by that is left out before anything of them is looked for.
    """

    def over(self, now: datetime, *, pk: int | None = None) -> "QuerySet[Any]":
        """Return the people whose time is over, and those of whom no day is known; of this one alone where `pk` is given."""
        last_day = self.period.last_day_over(timezone.localdate(now))
        rows = self.rows() if pk is None else self.rows().filter(pk=pk)
        rows = rows.filter(**{f"{self.entered}__date__lte": last_day}) if self.entered else rows
        return rows.filter(counts_from__lte=last_day)

    def left_for_managers(self, now: datetime) -> "QuerySet[Any]":
        """Return the people whose time is over and whom the purge leaves alone."""
        return self.over(now).filter(Q(counts_from=NO_DAY) | Q(pk__in=self.for_managers(self.over(now)).values("pk")))

    def due(self, now: datetime, *, pk: int | None = None) -> "QuerySet[Any]":
        """Return the people who are to be erased; where `pk` is given, this one if they are, and nobody else is looked at."""
        over = self.over(now, pk=pk)
        return over.exclude(counts_from=NO_DAY).exclude(pk__in=self.for_managers(over).values("pk"))

    def oldest_kept(self) -> date | None:
        """Return since when the one counts who was kept longest; None: there is nobody."""
        known = self.rows().exclude(counts_from=NO_DAY).order_by("counts_from")
        day: date | None = known.values_list("counts_from", flat=True).first()
        return day


class LetGo(Enum):
    """How it went with somebody whose time is over."""

    ERASED = "erased"
    NOT_NOW = "not now"
    """Another process was quicker, something was heard of them meanwhile, or the page of erasing them says what is against it."""
    IN_NOTES = "in notes"
    """Notes name them, and a manager looks at these first."""


@transaction.atomic
def let_go(people: People, pk: int, *, now: datetime) -> LetGo:
    """Erase somebody whose time is over; whoever never became active leaves first. Return how it went.

    Nothing is cut out of notes that nobody has looked at: whom such notes name stays as they are. Whoever calls it for one after
    the other calls `tidy_indexes` at the end.
    """
    hold_erasures()
    row: PersonRow | None = people.due(now, pk=pk).first()
    if row is None:
        return LetGo.NOT_NOW
    try:
        with transaction.atomic():
            if isinstance(row, Volunteer) and row.status in WENT_NO_FURTHER:
                hold_what_names([row])
                end_membership(row, day=timezone.localdate(now), by=None, now=now)
                row.refresh_from_db()
            erasure = erase(row, by=None, now=now, otherwise=nothing_unseen(row), tidy=False)
            # The sheet says why, since nobody asked for it.
            Erasure.objects.filter(pk=erasure.pk).update(sheet=erasure.sheet | {"period": people.period.name})
    except NotesToRead:
        return LetGo.IN_NOTES
    except RuleBroken:
        return LetGo.NOT_NOW
    return LetGo.ERASED


def _latest(*days: Any) -> Greatest:
    """Return the latest of the days that are known; each may be NULL, which PostgreSQL and SQLite take for something else."""
    known = (Coalesce(day, Value(NO_DAY), output_field=DateField()) for day in days)
    return Greatest(Value(NO_DAY, output_field=DateField()), *known, output_field=DateField())


def _latest_of(rows: Any, column: Any) -> Subquery:
    """Return the greatest value of the column among the rows, which name the outer row."""
    values = rows.order_by().annotate(day_of_row=column).exclude(day_of_row=None)
    return Subquery(values.order_by("-day_of_row").values("day_of_row")[:1], output_field=DateField())


def _enquirers() -> "QuerySet[Any]":
    """Return whoever has never become active, since whatever was heard of them last."""
    this, written = OuterRef("pk"), _of_clearances.history
    were_active = VolunteerStep.objects.filter(volunteer=this, step__in=(StepKind.ACTIVE, StepKind.RETURNED))
    return Volunteer.objects.filter(~Exists(were_active), status__in=WENT_NO_FURTHER).annotate(
        counts_from=_latest(
            _latest_of(VolunteerStep.objects.filter(volunteer=this), F("day")),
            _latest_of(Invitation.objects.filter(volunteer=this), TruncDate("sent_at")),
            _latest_of(Cover.objects.filter(volunteer=this), F("session__day")),
            # The day on which somebody typed it, besides those of the certificate: one of years ago was perhaps shown last week.
            _latest_of(written.filter(volunteer=this), TruncDate("history_date")),
            *(_latest_of(Clearance.objects.filter(volunteer=this), F(day)) for day in DAYS_OF_CLEARANCE),
            _latest_of(SignOff.objects.filter(volunteer=this), F("day")),
            TruncDate("user__last_login"),
            F("joined"),
            # A first step of years ago may have been typed today, from a letter that has lain there.
            TruncDate("entered_at"),
        )
    )


def _volunteers() -> "QuerySet[Any]":
    """Return volunteers who have left and are known by more than their reference.

    Where they were at a session after that day, the day was mistyped.
    """
    left = Volunteer.objects.filter(status=VolunteerStatus.LEFT)
    attended = _latest_of(Cover.objects.filter(volunteer=OuterRef("pk"), state=CoverState.ATTENDED), F("session__day"))
    return left.exclude(pk__in=left.erased().values("pk")).annotate(counts_from=_latest(F("left"), attended))


def _contacts() -> "QuerySet[Any]":
    """Return people at schools, since they were entered or something was last heard of them or of one of their schools.

    Left out is who is in use: who asked for a mail when a visit is due again, who may choose one of the dates that were offered,
    whose request waits, and whose visit is asked for.
    """
    contacts = Contact.objects.filter(wants_invitations=False)
    for rows in _waiting():
        contacts = contacts.exclude(Exists(rows))
    heard = (_latest_of(rows, day) for rows, day in _heard())
    return contacts.annotate(counts_from=_latest(TruncDate("entered_at"), *heard))


def _at_their_schools(rows: Any, school: str = "school") -> "list[QuerySet[Any]]":
    """Return the rows of the first school of the outer contact, and those of the others: each by its index, unlike one OR."""
    return [rows.filter(**{school: OuterRef("school")}), rows.filter(**{f"{school}__shared_contacts": OuterRef("pk")})]


def _waiting() -> "list[QuerySet[Any]]":
    """Return the rows because of which the outer contact is needed still, however long ago they are.

    Of a booked visit the last day counts: no report of a session, and no import, makes a planned visit anything else.
    """
    visits = Visit.objects.filter(stage=VisitStage.REQUESTED)
    offers = OfferedDates.objects.filter(state=OfferedState.OPEN)
    requests = VisitRequest.objects.filter(state=RequestState.WAITS)
    this = OuterRef("pk")
    named: list[QuerySet[Any]] = [visits.filter(contact=this), visits.filter(safeguarding_contact=this)]
    named += [offers.filter(contact=this), requests.filter(contact=this)]
    return [*named, *(rows for table in (visits, offers, requests) for rows in _at_their_schools(table))]


def _heard() -> "list[tuple[QuerySet[Any], Any]]":
    """Return where something is heard of the outer contact or of their schools, guests included, each with the day of a row."""
    confirmed = VisitRequest.objects.exclude(state=RequestState.UNCONFIRMED)
    last_day = Coalesce("until_day", "day")
    offered = _latest(TruncDate("offered_at"), TruncDate("answered_at"), F("held_until"))
    of_visit = _latest(F("requested_on"), F("agreed_on"), F("declined_on"))
    at_schools: list[tuple[Any, str, Any]] = [
        (Session.objects, "visit__school", last_day),
        (Headcount.objects, "school", Coalesce("session__until_day", "session__day")),
        (Visit.objects, "school", of_visit),
        (ContactLog.objects, "school", F("day")),
        (confirmed, "school", TruncDate("asked_at")),
        (SchoolAnswer.objects, "school", TruncDate("at")),
        (OfferedDates.objects, "school", offered),
    ]
    of_person: list[tuple[Any, str, Any]] = [
        (Session.objects, "visit__contact", last_day),
        (Session.objects, "visit__safeguarding_contact", last_day),
        (confirmed, "contact", TruncDate("asked_at")),
        (SchoolAnswer.objects, "access__contact", TruncDate("at")),
        (OfferedDates.objects, "contact", offered),
        (SchoolAccess.objects, "contact", TruncDate("last_used_at")),
    ]
    heard = [(table.filter(**{person: OuterRef("pk")}), day) for table, person, day in of_person]
    return [*heard, *((rows, day) for table, school, day in at_schools for rows in _at_their_schools(table, school))]


def _colleagues() -> "QuerySet[Any]":
    """Return people of the office who may not sign in any more and are known by more than their number."""
    instead = Concat(Value(f"{FORMER_COLLEAGUE} "), Cast("pk", CharField()), output_field=CharField())
    users = User.objects.filter(is_active=False, volunteer=None).exclude(name=instead).exclude(name__startswith=f"{ERASED} ")
    return users.annotate(counts_from=_latest(TruncDate("date_joined"), TruncDate("last_login")))


def _gave_a_notice(column: str) -> Q:
    """Return the condition that somebody gave a safeguarding notice that is kept: it would say no more who did."""
    return Q(Exists(SafeguardingNotice.objects.filter(by=OuterRef(column))))


def _left(*ways: str, notices_of: str = "") -> Callable[["QuerySet[Any]"], "QuerySet[Any]"]:
    """Return what narrows people to those whom the charity names today by one of these columns of theirs, or by their phone.

    `notices_of` is the column of their sign-in, by which a safeguarding notice says that they gave it; "": they have none.
    """

    def narrowed(people: "QuerySet[Any]") -> "QuerySet[Any]":
        by_phone = Charity.objects.filter(concern_phone=OuterRef("phone")).exclude(concern_phone="")
        condition = Q(Exists(by_phone)) | Q(pk__in=named_today(people, ways))
        return people.filter(condition | _gave_a_notice(notices_of) if notices_of else condition)

    return narrowed


_OF_VOLUNTEERS = _left("name", "email", "user__email", notices_of="user")

PEOPLE: tuple[People, ...] = (
    People(BY_NAME["enquirers"], _enquirers, _OF_VOLUNTEERS),
    People(BY_NAME["volunteers"], _volunteers, _OF_VOLUNTEERS),
    People(BY_NAME["contacts"], _contacts, _left("name", "email"), entered="entered_at"),
    People(BY_NAME["colleagues"], _colleagues, _left("name", "email", notices_of="pk")),
)
"""In the order in which they are gone through."""
