"""On the day: keeping what a school says that cannot wait, taking it back, and that the office saw to it (rule 29)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.accesses import used
from schools.visits.actions.school_answers import Giver, lock_with_sessions
from schools.visits.actions.waking import wake
from schools.visits.models import AlarmWhat, SchoolAlarm, Visit
from schools.visits.rules import reasons_not_theirs
from schools.visits.rules.school_alarms import alarm_as_shown, on_the_day, reasons_not_to_alarm


@transaction.atomic
def raise_alarm(visit: int, kind: AlarmWhat, giver: Giver, *, shown: str = "", now: datetime) -> SchoolAlarm:
    """Keep what the host says of the day, and have everybody told. Said again, it is the same alarm; nobody is told twice.

    One that is about nothing any more of what is left of the day ends, and everybody is told of the new one.
    `shown` is the day that its page was about, as YYYY-MM-DD: one that was left open since is about another; blank: it did not
    say which. Raises RuleBroken with every reason.
    """
    row, sessions = lock_with_sessions(visit)
    today = on_the_day(row, sessions, now=now)
    of_day = SchoolAlarm.objects.filter(visit=row, day=today.day) if today else SchoolAlarm.objects.none()
    standing = of_day.standing().filter(what=kind).first()
    if today and standing and today.is_meant(shown) and today.is_about_what_is_left(standing):
        return standing
    if reasons := reasons_not_to_alarm(row, today, alarm=kind, school=giver.school, shown=shown, said_before=of_day.count()):
        raise RuleBroken(reasons)
    of_day.standing().filter(what=kind).update(over_at=now, over_by=giver.name)
    day = today.day if today else timezone.localdate(now)
    alarm = SchoolAlarm.objects.create(visit=row, day=day, what=kind, given_by=giver.name, access=giver.access, at=now)
    used(giver.access, now=now)
    wake([row.pk])
    return alarm


@transaction.atomic
def take_back_alarm(visit: int, kind: AlarmWhat, giver: Giver, *, shown: str = "", now: datetime) -> int:
    """End what the host said of the day, and have those told who were told before; return how many alarms that ended.

    Where nothing stands any more, nothing is done. `shown` as for `raise_alarm`. Raises RuleBroken with every reason.
    """
    row, sessions = lock_with_sessions(visit)
    today = on_the_day(row, sessions, now=now)
    if reasons := reasons_not_to_alarm(row, today, alarm=None, school=giver.school, shown=shown):
        raise RuleBroken(reasons)
    days = [today.day] if today else []
    ended = SchoolAlarm.objects.standing().filter(visit=row, what=kind, day__in=days).update(over_at=now, over_by=giver.name)
    if ended:
        used(giver.access, now=now)
        wake([row.pk])
    return ended


@transaction.atomic
def see_to_alarms(visit: Visit, ids: Collection[int], *, by: User, now: datetime) -> int:
    """Write down that somebody in the office saw to these alarms; the school reads it, and nobody is told otherwise.

    Who was first stays. Return how many that were. Raises RuleBroken where the visit is not the user’s.
    """
    _refuse_strangers(visit, by=by, now=now)
    return SchoolAlarm.objects.filter(visit=visit, pk__in=ids, seen_at=None).update(seen_at=now, seen_by=by)


BY_OFFICE = "The office"
"""Who took an alarm back, where the school told the office so."""


@transaction.atomic
def end_call_offs(visit: Visit, ids: Collection[int], *, by: User, now: datetime) -> int:
    """Write down that the day takes place after all, as the school told the office; whoever was told otherwise is told so.

    Return how many call-offs that ended. Raises RuleBroken where the visit is not the user’s.
    """
    _refuse_strangers(visit, by=by, now=now)
    standing = SchoolAlarm.objects.calling_off().filter(visit=visit, pk__in=ids)
    ended = standing.update(over_at=now, over_by=BY_OFFICE, seen_at=now, seen_by=by)
    if ended:
        wake([visit.pk])
    return ended


@transaction.atomic
def open_alarms_again(visit: Visit, shown: Mapping[int, str], *, by: User, now: datetime) -> int:
    """Take back that somebody saw to these alarms: they need somebody again; return how many that were.

    `shown` has by the id of each what they read of it (`alarm_as_shown`): what somebody else has seen to since stays so. Raises
    RuleBroken where they are not the user’s.
    """
    _refuse_strangers(visit, by=by, now=now)
    rows = SchoolAlarm.objects.select_for_update(of=("self",)).filter(visit=visit, pk__in=shown, seen_at__isnull=False)
    ids = [each.pk for each in rows.order_by("pk") if shown[each.pk] == alarm_as_shown(each)]
    return SchoolAlarm.objects.filter(pk__in=ids).update(seen_at=None, seen_by=None)


def _refuse_strangers(visit: Visit, *, by: User, now: datetime) -> None:
    if reasons := reasons_not_theirs(visit, by=by, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
