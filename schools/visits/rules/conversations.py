"""Reasons not to write down what a school said, and what is still missing when it agrees."""

from datetime import date

from django.db.models import BigIntegerField

from schools.core.batched_queries import Given
from schools.core.periods import AcademicYear
from schools.core.prepared import Prepared
from schools.core.words import joined, long_day
from schools.directory.models import Contact, School, SchoolAgreement
from schools.visits.limits import LAST_DAY
from schools.visits.models import CALLED_OFF_STAGES, Session, SessionStage, Visit
from schools.visits.queries.requests import asked_for_by, numbers_of


def reasons_not_to_log(school: School, day: date, *, follow_up_on: date | None, visit: Visit | None, on: date) -> list[str]:
    """Return the reasons why a conversation on the day cannot be written down."""
    reasons = []
    if day > on:
        reasons.append("You cannot have spoken on a day to come. Give the day of the conversation.")
    if follow_up_on is not None and follow_up_on < day:
        reasons.append("The follow-up is before the conversation. Give a later day, or leave it empty.")
    if visit is not None and visit.school_id != school.pk and visit.school_id not in numbers_of(school):
        reasons.append(f"Visit {visit.reference} is not to {school}. Open the form from that visit.")
    return reasons


def reasons_taken_back(visit: Visit) -> list[str]:
    """Return the reason why no conversation can be about a visit whose booking was undone."""
    return [f"Visit {visit.reference} was taken back meanwhile. Log this once more, without the visit."]


def reasons_not_to_wait(ask_again_on: date | None, *, on: date) -> list[str]:
    """Return the reasons why the school cannot stay off the due list until the day; None: the list stays as it is."""
    if ask_again_on is None:
        return []
    if ask_again_on <= on:
        return ["The day to ask again has come already. Give a day to come, or leave it empty."]
    return [] if ask_again_on <= LAST_DAY else [f"{long_day(ask_again_on)} is too far away. Look the year up."]


def reasons_of_month(preferred_month: date | None, *, on: date) -> list[str]:
    """Return the reasons why a school cannot ask for the month; None: any month."""
    if preferred_month is None or on.replace(day=1) <= preferred_month <= LAST_DAY:
        return []
    return ["That month has passed, or is too far away. Choose a month to come, or leave it empty."]


def reasons_not_to_request(school: School, *, preferred_month: date | None, contact: Contact | None, on: date) -> list[str]:
    """Return the reasons why a school's request for a visit cannot be stored."""
    reasons = []
    if not school.is_bookable:
        reasons.append(f"{school} cannot be visited: it is closed, or has no Reception to Year 6. Look for its successor.")
    reasons += reasons_of_month(preferred_month, on=on)
    if contact is not None and not contact.is_at(school):
        reasons.append(f"{contact} is not at {school}. Choose one of the school’s own contacts.")
    if asked_for_by(school) is not None:
        reasons.append(f"{school} has asked for a visit already. Book that one, or decline it first.")
    return reasons


def reasons_not_to_decline(visit: Visit, *, has_begun: bool) -> list[str]:
    """Return the reasons why the visit cannot be marked as declined by the school.

    `has_begun`: a session of it has begun or is over and nobody has reported it, while another one is to come or was cancelled.
    """
    if visit.stage in CALLED_OFF_STAGES:
        return [f"This visit is {visit.get_stage_display().lower()} already."]
    if visit.sessions.filter(stage=SessionStage.DELIVERED).exists():
        return ["Part of this visit took place. Cancel what is to come instead."]
    if has_begun:
        return ["Part of this visit has begun or is over. Say how that went, and cancel what is to come, if anything is."]
    return []


_AGREED = Prepared(
    lambda: SchoolAgreement.objects.filter(school=Given("school", BigIntegerField())).values_list("academic_year", flat=True)
)
_DAYS = Prepared(
    lambda: (
        Session.objects.filter(visit=Given("visit", BigIntegerField()))
        .exclude(stage=SessionStage.CANCELLED)
        .values_list("day", flat=True)
    )
)


def missing_at_confirming(visit: Visit) -> list[str]:
    """Return what the school has not given yet, each as a sentence that warns and does not block (rule 11)."""
    missing = []
    years = sorted({AcademicYear.of(day) for day in _days(visit)})
    known = set(_AGREED.run(school=visit.school_id))
    if without := [str(year) for year in years if year.start not in known]:
        missing.append(f"The school’s agreement for {joined(without)} is not here. Ask for it, and write down who gave it.")
    if visit.parents_told_on is None:
        missing.append("Nobody has said that the parents were told. Ask the school to tell them, and write down the day.")
    if visit.safeguarding_contact_id is None:
        missing.append("The school’s safeguarding contact is not known. Volunteers need to know whom to tell; ask for a name.")
    return missing


def _days(visit: Visit) -> list[date]:
    return _DAYS.run(visit=visit.pk)
