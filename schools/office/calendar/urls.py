"""Pages of the office: the calendar, its file, its secret address, and the week board."""

from django.urls import path

from schools.office.calendar import board_views, feed_views, views
from schools.office.frame.routes import page

urlpatterns = [
    page("week/", board_views.week, "week-board"),
    page("calendar/", views.calendar, "calendar"),
    page("calendar/ics/", views.ics, "calendar-ics"),
    page("calendar/address/", feed_views.address, "calendar-address"),
    # Without signing in: the secret lets in.
    path("calendar/feed/<str:secret>.ics", feed_views.feed, name="calendar-feed"),
]
