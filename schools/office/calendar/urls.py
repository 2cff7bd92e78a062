"""Pages of the office: the calendar and its file."""

from schools.office.calendar import views
from schools.office.frame.routes import page

urlpatterns = [
    page("calendar/", views.calendar, "calendar"),
    page("calendar/ics/", views.ics, "calendar-ics"),
]
