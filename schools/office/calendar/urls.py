"""Pages of the office: the calendar, its file, its secret address, and the week board."""

from django.urls import path

from schools.office.calendar.views import board, feed, visits
from schools.office.frame.routes import page

urlpatterns = [
    page("week/", board.week, "week-board"),
    page("calendar/", visits.calendar, "calendar"),
    page("calendar/ics/", visits.ics, "calendar-ics"),
    page("calendar/address/", feed.address, "calendar-address"),
    # Without signing in: the secret lets in.
    path("calendar/feed/<str:secret>.ics", feed.feed, name="calendar-feed"),
]
