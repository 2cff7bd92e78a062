"""Addresses of the room accounts."""

from schools.office.accounts import views
from schools.office.frame.routes import page

urlpatterns = [page("stand-ins/", views.stand_ins, "stand-ins")]
