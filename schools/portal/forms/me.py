"""Forms in which volunteers say something about themselves."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python

from schools.accounts.forms import ADDRESS_BOX
from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.distances import Unit, in_kilometres, in_unit
from schools.core.nations import Language
from schools.core.phones import mobile
from schools.portal.forms.base import PortalForm
from schools.volunteers.models import Availability, PartOfDay, Volunteer

PARTS = {PartOfDay.MORNING: gettext_noop("morning"), PartOfDay.AFTERNOON: gettext_noop("afternoon")}


def _half_day(weekday: int, part: str) -> str:
    return gettext("%(weekday)s %(part)s") % {"weekday": capfirst(WEEKDAYS[weekday]), "part": gettext(PARTS[PartOfDay(part)])}


class WeekForm(PortalForm):
    """A form for the half days of the school week on which somebody can usually come."""

    half_days = forms.MultipleChoiceField(
        label=_("I can usually come on"),
        help_text=_("Tick none, and you are asked for every day."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [(f"{day}-{part}", _half_day(day, part)) for day in range(5) for part in PARTS],
    )

    def __init__(self, data: Any = None, *, halves: Iterable[Availability] = ()) -> None:
        halves = list(halves)
        super().__init__(data, initial={"half_days": [f"{half.weekday}-{half.part}" for half in halves]})
        # The office may have stored a Saturday; half days that are not shown here must not be lost.
        self.beyond = [(half.weekday, half.part) for half in halves if half.weekday > 4]

    @property
    def halves(self) -> list[tuple[int, str]]:
        """The ticked half days, and those at a weekend, which the form does not show."""
        ticked = (half.split("-", 1) for half in self.cleaned_data["half_days"])
        return [*((int(day), part) for day, part in ticked), *self.beyond]

    @staticmethod
    def shown(halves: Iterable[Availability]) -> list[str]:
        """Return the half days in words."""
        return [_half_day(half.weekday, half.part) for half in halves]


class AwayForm(PortalForm):
    """A form for days on which somebody cannot come."""

    first_day = forms.DateField(
        label=_("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the first day."), "invalid": _("Give the day, like 26/11/2026.")},
    )
    last_day = forms.DateField(
        label=_("To, that day included"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the last day."), "invalid": _("Give the day, like 26/11/2026.")},
    )


class ProfileForm(PortalForm):
    """A form for how far somebody goes, their languages, how others on a morning reach them, and the mail of the week."""

    furthest = forms.IntegerField(
        help_text=_("In a straight line from home. Leave it empty if distance is no matter."),
        required=False,
        min_value=1,
        max_value=600,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "number"}),
        error_messages={"invalid": _("Give a whole number, like 25.")},
    )
    languages = forms.MultipleChoiceField(
        label=_("In which languages can you give a session?"),
        choices=lambda: [(code.value, gettext(code.label)) for code in Language],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one language.")},
    )
    phone = forms.CharField(
        label=_("Your phone number"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    share_phone = forms.BooleanField(
        label=_("Show my phone number to the people I go with"),
        required=False,
        help_text=_("They see it on the page of a morning that you share."),
    )
    mornings_by_mail = forms.BooleanField(
        label=_("Mail me once a week which mornings near me need somebody"),
        required=False,
        help_text=_("Only in weeks in which there are any."),
    )

    def __init__(self, data: Any = None, *, volunteer: Volunteer) -> None:
        self._unit, self._furthest_km = current().distances_in, volunteer.furthest_km
        known = {
            "furthest": None if self._furthest_km is None else round(in_unit(self._furthest_km, self._unit)),
            "languages": volunteer.languages,
            "share_phone": volunteer.share_phone,
            "mornings_by_mail": volunteer.mornings_by_mail,
            "phone": volunteer.phone.as_national if volunteer.phone else "",
        }
        super().__init__(data, initial=known)
        in_miles = self._unit == Unit.MILES
        self.fields["furthest"].label = (
            gettext("How far do you go, in miles?") if in_miles else gettext("How far do you go, in kilometres?")
        )

    def clean(self) -> dict[str, Any]:
        """Add `furthest_km`, the distance as it is stored: whole kilometres, or None for anywhere.

        25 km read as 16 miles stay 25 km where the person left the 16 as they were.
        """
        typed = super().clean() or {}
        furthest = typed.pop("furthest", None)
        if furthest != self.initial["furthest"]:
            self._furthest_km = None if furthest is None else round(in_kilometres(furthest, self._unit))
        return {**typed, "furthest_km": self._furthest_km}

    def clean_phone(self) -> str:
        """Return the number as it is stored, see `_number`."""
        return _number(self.cleaned_data["phone"], before=self.initial["phone"])


class DutyContactForm(PortalForm):
    """A form for the number under which volunteers reach a coordinator."""

    phone = forms.CharField(
        label=_("Your phone number"),
        help_text=_("Leave it empty if they shall write to you or ring the duty phone."),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, initial={"phone": user.phone.as_national if user.phone else ""})

    def clean_phone(self) -> str:
        """Return the number as it is stored, see `_number`."""
        return _number(self.cleaned_data["phone"], before=self.initial["phone"])


class SmsForm(PortalForm):
    """A form for the number of the mobile phone to which somebody wants SMS."""

    number = forms.CharField(
        label=_("The number of your mobile phone"),
        help_text=_("Leave it empty, and no SMS comes."),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def clean_number(self) -> str:
        """Return the number in E.164 format; blank where they want no SMS."""
        number = self.cleaned_data["number"].strip()
        if number and not mobile(number):
            raise forms.ValidationError(_("Give the whole number of a mobile phone, like 07400 123456."))
        return mobile(number) if number else ""


def _number(phone: str, *, before: str) -> str:
    """Return the number in E.164 format, as it is stored; blank where none was given.

    A number that was there before and is unchanged is not refused, even where it is not valid.
    """
    number = to_python(phone)
    if phone and phone != before and not (number and number.is_valid()):
        raise forms.ValidationError(_("Give a whole phone number, with its area code."))
    return str(number.as_e164) if number else ""


class AddressForm(PortalForm):
    """A form for the new e-mail address with which somebody wants to sign in."""

    new_email = forms.EmailField(
        label=_("Your new e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={**ADDRESS_BOX, "autocomplete": "email"}),
        error_messages={
            "required": _("Give the new address, like name@example.org."),
            "invalid": _("Give a whole address, like name@example.org."),
        },
    )


class LanguageForm(PortalForm):
    """A form for the language of the portal's pages."""

    language = forms.ChoiceField(
        label=_("In which language do you read these pages?"),
        required=False,
        widget=forms.RadioSelect,
        choices=lambda: [("", _("As my browser asks")), *settings.LANGUAGES],
    )
