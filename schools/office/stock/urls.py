"""Addresses of the room stock: stores, equipment, kits, packing, forecast."""

from schools.office.frame.routes import form, page
from schools.office.stock.views import equipment, kits, packing, stores, supplies

urlpatterns = [
    form("session/<int:session_id>/materials/", kits.session_kit, "session-kit"),
    form("visit/<int:visit_id>/parcels/", packing.parcels, "parcels"),
    page("stock/", stores.overview, "stock"),
    form("stock/store/<int:store_id>/", stores.store, "store-stock"),
    form("stock/store/<int:store_id>/count/", stores.stock_take, "stock-take"),
    form("stock/store/<int:store_id>/picking/", packing.picking, "picking-list"),
    page("stock/store/<int:store_id>/picking/csv/", packing.picking_csv, "picking-csv"),
    page("stock/material/<int:material_id>/", stores.story, "material-story"),
    page("stock/equipment/", equipment.index, "equipment"),
    form("stock/equipment/<int:piece_id>/", equipment.piece, "piece"),
    page("stock/labels/", equipment.labels, "labels"),
    form("stock/short/", supplies.shortages, "shortages"),
    page("stock/forecast/", supplies.forecast, "forecast"),
    page("stock/used/", supplies.used, "materials-used"),
    page("stock/used/csv/", supplies.used_csv, "materials-used-csv"),
]
