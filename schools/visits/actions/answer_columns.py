"""Writing one answer of a school into the visit, and putting back what it replaced; the callers hold the locks."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from schools.accounts.models import User
from schools.directory.actions import correct_roll, put_roll_back
from schools.directory.models import Contact, SchoolAgreement
from schools.visits.actions.answered_sites import SINCE, put_site_back, write_site
from schools.visits.actions.waking import reader_of, schools_about_to_change, somebody_else_reads
from schools.visits.models import (
    CALLED_OFF_STAGES,
    AnswerItem,
    Headcount,
    Merge,
    MergeKind,
    SchoolAnswer,
    Session,
    Visit,
)
from schools.visits.new_contacts import NewContact
from schools.visits.queries.requests import contact_of_address
from schools.visits.queries.school_answers import year_as_said
from schools.visits.rules import reasons_locked, reasons_not_to_edit, reasons_of_contacts
from schools.visits.rules.closed_periods import reasons_year_locked
from schools.visits.rules.new_contacts import reasons_not_to_take_person

LEAD_ROLE = "safeguarding lead"
OF_VISIT = {AnswerItem.ARRIVAL: "arrival_notes", AnswerItem.PARKING: "parking", AnswerItem.PARENTS: "parents_told_on"}
"""The columns of the visit that an answer fills as it stands."""
MAKES_SOMEBODY = frozenset({AnswerItem.CONTACT, AnswerItem.LEAD})
"""Answers that name somebody, of whom an entry is made where the school has none."""
GONE = "{answer}: whoever the visit named before is not there any more, so it stays as it is. Change it by hand."


def write_answer(answer: SchoolAnswer, visit: Visit, sessions: Sequence[Session], *, by: User, on: date) -> list[str]:
    """Write the answer, keep in it what it replaced, and return the reasons why that cannot be. The caller saves the answer.

    `on` is the day on which somebody takes it.
    """
    item = AnswerItem(answer.item)
    if item in {AnswerItem.NOTE, AnswerItem.COUNTED, AnswerItem.QUESTIONS}:
        return []
    if visit.stage in CALLED_OFF_STAGES:
        return ["This visit was cancelled, so nothing is prepared for it. Leave what the school said."]
    if item in {AnswerItem.EXPECTED, AnswerItem.ROOM, AnswerItem.SITE}:
        is_site = item == AnswerItem.SITE
        return write_site(answer, visit, sessions, on=on) if is_site else _write_session(answer, sessions, by=by)
    if item in {AnswerItem.AGREEMENT, AnswerItem.ROLL}:
        is_roll, year = item == AnswerItem.ROLL, year_as_said(answer, sessions)
        return _write_roll(answer, year, by=by) if is_roll else _write_agreement(answer, year)
    if item in OF_VISIT:
        before = getattr(visit, OF_VISIT[item])
        answer.before = {"value": before.isoformat() if isinstance(before, date) else before or ""}
        setattr(visit, OF_VISIT[item], _value_of(item, answer.words))
        visit.save()
        return []
    return _write_person(answer, visit)


def _value_of(item: AnswerItem, words: str) -> str | date | None:
    """Return what the column of the visit holds where the answer is in these words; a day that is not known is None."""
    if item != AnswerItem.PARENTS:
        return words
    return date.fromisoformat(words) if words else None


def _session_of(answer: SchoolAnswer, sessions: Sequence[Session]) -> Session:
    return next(session for session in sessions if session.pk == answer.session_id)


def _write_session(answer: SchoolAnswer, sessions: Sequence[Session], *, by: User) -> list[str]:
    session = _session_of(answer, sessions)
    if reasons := [*reasons_not_to_edit(session), *reasons_locked([session], by=by, schools=[answer.school_id])]:
        return reasons
    schools_about_to_change([session.visit_id])
    if answer.item == AnswerItem.ROOM:
        answer.before = {"value": session.room}
        session.room = answer.words
        session.save()
        return []
    count = Headcount.objects.filter(session=session, school=answer.school_id, year_group=answer.year_group or 0).first()
    expected = int(answer.words) if answer.words else None
    if count is not None:
        answer.before = {"value": count.expected}
        count.expected = expected
        count.save()
    elif session.visit.school_id == answer.school_id:
        facts = {"school_id": answer.school_id, "year_group": answer.year_group or 0}
        made = Headcount.objects.create(session=session, expected=expected, **facts)
        answer.before = {"value": None, "made": made.pk}
    else:
        return [f"{answer}: no pupils of theirs come to that session any more. Leave it, or add the guests again."]
    return []


def _write_agreement(answer: SchoolAnswer, year: int) -> list[str]:
    """Store that the school has agreed for the academic year for which it said so: its page named that year."""
    facts = _agreement_of(answer)
    agreement, is_new = SchoolAgreement.objects.get_or_create(school_id=answer.school_id, academic_year=year, defaults=facts)
    answer.before = {"made": agreement.pk if is_new else None, "year": year}
    return []


def _agreement_of(answer: SchoolAnswer) -> dict[str, Any]:
    """Return what an agreement holds that is made of the answer: when, and who gave it."""
    return {"accepted_on": timezone.localdate(answer.at), "by_role": answer.words[:100]}


def _put_back_agreement(answer: SchoolAnswer, before: dict[str, Any]) -> list[str]:
    """Delete the agreement that was made of the answer; return a reason where somebody corrected it since."""
    made = SchoolAgreement.objects.select_for_update(of=("self",)).filter(pk=before["made"]).first()
    if made is None:
        return []
    written = _agreement_of(answer) | {"academic_year": before.get("year", made.academic_year)}  # not kept of older answers
    if any(getattr(made, name) != value for name, value in written.items()):
        return [SINCE.format(answer=answer)]
    made.delete()
    return []


def _write_roll(answer: SchoolAnswer, year: int, *, by: User) -> list[str]:
    """Store the number as the coordinator’s, of the academic year that the school named alone.

    That can be another than the visit's, which was moved since. What a signed-off return rests on stays.
    """
    if reasons := reasons_year_locked(answer.school, year, by=by):
        return reasons
    group, pupils = answer.year_group or 0, int(answer.words)
    _, before = correct_roll(answer.school_id, academic_year=year, year_group=group, pupils=pupils)
    answer.before = {"value": before, "year": year}
    return []


def _put_back_roll(answer: SchoolAnswer, before: dict[str, Any], *, by: User) -> list[str]:
    if reasons := reasons_year_locked(answer.school, before["year"], by=by):
        return reasons
    key = {"academic_year": before["year"], "year_group": answer.year_group or 0}
    is_back = put_roll_back(answer.school_id, pupils=int(answer.words), before=before["value"], **key)
    return [] if is_back else [SINCE.format(answer=answer)]


def write_contact(answer: SchoolAnswer, visit: Visit, *, reader: str) -> Contact:
    """Let the visit ask for the person whom the answer names, and return them; who has that address there stays as they are.

    `reader`: who read about the visit before the person was known at the school, where they may be the first already.
    """
    person = NewContact.of(answer.words)
    read = Contact.objects.at([visit.school]).filter(email=reader).order_by("pk").first() if reader else None
    known = contact_of_address(visit.school, person.email)
    contact = known or Contact.objects.create(school=visit.school, name=person.name, role=person.role, email=person.email)
    made, was_read_by = None if known else contact.pk, read.pk if read else None
    answer.before = {"value": visit.contact_id, "made": made, "contact": contact.pk, "reader": was_read_by}
    visit.contact = contact
    visit.save()
    somebody_else_reads(visit, before=reader, now=timezone.now())
    return contact


def _write_person(answer: SchoolAnswer, visit: Visit) -> list[str]:
    if reasons := reasons_not_to_take_person(answer):
        return reasons
    if answer.item == AnswerItem.CONTACT:
        write_contact(answer, visit, reader=reader_of(visit))
        return []
    if answer.item == AnswerItem.LEAD_PHONE:
        return _write_phone(answer, visit)
    return _write_lead(answer, visit)


def _write_phone(answer: SchoolAnswer, visit: Visit) -> list[str]:
    """Give the lead of the visit the phone of the answer; what somebody else stores of them at the same moment stays."""
    lead = Contact.objects.select_for_update(of=("self",)).filter(pk=visit.safeguarding_contact_id or 0).first()
    if lead is None:  # a phone that was emptied as well is gone with its name
        return [f"{answer}: nobody is named yet. Take the name first."] if answer.words else []
    answer.before = {"contact": lead.pk, "value": lead.phone.as_e164 if lead.phone else ""}
    lead.phone = answer.words
    lead.save(update_fields=["phone"])
    return []


def _write_lead(answer: SchoolAnswer, visit: Visit) -> list[str]:
    """Let the visit name the safeguarding lead of the answer, who is made where the school has nobody of that name.

    Where the school emptied the box, nobody is named: the visit misses a lead again.
    """
    known = Contact.objects.at([visit.school]).filter(name__iexact=answer.words).order_by("pk").first() if answer.words else None
    made = Contact.objects.create(school=visit.school, name=answer.words, role=LEAD_ROLE) if answer.words and not known else None
    lead = known or made
    before = visit.safeguarding_contact_id
    answer.before = {"value": before, "made": made.pk if made else None, "contact": lead.pk if lead else None}
    visit.safeguarding_contact = lead
    visit.save()
    return []


def put_back(answer: SchoolAnswer, visit: Visit, sessions: Sequence[Session], *, by: User) -> list[str]:
    """Put back what the answer replaced; return a reason where somebody changed it since."""
    before: dict[str, Any] = answer.before or {}
    item = AnswerItem(answer.item)
    if not before:
        return []
    if item in {AnswerItem.EXPECTED, AnswerItem.ROOM}:
        return _put_back_session(answer, before, sessions, by=by)
    if item in {AnswerItem.ROLL, AnswerItem.SITE}:
        is_site = item == AnswerItem.SITE
        return put_site_back(answer, visit, sessions) if is_site else _put_back_roll(answer, before, by=by)
    if item in OF_VISIT or item == AnswerItem.LEAD_PHONE:
        is_as_taken = (
            _put_back_phone(answer, before) if item == AnswerItem.LEAD_PHONE else _put_back_detail(answer, before, visit)
        )
        return [] if is_as_taken else [SINCE.format(answer=answer)]
    is_agreement = item == AnswerItem.AGREEMENT
    return _put_back_agreement(answer, before) if is_agreement else _put_back_person(answer, before, visit)


def _put_back_phone(answer: SchoolAnswer, before: dict[str, Any]) -> bool:
    """Give the lead the phone of before; return whether they had the one that was taken, and are there."""
    return bool(Contact.objects.filter(pk=before["contact"], phone=answer.words).update(phone=before["value"]))


def _put_back_detail(answer: SchoolAnswer, before: dict[str, Any], visit: Visit) -> bool:
    """Give the visit what it had before; return whether it had what was taken."""
    item = AnswerItem(answer.item)
    is_as_taken: bool = getattr(visit, OF_VISIT[item]) == _value_of(item, answer.words)
    if is_as_taken:
        setattr(visit, OF_VISIT[item], _value_of(item, before["value"]))
        visit.save()
    return is_as_taken


def _put_back_session(answer: SchoolAnswer, before: dict[str, Any], sessions: Sequence[Session], *, by: User) -> list[str]:
    session = _session_of(answer, sessions)
    if reasons := [*reasons_not_to_edit(session), *reasons_locked([session], by=by, schools=[answer.school_id])]:
        return reasons
    if answer.item == AnswerItem.ROOM:
        if session.room != answer.words:
            return [SINCE.format(answer=answer)]
        session.room = before["value"]
        session.save()
        return []
    expected = int(answer.words) if answer.words else None
    count = Headcount.objects.filter(session=session, school=answer.school_id, year_group=answer.year_group or 0).first()
    if count is None or count.expected != expected:
        return [SINCE.format(answer=answer)]
    if before.get("made"):
        count.delete()
        return []
    count.expected = before["value"]
    count.save()
    return []


def _put_back_person(answer: SchoolAnswer, before: dict[str, Any], visit: Visit) -> list[str]:
    """Put back whom the visit named, by the entry that they have by now; return why that cannot be: they are gone, or have left.

    What becomes of whoever was made for it, and who reads then, is left to the caller.
    """
    column = "contact" if answer.item == AnswerItem.CONTACT else "safeguarding_contact"
    named = getattr(visit, f"{column}_id")
    if named != before["contact"]:
        return [SINCE.format(answer=answer)]
    back = None
    if before["value"] is not None:
        back = Contact.objects.filter(pk=Merge.objects.kept_id(MergeKind.CONTACT, before["value"])).first()
        if back is None:
            return [GONE.format(answer=answer)]
        if back.pk != named and (reasons := reasons_of_contacts(visit.school, back)):
            return reasons
    setattr(visit, column, back)
    visit.save()
    return []


def is_as_made(person: Contact, answer: SchoolAnswer) -> bool:
    """Return whether the entry says of the person what the answer that made it says, and no more."""
    named = NewContact.of(answer.words) if answer.item == AnswerItem.CONTACT else NewContact(answer.words, LEAD_ROLE, "")
    return (person.name, person.role, person.email) == (named.name, named.role, named.email) and not person.phone
