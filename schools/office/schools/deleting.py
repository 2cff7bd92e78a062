"""Deleting people at schools from lists and forms: they are erased, since nothing could take out later what names them still."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from schools.accounts.models import User
from schools.core.erased import FORMER_CONTACT
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.models import Contact, School
from schools.erasing.actions import erase, nothing_unseen
from schools.erasing.locks import hold_what_names
from schools.erasing.rules import reasons_not_to_erase
from schools.office.frame.model_admin import OfficeAdmin, OfficeInline, signed_in
from schools.office.frame.optimistic_forms import OfficeInlineFormSet
from schools.office.frame.visibility import today

NOT_ERASED = "not_erased"
"""The attribute of a request that says why somebody could not be erased when its form was stored."""


class ContactFormSet(OfficeInlineFormSet):
    """People on the page of their school, of whom nobody is deleted while something stands against erasing them."""

    reasons_against: Callable[[Contact], Iterator[str]]
    """Returns why who sends the form may not delete somebody; the inline sets it."""

    def clean(self) -> None:
        """Refuse to delete anybody against whose erasure there is a reason, or whom the list of people would not delete."""
        super().clean()
        contacts = [form.instance for form in self.ticked if form.instance.pk]
        if reasons := dict.fromkeys(reason for contact in contacts for reason in type(self).reasons_against(contact)):
            raise forms.ValidationError(list(reasons))


class ContactInline(OfficeInline):
    """People at the school. Their other schools are the business of its page, as in ContactAdmin."""

    model = Contact
    formset = ContactFormSet
    exclude = ("also_at",)
    may_be_deleted = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the class of the forms, made for this request; it knows whom its user may delete."""
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.reasons_against = lambda contact: self._reasons_against(request, contact)
        return formset

    def _reasons_against(self, request: HttpRequest, contact: Contact) -> Iterator[str]:
        """Yield every reason not to delete somebody here, where the same is allowed as on their own page."""
        if why := why_not_deleted(request, contact):
            yield why
        yield from reasons_not_to_erase(contact)
        yield from getattr(request, NOT_ERASED, ())


class WithPeople(OfficeAdmin):
    """Schools with the people there, whose forms erase whom they delete."""

    inlines = (ContactInline,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Save the people at the school. Who is deleted is erased: else no page could ever take out what names them still."""
        for row in formset.deleted_forms if formset.model is Contact else ():
            if row.instance.pk:
                erase_deleted(row.instance, by=signed_in(request))
                row.instance.name = FORMER_CONTACT  # as the log of the school calls whom its form deleted
        super().save_formset(request, form, formset, change)

    def _store_or_refuse(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        """Store the form; where people are deleted in it, what names them is locked before the school, as everybody does.

        Where somebody cannot be erased, nothing is stored. The form, which is checked once more then, says why.
        """
        try:
            with transaction.atomic():
                if deleted := self._ticked_people(request, object_id):
                    hold_what_names(deleted)
                return super()._store_or_refuse(request, object_id, form_url, extra_context)
        except RuleBroken as broken:
            setattr(request, NOT_ERASED, broken.reasons)
            raise

    def _ticked_people(self, request: HttpRequest, object_id: str | None) -> list[Contact]:
        """Return the people at the school of the page whom the form that was sent deletes, in the order of their ids.

        There are none where the user may not change the school: the form is refused then, and nobody waits for it.
        """
        ticks = [name for name in request.POST if name.startswith("contacts-") and name.endswith(f"-{DELETION_FIELD_NAME}")]
        ids = [row_id(request.POST.get(f"{tick.removesuffix(DELETION_FIELD_NAME)}id", "")) for tick in ticks]
        school = self.get_object(request, unquote(object_id)) if ticks and object_id else None
        if school is None or not self.has_change_permission(request, school):
            return []
        return list(Contact.objects.filter(school=school, pk__in=[pk for pk in ids if pk is not None]).order_by("pk"))


def why_not_deleted(request: HttpRequest, contact: Contact) -> str:
    """Return why the user, who may change somebody at a school, may not delete them; blank: they may."""
    user = signed_in(request)
    if not sees_all_their_schools(user, contact):
        return f"{contact} is at other schools too. Ask a manager."
    if admin.site.get_model_admin(Contact).has_delete_permission(request, contact):
        return ""
    instead = "Erase them" if user.has_perm("schools.add_erasure") else "Ask a manager to erase them"
    return f"{contact} is named elsewhere, such as by a visit or a message. {instead}."


def sees_all_their_schools(user: User, contact: Contact) -> bool:
    """Return whether the user sees every school of somebody; of one who is at several, others decide too."""
    schools = {contact.school_id, *contact.also_at.order_by().values_list("pk", flat=True)}
    return School.objects.for_user(user, on=today()).filter(pk__in=schools).count() == len(schools)


def erase_deleted(contact: Contact, *, by: User) -> None:
    """Erase somebody whom the office deletes. Raises RuleBroken with every reason; where notes name them it is NotesToRead."""
    erase(contact, by=by, now=timezone.localtime(), otherwise=nothing_unseen(contact))
