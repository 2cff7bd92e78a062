"""Addresses of the room volunteers: a volunteer's page, and inviting many."""

from schools.office.frame.routes import page
from schools.office.volunteers import inviting, views

urlpatterns = [
    page("volunteer/<int:volunteer_id>/", views.detail, "volunteer-detail"),
    page("invite/", inviting.invite_many, "invite"),
]
