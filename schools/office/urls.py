"""The office's own pages, room by room; the stock admin's come after them."""

from django.urls import include, path

urlpatterns = [
    path("", include("schools.office.accounts.urls")),
    path("", include("schools.office.bookings.urls")),
    path("", include("schools.office.calendar.urls")),
    path("", include("schools.office.charity.urls")),
    path("", include("schools.office.finding.urls")),
    path("", include("schools.office.guides.urls")),
    path("", include("schools.office.messages.urls")),
    path("", include("schools.office.reach.urls")),
    path("", include("schools.office.registers.urls")),
    path("", include("schools.office.running.urls")),
    path("", include("schools.office.schools.urls")),
    path("", include("schools.office.sessions.urls")),
    path("", include("schools.office.stock.urls")),
    path("", include("schools.office.volunteers.urls")),
]
