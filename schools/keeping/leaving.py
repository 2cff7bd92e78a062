"""People who were kept long enough: whom the purge erases, and whom it leaves for a manager to decide about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, TruncDate
from django.utils import timezone

from schools.accounts.models import User
from schools.charity.models import Charity
from schools.core.errors import RuleBroken
from schools.directory.models import Contact
from schools.erasing.actions import erase
from schools.erasing.models import Erasure
from schools.erasing.people import FORMER_COLLEAGUE, PersonRow
from schools.keeping.periods import BY_NAME, Period
from schools.visits.actions import end_membership
from schools.visits.models import ContactLog, Cover, SafeguardingNotice, Session, Visit, VisitStage
from schools.volunteers.models import Invitation, Volunteer, VolunteerStatus, VolunteerStep

NO_DAY = date(1900, 1, 1)
"""Stands for a day of which nothing is known; nobody whose latest day it is, is erased by a period."""

WENT_NO_FURTHER = (VolunteerStatus.ENQUIRER, VolunteerStatus.APPLICANT)


@dataclass(frozen=True)
class People:
    """People to whom a period applies; `counts_from` is the day from which their time is counted."""

    period: Period
    rows: Callable[[], "QuerySet[Any]"]
    for_managers: Callable[["QuerySet[Any]"], "QuerySet[Any]"]
    """Narrows people whose time is over to those about whom a manager has to decide."""

    def over(self, now: datetime) -> "QuerySet[Any]":
        """Return the people whose time is over, and those of whom no day is known."""
        return self.rows().filter(counts_from__lte=self.period.last_day_over(timezone.localdate(now)))

    def left_for_managers(self, now: datetime) -> "QuerySet[Any]":
        """Return the people whose time is over and whom the purge leaves alone."""
        return self.over(now).filter(Q(counts_from=NO_DAY) | Q(pk__in=self.for_managers(self.over(now)).values("pk")))

    def due(self, now: datetime) -> "QuerySet[Any]":
        """Return the people who are to be erased."""
        return self.over(now).exclude(counts_from=NO_DAY).exclude(pk__in=self.for_managers(self.over(now)).values("pk"))

    def oldest_kept(self) -> date | None:
        """Return since when the one counts who was kept longest; None: there is nobody."""
        known = self.rows().exclude(counts_from=NO_DAY).order_by("counts_from")
        day: date | None = known.values_list("counts_from", flat=True).first()
        return day


@transaction.atomic
def let_go(people: People, pk: int, *, now: datetime) -> bool:
    """Erase somebody whose time is over; whoever never became active leaves first. Return whether this process did it.

    It does not where another process was quicker, where something was heard of them meanwhile, or where something stands against
    it that the page of erasing them says.
    """
    # As erasing does, and before the person: two that lock the same in another order would wait for each other.
    list(Charity.objects.select_for_update().values_list("pk"))
    row: PersonRow | None = people.due(now).filter(pk=pk).first()
    if row is None:
        return False
    try:
        with transaction.atomic():
            if isinstance(row, Volunteer) and row.status in WENT_NO_FURTHER:
                end_membership(row, day=timezone.localdate(now), by=None, now=now)
                row.refresh_from_db()
            erasure = erase(row, by=None, now=now)
            # The sheet says why, since nobody asked for it.
            Erasure.objects.filter(pk=erasure.pk).update(sheet=erasure.sheet | {"period": people.period.name})
    except RuleBroken:
        return False
    return True


def _latest(*days: Any) -> Greatest:
    """Return the latest of the days that are known; each may be NULL, which PostgreSQL and SQLite take for something else."""
    known = (Coalesce(day, Value(NO_DAY), output_field=DateField()) for day in days)
    return Greatest(Value(NO_DAY, output_field=DateField()), *known, output_field=DateField())


def _latest_of(rows: Any, column: Any) -> Subquery:
    """Return the greatest value of the column among the rows, which name the outer row."""
    values = rows.order_by().annotate(day_of_row=column).exclude(day_of_row=None)
    return Subquery(values.order_by("-day_of_row").values("day_of_row")[:1], output_field=DateField())


def _enquirers() -> "QuerySet[Any]":
    """Return enquirers and applicants, since whatever was heard of them last."""
    this = OuterRef("pk")
    return Volunteer.objects.filter(status__in=WENT_NO_FURTHER).annotate(
        counts_from=_latest(
            _latest_of(VolunteerStep.objects.filter(volunteer=this), F("day")),
            _latest_of(Invitation.objects.filter(volunteer=this), TruncDate("sent_at")),
            _latest_of(Cover.objects.filter(volunteer=this), F("session__day")),
            TruncDate("user__last_login"),
            F("joined"),
        )
    )


def _volunteers() -> "QuerySet[Any]":
    """Return volunteers who have left and are known by more than their reference."""
    left = Volunteer.objects.filter(status=VolunteerStatus.LEFT)
    return left.exclude(pk__in=left.erased().values("pk")).annotate(counts_from=_latest(F("left")))


def _contacts() -> "QuerySet[Any]":
    """Return people at schools, since they were entered or something was last heard of one of their schools.

    Left out is who asked for a mail when a visit is due again, and whose school has a visit that is asked for or to come.
    """
    also_at: Any = Contact.also_at.through
    shared = also_at.objects.filter(contact=OuterRef(OuterRef("pk"))).order_by().values("school")
    theirs = Q(school=OuterRef("school")) | Q(school__in=shared)
    open_stages = [VisitStage.REQUESTED, VisitStage.PLANNED]
    sessions = Session.objects.filter(Q(visit__school=OuterRef("school")) | Q(visit__school__in=shared))
    return (
        Contact.objects.filter(wants_invitations=False)
        .exclude(Exists(Visit.objects.filter(theirs, stage__in=open_stages)))
        .annotate(
            counts_from=_latest(
                TruncDate("entered_at"),
                _latest_of(sessions, Coalesce("until_day", "day")),
                _latest_of(Visit.objects.filter(theirs), _latest(F("requested_on"), F("agreed_on"), F("declined_on"))),
                _latest_of(ContactLog.objects.filter(theirs), F("day")),
            )
        )
    )


def _colleagues() -> "QuerySet[Any]":
    """Return people of the office who may not sign in any more and are known by more than their number."""
    instead = Concat(Value(f"{FORMER_COLLEAGUE} "), Cast("pk", CharField()), output_field=CharField())
    users = User.objects.filter(is_active=False, volunteer=None).exclude(name=instead)
    return users.annotate(counts_from=_latest(TruncDate("date_joined"), TruncDate("last_login")))


def _gave_a_notice(column: str) -> Callable[["QuerySet[Any]"], "QuerySet[Any]"]:
    """Leave to a manager who gave a safeguarding notice that is kept: it would say no more who did."""
    return lambda people: people.filter(Exists(SafeguardingNotice.objects.filter(by=OuterRef(column))))


PEOPLE: tuple[People, ...] = (
    People(BY_NAME["enquirers"], _enquirers, _gave_a_notice("user")),
    People(BY_NAME["volunteers"], _volunteers, _gave_a_notice("user")),
    People(BY_NAME["contacts"], _contacts, lambda people: people.none()),
    People(BY_NAME["colleagues"], _colleagues, _gave_a_notice("pk")),
)
"""In the order in which they are gone through."""
