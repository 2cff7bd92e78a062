"""Addresses of the room volunteers: a volunteer's page."""

from schools.office.frame.routes import form, page
from schools.office.volunteers import joining, views

urlpatterns = [
    form("volunteer/add/", joining.add, "volunteer-add"),
    page("volunteer/<int:volunteer_id>/", views.detail, "volunteer-detail"),
]
