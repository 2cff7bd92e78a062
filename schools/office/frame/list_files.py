"""Lists as files: every row that a list's filters leave, in its order, as CSV or as a workbook."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters, ModelAdmin
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from schools.core.csv import Cell, lines
from schools.core.snapshot import snapshot
from schools.core.xlsx import Sheet, workbook
from schools.office.frame.lane import heavy
from schools.office.frame.list_names import name_of_list
from schools.office.frame.visibility import today

type Columns = Mapping[str, Callable[[Any], Cell]]
"""The columns of a list's file in their order: the header of each, and what it says of a row."""


def columns_of_fields(*names: str) -> Columns:
    """Return a column for each of these fields, or properties, of a row, with its name as header."""
    return {name: partial(_plain, name) for name in names}


def _plain(name: str, row: Any) -> Cell:
    """Return what a field holds as a cell: yes or no, the local time of a moment, and what a row is called that it points to."""
    value = getattr(row, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    plain: Cell = value if value is None or isinstance(value, int | float | date | time) else str(value)
    return plain


CHUNK = 500
"""Rows read at a time."""

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDINGS = ("csv", "xlsx")


def file_urls(admin: "ModelAdmin[Any]", columns: Columns) -> list[URLPattern]:
    """Return the addresses of the list's files, beside the list's own; none where the list has no columns for a file."""
    if not columns:
        return []
    table = f"{admin.opts.app_label}_{admin.opts.model_name}"
    return [
        path(f"{ending}/", admin.admin_site.admin_view(_view(admin, columns, ending)), name=f"{table}_{ending}")
        for ending in ENDINGS
    ]


def _view(admin: "ModelAdmin[Any]", columns: Columns, ending: str) -> Callable[[HttpRequest], HttpResponseBase]:
    @require_safe
    def list_file(request: HttpRequest) -> HttpResponseBase:
        """Return the list as a file: the same search, filters, rows and order as on the page, all pages of it."""
        if not admin.has_view_permission(request):
            raise PermissionDenied
        return in_turn(request)

    @heavy()
    def in_turn(request: HttpRequest) -> HttpResponseBase:
        return _file(request, admin, columns, ending)

    return list_file


def _file(request: HttpRequest, admin: "ModelAdmin[Any]", columns: Columns, ending: str) -> HttpResponseBase:
    try:
        listed = admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return redirect(f"../?{request.GET.urlencode()}")
    if request.GET.get(SEARCH_VAR, "").strip() and not listed.query:
        # The list says that it did not search; a file would be of everything, and say nothing.
        return redirect(f"../?{request.GET.urlencode()}")
    name = f"{admin.opts.model_name}_as-of_{today()}.{ending}"
    cells = _cells(listed.queryset, columns)
    content, content_type = (
        (lines(tuple(columns), cells), "text/csv; charset=utf-8")
        if ending == "csv"
        else (workbook([Sheet(name_of_list(admin.opts)[:31], tuple(columns), cells)]), WORKBOOK)
    )
    return StreamingHttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _cells(rows: QuerySet[Model], columns: Columns) -> Iterator[tuple[Cell, ...]]:
    """Yield what the file says of each row, all from one moment."""
    with snapshot():
        for row in rows.iterator(chunk_size=CHUNK):
            yield tuple(say(row) for say in columns.values())
