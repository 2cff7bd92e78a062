"""Addresses of the room accounts."""

from schools.office.accounts.views import recovery, stand_ins
from schools.office.frame.routes import page

urlpatterns = [
    page("stand-ins/", stand_ins.stand_ins, "stand-ins"),
    page("locked-out/", recovery.locked_out, "locked-out"),
    page("locked-out/person/<int:user_id>/", recovery.locked_out_person, "locked-out-person"),
    page("locked-out/request/<int:recovery_id>/", recovery.locked_out_request, "locked-out-request"),
    page("trustees/", recovery.trustees, "trustees"),
]
