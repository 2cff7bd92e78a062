"""Deleting people at schools from lists and forms: they are erased, since nothing could take out later what names them still."""

from django import forms
from django.utils import timezone

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.erasing.actions import erase, where_sure
from schools.erasing.rules import reasons_not_to_erase
from schools.office.frame.optimistic_forms import OfficeInlineFormSet


class ContactFormSet(OfficeInlineFormSet):
    """People on the page of their school, of whom nobody is deleted while something stands against erasing them."""

    def clean(self) -> None:
        """Refuse to delete anybody against whose erasure there is a reason."""
        super().clean()
        contacts = [form.instance for form in self.ticked if form.instance.pk]
        if reasons := dict.fromkeys(reason for contact in contacts for reason in reasons_not_to_erase(contact)):
            raise forms.ValidationError(list(reasons))


def erase_deleted(contact: Contact, *, by: User) -> None:
    """Erase somebody whom the office deletes, where nobody looks at the notes. Raises RuleBroken with every reason against it."""
    erase(contact, by=by, now=timezone.localtime(), otherwise=where_sure(contact))
