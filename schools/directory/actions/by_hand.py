"""What people enter by hand: schools that no register has, changes of a school, and contacts."""

import re
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.actions.belongings import work_out
from schools.directory.actions.differences import older_as_stored, with_closing
from schools.directory.actions.links import relink
from schools.directory.actions.locks import lock_register
from schools.directory.actions.plans import stored_schools
from schools.directory.models import Contact, School, SchoolAuthority, Source
from schools.directory.registers import CLOSING, register_of
from schools.directory.rules import reasons_not_to_close
from schools.messages.sms import as_stored, lift_number

BY_HAND = "HAND-"
"""The beginning of register numbers that we give ourselves; no register has such numbers."""


@transaction.atomic
def enter_school(school: School) -> School:
    """Store a school that no register has; without a number it gets the next of our own numbers in its nation.

    It belongs to its authority from always; before that opened, to the one out of which it came. Raises RuleBroken when the
    nation has a school with the number already.
    """
    lock_register()
    school.source = Source.MANUAL
    school.register_id = school.register_id.strip() or _next_number(school.nation)
    if School.objects.filter(nation=school.nation, register_id=school.register_id).exists():
        raise RuleBroken(
            [f"This nation has a school with the number {school.register_id} already. Look it up, or leave it blank."]
        )
    school.save()
    work_out([school.pk])
    return school


def _next_number(nation: str) -> str:
    ours = School.objects.filter(nation=nation, register_id__startswith=BY_HAND).values_list("register_id", flat=True)
    numbers = [int(match[1]) for number in ours if (match := re.fullmatch(rf"{BY_HAND}([0-9]{{1,8}})", number))]
    return f"{BY_HAND}{max(numbers, default=0) + 1:04}"


@transaction.atomic
def change_school(school: School, *, on: date) -> School:
    """Store what was changed about a school, and work out its chain again where its first or last day changed.

    A school that was entered by hand belongs to its new authority from always: the change corrects what was typed before. `on` is
    today: raises RuleBroken where people cannot say of a register's school that it has closed, or has not.
    """
    lock_register()
    before = School.objects.get(pk=school.pk)
    if before.source == Source.REGISTER and any(getattr(before, name) != getattr(school, name) for name in CLOSING):
        _date_closing(school, before, on=on)
    if before.place != school.place:
        school.placed_by = ""
    school.save()
    if (before.opened, before.closed) != (school.opened, school.closed):
        relink([school.pk])
    if before.authority_id != school.authority_id and school.source == Source.MANUAL:
        SchoolAuthority.objects.filter(school=school).delete()
        work_out([school.pk])
    return school


def _date_closing(school: School, before: School, *, on: date) -> None:
    """Date what people say of the closing of a register's school, as what registers say is dated."""
    if reasons := reasons_not_to_close(before, status=school.status, closed=school.closed, on=on):
        raise RuleBroken(reasons)
    register = register_of(before.nation)
    assert register is not None  # noqa: S101  # else there was a reason
    stored = stored_schools(register, among=Q(pk=before.pk))[before.register_id]
    dated = with_closing(stored, school.status, school.closed)
    school.register_day, school.older_facts = dated.day, older_as_stored(dated.older)


@transaction.atomic
def share_contact(contact: Contact, school: School) -> Contact:
    """Write down that somebody is also at the school. Doing it twice changes nothing."""
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    if contact.school_id != school.pk:
        contact.also_at.add(school)
    return contact


def row_of_sharing(contact: Contact, school: School) -> int | None:
    """Return the id of the row that says that somebody of another school is also at this one; None: none does."""
    rows = Contact.also_at.through.objects.filter(contact=contact, school=school)
    return rows.values_list("pk", flat=True).first()


@transaction.atomic
def unshare_contact(contact: Contact, school: School, *, shared: int | None = None) -> Contact:
    """Write down that somebody of several schools is no longer at this one; visits that name them stay as they are.

    `shared` is the row that is taken back which said that they are there too (`row_of_sharing`); None: they are there no more,
    whoever said so. Raises RuleBroken where it is their only school, or somebody has put them there again since that row.
    """
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    if shared is not None and row_of_sharing(contact, school) not in {shared, None}:
        raise RuleBroken([f"Somebody has put {contact} at {school} again since, so that stays. Read how it stands now."])
    if contact.school_id == school.pk:
        other = contact.also_at.order_by("pk").first()
        if other is None:
            raise RuleBroken([f"{contact} is at no other school. Remove them, or say first where they are now."])
        contact.school = other
        contact.save(update_fields=["school"])
        contact.also_at.remove(other)
    contact.also_at.remove(school)
    return contact


@transaction.atomic
def save_contact(school: School, contact: Contact | None, **facts: Any) -> Contact:
    """Store a person at the school: a new one where `contact` is None, else the changes to that one.

    Who is there already with just these facts is written down once: somebody pressed twice.
    """
    if contact is None:
        School.objects.select_for_update(of=("self",)).get(pk=school.pk)
        if there := Contact.objects.filter(school=school, **facts).order_by("pk").first():
            return there
    contact = contact or Contact(school=school)
    for name, value in facts.items():
        setattr(contact, name, value)
    contact.save()
    return contact


@transaction.atomic
def set_sms_of_contact(contact: Contact, *, is_wanted: bool, by: User, now: datetime) -> None:
    """Write down that somebody at a school said yes, on the phone, to SMS at their phone number, or that they want none."""
    if is_wanted == contact.gets_sms:
        return
    contact.sms_number, contact.sms_since = (contact.phone, now) if is_wanted else ("", None)
    contact.save(update_fields=["sms_number", "sms_since"])
    if is_wanted:
        lift_number(as_stored(contact.phone), by=by, now=now)
