"""Feedback: what schools thought of the visits of a period, by area or session type; its file, and what is behind it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from schools.accounts.requests import SignedInRequest
from schools.core.databases import heavy_reading
from schools.delivery.models import QUESTIONS
from schools.directory.models import Area
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.reach.forms.feedback import FeedbackForm
from schools.office.reach.views.drilldown import behind_page
from schools.office.reach.views.tables import CSV, download, own_areas, tabs
from schools.reach.feedback import TOTAL_CELL, FeedbackBehind, FeedbackCut, FeedbackRow, FeedbackTable
from schools.reach.feedback_files import csv_lines, file_name, in_words, share_in_words
from schools.reach.figures import FEEDBACK, Figure, LineKind
from schools.reach.queries import names_of, reads_each_answer
from schools.reach.queries.feedback import feedback

SHOWN = tuple(figure for figure in FEEDBACK if figure.in_short_table)


def _form(request: SignedInRequest) -> FeedbackForm:
    return FeedbackForm(request.GET, on=today(), any_period=reads_each_answer(request.user))


def _asked_for(form: FeedbackForm, areas: QuerySet[Area] | None) -> FeedbackTable:
    period, by = form.cleaned_data["period"], form.cleaned_data["by"]
    return feedback(period, by=by, areas=areas, answered_by=form.answered_by)


@allowed("read_reach")
def table(request: SignedInRequest) -> HttpResponse:
    """Show what schools thought of the visits of a period, in the areas that the user may see."""
    form, areas = _form(request), own_areas(request)
    if not form.is_valid():
        return _page(request, form)
    return _page(request, form, _asked_for(form, areas), areas=names_of(areas))


def _page(
    request: SignedInRequest, form: FeedbackForm, figures: FeedbackTable | None = None, *, areas: Sequence[str] | None = None
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, **tabs(request)}
    if figures is not None:
        shown = [*figures.rows, figures.total]
        context |= {
            "table": figures,
            "is_by_area": figures.by is FeedbackCut.AREA,
            "columns": SHOWN,
            "sentence": in_words(figures.period, figures.total, areas=areas),
            "lines": [(row, [(column, *_cell(row, column, form)) for column in SHOWN]) for row in shown],
            "query": form.as_query,
            "files": (("admin:feedback-csv", "Table as CSV"),),
        }
    return page(request, "office/reach/feedback.html", "What schools thought", **context)


def _cell(row: FeedbackRow, column: Figure, form: FeedbackForm) -> tuple[str, bool]:
    """Return the words of a cell, and whether it leads to what is behind it: what is not shown does not."""
    question = column.name.removesuffix("_yes")
    words = share_in_words(row, question) if question in QUESTIONS else column.text(row)
    return words, _leads(row, column, form)


def _leads(row: FeedbackRow, column: Figure, form: FeedbackForm) -> bool:
    """Return whether what is behind the cell may be seen: schools by name by whoever reads their answers alone."""
    return column.value(row) is not None and (form.any_period or column.drill_down.lines is not LineKind.ASKED)


@allowed("read_reach")
@heavy()
def csv(request: SignedInRequest) -> HttpResponseBase:
    """Send the table as CSV; a question that makes no sense gets the page with status 400."""
    form, areas = _form(request), own_areas(request)
    if form.is_valid():
        figures = _asked_for(form, areas)
        return download(csv_lines(figures), file_name(figures, areas=names_of(areas)), CSV)
    answer = _page(request, form)
    answer.status_code = HTTPStatus.BAD_REQUEST
    return answer


@allowed("read_reach")
@heavy()
@heavy_reading()
def behind(request: SignedInRequest) -> HttpResponse:
    """Show what is behind the row and the figure that the address names; 404 where there is no such cell, or it is not shown."""
    form = _form(request)
    figures = _asked_for(form, own_areas(request)) if form.is_valid() else None
    row = figures.by_cell.get(request.GET.get("cell", TOTAL_CELL)) if figures else None
    open_to = [figure for figure in FEEDBACK if row is not None and _leads(row, figure, form)]
    column = next((figure for figure in open_to if request.GET.get("figure", figure.name) == figure.name), None)
    if row is not None and not open_to and "figure" not in request.GET:
        return redirect("admin:feedback")  # too few have answered for anything to be looked into
    if row is None or column is None:
        raise Http404
    return behind_page(
        request,
        column,
        row,
        FeedbackBehind(row),
        open_to,
        place="All together" if row.cell == TOTAL_CELL else row.place,
        about=[str(form.cleaned_data["period"])],
        nothing="The schools that this figure counts stand here. They are asked the day after a visit.",
        whole_table="admin:feedback",
        back=form.as_query,
        tab="feedback",
    )
