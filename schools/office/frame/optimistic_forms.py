"""Forms over what is stored: of two who change it the second is told, and nothing that was typed is lost."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils import timezone

from schools.core.words import joined, long_day, moment


class OverStored(forms.BaseForm):
    """A form whose boxes begin with what is stored, and which writes over nothing that it has not shown.

    Its page sends back what it has shown (`office/frame/_seen.html`). Where something else is stored by then, and something
    else again was typed, the form refuses once: it says who was first and what is stored now, and keeps what was typed.
    Whoever makes it for a POST holds the row locked until that is stored: else two at the same moment would both pass.
    """

    was_told = False
    """Whether its page says now what somebody stored meanwhile."""

    @property
    def row(self) -> Model | None:
        """What the boxes are of; None: something new, which nobody else can have changed."""
        raise NotImplementedError

    def stored(self, name: str) -> Any:
        """What is stored for the box: what it begins with."""
        return self[name].initial

    def shown(self) -> list[tuple[str, str]]:
        """What the page says of what is stored, box by box."""
        return [(name, str(field.prepare_value(self.stored(name)))) for name, field in self.fields.items()]

    @property
    def seen_name(self) -> str:
        """What the hidden box is called that sends `seen` back."""
        return self.add_prefix("seen")

    @property
    def seen(self) -> str:
        """A fingerprint of what the page has shown; a refused page has shown nothing more until it says what is stored now."""
        return self._as_stored() if self.was_told or not self.is_bound else self._sent_back

    def clean(self) -> Any:
        """Refuse to write over what somebody stored after the page was opened."""
        data = super().clean()
        if self.row is not None and self._sent_back != self._as_stored() and (now := list(self._stored_now())):
            self.was_told = True
            self.add_error(None, ValidationError([who_was_first(self.row), *now]))
        return data

    @property
    def _sent_back(self) -> str:
        return str(self.data.get(self.seen_name, ""))

    def _as_stored(self) -> str:
        return hashlib.sha256(repr(self.shown()).encode()).hexdigest()[:16]

    def _stored_now(self) -> Iterator[str]:
        """A line for each box in which something else was typed."""
        for name, field in self.fields.items():
            # A tick to delete the row is nothing that is stored.
            if name != DELETION_FIELD_NAME and field.has_changed(self.stored(name), self[name].data):
                yield f"{self[name].label}: {in_words(field, self.stored(name)) or 'nothing'} is stored now."


class OfficeInlineFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    """Rows on the page of another one: what somebody changed meanwhile is not taken away unseen either."""

    def clean(self) -> None:
        """Refuse once to delete what is no longer what the page has shown."""
        super().clean()
        ticked = [form for form in self.forms if form.cleaned_data.get(DELETION_FIELD_NAME)]
        unseen = [form.row for form in ticked if isinstance(form, OfficeForm) and form.was_told]
        if unseen:
            still_here = "was changed after you had opened it, so it is still here."
            ask = "Look at it below, and delete it if that is still right."
            raise ValidationError([f"“{row}” {still_here} {ask}" for row in unseen])


class OfficeForm(OverStored, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A row of a table."""

    @property
    def row(self) -> Model | None:
        """The row, once it is there."""
        return self.instance if self.instance.pk else None


def who_was_first(row: Model) -> str:
    """That somebody changed the row after its page was opened; who and when, as far as its history or the office's log tells."""
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
    """What is stored for a box, as its page says it; blank for nothing."""
    values = [one for one in (value if isinstance(value, list) else [value]) if one not in {None, ""}]
    if isinstance(field, forms.ModelChoiceField):
        rows = field.queryset.filter(pk__in=[field.prepare_value(one) for one in values]) if field.queryset is not None else ()
        return joined(field.label_from_instance(row) for row in rows)
    choices = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    return joined(choices.get(str(one)) or _plainly(one) for one in values)


def _plainly(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(timezone.localtime(value))
    return long_day(value) if isinstance(value, date) else str(value)
