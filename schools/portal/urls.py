"""The addresses of the portal's pages."""

from django.urls import path

import schools.core.converters  # noqa: F401  # makes <day:…> known
from schools.portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="service-worker"),
    path("phone/", views.phone, name="phone"),
    path("phone/token/", views.token, name="phone-token"),
    path("phone/received/", views.received, name="phone-received"),
    path("open/", views.open_list, name="open-list"),
    path("open/<int:visit_id>/<day:day>/", views.take, name="take"),
    path("observe/", views.observe, name="observe"),
    path("observe/<int:visit_id>/<day:day>/", views.observe_morning, name="observe-morning"),
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/address/", views.calendar_address, name="calendar-address"),
    path("calendar/my-mornings/", views.calendar_file, name="calendar-file"),
    path("calendar/<str:secret>.ics", views.calendar_feed, name="calendar-feed"),
    path("guide/", views.guide, name="volunteer-guide"),
    path("me/", views.me, name="me"),
    path("me/week/", views.week, name="week"),
    path("me/away/", views.away, name="away"),
    path("me/away/<int:away_id>/end/", views.away_end, name="away-end"),
    path("me/details/", views.profile, name="profile"),
    path("me/duty-contact/", views.duty_contact, name="duty-contact"),
    path("me/address/", views.change_address, name="change-address"),
    path("me/language/", views.language, name="language"),
    path("me/everything.json", views.my_data, {"kind": "json"}, name="my-data-json"),
    path("me/everything.csv", views.my_data, {"kind": "csv"}, name="my-data-csv"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("agreement/", views.agreement, name="agreement"),
    path("answer/<str:token>/", views.answer, name="answer"),
    path("invitation/<str:secret>/", views.invitation, name="invitation"),
    path("address/<str:secret>/", views.address_change, name="address-change"),
    path("no-more/<str:token>/", views.opt_out, name="opt-out"),
    path("mornings/<int:visit_id>/<day:day>/", views.morning_detail, name="morning"),
    path("mornings/<int:visit_id>/<day:day>/give-back/", views.give_back, name="give-back"),
    path("mornings/<int:visit_id>/<day:day>/swap/", views.swap_morning, name="swap"),
    path("mornings/<int:visit_id>/<day:day>/told/", views.told, name="told"),
    path("mornings/<int:visit_id>/<day:day>/outcome/", views.day_outcome, name="day-outcome"),
    path("mornings/<int:visit_id>/<day:day>/reported/", views.day_reported, name="day-reported"),
    path("sessions/<int:session_id>/", views.session_detail, name="session-detail"),
    path("sessions/<int:session_id>/outcome/", views.outcome, name="session-outcome"),
]
