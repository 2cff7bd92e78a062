"""All URLs: the app's, and signing in. Monitors are answered before (schools/running/middleware.py)."""

from allauth.socialaccount.views import login_cancelled
from django.urls import include, path

urlpatterns = [
    path("", include("schools.urls")),
    # The parts of allauth.urls that we use: without its pages that join accounts of others to ours, or make new ones of them.
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("accounts/3rdparty/login/cancelled/", login_cancelled, name="socialaccount_login_cancelled"),
]
