"""The small forms of the portal, by noun; the outcome's is delivery's."""

from schools.portal.forms.me import AddressForm, AwayForm, LanguageForm, ProfileForm, WeekForm
from schools.portal.forms.mornings import ROLES, GiveBackForm, OpenForm, SplitForm, SwapForm, ToldForm

__all__ = [
    "ROLES",
    "AddressForm",
    "AwayForm",
    "GiveBackForm",
    "LanguageForm",
    "OpenForm",
    "ProfileForm",
    "SplitForm",
    "SwapForm",
    "ToldForm",
    "WeekForm",
]
