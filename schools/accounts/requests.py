"""The type of a request whose sender has signed in."""

from django.http import HttpRequest

from schools.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request of a signed-in user: `LoginRequiredMiddleware` and the admin's `admin_view` let no other through."""

    user: User
