"""Addresses of the room registers: imports of registers and tables, areas, and moving an authority to another area."""

from schools.office.frame.routes import form, page
from schools.office.registers.views import areas, authorities, imports, tables

urlpatterns = [
    page("registers/", imports.index, "registers"),
    page("registers/<int:run_id>/", imports.detail, "register-run"),
    page("imports/", tables.index, "imports"),
    page("imports/<int:run_id>/", tables.detail, "import-run"),
    form("area/add/", areas.add, "area-add"),
    page("area/<int:area_id>/", areas.detail, "area-detail"),
    page("area/<int:area_id>/poster/", areas.poster, "area-poster"),
    form("authority/<int:authority_id>/move/", authorities.move, "authority-move"),
]
