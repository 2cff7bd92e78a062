"""Addresses of the room registers: imports, and moving an authority to another area."""

from schools.office.frame.routes import form, page
from schools.office.registers.views import authorities, imports

urlpatterns = [
    page("registers/", imports.index, "registers"),
    page("registers/<int:run_id>/", imports.detail, "register-run"),
    form("authority/<int:authority_id>/move/", authorities.move, "authority-move"),
]
