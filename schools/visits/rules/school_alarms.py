"""What a host can say on the day of its visit, and from when to when; reasons are in the school’s words (rule 29)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.words import long_day
from schools.messages.hours import at
from schools.visits.fingerprints import fingerprint
from schools.visits.models import (
    BOOKED_STAGES,
    CALLED_OFF_STAGES,
    AlarmWhat,
    SchoolAlarm,
    Session,
    SessionStage,
    Visit,
)

EVENING_FROM = time(17)
"""From this hour of the evening before, a school’s page is about the day."""
THERE_BEFORE = timedelta(minutes=30)
"""So long before the first session somebody should be there."""
MOST_ALARMS = 6
"""How often a school can say something about one day by its page; after that it phones."""


@dataclass(frozen=True)
class OnTheDay:
    """The day of a visit that a school’s page is about now."""

    day: date
    sessions: tuple[Session, ...]
    """Those of the day that somebody goes to and that nobody has reported, in order of time."""
    may_say: tuple[AlarmWhat, ...]
    """What the host can say at this moment."""

    def is_meant(self, shown: str) -> bool:
        """Return whether a page means this day that was about the day `shown`, as YYYY-MM-DD; blank: it did not say which."""
        return shown in {"", self.day.isoformat()}

    def is_about_what_is_left(self, alarm: SchoolAlarm) -> bool:
        """Return whether an alarm of this day is about any of the sessions; else it hinders nobody from saying the same again.

        That nobody has come is about those alone at which somebody should have been when the school said so.
        """
        if alarm.what != AlarmWhat.NOBODY:
            return True
        return any(at(self.day, session.starts) - THERE_BEFORE <= alarm.at for session in self.sessions)


def on_the_day(visit: Visit, sessions: Collection[Session], *, now: datetime) -> OnTheDay | None:
    """Return the day that it is, or that begins tomorrow morning; None where nobody is expected at the school then.

    The sessions have their types. Online sessions are left out: nobody goes there.
    """
    if visit.stage not in BOOKED_STAGES:
        return None
    on = timezone.localdate(now)
    days = [on, on + timedelta(days=1)] if now >= at(on, EVENING_FROM) else [on]
    coming = [each for each in sessions if each.stage == SessionStage.SCHEDULED and each.type.is_gone_to and not each.recorded_at]
    by_day = {day: sorted((each for each in coming if each.day == day), key=lambda each: (each.starts, each.pk)) for day in days}
    with_sessions = [day for day in days if by_day[day]]
    if not with_sessions:
        return None
    # What is over today gives way to tomorrow, and is there until midnight otherwise: somebody may say late that nobody came.
    day = next((day for day in with_sessions if _ends(by_day[day]) > now), with_sessions[0])
    of_day = by_day[day]
    said_from = at(day, of_day[0].starts) - THERE_BEFORE
    may_say = [AlarmWhat.NOBODY] if now >= said_from else []
    may_say += [AlarmWhat.CALL_OFF] if now < _ends(of_day) else []
    return OnTheDay(day, tuple(of_day), tuple(may_say))


def _ends(sessions: Sequence[Session]) -> datetime:
    return at(sessions[-1].day, max(session.ends for session in sessions))


def reasons_not_to_alarm(
    visit: Visit, today: OnTheDay | None, *, alarm: AlarmWhat | None, school: int, shown: str = "", said_before: int = 0
) -> list[str]:
    """Return why the school cannot say this now, or (`alarm` None) take back what it said; `shown` as for `is_meant`."""
    if visit.stage in CALLED_OFF_STAGES:
        return [_("This visit was cancelled: nobody is on the way. Phone us if that is not right.")]
    if today is None:
        return [_("Nothing of this visit is to come today. Phone us.")]
    if school != visit.school_id:
        return [_("Your pupils are guests there: phone us, and the school where the visit is.")]
    if not today.is_meant(shown):
        words = _("Nobody is told anything: this page is about %(day)s by now. Press again if you mean that day, or phone us.")
        return [words % {"day": long_day(today.day)}]
    return _reasons_not_now(today, alarm, said_before)


def alarm_as_shown(alarm: SchoolAlarm) -> str:
    """Return a short text that differs where the school has taken the alarm back, or another sees to it by now, or nobody."""
    moments = (moment and moment.timestamp() for moment in (alarm.over_at, alarm.seen_at))
    return fingerprint(*moments, alarm.seen_by_id)


def _reasons_not_now(today: OnTheDay, alarm: AlarmWhat | None, said_before: int) -> list[str]:
    if alarm is not None and alarm not in today.may_say:
        return [_("It is too early or too late to say this here. Phone us.")]
    if said_before >= MOST_ALARMS:
        return [_("This has changed several times today, and everybody was told each time. Phone us now.")]
    return []
