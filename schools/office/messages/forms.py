"""The choices above the log of messages, and a text of messages in other words."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from schools.messages.editing import typed
from schools.messages.kinds import all_kinds
from schools.messages.models import OutboxMessageQuerySet
from schools.messages.rules import reasons_not_to_say
from schools.messages.states import State, in_state
from schools.messages.texts import Part, Text
from schools.office.frame.fields import DayField
from schools.visits.queries.message_log import about_schools, to_people, with_words


def _words(label: str) -> forms.CharField:
    return forms.CharField(required=False, max_length=100, label=label, widget=forms.TextInput(attrs={"type": "search"}))


DIRECT = "direct"
"""What stands in the address for messages of no kind."""
TO_DECIDE = "to-decide"
"""What stands in the address for stopped messages about which nobody has decided yet, whatever became of them."""


class LogForm(forms.Form):
    """The choices above the log; a wrong or missing one counts as not chosen."""

    person = _words("Person or address")
    school = _words("School")
    subject = _words("Words of the message")
    """In the address it is called so since it found words of the subject alone."""
    kind = forms.ChoiceField(required=False)
    state = forms.ChoiceField(required=False, label="What became of it")
    first = DayField(required=False, label="From")
    last = DayField(required=False, label="To")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.name, f"{kind.words}, to {kind.audience}") for kind in all_kinds()]
        self.fields["kind"] = forms.ChoiceField(choices=[("", "Any"), *kinds, (DIRECT, "Direct")], required=False)
        stopped = (TO_DECIDE, "Stopped, and nobody has decided")
        states = [("", "Anything"), stopped, *((state.value, state.words) for state in State)]
        self.fields["state"] = forms.ChoiceField(choices=states, required=False, label="What became of it")

    @property
    def chosen(self) -> dict[str, Any]:
        """The choices that were made, by name."""
        self.is_valid()
        return {name: value for name in self.fields if (value := self.cleaned_data.get(name))}

    def narrowed(self, messages: OutboxMessageQuerySet, *, schools: Any, now: datetime) -> OutboxMessageQuerySet:
        """Return those of the messages that were chosen; `schools` are those that the user may see."""
        chosen = self.chosen
        messages = _in_days(_in_state(messages, chosen.get("state"), now=now), chosen.get("first"), chosen.get("last"))
        if "kind" in chosen:
            messages = messages.filter(kind="" if chosen["kind"] == DIRECT else chosen["kind"])
        if "person" in chosen:
            messages = messages & to_people(chosen["person"])
        if "school" in chosen:
            messages = messages & about_schools(schools.named(chosen["school"]).order_by().values("pk"))
        # At last, since texts are read of the newest that the others leave.
        return with_words(messages, chosen["subject"]) if "subject" in chosen else messages


def _in_state(messages: OutboxMessageQuerySet, state: str | None, *, now: datetime) -> OutboxMessageQuerySet:
    if state == TO_DECIDE:
        return messages.to_look_at()
    return in_state(messages, State(state), now=now) if state else messages


def _in_days(messages: OutboxMessageQuerySet, first: date | None, last: date | None) -> OutboxMessageQuerySet:
    if first:
        messages = messages.filter(created_at__gte=_midnight(first))
    return messages.filter(created_at__lt=_midnight(last + timedelta(days=1))) if last else messages


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


class TextForm(forms.Form):
    """A text of messages in other words."""

    words = forms.CharField(label="What mails say")

    def __init__(self, data: Any = None, *, text: Text, words: str) -> None:
        super().__init__(data, initial={"words": words})
        self.text = text
        rows = 5 if text.part is Part.TEXT else 2
        if text.part is Part.SPOKEN:
            self.fields["words"].label = "What you say"
        self.fields["words"].widget = forms.Textarea(attrs={"spellcheck": "true", "rows": rows})
        self.fields["words"].error_messages["required"] = " ".join(reasons_not_to_say(text, ""))

    def clean_words(self) -> str:
        """Return the typed words as they are kept; refuse what no mail can say."""
        words = typed(self.cleaned_data["words"])
        if reasons := reasons_not_to_say(self.text, words):
            raise forms.ValidationError(reasons)
        return words
