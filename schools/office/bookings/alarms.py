"""What the school said on the day, at the top of the visit’s page: who said it, whom to phone, and that somebody saw to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import BigIntegerField
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.batched_queries import Given
from schools.core.errors import RuleBroken
from schools.core.prepared import Prepared
from schools.core.words import moment
from schools.office.bookings.as_read import posted, to_post
from schools.office.frame.undo_bars import QUICKER, say_with_undo
from schools.office.frame.visibility import today
from schools.visits.actions.school_alarms import end_call_offs, open_alarms_again, see_to_alarms
from schools.visits.alarm_kinds import MORNING_ALARM
from schools.visits.models import CancelCode, Cover, SchoolAlarm, SessionStage, Visit
from schools.visits.queries.school_alarms import to_phone, who_heard, with_to_take_place
from schools.visits.rules.school_alarms import alarm_as_shown
from schools.volunteers.models import Volunteer

MOST_SHOWN = 12
OF_VISIT = Given("visit", BigIntegerField())
ALARMS = Prepared(lambda: with_to_take_place(SchoolAlarm.objects.filter(visit=OF_VISIT)).select_related("seen_by")[:MOST_SHOWN])
DOES = ("saw-to", "not-seen", "after-all")
"""The buttons of the part of the page; each names the alarm that it is about, and what the page showed of it."""


@dataclass(frozen=True)
class OnTheWay:
    """Somebody who is down for the day."""

    volunteer: Volunteer
    has_mail: bool
    """Whether a message about the alarm may have reached them; phone them in any case."""
    is_off: bool
    """Whether all that they were down for on that day was cancelled since: then other messages tell them that."""


@dataclass(frozen=True)
class AlarmLine:
    """One alarm, with whom it concerns."""

    alarm: SchoolAlarm
    people: tuple[OnTheWay, ...]
    """Who is or may be on the way, each once; none where it was taken back."""
    is_to_decide: bool
    """Whether it stands and something of its day is still to take place: once that is cancelled or reported, it is decided."""
    is_said_anew: bool = False
    """Whether it ended because the school said the same again of what was left of the day: nobody took it back."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody in the office, as on home."""
        return self.is_to_decide and self.alarm.seen_at is None

    @property
    def to_post(self) -> str:
        """What its form posts: the id of the alarm, and what is shown of it, so that nobody takes back what they did not read."""
        return to_post(self.alarm.pk, alarm_as_shown(self.alarm))

    @property
    def clock(self) -> str:
        """When the school said it."""
        return moment(timezone.localtime(self.alarm.at))

    @property
    def over(self) -> str:
        """When the school took it back, or said it anew; blank: it stands."""
        return moment(timezone.localtime(self.alarm.over_at)) if self.alarm.over_at else ""

    @property
    def seen(self) -> str:
        """When somebody saw to it; blank: nobody has."""
        return moment(timezone.localtime(self.alarm.seen_at)) if self.alarm.seen_at else ""


def alarms_of(visit: Visit) -> list[AlarmLine]:
    """Return what the school said on the days of the visit, the latest first.

    One query where it said nothing, else three, and another where something of such a day was cancelled.
    """
    alarms = ALARMS.run(visit=visit.pk)
    standing = [alarm for alarm in alarms if alarm.over_at is None]
    if not standing:
        return [AlarmLine(alarm, (), is_to_decide=False, is_said_anew=_is_said_anew(alarm, alarms)) for alarm in alarms]
    down, heard = to_phone(standing, on=today()), who_heard([MORNING_ALARM], standing)
    lines = []
    for alarm in alarms:
        people: dict[Volunteer, list[Cover]] = {}
        for cover in down.get(alarm.pk, ()):
            people.setdefault(cover.volunteer, []).append(cover)
        on_way = (
            OnTheWay(
                person,
                has_mail=(MORNING_ALARM, alarm.pk, person.pk) in heard,
                is_off=all(cover.session.stage == SessionStage.CANCELLED for cover in covers),
            )
            for person, covers in people.items()
        )
        is_to_decide, is_said_anew = alarm.over_at is None and alarm.is_to_take_place, _is_said_anew(alarm, alarms)
        lines.append(AlarmLine(alarm, tuple(on_way), is_to_decide=is_to_decide, is_said_anew=is_said_anew))
    return lines


def _is_said_anew(alarm: SchoolAlarm, alarms: Iterable[SchoolAlarm]) -> bool:
    """Return whether another of the alarms took the place of this one: it is of the moment in which this one ended."""
    about = alarm.day, alarm.what, alarm.over_at
    return any(each.pk > alarm.pk and (each.day, each.what, each.at) == about for each in alarms)


def part_of_alarms(visit: Visit, cancel_form: forms.Form) -> dict[str, Any]:
    """Return what the part of the page shows; where a call-off is to be decided, the form begins with its reason."""
    lines = alarms_of(visit)
    if any(line.alarm.what == SchoolAlarm.What.CALL_OFF and line.is_to_decide for line in lines):
        cancel_form.initial.setdefault("code", CancelCode.SCHOOL)
    return {"alarms": lines}


def alarm_done(request: SignedInRequest, visit: Visit, do: str) -> list[str]:
    """Do what a button of the part says; return the reasons why that was not possible."""
    shown, now = posted(request.POST.getlist("alarm")), timezone.localtime()
    act, words = {
        "saw-to": (see_to_alarms, "It is written down that you saw to it. The school reads that."),
        "not-seen": (open_alarms_again, "Taken back: it needs somebody again."),
        "after-all": (end_call_offs, "It takes place after all. Everybody who was told otherwise is told so."),
    }[do]
    try:
        number = act(visit, shown, by=request.user, now=now)
    except RuleBroken as broken:
        return broken.reasons
    if not number:
        messages.info(request, QUICKER)
    elif do == "saw-to":
        mine = SchoolAlarm.objects.filter(pk__in=shown, seen_by=request.user, seen_at=now)
        say_with_undo(request, words, {"do": "not-seen", "alarm": [to_post(each.pk, alarm_as_shown(each)) for each in mine]})
    else:
        messages.success(request, words)
    return []
