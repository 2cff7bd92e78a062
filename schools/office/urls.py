"""The office's own pages, beside the stock admin's; each asks for staff as the admin's do."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from schools.core.converters import DayConverter  # noqa: F401  # importing it makes <day:…> known
from schools.office.views import (
    batches,
    booking,
    bulk,
    calendar,
    days,
    doubts,
    due,
    editing,
    equipment,
    kits,
    moving,
    outcomes,
    packing,
    reach,
    reach_behind,
    reach_pictures,
    readers,
    registers,
    rescheduling,
    returns,
    schools,
    sessions,
    stock,
    supplies,
    talking,
    tally,
    telling,
    visits,
    volunteers,
)

View = Callable[..., HttpResponseBase]


def urls_of(site: AdminSite) -> list[URLPattern]:
    """The patterns, in the site's namespace."""

    def page(route: str, view: View, name: str) -> Any:
        """A page to look at; it takes a POST only where its view says itself what it does (`posts` of `allowed`)."""
        takes_posts = getattr(view, "posts", None) is not None
        return path(route, site.admin_view(view if takes_posts else require_safe(view)), name=name)

    def form(route: str, view: View, name: str) -> Any:
        """A page that answers for what it does by itself."""
        return path(route, site.admin_view(view), name=name)

    return [
        page("book/", booking.find_school, "book"),
        form("book/<int:school_id>/", booking.book, "book-at"),
        page("calendar/", calendar.calendar, "calendar"),
        page("calendar/ics/", calendar.ics, "calendar-ics"),
        page("due/", due.listed, "due"),
        page("due/csv/", due.csv, "due-csv"),
        form("school/<int:school_id>/talk/", talking.log, "log-talk"),
        form("visit/<int:visit_id>/", visits.detail, "visit-detail"),
        form("visit/<int:visit_id>/edit/", visits.edit, "visit-edit"),
        form("visit/<int:visit_id>/move/", rescheduling.move_visit, "visit-move"),
        form("visit/<int:visit_id>/add/", booking.add, "visit-add"),
        form("session/<int:session_id>/edit/", editing.edit, "session-edit"),
        form("tell/", telling.tell, "tell"),
        page("bulk/", bulk.index, "bulk"),
        form("bulk/confirm/", bulk.confirm_many, "bulk-confirm"),
        form("bulk/cancel-day/", bulk.snow, "bulk-snow"),
        form("bulk/reassign/", bulk.reassign, "bulk-reassign"),
        form("bulk/hand-over/", bulk.hand_over, "bulk-hand-over"),
        form("bulk/chase/", bulk.chase, "bulk-chase"),
        form("batch/<int:batch_id>/", batches.detail, "batch"),
        page("visit/<int:visit_id>/<day:day>/", days.detail, "visit-day"),
        page("visit/<int:visit_id>/<day:day>/tally/", tally.sheet, "tally-sheet"),
        page("volunteer/<int:volunteer_id>/", volunteers.detail, "volunteer-detail"),
        page("session/<int:session_id>/", sessions.detail, "session-detail"),
        form("session/<int:session_id>/outcome/", outcomes.outcome, "session-outcome"),
        page("registers/", registers.index, "registers"),
        page("registers/<int:run_id>/", registers.detail, "register-run"),
        page("school/<int:school_id>/", schools.detail, "school-detail"),
        form("authority/<int:authority_id>/move/", moving.move, "authority-move"),
        form("session/<int:session_id>/materials/", kits.session_kit, "session-kit"),
        form("visit/<int:visit_id>/parcels/", packing.parcels, "parcels"),
        page("stock/", stock.overview, "stock"),
        form("stock/store/<int:store_id>/", stock.store, "store-stock"),
        form("stock/store/<int:store_id>/count/", stock.take, "stock-take"),
        form("stock/store/<int:store_id>/picking/", packing.picking, "picking-list"),
        page("stock/store/<int:store_id>/picking/csv/", packing.picking_csv, "picking-csv"),
        page("stock/material/<int:material_id>/", stock.story, "material-story"),
        page("stock/equipment/", equipment.listed, "equipment"),
        form("stock/equipment/<int:piece_id>/", equipment.piece, "piece"),
        page("stock/labels/", equipment.labels, "labels"),
        form("stock/short/", supplies.shortages, "shortages"),
        page("stock/forecast/", supplies.forecast, "forecast"),
        page("stock/used/", supplies.used, "materials-used"),
        page("stock/used/csv/", supplies.used_csv, "materials-used-csv"),
        page("reach/", reach.table, "reach"),
        page("reach/csv/", reach.csv, "reach-csv"),
        form("reach/returns/", returns.returns, "returns"),
        page("reach/returns/<int:return_id>/", returns.detail, "return-detail"),
        form("reach/returns/<int:return_id>/close/", returns.close, "return-close"),
        form("reach/returns/<int:return_id>/sign-off/", returns.sign_off_again, "return-sign-off"),
        page("reach/returns/<int:return_id>/figures/", returns.figures_csv, "return-figures"),
        page("reach/returns/<int:return_id>/sessions/", returns.sessions_csv, "return-sessions"),
        page("reach/behind/", reach_behind.detail, "reach-behind"),
        page("reach/pictures/", reach_pictures.drawn, "reach-pictures"),
        page("reach/cold-spots/", reach_pictures.cold, "reach-cold-spots"),
        page("reach/doubts/", doubts.listed, "doubts"),
        page("reach/readers/", readers.listed, "reach-readers"),
        page("reach/xlsx/", reach.xlsx, "reach-xlsx"),
        page("reach/sessions/csv/", reach.sessions_csv, "reach-sessions-csv"),
        page("reach/sessions/xlsx/", reach.sessions_xlsx, "reach-sessions-xlsx"),
    ]
