"""What a school's choice of a date would book, and on whose behalf it is booked."""

from datetime import date

from schools.accounts.models import User
from schools.directory.models import Contact, School
from schools.directory.responsible import responsible_for_school
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates, Session, Visit
from schools.visits.rules import NewSession
from schools.visits.rules.school_answers import to_come
from schools.visits.templates import sessions_of_template


def sessions_of_choice(offered: OfferedDates, half_day: HalfDay) -> list[NewSession]:
    """Return the sessions of the template that was offered, on this half-day; none where it is not in use any more."""
    template = offered.template
    if template is None or not template.active:
        return []
    return sessions_of_template(template, offered.school, first_day=half_day.day, is_afternoon=half_day.is_afternoon)


def answering_for(offered: OfferedDates, *, on: date) -> User | None:
    """Return who answers for what is booked by the choice: whoever offered the dates, while the school is theirs to book.

    Else one of those who look after the school's area on the day. None: nobody does who may sign in.
    """
    offerer = offered.offered_by
    if offerer is not None and _may_book(offerer, offered.school, on=on):
        return offerer
    users = [row.user for row in responsible_for_school(offered.school, on=on)]
    return min(users, key=lambda user: user.pk, default=None)


def only_lead(school: School) -> Contact | None:
    """Return the safeguarding lead where the school has exactly one, whom the booking form of the office chooses as well."""
    leads = list(Contact.objects.at([school]).filter(role__icontains="safeguarding")[:2])
    return leads[0] if len(leads) == 1 else None


def to_be_moved(visit: Visit, *, on: date) -> list[Session]:
    """Return the sessions of the visit that are still expected to take place, in order of time; one query."""
    return to_come(visit.sessions.select_related("type", "visit__school", "site").order_by("day", "starts", "pk"), on=on)


def own_hold(visit: Visit, *, on: date) -> int | None:
    """Return the dates, by their id, of which the school has chosen one to move the visit to, and which it holds by that.

    They keep other visits away, and not this one. None: it has chosen none that waits. One query.
    """
    waiting = OfferedDates.objects.waiting_to_be_moved(on=on).filter(visit=visit)
    return waiting.order_by("-pk").values_list("pk", flat=True).first()


def _may_book(user: User, school: School, *, on: date) -> bool:
    if not user.is_active or not (user.is_manager or user.is_coordinator):
        return False
    return user.is_manager or School.objects.for_user(user, on=on).filter(pk=school.pk).exists()
