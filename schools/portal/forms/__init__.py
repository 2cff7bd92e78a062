"""The small forms of the portal, grouped by noun; the form of an outcome lives in delivery."""

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
