"""Addresses of the room running: how the installation runs, and addresses that no mail reaches."""

from schools.office.frame.routes import page
from schools.office.running import unreachable, views

urlpatterns = [
    page("running/", views.running, "running"),
    page("unreachable/", unreachable.unreachable_addresses, "unreachable"),
]
