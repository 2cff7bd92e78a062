"""Addresses of the room running: how the installation runs, and mail that was stopped."""

from schools.office.frame.routes import page
from schools.office.running import unreachable, views

urlpatterns = [
    page("running/", views.running, "running"),
    page("running/mail/", views.stopped_mail, "stopped-mail"),
    page("unreachable/", unreachable.unreachable_addresses, "unreachable"),
]
