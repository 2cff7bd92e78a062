"""Addresses of the room finding: its page, and what the box over every page shows."""

from schools.office.finding import views
from schools.office.frame.routes import page

urlpatterns = [
    page("find/", views.find, "find"),
    page("find/options/", views.options, "find-options"),
]
