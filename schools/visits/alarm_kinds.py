"""The kinds of messages about what a school says on the day: to coordinators, and to everybody who is on the way (rule 29).

They go at any hour: what they are about is today, or begins tomorrow morning.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.queries import managers
from schools.messages.hashed import plain
from schools.messages.kinds import Audience, Draft, Kind, draft_of
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.visits.alarm_emails import mail_of_alarm, mail_of_alarm_to_volunteer, sms_of_alarm
from schools.visits.keeping import forget_visits, keep_visits
from schools.visits.links import link_to_mornings, link_to_visits
from schools.visits.models import Cover, SchoolAlarm
from schools.visits.queries import responsible_by_visit, still_seeing
from schools.visits.queries.school_alarms import OVER, Heard, of_today, on_the_way, who_heard
from schools.visits.queries.standings import VOLUNTEER
from schools.visits.reminders import Reminded, keep_at_once, of_visits, reminder
from schools.visits.rules.days_off import has_ended
from schools.volunteers.models import Volunteer, VolunteerStatus

SCHOOL_ALARM, MORNING_ALARM = "school-alarm", "morning-alarm"


def _key(kind: str, alarm: SchoolAlarm, person: int) -> str:
    return f"{kind}:{alarm.pk}:{person}{OVER if alarm.over_at else ''}"


def _is_news(kind: str, alarm: SchoolAlarm, person: int, alarms: Collection[SchoolAlarm], heard: Heard) -> bool:
    """Return whether the person is told of the alarm: that it stands, or that it was taken back after they may have heard of it.

    Where the school has said the same again since, the latest that they heard of is taken back, and none while one stands: a
    correction that comes late would be wrong by then.
    """
    if alarm.over_at is None:
        return True
    about = alarm.visit_id, alarm.day, alarm.what
    later = [each for each in alarms if each.pk > alarm.pk and (each.visit_id, each.day, each.what) == about]
    if any(each.over_at is None or (kind, each.pk, person) in heard for each in later):
        return False
    return (kind, alarm.pk, person) in heard


def coordinators_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what coordinators, or their stand-ins, are told: what the school says, and that it was taken back after they knew.

    Where nobody looks after the visit who may sign in and sees it, as when somebody has left, or no mail goes to any of them,
    managers are told: somebody at a school waits, and has read that we are telling whoever looks after it.
    """
    on = timezone.localdate(now)
    alarms = list(of_visits(of_today(on=on), about))
    heard = who_heard([SCHOOL_ALARM], alarms)
    for alarm, users in _who_is_told(alarms, heard, on=on):
        for user in users:
            if _is_news(SCHOOL_ALARM, alarm, user.pk, alarms, heard):
                link = link_to_visits([alarm.visit_id], coordinator=user)
                write = partial(mail_of_alarm, alarm, coordinator=user)
                sms = sms_of_alarm(alarm, link, reader=user)
                key, visits = _key(SCHOOL_ALARM, alarm, user.pk), [alarm.visit_id]
                yield Draft(key, user.email, write, visits, link, who=str(user), sms=sms)


def _who_is_told(alarms: Collection[SchoolAlarm], heard: Heard, *, on: date) -> Iterator[tuple[SchoolAlarm, list[User]]]:
    """Yield each alarm with those in the office to whom it goes; one that was taken back to who stood in until then, too."""
    responsible = responsible_by_visit((alarm.visit for alarm in alarms), on=on)
    by_visit = {
        visit: {user.pk: user for row in rows for user in row.written_to() if user.email} for visit, rows in responsible.items()
    }
    addresses = {user.email for of_visit in by_visit.values() for user in of_visit.values()}
    marked = SuppressedAddress.objects.active().by_address(addresses) if addresses else {}
    everywhere: list[User] | None = None
    for alarm in alarms:
        users = list(by_visit[alarm.visit_id].values())
        if all(plain(user.email) in marked for user in users):
            everywhere = list(managers().exclude(email="").order_by("pk")) if everywhere is None else everywhere
            # Whose address is marked may have a phone to which this goes, and the mail stands on home as not delivered.
            users += [user for user in everywhere if user.pk not in by_visit[alarm.visit_id]]
        gone = {person for _, pk, person in heard if alarm.over_at and pk == alarm.pk} - {user.pk for user in users}
        yield alarm, [*users, *still_seeing(alarm.visit, gone, on=on)]


def coordinators_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the alarm."""
    visits = SchoolAlarm.objects.filter(pk=int(message.key.split(":")[1])).values_list("visit", flat=True)
    return draft_of(message, coordinators_due(now, set(visits)))


def volunteers_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what everybody is told who is down for that day, and that it was taken back to whoever knew.

    Of what has ended nobody is told: no school waits for them any more, and who is put on afterwards was there.
    """
    alarms = list(of_visits(of_today(on=timezone.localdate(now)), about))
    going = on_the_way(alarms) if alarms else {}
    heard = who_heard([MORNING_ALARM], alarms)
    for alarm in alarms:
        people: defaultdict[int, list[Cover]] = defaultdict(list)
        for cover in going[alarm.pk]:
            if not has_ended(cover.session, now=now):
                people[cover.volunteer_id].append(cover)
        for person, covers in people.items():
            if _is_news(MORNING_ALARM, alarm, person, alarms, heard) and _gets_mail(covers[0].volunteer):
                yield _to_volunteer(alarm, covers)


def _gets_mail(volunteer: Volunteer) -> bool:
    return volunteer.user is not None and volunteer.status != VolunteerStatus.LEFT


def _to_volunteer(alarm: SchoolAlarm, covers: list[Cover]) -> Draft:
    volunteer, sessions = covers[0].volunteer, [cover.session for cover in covers]
    link = link_to_mornings(volunteer, sessions)
    write = partial(mail_of_alarm_to_volunteer, alarm, volunteer, sessions)
    about = [Reminded(VOLUNTEER, (alarm.visit_id, volunteer.pk), [session.pk for session in sessions])]
    sms = sms_of_alarm(alarm, link, reader=volunteer.user)
    key = _key(MORNING_ALARM, alarm, volunteer.pk)
    return Draft(key, volunteer.mail_address, write, about, link, who=str(volunteer), sms=sms)


KINDS = (
    Kind(
        SCHOOL_ALARM,
        "A school’s alarm on the day",
        coordinators_due,
        coordinators_again,
        keep_visits,
        forget_visits,
        Audience.COORDINATORS,
        "at once, at any hour",
        by_sms="each",
        is_alarm=True,
    ),
    replace(
        reminder(
            MORNING_ALARM,
            "What the school says on the day",
            Audience.VOLUNTEERS,
            "at once, at any hour",
            volunteers_due,
            is_woken=True,
            volunteer_at=2,
            written=keep_at_once,
        ),
        by_sms="each",
        is_alarm=True,
    ),
)
