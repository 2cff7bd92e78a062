"""What hosts change by their own pages: what stands of it, and whom a school phones where it is too late for that."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from schools.accounts.models import User
from schools.directory.responsible import responsible_alone, somebody_there
from schools.visits.models import ChangeWhat, SchoolChange, Visit

NEWS_FOR = timedelta(days=7)
"""So long somebody in the office is mailed of it, quiet hours and a weekend included; then home alone says so."""


def changes_of(visit: Visit) -> QuerySet[Any]:
    """Return what the host did or asked for, the latest first; each row says whether that is so now (`stands`)."""
    stands = SchoolChange.objects.standing().filter(pk=OuterRef("pk"))
    rows: QuerySet[Any] = SchoolChange.objects.filter(visit=visit).annotate(stands=Exists(stands))
    return rows.select_related("seen_by")


def cancelled_by_school(visit: Visit) -> SchoolChange | None:
    """Return the cancellation by which the host has cancelled the visit; None: it stands, or somebody else cancelled it."""
    return SchoolChange.objects.standing().filter(visit=visit, what=ChangeWhat.CANCEL).first()


def changes_to_tell(now: datetime, about: Collection[int] | None) -> QuerySet[SchoolChange]:
    """Return what nobody in the office has seen to yet, of the last days; `about` are the visits’ ids, None: all."""
    rows = SchoolChange.objects.to_see().filter(at__gte=now - NEWS_FOR)
    rows = rows if about is None else rows.filter(visit__in=about)
    return rows.select_related("visit__school", "visit__coordinator").order_by("pk")


def person_to_phone(visit: Visit, *, on: date) -> User | None:
    """Return whom the host phones: the visit’s coordinator, or who stands in; without one, somebody who coordinates its area.

    None: nobody looks after it. One query; reads the visit’s school and coordinator.
    """
    if visit.coordinator and visit.coordinator.is_active:
        return responsible_alone(visit.coordinator, visit.school, on=on).to_ask
    return somebody_there(visit.school, on=on)
