"""All URLs: the app's, sign-in, and a health check for monitoring."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from health_check.views import HealthCheckView

urlpatterns = [
    path("", include("schools.urls")),
    path("accounts/", include("allauth.urls")),
    path("health/", login_not_required(HealthCheckView.as_view(checks=["health_check.Database"])), name="health"),
]
