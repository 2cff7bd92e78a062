"""The figures by mail, once a month."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.periods import AcademicYear, Period
from schools.messages.actions import Attachment, is_written, put
from schools.reach.emails import monthly
from schools.reach.exports import Stamp, csv_lines, file_name
from schools.reach.models import Subscription
from schools.reach.queries import reach, readable_areas
from schools.reach.rows import Cut


@transaction.atomic
def subscribe(user: User, *, now: datetime) -> Subscription:
    """Mail the figures to the user every month; a second time changes nothing."""
    return Subscription.objects.get_or_create(user=user, defaults={"asked_at": now})[0]


@transaction.atomic
def unsubscribe(user: User) -> None:
    """Stop it."""
    Subscription.objects.filter(user=user).delete()


def send_monthly(*, now: datetime) -> tuple[int, int]:
    """Write the mail of the last whole month to each subscriber who may still read figures; how many, and how many had it.

    One mail for each period and person, however often this is called: its key says which.
    """
    period = period_of_mail(timezone.localdate(now))
    written = 0
    known = 0
    for one in Subscription.objects.select_related("user").order_by("pk"):
        if one.user.is_active and one.user.has_perm("schools.read_reach"):
            key = f"reach:{one.user.pk}:{period.name}"
            if not is_written(key) and _send(key, one, period, now=now):
                written += 1
            else:
                known += 1
    return written, known


def period_of_mail(on: date) -> Period:
    """The school year so far to the end of the last whole month; in August the whole year that has just ended."""
    last = on.replace(day=1) - timedelta(days=1)
    year = AcademicYear.of(last)
    if last == year.last_day:
        return year.period
    return Period.parse(f"{year.first_day}..{last}")


@transaction.atomic
def _send(key: str, subscription: Subscription, period: Period, *, now: datetime) -> bool:
    """Write the mail; False where another run has just written it, or the user has just stopped these mails."""
    # Of two runs at once the second waits here, instead of counting once more what it then must not send.
    asked = Subscription.objects.select_for_update().filter(pk=subscription.pk)
    if not asked or is_written(key):
        return False
    user = subscription.user
    areas = readable_areas(user, on=timezone.localdate(now))
    table = reach(period, by=Cut.AREA, as_of=timezone.localdate(now), areas=areas)
    stamp = Stamp(by=user.name, now=now, areas=None if areas is None else [area.name for area in areas])
    attached = Attachment(file_name(table, stamp, "csv"), "".join(csv_lines(table)))
    subject, body = monthly(table, user, now=now)
    put(key, to=user.email, subject=subject, body=body, attached=attached)
    return True
