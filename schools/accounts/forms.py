"""The sign-in forms: a box for the address, a password for those who have one, a code for everybody else."""

from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from allauth.core import context, ratelimit
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from schools.accounts.devices import known_device, may_ask_for_code
from schools.accounts.models import User
from schools.core.rate_limits import has_slot, take_slot

ADDRESS_BOX = {"autocomplete": "username", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
"""Attributes that tell phone keyboards and password managers that the box is for an e-mail address."""


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """Address and password; without a password, or with the button for it, allauth e-mails a code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address, password = self.fields["login"], self.fields["password"]
        address.label = _("E-mail address")
        address.widget = forms.EmailInput(attrs={**ADDRESS_BOX, "autofocus": True})
        password.label = _("Password")
        password.required = False
        password.help_text = _("If you have none, or forgot it, leave this empty. We e-mail you a code.")
        password.widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})

    def clean_password(self) -> str:
        """Return no password where a code was asked for, whatever a password manager typed into the box."""
        return "" if "code" in self.data else str(self.cleaned_data["password"])

    def _clean_without_password(self, email: str | None, phone: str | None) -> Any:
        """Ask for a code as the page for codes does; allauth would use a form of its own, which knows no devices."""
        if not email:
            return super()._clean_without_password(email, phone)
        form = RequestCodeForm({"email": email})
        if form.is_valid():
            self.user = form.user
        for error in form.errors.get("email", []):
            self.add_error("login", error)
        return self.cleaned_data


class RequestCodeForm(RequestLoginCodeForm):  # type: ignore[misc]  # allauth has no types
    """The address that the code is sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget = forms.EmailInput(attrs=ADDRESS_BOX)

    @property
    def user(self) -> User | None:
        """Who signs in with the address; None: nobody."""
        return self._user

    def clean_email(self) -> str:
        """Return the address. Raises ValidationError after too many, but not on a device that is known for the address."""
        try:
            return str(super().clean_email())
        except ValidationError:
            email = str(self.cleaned_data["email"])
            if not may_ask_for_code(context.request, email):
                raise
            self._user = User.objects.filter(email=email.lower(), is_active=True).first()
            return email


class CodeForm(ConfirmLoginCodeForm):  # type: ignore[misc]  # allauth has no types
    """The code from the e-mail; a phone shows its number pad, and offers the code where it has read it.

    `began` is the moment at which the sign-in began that waits for the code.
    """

    def __init__(self, *args: Any, began: float, **kwargs: Any) -> None:
        self.began = began
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].help_text = _("Eight digits. You may leave out the dash.")
        self.fields["code"].widget = forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12, "class": "code"}
        )

    def clean_code(self) -> str:
        """Return the code where it is right; only the first five guesses of a sign-in are looked at, also after another code.

        allauth counts guesses in the browser's session, where guesses sent at the same moment overwrite each other's count.
        """
        if not self._may_be_looked_at() or not _is_still_theirs():
            raise get_adapter().validation_error("incorrect_code")
        return str(super().clean_code())

    def _may_be_looked_at(self) -> bool:
        most, seconds = app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS, app_settings.LOGIN_BY_CODE_TIMEOUT
        browser = context.request.session.session_key
        return take_slot(f"guess {browser} {self.began}", limit=most, seconds=seconds)


def _is_still_theirs() -> bool:
    """Return whether the address to which the code went is still that of who signs in.

    A code lives for half an hour. Whoever has lost the address meanwhile must not be followed by who reads its mail.
    """
    login = context.request.session.get(LOGIN_SESSION_KEY) or {}
    email, user_id = login.get("email"), login.get("user_pk")
    return not email or not user_id or User.objects.filter(pk=url_str_to_user_pk(user_id), email=email.lower()).exists()


MOST_CODES, DAY_SECONDS = 20, 24 * 60 * 60
"""Codes of somebody’s second factor that are looked at in a day, on all devices that nobody knows and on each known one."""


class CountedCodes:
    """A form’s box for a code of an app or a recovery code, with a limit for a day; allauth has one for five minutes alone.

    A device on which the person has signed in before has a count of its own, whatever others guess who know the password.
    """

    user: User

    def clean_code(self) -> str:
        """Return the code where it is right. Raises ValidationError where it is wrong, and after too many."""
        device = known_device(context.request, self.user.email)
        key = f"second factor {self.user.pk} {device}"
        if not take_slot(key, limit=MOST_CODES, seconds=DAY_SECONDS):
            raise ValidationError(
                _(
                    "Too many codes were tried today. Sign in on a device on which you signed in before, or wait until tomorrow."
                    " If it was not you who tried them, phone a manager."
                )
            )
        if device:
            # allauth’s count is one for all devices, so that others would use it up; the day’s own limit is stricter.
            ratelimit.clear(context.request, action="login_failed", key=f"mfa-auth-user-{self.user.pk}")
        try:
            return str(super().clean_code())  # type: ignore[misc]  # allauth's form, which has no types
        except ValidationError:
            if not has_slot(key, limit=MOST_CODES) and take_slot(f"told of {key}", limit=1, seconds=DAY_SECONDS):
                get_adapter().send_notification_mail("mfa/email/codes_tried", self.user, {"number": MOST_CODES})
            raise


class SecondFactorForm(CountedCodes, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The code of the second factor, after the password or a code by mail."""


class SecondFactorAgainForm(CountedCodes, ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The code of the second factor, once more, of somebody who is signed in."""


class AppForm(ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """The code that an authenticator app shows, to set the app up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("The code that the app shows")
        self.fields["code"].widget = forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code", "autofocus": True}
        )
