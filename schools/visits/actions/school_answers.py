"""Keeping what a school says about its visit, beside what the office has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.errors import RuleBroken
from schools.directory.accesses import used
from schools.directory.models import School, SchoolAccess
from schools.directory.sites import sites_in_use
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer, Session, Subject, Visit
from schools.visits.queries.school_answers import (
    Values,
    as_it_stands,
    latest_by_subject,
    not_of_another_year,
    office_values,
    our_counts,
    pack_read,
    roll_values,
    site_words,
    words_by_subject,
    year_of_visit,
)
from schools.visits.rules.school_answers import OF_THE_SCHOOL, held, reasons_not_to_look_back, reasons_not_to_prepare, to_come

FREE = {AnswerItem.NOTE, AnswerItem.AGREEMENT}
"""What has no column of the office behind it."""


@dataclass(frozen=True)
class Correction:
    """One thing that a school says, and what its page showed before."""

    subject: Subject
    words: str
    shown: str


@dataclass(frozen=True)
class Giver:
    """Who says it: the name that they gave, the school for which they speak, and the access whose link they used."""

    name: str
    school: int
    access: SchoolAccess


def lock_with_sessions(visit: int) -> tuple[Visit, list[Session]]:
    """Lock the visit, then its sessions in order of id, and return them with their headcounts."""
    row = Visit.objects.select_for_update(of=("self",)).select_related("school", "safeguarding_contact").get(pk=visit)
    sessions = Session.objects.select_for_update(of=("self",)).filter(visit=row).select_related("type", "visit__school")
    return row, list(sessions.order_by("pk").prefetch_related("headcounts"))


@transaction.atomic
def prepare(visit: int, says: Sequence[Correction], giver: Giver, *, now: datetime) -> int:
    """Keep what the school says of a visit to come, and return how much of it is new. Raises RuleBroken with every reason."""
    row, sessions = lock_with_sessions(visit)
    on = timezone.localdate(now)
    if reasons := reasons_not_to_prepare(row, sessions, on=on):
        raise RuleBroken(reasons)
    values = office_values(row, to_come(sessions, on=on), giver.school)
    return _keep(row, values, says, giver, year=year_of_visit(sessions, on=on), now=now)


@transaction.atomic
def say_counts(visit: int, says: Sequence[Correction], giver: Giver, *, now: datetime) -> int:
    """Keep the school's own numbers beside ours; where both agree, that is confirmed and nobody has to look."""
    row, sessions = lock_with_sessions(visit)
    if reasons := reasons_not_to_look_back(sessions):
        raise RuleBroken(reasons)
    year = year_of_visit(sessions, on=timezone.localdate(now))
    return _keep(row, our_counts(held(sessions), giver.school), says, giver, year=year, now=now)


@transaction.atomic
def say_roll(visit: int, says: Sequence[Correction], giver: Giver, *, now: datetime) -> int:
    """Keep how many pupils the school says are on roll, beside what the office has; return how much of it is new.

    It is of the academic year of the visit. Raises RuleBroken with every reason.
    """
    row, sessions = lock_with_sessions(visit)
    on = timezone.localdate(now)
    if reasons := reasons_not_to_prepare(row, sessions, on=on):
        raise RuleBroken(reasons)
    year = year_of_visit(sessions, on=on)
    return _keep(row, roll_values(School.objects.get(pk=giver.school), year), says, giver, year=year, now=now)


@transaction.atomic
def say_site(visit: int, says: Sequence[Correction], giver: Giver, *, now: datetime) -> int:
    """Keep at which of its sites the host would have the visit, beside where the office has it; return how much of it is new.

    Raises RuleBroken with every reason.
    """
    row, sessions = lock_with_sessions(visit)
    on = timezone.localdate(now)
    if reasons := reasons_not_to_prepare(row, sessions, on=on):
        raise RuleBroken(reasons)
    if giver.school != row.school_id:
        raise RuleBroken([_("Your pupils are guests there: phone us, and the school where the visit is.")])
    values = {Subject(AnswerItem.SITE): site_words(to_come(sessions, on=on), sites_in_use(row.school))}
    return _keep(row, values, says, giver, year=year_of_visit(sessions, on=on), now=now)


@transaction.atomic
def say_pack_read(visit: int, giver: Giver, *, now: datetime) -> SchoolAnswer:
    """Keep that somebody at the school has read what it gets beforehand; who was first stays.

    Nobody in the office has to decide about it. Raises RuleBroken with every reason.
    """
    row, sessions = lock_with_sessions(visit)
    if earlier := pack_read(visit, giver.school):
        return earlier
    if reasons := reasons_not_to_prepare(row, sessions, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
    answer = _new_answer(row, Correction(Subject(AnswerItem.PACK), "", ""), giver, state=AnswerState.TAKEN, now=now)
    answer.save()
    used(giver.access, now=now)
    return answer


def say_questions_answered(visit: Visit, giver: Giver, *, now: datetime) -> None:
    """Keep that the school has answered the five questions, so that nobody asks it again."""
    _new_answer(visit, Correction(Subject(AnswerItem.QUESTIONS), "", ""), giver, state=AnswerState.TAKEN, now=now).save()


def _keep(visit: Visit, values: Values, says: Sequence[Correction], giver: Giver, *, year: int, now: datetime) -> int:
    """Keep what is new and return how much it is; what is said of the school is of the academic year, that of the visit."""
    rows = not_of_another_year(SchoolAnswer.objects.filter(visit=visit, school=giver.school), year)
    waiting, own = latest_by_subject(rows), words_by_subject(rows)
    counted = sorted((row for row in rows if row.item == AnswerItem.COUNTED), key=lambda row: (row.at, row.pk))
    confirmed = {row.subject: row.words for row in counted if row.state == AnswerState.TAKEN}
    reasons, kept = [], 0
    for correction in says:
        if correction.subject not in values and correction.subject.item not in FREE:
            reasons.append(_("This has changed since you opened the page. Look at it again."))
            continue
        now_there = as_it_stands(values, own, correction.subject)
        agrees = correction.subject.item == AnswerItem.COUNTED and correction.words == values[correction.subject] != ""
        if correction.words in {now_there, correction.shown} and (
            not agrees or confirmed.get(correction.subject) == correction.words
        ):
            continue  # nobody touched it, or it is so already
        if changed := _changed_since_shown(correction, says, values, own):
            reasons += changed
            continue
        kept += 1
        is_ours = correction.words == values.get(correction.subject, "")
        waits = waiting.get(correction.subject)
        _store(visit, correction, giver, waits, is_ours=is_ours, agrees=agrees, year=year, now=now)
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    used(giver.access, now=now)
    return kept


def _changed_since_shown(
    correction: Correction, says: Sequence[Correction], values: Values, answers: Mapping[Subject, SchoolAnswer]
) -> list[str]:
    """Return what is different by now from what the school read as it typed this.

    The phone of a lead is that of the person whom the page named beside it: it would become the number of whoever took their
    place since. Whoever names that person too may give it. Nor does a phone that waits go with another name than it was given
    for.
    """
    reasons: list[str] = []
    beside: list[Correction] = []
    if correction.subject.item == AnswerItem.LEAD_PHONE:
        beside = [each for each in says if each.subject.item == AnswerItem.LEAD]
    elif correction.subject.item == AnswerItem.LEAD:
        beside = [each for each in says if each.subject.item == AnswerItem.LEAD_PHONE and each.subject in answers]
    for each in [correction, *beside]:
        now_there = as_it_stands(values, answers, each.subject)
        if each.shown != now_there and (each is correction or each.words != now_there):
            reasons.append(_changed_meanwhile(each.subject, now_there, answers.get(each.subject)))
    return reasons


def _changed_meanwhile(subject: Subject, words: str, answer: SchoolAnswer | None) -> str:
    facts = {"what": AnswerItem(subject.item).label, "words": words or _("nothing"), "who": answer.given_by if answer else ""}
    if answer:
        return _("%(what)s: %(who)s has said “%(words)s” meanwhile. Look at it, and send yours if it is right.") % facts
    return _("%(what)s: it is “%(words)s” by now. Look at it, and send yours if it is right.") % facts


def _store(
    visit: Visit,
    correction: Correction,
    giver: Giver,
    waiting: SchoolAnswer | None,
    *,
    is_ours: bool,
    agrees: bool,
    year: int,
    now: datetime,
) -> None:
    """Put it in the place of what waits; where the school says what the office has, nothing waits any more."""
    if waiting is not None and is_ours:
        waiting.delete()
    elif waiting is not None:
        waiting.words, waiting.given_by, waiting.access, waiting.at = correction.words, giver.name, giver.access, now
        waiting.academic_year = _year_of(correction.subject, year)
        waiting.save()
    if agrees or (waiting is None and not is_ours):
        answer = _new_answer(visit, correction, giver, state=AnswerState.TAKEN if agrees else AnswerState.OPEN, now=now)
        answer.academic_year = _year_of(correction.subject, year)
        answer.save()


def _year_of(subject: Subject, year: int) -> int | None:
    """Return the academic year of what is said of the school; None where it is said of the visit."""
    return year if subject.item in OF_THE_SCHOOL else None


def _new_answer(visit: Visit, correction: Correction, giver: Giver, *, state: AnswerState, now: datetime) -> SchoolAnswer:
    item, session, year_group = correction.subject
    decided_at = None if state == AnswerState.OPEN else now
    return SchoolAnswer(
        visit=visit, school_id=giver.school, item=item, session_id=session, year_group=year_group, words=correction.words,
        given_by=giver.name, access=giver.access, at=now, state=state, decided_at=decided_at,
    )  # fmt: skip
