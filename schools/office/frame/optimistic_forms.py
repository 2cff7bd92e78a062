"""Forms for stored rows: of two people who change the same row, the second gets a message, and nothing that was typed is lost."""

import hashlib
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils import timezone

from schools.charity.notes import warn_of_notes
from schools.core.words import joined, long_day, moment


class OptimisticForm(forms.BaseForm):
    """A form whose boxes start with what is stored, and which never overwrites what it has not shown (rule 18).

    The page sends back a fingerprint of what it has shown (`office/frame/_seen.html`). If something else is stored by then, and
    something else again was typed, the form refuses once: it says who changed the row and what is stored now, and keeps what was
    typed.

    The view that handles a POST must hold the row locked until the form is stored: otherwise two at the same moment would both
    pass.
    """

    shows_conflict = False
    """Whether the page now shows what somebody else stored meanwhile."""

    @property
    def row(self) -> Model | None:
        """The row that the boxes are about; None means a new row, which nobody else can have changed."""
        raise NotImplementedError

    @property
    def compared(self) -> dict[str, forms.Field]:
        """The boxes that are about the row, by name."""
        return self.fields

    def stored(self, name: str) -> Any:
        """Return what is stored for the box, with which it starts."""
        return self[name].initial

    def shown(self) -> list[tuple[str, str]]:
        """Return what the page shows of the stored row, box by box."""
        return [(name, str(field.prepare_value(self.stored(name)))) for name, field in self.compared.items()]

    @property
    def seen_name(self) -> str:
        """The name of the hidden box that sends `seen` back."""
        return self.add_prefix("seen")

    @property
    def seen(self) -> str:
        """A fingerprint of what the page has shown. It stays the same on a refused page until that shows what is stored now."""
        return self._as_stored() if self.shows_conflict or not self.is_bound else self._sent_back

    def clean(self) -> Any:
        """Refuse to overwrite what somebody stored after the page was opened."""
        data = super().clean()
        if conflict := self.conflict():
            self.add_error(None, ValidationError(conflict))
        return data

    def conflict(self) -> list[str]:
        """Return who was first and what is stored now, where that was not shown and something else was typed; otherwise nothing.

        The page then shows what is stored now.
        """
        if self.row is None or self._sent_back == self._as_stored() or not (now := self.stored_now()):
            return []
        self.shows_conflict = True
        return [conflict_message(self.row), *now]

    def stored_now(self) -> list[str]:
        """Return a line for each box in which something else was typed than is stored."""
        # A tick to delete the row is not a stored value.
        boxes = [(name, field, self.stored(name)) for name, field in self.compared.items() if name != DELETION_FIELD_NAME]
        return [
            f"{self[name].label}: {in_words(field, value) or 'nothing'} is stored now."
            for name, field, value in boxes
            if field.has_changed(value, self[name].data)
        ]

    @property
    def _sent_back(self) -> str:
        return str(self.data.get(self.seen_name, ""))

    def _as_stored(self) -> str:
        return hashlib.sha256(repr(self.shown()).encode()).hexdigest()[:16]


class OfficeInlineFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    """Rows on the page of another row: a row that somebody changed meanwhile is not deleted unseen either."""

    @property
    def ticked(self) -> list[Any]:
        """The forms of rows that are to be deleted."""
        return [form for form in self.forms if form.cleaned_data.get(DELETION_FIELD_NAME)]

    def clean(self) -> None:
        """Refuse once to delete a row that is no longer as the page has shown it."""
        super().clean()
        unseen = [form.row for form in self.ticked if isinstance(form, OfficeForm) and form.shows_conflict]
        if unseen:
            still_here = "was changed after you had opened it, so it is still here."
            ask = "Look at it below, and delete it if that is still right."
            raise ValidationError([f"“{row}” {still_here} {ask}" for row in unseen])


class OfficeForm(OptimisticForm, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The form of a row of a table; boxes for notes say what never belongs there."""

    GIVEN: ClassVar[frozenset[str]] = frozenset()
    """Columns without a box that the form itself fills in for a new row, before its constraints are looked at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""  # as in our own forms
        warn_of_notes(self.fields.items())
        self._offer_what_is_stored()

    def _offer_what_is_stored(self) -> None:
        """Let a box for one row have the one that is stored, also where the user sees no other of its kind.

        Left out, it would be shown as nothing, and storing another box would wipe it unseen.
        """
        for name, field in self.fields.items() if self.row else ():
            if not isinstance(field, forms.ModelChoiceField) or isinstance(field, forms.ModelMultipleChoiceField):
                continue
            stored, rows = self.initial.get(name), field.queryset
            if stored and rows is not None:
                field.queryset = rows | rows.model._default_manager.filter(pk=stored)

    @property
    def row(self) -> Model | None:
        """The row; None where it is not stored yet."""
        return self.instance if self.instance.pk else None

    def validate_constraints(self) -> None:
        """Look at the constraints between a box and a column without one, too: of that column the row has what is stored.

        Django leaves them out, and the database would refuse the row without a sentence. While a box is wrong they wait: what
        `clean` fills in from the boxes is not there yet.
        """
        known: set[str] = set()
        if not self.errors and self.has_changed():
            unread = self.instance.get_deferred_fields()
            stored = {field.name for field in self.instance._meta.fields if field.attname not in unread}
            known = (stored if self.row else set(self.GIVEN)) - set(self.fields)
        unknown: set[str] = self._get_validation_exclusions() - known  # type: ignore[attr-defined]  # Django's own
        try:
            self.instance.validate_constraints(exclude=unknown)
        except ValidationError as wrong:
            self._update_errors(wrong)  # type: ignore[attr-defined]  # the same


def conflict_message(row: Model) -> str:
    """Return the message that somebody changed the row after its page was opened.

    It says who and when, if the row's history or the office's log knows.
    """
    ask = "Look at what is stored now, and store yours if it is right."
    if history := getattr(row, "history", None):
        latest = history.select_related("history_user").first()
        if latest and latest.history_user:
            when = moment(timezone.localtime(latest.history_date))
            return f"{latest.history_user} changed this on {when}, after you had opened it. {ask}"
    table = ContentType.objects.get_for_model(row)
    logged = LogEntry.objects.filter(content_type=table, object_id=row.pk).select_related("user").first()
    by = f" (its log names {logged.user} last, on {moment(timezone.localtime(logged.action_time))})" if logged else ""
    return f"Somebody changed this after you had opened it{by}. {ask}"


def in_words(field: forms.Field, value: Any) -> str:
    """Return the value of a box as its page shows it; blank for nothing."""
    values = [each for each in (value if isinstance(value, list) else [value]) if each not in {None, ""}]
    if isinstance(field, forms.ModelChoiceField):
        rows = field.queryset.filter(pk__in=[field.prepare_value(each) for each in values]) if field.queryset is not None else ()
        return joined(field.label_from_instance(row) for row in rows)
    choices = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    return joined(choices.get(str(each)) or _plainly(each) for each in values)


def _plainly(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(timezone.localtime(value))
    return long_day(value) if isinstance(value, date) else str(value)
