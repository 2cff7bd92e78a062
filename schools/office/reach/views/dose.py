"""Dose: in how many school years the children who leave Year 6 (P7) were reached, by area; its files, and what is behind it."""

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.databases import heavy_reading
from schools.directory.models import Area
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.reach.forms.pictures import PicturesForm
from schools.office.reach.views.drilldown import behind_page
from schools.office.reach.views.pictures import form_and_areas
from schools.office.reach.views.tables import CSV, XLSX, download, tabs
from schools.reach.dose import DoseTable
from schools.reach.dose_files import csv_lines, file_name, in_words, workbook
from schools.reach.exports import Stamp
from schools.reach.figures import DOSE
from schools.reach.queries import names_of
from schools.reach.queries.dose import dose, dose_behind

FILES = (("admin:dose-csv", "Table as CSV"), ("admin:dose-xlsx", "Table as workbook"))
"""The files of the page: the address of each, and its words."""

type FileView = Callable[[DoseTable, Stamp], HttpResponseBase]


@allowed("read_reach")
@heavy()
def table(request: SignedInRequest) -> HttpResponse:
    """Show the table of a year, of one area or of all that the user may see."""
    form, areas = form_and_areas(request)
    if not form.is_valid():
        return _page(request, form)
    figures = dose(form.cleaned_data["year"], as_of=today(), areas=areas)
    return _page(request, form, figures, areas=_names(form, areas))


def _names(form: PicturesForm, areas: QuerySet[Area] | None) -> list[str] | None:
    """Return the names of the areas that the form asks for; None: all."""
    chosen = form.cleaned_data["area"]
    return [chosen.name] if chosen else names_of(areas)


def _page(
    request: SignedInRequest, form: PicturesForm, figures: DoseTable | None = None, *, areas: Sequence[str] | None = None
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, **tabs(request)}
    if figures is not None:
        shown = [*figures.rows, figures.total]
        context |= {
            "table": figures,
            "columns": DOSE,
            "sentence": in_words(figures, areas=areas),
            "lines": [(row, [(column, column.text(row)) for column in DOSE]) for row in shown],
            "query": _query(form),
            "files": FILES,
        }
    return page(request, "office/reach/dose.html", "Dose", **context)


def _query(form: PicturesForm) -> str:
    return f"year={form.data['year']}&area={form.data.get('area', '')}"


def _file_view(view: FileView) -> Callable[[SignedInRequest], HttpResponseBase]:
    """Make a view that sends a file of the table; a question that makes no sense gets the page with status 400."""

    @allowed("read_reach")
    @heavy()
    @wraps(view)
    def checked(request: SignedInRequest) -> HttpResponseBase:
        form, areas = form_and_areas(request)
        if form.is_valid():
            stamp = Stamp(request.user.name, timezone.now(), areas=_names(form, areas))
            return view(dose(form.cleaned_data["year"], as_of=today(), areas=areas), stamp)
        answer = _page(request, form)
        answer.status_code = HTTPStatus.BAD_REQUEST
        return answer

    return checked


@_file_view
def csv(figures: DoseTable, stamp: Stamp) -> HttpResponseBase:
    """Send the table as CSV."""
    return download(csv_lines(figures), file_name(figures, stamp, "csv"), CSV)


@_file_view
def xlsx(figures: DoseTable, stamp: Stamp) -> HttpResponseBase:
    """Send the table as a workbook, with what its columns count."""
    return download(workbook(figures, stamp), file_name(figures, stamp, "xlsx"), XLSX)


@allowed("read_reach")
@heavy()
@heavy_reading()
def behind(request: SignedInRequest) -> HttpResponse:
    """Show the schools behind the row and the figure that the address names; 404 where there is no such cell."""
    form, areas = form_and_areas(request)
    column = next((figure for figure in DOSE if figure.name == request.GET.get("figure", DOSE[0].name)), None)
    if column is None or not form.is_valid():
        raise Http404
    year, on = form.cleaned_data["year"], today()
    row = dose(year, as_of=on, areas=areas).by_cell.get(request.GET.get("cell", "total"))
    if row is None:
        raise Http404
    return behind_page(
        request,
        column,
        row,
        dose_behind(year, cell=row.cell, as_of=on, areas=areas),
        DOSE,
        place="All together" if row.cell == "total" else row.area or "No area",
        about=[str(year)],
        nothing="The schools that this figure counts stand here. They come with a register and rolls.",
        whole_table="admin:dose",
        back=_query(form),
        tab="dose",
    )
