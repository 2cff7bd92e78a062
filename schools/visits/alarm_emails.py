"""The words of what a school says on the day, to coordinators and volunteers; none names a pupil or what a child said."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.core.words import long_day, short_time
from schools.messages.kinds import Mail
from schools.messages.links import Link
from schools.messages.sms import Sms, number_of, sms_of
from schools.messages.sms_words import in_one_sms
from schools.messages.wording import wording
from schools.visits.emails import hello, when_and_where
from schools.visits.models import AlarmWhat, SchoolAlarm, Session
from schools.volunteers.models import Volunteer

TO_COORDINATORS, TO_VOLUNTEERS = "school-alarm", "morning-alarm"
"""How the keys of the texts begin."""


def part_of(alarm: SchoolAlarm) -> str:
    """Return the part of a text’s key that says what the alarm is, or that it was taken back."""
    if alarm.over_at:
        return "here" if alarm.what == AlarmWhat.NOBODY else "on-again"
    return "nobody" if alarm.what == AlarmWhat.NOBODY else "call-off"


def mail_of_alarm(alarm: SchoolAlarm, *, coordinator: User) -> Mail:
    """Return what a coordinator reads: what the school says, and when. Who said it, and who is on the way, is in the office."""
    texts = f"{TO_COORDINATORS}.{part_of(alarm)}"
    with in_language_of(coordinator):
        where = {"where": _where(alarm)}
        parts = [wording(f"{texts}.opening", where), _spoken(alarm), wording(f"{texts}.closing")]
        return wording(f"{texts}.subject", where), "\n\n".join(parts) + "\n"


def mail_of_alarm_to_volunteer(alarm: SchoolAlarm, volunteer: Volunteer, sessions: Sequence[Session]) -> Mail:
    """Return what somebody reads who is down for sessions of that day."""
    texts = f"{TO_VOLUNTEERS}.{part_of(alarm)}"
    with in_language_of(volunteer.user):
        subject = wording(f"{texts}.subject", {"where": _where(alarm)})
        opening, closing = wording(f"{texts}.opening"), wording(f"{texts}.closing")
        parts = [hello(volunteer), opening, when_and_where(sessions), *_phone(alarm), closing]
        return subject, "\n\n".join(parts) + "\n"


def sms_of_alarm(alarm: SchoolAlarm, link: Link | None, *, reader: User | None) -> Sms | None:
    """Return the same by SMS; None where its reader did not say yes to SMS."""
    to = number_of(reader)
    if not to:
        return None
    with in_language_of(reader):
        words = {
            "nobody": _("Nobody has come, says %(where)s. Phone them."),
            "call-off": _("Called off by the school: %(where)s"),
            "here": _("It was a mistake, you are there: %(where)s"),
            "on-again": _("Takes place after all: %(where)s"),
        }[part_of(alarm)]
        return sms_of(to, in_one_sms([words % {"where": _where(alarm)}], link.address if link else ""))


def _where(alarm: SchoolAlarm) -> str:
    return f"{alarm.visit.school}, {long_day(alarm.day)}"


def _spoken(alarm: SchoolAlarm) -> str:
    """Say when the school said it; the visit’s page names who did."""
    moment = timezone.localtime(alarm.over_at or alarm.at)
    return _("The school said so at %(time)s, %(day)s.") % {"time": short_time(moment.time()), "day": long_day(moment.date())}


def _phone(alarm: SchoolAlarm) -> list[str]:
    phone = alarm.visit.school.phone
    return [_("The school’s phone: %(phone)s") % {"phone": phone}] if phone else []
