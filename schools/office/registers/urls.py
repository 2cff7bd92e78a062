"""Addresses of the room registers: imports, areas, and moving an authority to another area."""

from schools.office.frame.routes import form, page
from schools.office.registers.views import areas, authorities, imports

urlpatterns = [
    page("registers/", imports.index, "registers"),
    page("registers/<int:run_id>/", imports.detail, "register-run"),
    form("area/add/", areas.add, "area-add"),
    page("area/<int:area_id>/", areas.detail, "area-detail"),
    form("authority/<int:authority_id>/move/", authorities.move, "authority-move"),
]
