"""Forms for conversations with a school, and for what the school answers: a request, a refusal, an agreement."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from schools.charity.notes import NoteField
from schools.core.periods import AcademicYear
from schools.directory.models import Contact, School, SchoolAgreement
from schools.office.frame.fields import DayField
from schools.office.frame.optimistic_forms import OptimisticForm
from schools.visits.actions.conversations import Conversation
from schools.visits.models import ContactLog

MONTHS = 18
"""How many months a school can choose from, when it says in which it wants the visit."""


class ConversationForm(forms.Form):
    """A conversation: who said what, which dates were offered, when to ask again."""

    day = DayField(label="Day")
    how = forms.ChoiceField(choices=ContactLog.How.choices, label="How", initial=ContactLog.How.PHONE)
    who = forms.CharField(max_length=150, label="With whom", help_text="At the school: a name or a role.")
    note = NoteField(required=False, max_length=2000, rows=3, label="What was said")
    dates_offered = NoteField(
        required=False,
        max_length=300,
        label="Dates offered",
        help_text="Such as 12 or 14 January. What you offer for a visit by voice is mailed to the school as you type it.",
    )
    follow_up_on = DayField(required=False, label="Follow up on", help_text="It comes back to your home page then.")
    ask_again_on = DayField(
        required=False,
        label="Leave the school alone until",
        help_text="It stays off the list of those to ask until this day. Blank: as it is now.",
    )

    @property
    def talk(self) -> Conversation:
        """The conversation as somebody typed it."""
        data = self.cleaned_data
        return Conversation(
            **{name: data[name] for name in ("day", "how", "who", "note", "dates_offered", "follow_up_on")},
        )


class RequestForm(forms.Form):
    """A school's request for a visit."""

    preferred_month = forms.TypedChoiceField(
        coerce=date.fromisoformat, empty_value=None, required=False, label="In which month", help_text="If it said so."
    )
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, label="Whom to ask for", empty_label="Not said")

    def __init__(self, *args: Any, school: School, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months, contacts = self.fields["preferred_month"], self.fields["contact"]
        assert isinstance(months, forms.TypedChoiceField)  # noqa: S101  # as declared above
        assert isinstance(contacts, forms.ModelChoiceField)  # noqa: S101  # as declared above
        months.choices = [("", "Any month"), *((month.isoformat(), f"{month:%B %Y}") for month in months_from(on, MONTHS))]
        contacts.queryset = Contact.objects.at([school])


def months_from(on: date, count: int) -> list[date]:
    """Return the first days of `count` months, beginning with the month of `on`."""
    first = on.year * 12 + on.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(first, first + count)]


class DeclineForm(forms.Form):
    """A school's refusal, with the day from which it can be asked again."""

    ask_again_on = DayField(label="Ask again on", help_text="Until then it is not on the list of schools to ask.")


class AgreementForm(OptimisticForm, forms.Form):
    """A school’s agreement that the programme may come in an academic year. `agreements` are those already stored."""

    year = forms.TypedChoiceField(coerce=int, label="For")
    accepted_on = DayField(label="Agreed on")
    by_role = NoteField(max_length=100, label="By whom", help_text="The role, such as head teacher.")

    def __init__(self, *args: Any, on: date, agreements: Iterable[SchoolAgreement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreements = {agreement.academic_year: agreement for agreement in agreements}
        this_year = AcademicYear.of(on)
        field = self.fields["year"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  # as declared above
        field.choices = [(year.start, str(year)) for year in (this_year, AcademicYear(this_year.start + 1))]

    @property
    def row(self) -> SchoolAgreement | None:
        """The agreement of the chosen year; None if there is none."""
        return self.agreements.get(self.cleaned_data.get("year", 0))

    def stored(self, name: str) -> Any:
        """Return what is stored for the chosen year; None if nothing is."""
        return getattr(self.row, "academic_year" if name == "year" else name, None)

    def shown(self) -> list[tuple[str, str]]:
        """Return all agreements of the school, because the year is chosen only after the page was shown."""
        agreements = sorted(self.agreements.items())
        return [(str(year), f"{agreement.accepted_on} {agreement.by_role}") for year, agreement in agreements]
