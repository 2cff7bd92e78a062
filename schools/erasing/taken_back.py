"""Erasing people at schools who were made of what a school said, where somebody takes that back."""

from collections.abc import Collection
from datetime import datetime

from schools.accounts.models import User
from schools.directory.forgetting import Eraser
from schools.directory.models import Contact
from schools.erasing.actions import KEEP, Decision, erase, where_sure
from schools.erasing.locks import hold_what_names
from schools.erasing.models import EarlierValue
from schools.erasing.places import Place
from schools.erasing.registry import own_table
from schools.visits.models import SchoolAnswer


def forget_deleted_contacts(ids: Collection[int]) -> None:
    """Delete what people at schools were called and reached by before, where somebody deletes their entries."""
    EarlierValue.objects.filter(table="contact", row__in=ids).delete()


def erase_taken_back(contact: Contact, answers: Collection[int], by: User, now: datetime) -> None:
    """Erase the contact as the office does who deletes one, but in the words of the answers with these ids, which wait again."""
    otherwise = where_sure(contact)

    def decide(place: Place) -> Decision:
        waits = own_table(place.model) is SchoolAnswer and place.row in answers and place.column == "words"
        return KEEP if waits else otherwise(place)

    erase(contact, by=by, now=now, otherwise=decide)


ERASER = Eraser(forget_deleted_contacts, hold_what_names, erase_taken_back)
