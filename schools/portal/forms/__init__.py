"""The small forms of the portal, grouped by noun; the form of an outcome lives in delivery."""

from schools.portal.forms.me import AddressForm, AwayForm, DutyContactForm, LanguageForm, ProfileForm, SmsForm, WeekForm
from schools.portal.forms.mornings import (
    ROLES,
    GiveBackForm,
    OpenForm,
    SafeguardingNoticeForm,
    SplitForm,
    SwapForm,
    earlier_notices,
)

__all__ = [
    "ROLES",
    "AddressForm",
    "AwayForm",
    "DutyContactForm",
    "GiveBackForm",
    "LanguageForm",
    "OpenForm",
    "ProfileForm",
    "SafeguardingNoticeForm",
    "SmsForm",
    "SplitForm",
    "SwapForm",
    "WeekForm",
    "earlier_notices",
]
