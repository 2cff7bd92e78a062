"""Addresses of the room guides."""

from schools.office.frame.routes import page
from schools.office.guides import views

urlpatterns = [
    page("guide/", views.index, "guides"),
    page("guide/<slug:name>/", views.guide, "guide"),
]
