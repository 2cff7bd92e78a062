"""Addresses of the room charity."""

from schools.office.charity import views
from schools.office.frame.routes import page

urlpatterns = [page("charity/", views.detail, "charity")]
