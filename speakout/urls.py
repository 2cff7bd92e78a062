"""All URLs: the app's, sign-in, and a health check for monitoring."""

from allauth.socialaccount.views import login_cancelled
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from health_check.views import HealthCheckView

urlpatterns = [
    path("", include("schools.urls")),
    # The parts of allauth.urls that we use: without its pages that join accounts of others to ours, or make new ones of them.
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("accounts/3rdparty/login/cancelled/", login_cancelled, name="socialaccount_login_cancelled"),
    path("health/", login_not_required(HealthCheckView.as_view(checks=["health_check.Database"])), name="health"),
]
