"""Conversations with schools: what was said, what they asked for, when to ask again, and their yearly agreement."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.directory.models import Contact, School, SchoolAgreement
from schools.visits.actions.batches import Changes, field_values
from schools.visits.actions.waking import wake
from schools.visits.models import ContactLog, Visit, VisitStage
from schools.visits.queries import new_reference
from schools.visits.rules import conversations as rules

OF_ASKED = ("school", "stage", "preferred_month", "coordinator", "contact", "safeguarding_contact", "arrival_notes", "parking")
"""The fields of a visit that a school asked for by which one sees whether somebody has worked on it since."""
OF_TALK = ("school", "visit", "day", "how", "who", "note", "dates_offered", "follow_up_on")
"""The fields of a conversation by which one sees whether somebody has changed it since."""
OF_AGREEMENT = ("school", "academic_year", "accepted_on", "by_role")
"""The fields of a school's agreement by which one sees whether somebody has changed it since."""


def lock_numbers(school: School) -> School:
    """Lock the school under all its numbers and return it as it is now.

    In the order of their ids, so that two who come by different numbers do not wait for each other.
    """
    locked = list(School.objects.select_for_update(of=("self",)).filter(school.under_any_number).order_by("pk"))
    return next(row for row in locked if row.pk == school.pk)


def ask_again(school: School, day: date, *, changes: Changes | None = None) -> None:
    """Leave the school off the list of those to ask until the day; the caller has opened a transaction.

    It is the only such day of the school, under any of its numbers. `changes` records what was written.
    """
    school = lock_numbers(school)
    forget_earlier_days(school, changes=changes)
    before = field_values(school, ["ask_again_on"])
    school.ask_again_on = day
    school.save(update_fields=["ask_again_on"])
    if changes is not None:
        changes.record_changed(school, before)


def day_to_ask_again(school: School) -> date | None:
    """Return until when the school is left off that list, under any of its numbers; None: it has named no day."""
    if school.ask_again_on is not None:
        return school.ask_again_on
    latest: date | None = School.objects.filter(school.under_any_number).aggregate(day=Max("ask_again_on"))["day"]
    return latest


def forget_earlier_days(school: School, *, changes: Changes | None = None) -> None:
    """Let no day on which to ask again stand under another number of the school; the caller has opened a transaction."""
    named = School.objects.filter(school.under_any_number, ask_again_on__isnull=False).exclude(pk=school.pk)
    for earlier in named.select_for_update(of=("self",)).order_by("pk"):
        before = field_values(earlier, ["ask_again_on"])
        earlier.ask_again_on = None
        earlier.save(update_fields=["ask_again_on"])
        if changes is not None:
            changes.record_changed(earlier, before)


def end_wait(school: School, *, on: date, changes: Changes | None = None) -> None:
    """Let the school be asked again from the day on, under any of its numbers, all of which the caller has locked.

    No day stands then. But a school that has declined a visit in this academic year waits until the next one where no day stands:
    for it the day does, or the one before it that it named. `changes` records what was written.
    """
    if school.chain is not None:
        forget_earlier_days(school, changes=changes)
    numbers, since = School.objects.filter(school.under_any_number), AcademicYear.of(on).first_day
    declined = Visit.objects.filter(school__in=numbers, stage=VisitStage.DECLINED, declined_on__gte=since)
    day = min(school.ask_again_on or on, on) if declined.exists() else None
    if school.ask_again_on != day:
        before = field_values(school, ["ask_again_on"])
        school.ask_again_on = day
        school.save(update_fields=["ask_again_on"])
        if changes is not None:
            changes.record_changed(school, before)


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What somebody writes down about a conversation with a school."""

    day: date
    how: str
    who: str
    note: str = ""
    dates_offered: str = ""
    follow_up_on: date | None = None


@transaction.atomic
def log_conversation(
    school: School,
    conversation: Conversation,
    *,
    by: User,
    now: datetime,
    visit: Visit | None = None,
    ask_again_on: date | None = None,
    changes: Changes | None = None,
) -> ContactLog:
    """Write down a conversation with the school; `ask_again_on` leaves it off the due list until that day.

    The same words on the same day, about the same visit, by the same person, are one conversation: when a form is posted twice,
    the stored conversation is returned. About a visit it is with the number of the school that the visit has, so that dates that
    were offered are mailed. `changes` records what was written. Raises RuleBroken with every reason.
    """
    # Before the school, as everywhere: whoever takes the visit's booking back waits, or it is gone for us.
    visit = _locked(visit) if visit is not None else None
    reasons = rules.reasons_not_to_log(
        school, conversation.day, follow_up_on=conversation.follow_up_on, visit=visit, on=timezone.localdate(now)
    )
    if reasons := [*reasons, *rules.reasons_not_to_wait(ask_again_on, on=timezone.localdate(now))]:
        raise RuleBroken(reasons)
    # The lock makes two posts wait for each other: the second one sees what the first one wrote.
    lock_numbers(school)
    values = {"school": visit.school if visit else school, "visit": visit, "by": by, **asdict(conversation)}
    log = ContactLog.objects.filter(**values).first() or ContactLog(**values)
    is_new = log.pk is None
    log.full_clean()
    log.save()
    if is_new and changes is not None:
        changes.record_created(log, OF_TALK)
    if ask_again_on is not None:
        ask_again(school, ask_again_on, changes=changes)
    if visit is not None:
        wake([visit.pk])
    return log


def _locked(visit: Visit) -> Visit:
    """Lock the visit and return it as it is now. Raises RuleBroken where its booking was undone."""
    rows = Visit.objects.select_for_update(of=("self",), no_key=True).select_related("school")
    if (row := rows.filter(pk=visit.pk).first()) is None:
        raise RuleBroken(rules.reasons_taken_back(visit))
    return row


@transaction.atomic
def request_visit(
    school: School,
    *,
    preferred_month: date | None,
    by: User | None,
    now: datetime,
    contact: Contact | None = None,
    changes: Changes | None = None,
) -> Visit:
    """Store that the school asked for a visit, in the month of `preferred_month` (None: at any time); booking it plans it.

    `by` coordinates it; None: nobody typed it, and those who coordinate the area look after it.

    The school's day on which to ask again is cleared, because the school has asked by itself. `changes` records what was written.
    Raises RuleBroken with every reason.
    """
    school = lock_numbers(school)
    on = timezone.localdate(now)
    if reasons := rules.reasons_not_to_request(school, preferred_month=preferred_month, contact=contact, on=on):
        raise RuleBroken(reasons)
    end_wait(school, on=on, changes=changes)
    visit = Visit(
        reference=new_reference(),
        school=school,
        coordinator=by,
        stage=VisitStage.REQUESTED,
        requested_on=on,
        preferred_month=preferred_month.replace(day=1) if preferred_month else None,
        contact=contact,
    )
    visit.full_clean()
    visit.save()
    if changes is not None:
        changes.record_created(visit, OF_ASKED)
    wake([visit.pk])
    return visit


@transaction.atomic
def record_agreement(
    school: School,
    *,
    year: AcademicYear,
    accepted_on: date,
    by_role: str,
    now: datetime,
    changes: Changes | None = None,
) -> SchoolAgreement:
    """Store the school's agreement for the academic year, or correct it; `changes` records what was written.

    Raises RuleBroken for a day to come.
    """
    if accepted_on > timezone.localdate(now):
        raise RuleBroken(["The school cannot have agreed on a day to come. Give the day on which it said yes."])
    School.objects.select_for_update(of=("self",)).get(pk=school.pk)
    stored = SchoolAgreement.objects.filter(school=school, academic_year=year.start).first()
    agreement = stored or SchoolAgreement(school=school, academic_year=year.start)
    before = field_values(agreement, OF_AGREEMENT)
    agreement.accepted_on, agreement.by_role = accepted_on, by_role
    agreement.save()
    if changes is not None and stored is None:
        changes.record_created(agreement, OF_AGREEMENT)
    elif changes is not None:
        changes.record_changed(agreement, before)
    return agreement
