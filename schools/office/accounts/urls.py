"""Addresses of the room accounts."""

from schools.office.accounts import recovery_views, views
from schools.office.frame.routes import page

urlpatterns = [
    page("stand-ins/", views.stand_ins, "stand-ins"),
    page("locked-out/", recovery_views.locked_out, "locked-out"),
    page("locked-out/person/<int:user_id>/", recovery_views.locked_out_person, "locked-out-person"),
    page("locked-out/request/<int:recovery_id>/", recovery_views.locked_out_request, "locked-out-request"),
    page("trustees/", recovery_views.trustees, "trustees"),
]
