"""Sign-up is closed: people are invited. Who works in the office begins there."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What the sign-in pages ask of us."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where somebody begins who asked for no page: staff in the office, volunteers in the portal."""
        return reverse("admin:index" if request.user.is_staff else "home")
