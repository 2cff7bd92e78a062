"""Sends the figures by mail, once a month."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.periods import AcademicYear, Period
from schools.messages.actions import Attachment, is_written, put
from schools.reach.emails import monthly
from schools.reach.exports import Stamp, csv_lines, file_name
from schools.reach.models import Subscription
from schools.reach.queries import names_of, reach, readable_areas
from schools.reach.queries.dose import dose
from schools.reach.rows import Cut


@transaction.atomic
def subscribe(user: User, *, now: datetime) -> Subscription:
    """Mail the figures to the user every month; calling this a second time changes nothing."""
    return Subscription.objects.get_or_create(user=user, defaults={"asked_at": now})[0]


@transaction.atomic
def unsubscribe(user: User) -> None:
    """Stop the monthly mail to the user."""
    Subscription.objects.filter(user=user).delete()


def send_monthly(*, now: datetime) -> tuple[int, int]:
    """Write the mail of the last whole month to each subscriber who may still read figures.

    Return how many mails were written and how many were not needed any more. Each period and person gets one mail, however often
    this is called: the mail's key names both.
    """
    period = period_of_mail(timezone.localdate(now))
    written = 0
    known = 0
    for subscription in Subscription.objects.select_related("user").order_by("pk"):
        if subscription.user.is_active and subscription.user.has_perm("schools.read_reach"):
            key = f"reach:{subscription.user.pk}:{period.name}"
            if not is_written(key) and _send(key, subscription, period, now=now):
                written += 1
            else:
                known += 1
    return written, known


def period_of_mail(on: date) -> Period:
    """Return the school year so far, to the end of the last whole month; in August, the whole year that has just ended."""
    last = on.replace(day=1) - timedelta(days=1)
    year = AcademicYear.of(last)
    if last == year.last_day:
        return year.period
    return Period.parse(f"{year.first_day}..{last}")


@transaction.atomic
def _send(key: str, subscription: Subscription, period: Period, *, now: datetime) -> bool:
    """Write the mail. Return False where another run has just written it, or the user has just unsubscribed."""
    # If two runs meet, the second waits here. Otherwise it would count figures for a mail that it must not send.
    locked = Subscription.objects.select_for_update().filter(pk=subscription.pk)
    if not locked or is_written(key):
        return False
    user = subscription.user
    areas = readable_areas(user, on=timezone.localdate(now))
    table = reach(period, by=Cut.AREA, as_of=timezone.localdate(now), areas=areas)
    stamp = Stamp(by=user.name, now=now, areas=names_of(areas))
    attached = Attachment(file_name(table, stamp, "csv"), "".join(csv_lines(table)))
    # In August all children of the year have left.
    leavers = dose(AcademicYear.parse(period.name), as_of=table.as_of, areas=areas) if "/" in period.name else None
    subject, body = monthly(table, user, now=now, areas=stamp.areas, leavers=leavers)
    put(key, to=user.email, subject=subject, body=body, attached=attached)
    return True
