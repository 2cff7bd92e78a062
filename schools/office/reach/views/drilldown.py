"""Behind a cell of the reach page: the sessions, headcounts, schools or people of its figure. Dose has the same page."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse

from schools.accounts.requests import SignedInRequest
from schools.core.databases import heavy_reading
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.reach.columns import place_of
from schools.office.reach.drilldown import ON_A_PAGE, Reader, lines_behind
from schools.office.reach.forms.tables import ReachForm
from schools.office.reach.views.tables import own_areas, question_form, requested_table, tabs
from schools.reach.feedback import FeedbackBehind
from schools.reach.figures import BY_NAME, FIGURES, Figure
from schools.reach.queries import Behind, behind
from schools.reach.queries.dose import DoseBehind


@allowed("read_reach")
@heavy()
@heavy_reading()
def detail(request: SignedInRequest) -> HttpResponse:
    """Show the lines behind the row and the figure that the address names; 404 where there is no such cell."""
    form = question_form(request)
    column = BY_NAME.get(request.GET.get("figure", "pupils_reached"))
    if column is None or not form.is_valid():
        raise Http404
    table = requested_table(request, form)
    row = table.by_cell.get(request.GET.get("cell", "total"))
    if row is None:
        raise Http404
    place, within = place_of(table, row)
    return behind_page(
        request,
        column,
        row,
        _behind(request, form, cell=row.cell),
        FIGURES,
        place=place,
        within=within,
        about=[str(table.period), *form.filter_words],
        nothing="The sessions that this figure counts stand here. They come with how a session went.",
        whole_table="admin:reach",
        back=form.as_query,
        figures_query=form.as_query,
    )


def behind_page(
    request: SignedInRequest,
    column: Figure,
    row: Any,
    lines: Behind | DoseBehind | FeedbackBehind,
    figures: Sequence[Figure],
    *,
    back: str,
    **context: Any,
) -> HttpResponse:
    """Return the page of one cell of a table: its lines, a page of them at a time, and the other `figures` of its row.

    `back` is the query of the table. `context` has what the template names: `place`, `about`, `nothing`, `whole_table`.
    """
    number = page_number(request)
    reader = Reader(request.user, today())
    shown = lines_behind(column, lines, row, reader=reader, page=number)
    pages: Any = Paginator(range(shown.number), ON_A_PAGE).get_page(number)
    if pages.number != number:
        shown = lines_behind(column, lines, row, reader=reader, page=pages.number)
    return page(
        request,
        "office/reach/behind.html",
        f"{column.heading}: {context['place']}",
        row=row,
        column=column,
        figure=column.text(row),
        shown=shown,
        pages=pages,
        back=back,
        query=f"{back}&cell={row.cell}&figure={column.name}",
        others=[(figure, figure.text(row)) for figure in figures],
        **context,
        **tabs(request),
    )


def _behind(request: SignedInRequest, form: ReachForm, *, cell: str) -> Behind:
    question = form.cleaned_data
    return behind(
        question["period"],
        by=question["by"],
        within=question["within"],
        filters=form.filters,
        as_of=today(),
        areas=own_areas(request),
        cell=cell,
    )


def page_number(request: SignedInRequest) -> int:
    """Return the page that the address asks for; 1 for nonsense."""
    number = request.GET.get("page", "1")
    return max(1, int(number)) if number.isdecimal() and len(number) < 8 else 1
