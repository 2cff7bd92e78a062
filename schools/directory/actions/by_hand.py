"""What people enter by hand about schools: a school that no register has, and the people at one."""

import re
from typing import Any

from django.db import transaction

from schools.core.errors import RuleBroken
from schools.directory.actions.links import relink
from schools.directory.actions.locks import lock_register
from schools.directory.models import Contact, School, SchoolAuthority, Source

BY_HAND = "HAND-"
"""How register numbers begin that we give ourselves; no register has such ones."""


@transaction.atomic
def enter_school(school: School) -> School:
    """Store a school that no register has; without a number it gets the nation's next of our own.

    It belongs to its authority from always. Raises RuleBroken when the nation has the number already.
    """
    lock_register()
    school.source = Source.MANUAL
    school.register_id = school.register_id.strip() or _next_number(school.nation)
    if School.objects.filter(nation=school.nation, register_id=school.register_id).exists():
        raise RuleBroken(
            [f"This nation has a school with the number {school.register_id} already. Look it up, or leave it blank."]
        )
    school.save()
    if school.authority_id:
        SchoolAuthority.objects.create(school=school, authority_id=school.authority_id)
    return school


def _next_number(nation: str) -> str:
    ours = School.objects.filter(nation=nation, register_id__startswith=BY_HAND).values_list("register_id", flat=True)
    numbers = [int(found[1]) for one in ours if (found := re.fullmatch(rf"{BY_HAND}([0-9]{{1,8}})", one))]
    return f"{BY_HAND}{max(numbers, default=0) + 1:04}"


@transaction.atomic
def change_school(school: School) -> School:
    """Store what was changed about a school; chains are worked out again where its days bear on them.

    A school entered by hand belongs to its new authority from always: whoever typed it corrected what they had typed.
    """
    lock_register()
    before = School.objects.get(pk=school.pk)
    school.save()
    if (before.opened, before.closed) != (school.opened, school.closed):
        relink([school.pk])
    if before.authority_id != school.authority_id and school.source == Source.MANUAL:
        SchoolAuthority.objects.filter(school=school).delete()
        if school.authority_id:
            SchoolAuthority.objects.create(school=school, authority_id=school.authority_id)
    return school


@transaction.atomic
def save_contact(school: School, contact: Contact | None, **facts: Any) -> Contact:
    """Write down somebody at the school: a new person where `contact` is None, else what changed about that one."""
    contact = contact or Contact(school=school)
    for name, value in facts.items():
        setattr(contact, name, value)
    contact.save()
    return contact
