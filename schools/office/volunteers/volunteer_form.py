"""The form of a volunteer in the admin."""

from typing import Any, ClassVar

from django import forms

from schools.accounts.models import User
from schools.core.nations import Language
from schools.office.frame.fields import tidied_postcode
from schools.office.frame.optimistic_forms import OfficeForm
from schools.volunteers.models import Volunteer
from schools.volunteers.rules import reasons_not_to_replace_sign_in


class VolunteerForm(OfficeForm):
    """A volunteer, with a box to tick for each language."""

    languages = forms.MultipleChoiceField(choices=Language.choices, widget=forms.CheckboxSelectMultiple, required=False)

    class Meta:
        model = Volunteer
        fields = (
            "name", "reference", "status", "staff", "user", "email", "areas", "languages", "phone", "share_phone",
            "mornings_by_mail", "emergency_contact", "home_postcode", "furthest_km", "joined", "left",
        )  # fmt: skip
        widgets: ClassVar[Any] = {"areas": forms.CheckboxSelectMultiple}
        help_texts: ClassVar[Any] = {
            "reference": "Files of sessions name them by it. One is made for you; the charity’s own number does as well."
        }

    def clean_user(self) -> User | None:
        """Return the sign-in. Refuse another in place of one that was used: nobody is let in so (Letting somebody in again)."""
        stays: User | None = self.cleaned_data["user"]
        before = Volunteer.objects.select_related("user").filter(pk=self.instance.pk).first() if self.instance.pk else None
        if before is not None and (reasons := reasons_not_to_replace_sign_in(before.user, stays)):
            raise forms.ValidationError(reasons)
        return stays

    def clean_email(self) -> str:
        """Return the address in small letters, as sign-ins have it; nothing for somebody who signs in."""
        signs_in = self.cleaned_data.get("user", self.instance.user)  # refused, or not in the form: as it is
        return "" if signs_in else str(self.cleaned_data["email"]).lower()

    def clean_home_postcode(self) -> str:
        """Return the postcode in capitals with one space. Refuse what is not a postcode."""
        return tidied_postcode(self.cleaned_data["home_postcode"])
