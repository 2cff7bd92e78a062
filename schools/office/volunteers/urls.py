"""Addresses of the room volunteers: a volunteer's page."""

from schools.office.frame.routes import page
from schools.office.volunteers import views

urlpatterns = [
    page("volunteer/<int:volunteer_id>/", views.detail, "volunteer-detail"),
]
