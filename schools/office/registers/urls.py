"""Addresses of the room registers: imports of registers and tables, and moving an authority to another area."""

from schools.office.frame.routes import form, page
from schools.office.registers.views import authorities, imports, tables

urlpatterns = [
    page("registers/", imports.index, "registers"),
    page("registers/<int:run_id>/", imports.detail, "register-run"),
    page("imports/", tables.index, "imports"),
    page("imports/<int:run_id>/", tables.detail, "import-run"),
    form("authority/<int:authority_id>/move/", authorities.move, "authority-move"),
]
