"""The reach page: a period, a cut, the sentence, the table, and the same as files."""

from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from schools.core.periods import AcademicYear
from schools.directory.models import Area
from schools.office.forms.reach import ReachForm
from schools.office.reach_columns import FIGURES, figures_of, lines
from schools.office.rows import today
from schools.office.views.page import SignedInRequest, allowed, page
from schools.reach.exports import Stamp, csv_lines, file_name, session_csv, session_workbook, workbook
from schools.reach.queries import reach, scope_of, sentence
from schools.reach.rows import Cut, ReachTable

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

type FileView = Callable[[SignedInRequest, ReachForm], HttpResponseBase]


@allowed("read_reach")
def table(request: SignedInRequest) -> HttpResponse:
    """Reach of the areas that the user may see in the period that was asked for; this academic year if none was."""
    form = asked(request)
    context: dict[str, Any] = {"form": form, "own_areas": own_areas(request)}
    if form.is_valid():
        figures = figures_asked(request, form)
        context |= {
            "table": figures,
            "columns": FIGURES,
            "lines": list(lines(figures)),
            "total": figures_of(figures.total),
            "sentence": sentence(figures, now=timezone.localtime()),
            "stamp": stamp_of(request, form),
        }
    return page(request, "office/reach.html", "Reach", **context)


def file_view(view: FileView) -> Callable[[SignedInRequest], HttpResponseBase]:
    """A file of what is asked for. A question that makes no sense is answered with the page and 400."""

    @allowed("read_reach")
    @wraps(view)
    def checked(request: SignedInRequest) -> HttpResponseBase:
        form = asked(request)
        if form.is_valid():
            return view(request, form)
        answer = page(request, "office/reach.html", "Reach", form=form, own_areas=own_areas(request))
        # Whoever saves what comes without looking must not take the page for the file.
        answer.status_code = HTTPStatus.BAD_REQUEST
        return answer

    return checked


@file_view
def csv(request: SignedInRequest, form: ReachForm) -> HttpResponseBase:
    """The table as CSV; its name says everything that its body must not."""
    figures, stamp = figures_asked(request, form), stamp_of(request, form)
    return download(csv_lines(figures, is_public=stamp.is_public), file_name(figures, stamp, "csv"), CSV)


@file_view
def xlsx(request: SignedInRequest, form: ReachForm) -> HttpResponseBase:
    """The table as a workbook, with what its columns count."""
    figures, stamp = figures_asked(request, form), stamp_of(request, form)
    return download(workbook(figures, stamp), file_name(figures, stamp, "xlsx"), XLSX)


@file_view
def sessions_csv(request: SignedInRequest, form: ReachForm) -> HttpResponseBase:
    """The sessions behind the table, as a session file."""
    figures, stamp = figures_asked(request, form), stamp_of(request, form)
    return download(session_csv(_whole(request, form)), file_name(figures, stamp, "csv", of="sessions"), CSV)


@file_view
def sessions_xlsx(request: SignedInRequest, form: ReachForm) -> HttpResponseBase:
    """The same as a workbook."""
    figures, stamp = figures_asked(request, form), stamp_of(request, form)
    content = session_workbook(figures, _whole(request, form), stamp)
    return download(content, file_name(figures, stamp, "xlsx", of="sessions"), XLSX)


def download(content: Iterable[str] | Iterable[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    """A file that is made while it is sent."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=content_type, headers=headers)


def asked(request: SignedInRequest) -> ReachForm:
    """What the address asks for."""
    return ReachForm(request.GET, this_year=AcademicYear.of(today()))


def own_areas(request: SignedInRequest) -> QuerySet[Area] | None:
    """A coordinator's areas; None for managers and analysts, who read all figures."""
    user = request.user
    return None if user.is_manager or user.is_analyst else Area.objects.for_user(user, on=today())


def stamp_of(request: SignedInRequest, form: ReachForm) -> Stamp:
    """What a file or a printed page says of itself."""
    areas = own_areas(request)
    return Stamp(
        by=request.user.name,
        now=timezone.now(),
        filters=form.filter_words,
        areas=None if areas is None else [area.name for area in areas],
        is_public=request.GET.get("public") == "1",
    )


def figures_asked(request: SignedInRequest, form: ReachForm) -> ReachTable:
    """The table that the form asks for."""
    said = form.cleaned_data
    return reach(
        said["period"], by=said["by"], within=said["within"], filters=form.filters, as_of=today(), areas=own_areas(request)
    )


def _whole(request: SignedInRequest, form: ReachForm) -> Any:
    """What the table's total is made of, whatever its rows are."""
    return scope_of(
        form.cleaned_data["period"],
        by=Cut.NATION,
        within=None,
        filters=form.filters,
        as_of=today(),
        areas=own_areas(request),
    )
