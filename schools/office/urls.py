"""The office's own pages, beside the stock admin's; each asks for staff as the admin's do."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpResponseBase
from django.urls import URLPattern, path

import schools.core.converters  # noqa: F401  # makes <day:…> known
from schools.office.views import booking, days, outcomes, reach, sessions, visits

View = Callable[..., HttpResponseBase]


def urls_of(site: AdminSite) -> list[URLPattern]:
    """The patterns, in the site's namespace."""

    def page(route: str, view: View, name: str) -> Any:
        return path(route, site.admin_view(view), name=name)

    return [
        page("book/", booking.find_school, "book"),
        page("book/<int:school_id>/", booking.book, "book-at"),
        page("visit/<int:visit_id>/", visits.detail, "visit-detail"),
        page("visit/<int:visit_id>/<day:day>/", days.detail, "visit-day"),
        page("session/<int:session_id>/", sessions.detail, "session-detail"),
        page("session/<int:session_id>/outcome/", outcomes.outcome, "session-outcome"),
        page("reach/", reach.table, "reach"),
        page("reach/csv/", reach.csv, "reach-csv"),
    ]
