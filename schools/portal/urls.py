"""The portal's pages."""

from django.urls import path

import schools.core.converters  # noqa: F401  # makes <day:…> known
from schools.portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("open/", views.open_list, name="open-list"),
    path("open/<int:visit_id>/<day:day>/", views.take, name="take"),
    path("me/", views.me, name="me"),
    path("mornings/<int:visit_id>/<day:day>/", views.morning_detail, name="morning"),
    path("mornings/<int:visit_id>/<day:day>/give-back/", views.give_back, name="give-back"),
    path("mornings/<int:visit_id>/<day:day>/told/", views.told, name="told"),
    path("sessions/<int:session_id>/", views.session_detail, name="session-detail"),
    path("sessions/<int:session_id>/outcome/", views.outcome, name="session-outcome"),
]
