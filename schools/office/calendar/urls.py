"""Pages of the office: the calendar, its file, and its secret address."""

from django.urls import path

from schools.office.calendar import feed_views, views
from schools.office.frame.routes import page

urlpatterns = [
    page("calendar/", views.calendar, "calendar"),
    page("calendar/ics/", views.ics, "calendar-ics"),
    page("calendar/address/", feed_views.address, "calendar-address"),
    # Without signing in: the secret lets in.
    path("calendar/feed/<str:secret>.ics", feed_views.feed, name="calendar-feed"),
]
