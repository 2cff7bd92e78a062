"""The site as it is where Postmark is set: its address for reports, before everything else."""

from django.urls import include, path

from schools.messages.urls import report_urls

urlpatterns = [
    path("", include(report_urls("postmark", "a-secret-of-the-provider"))),
    path("", include("speakout.urls")),
]
