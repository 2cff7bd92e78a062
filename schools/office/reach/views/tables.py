"""The reach page: a period, a cut, the sentence, the table with the year before, and the same as files."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import once, snapshot
from schools.directory.models import Area
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import say_with_undo
from schools.office.frame.visibility import today
from schools.office.reach.columns import lines, names_apart, total_line
from schools.office.reach.forms.tables import ReachForm
from schools.office.reach.missing import what_is_missing
from schools.reach import pictures
from schools.reach.actions import subscribe, unsubscribe
from schools.reach.exports import Stamp, csv_lines, file_name, session_csv, session_workbook, workbook
from schools.reach.feedback import last_answers
from schools.reach.feedback_files import in_words as thought_in_words
from schools.reach.figures import FIGURES, SHORT_TABLE
from schools.reach.models import Subscription
from schools.reach.queries import (
    a_year_before,
    names_of,
    reach_of_periods,
    readable_areas,
    reads_each_answer,
    scope_of,
    sentence,
)
from schools.reach.queries.feedback import feedback_of_all
from schools.reach.queries.fifths import indices_known
from schools.reach.rows import Cut, ReachTable
from schools.reach.sentences import about_fifths

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FILES = (
    ("admin:reach-csv", "Table as CSV"),
    ("admin:reach-xlsx", "Table as workbook"),
    ("admin:reach-sessions-csv", "Sessions behind it as CSV"),
    ("admin:reach-sessions-xlsx", "Sessions as workbook"),
)
"""The files of the page: the address of each, and its words."""

type FileView = Callable[[SignedInRequest, ReachForm], HttpResponseBase]


@allowed("read_reach", posts={"subscribe": "read_reach", "unsubscribe": "read_reach"})
@heavy()
def table(request: SignedInRequest) -> HttpResponse:
    """Show reach of the areas that the user may see, in the period asked for; by default in this academic year."""
    if request.method == "POST":
        return _change_subscription(request)
    # As of one moment, so that what both periods rest on is read once.
    with snapshot():
        form = question_form(request)
        context = _context(request, form)
        if form.is_valid():
            context |= _figures(request, form)
    return page(request, "office/reach/table.html", "Reach", **context)


def _context(request: SignedInRequest, form: ReachForm) -> dict[str, Any]:
    """Return what the page needs, also where the question makes no sense."""
    return {"form": form, "asking": [form], "own_areas": own_areas(request), **tabs(request)}


def _figures(request: SignedInRequest, form: ReachForm) -> dict[str, Any]:
    question = form.cleaned_data
    # Whoever was there is slow to count, and no figure of the short table.
    shows_all = request.GET.get("columns") == "all"
    period = a_year_before(question["period"], as_of=today())
    figures, before = _tables(request, form, (question["period"], period), volunteers=shows_all, may_be_kept=True)
    columns = FIGURES if shows_all else SHORT_TABLE
    picture = None
    # Fifths of two nations are never compared, so their bars do not stand below each other.
    if figures.by.is_place and figures.by != Cut.FIFTH:
        pupils = {cell: row.pupils_reached for cell, row in before.by_cell.items()}
        picture = pictures.by_place(figures, pupils, names_apart(figures), before_words=before_in_words(period))
    stamp = stamp_of(request, form)
    return {
        "table": figures,
        "columns": columns,
        "all_columns": shows_all,
        "all_figures": FIGURES,
        "lines": list(lines(figures, before, columns)),
        "total_line": total_line(figures, before, columns),
        "before_words": before_in_words(period),
        "sentence": sentence(figures, now=timezone.localtime(), filters=form.filter_words, areas=stamp.areas),
        "missing": what_is_missing(figures.total),
        "thought": _thought(request, _year_of(question["period"])),
        "thought_year": str(_year_of(question["period"])),
        "picture": picture,
        "query": form.as_query,
        "files": FILES,
        "filter_words": form.filter_words,
        "about_fifths": about_fifths(indices_known()) if _has_fifths(form) else "",
        "stamp": stamp,
        "is_subscribed": Subscription.objects.filter(user=request.user).exists(),
    }


def _thought(request: SignedInRequest, year: AcademicYear) -> str:
    """Return what schools thought of the year's visits; "" where the reader may not know it yet."""
    areas = own_areas(request)
    answered_by = None if reads_each_answer(request.user) else last_answers(year)
    if answered_by and today() <= answered_by:
        return ""
    total = feedback_of_all(year.period, areas=areas, answered_by=answered_by)
    return thought_in_words(year.period, total, areas=names_of(areas))


def _year_of(period: Period) -> AcademicYear:
    """Return the school year in which the period ends, or the one that it is if that is earlier."""
    return AcademicYear.of(min(period.last_day, today()))


def _has_fifths(form: ReachForm) -> bool:
    return form.cleaned_data["by"] == Cut.FIFTH or bool(form.filters.fifths)


def _change_subscription(request: SignedInRequest) -> HttpResponse:
    if request.POST["do"] == "subscribe":
        subscribe(request.user, now=timezone.now())
        say_with_undo(request, "You get the figures by mail at the beginning of every month.", {"do": "unsubscribe"})
    else:
        unsubscribe(request.user)
        say_with_undo(request, "No more mails of the figures.", {"do": "subscribe"})
    return redirect("admin:reach")


def tabs(request: SignedInRequest) -> dict[str, bool]:
    """Return which of the neighbouring pages the user may open."""
    return {
        "may_read_doubts": request.user.has_perm("schools.view_confirmed"),
        "may_make_tokens": request.user.has_perm("schools.add_apitoken"),
    }


def before_in_words(period: Period) -> str:
    """Return what the figures are compared with, like “2024/25” or “1 August 2025 to 24 November 2025”."""
    if ".." in period.name and "/" not in period.name:
        first, last = period.first_day, period.last_day
        return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
    return period.name.replace("..", " to ")


def file_view(view: FileView) -> Callable[[SignedInRequest], HttpResponseBase]:
    """Make a view that sends a file of what is asked for; a question that makes no sense gets the page with status 400."""

    @allowed("read_reach")
    @heavy()
    @wraps(view)
    def checked(request: SignedInRequest) -> HttpResponseBase:
        form = question_form(request)
        if form.is_valid() and "public" in request.GET:
            # An address that somebody kept must not give exact numbers to whoever wants to publish them.
            form.add_error(None, "A table has no public variant any more. Publish its period, and take the files from there.")
        if form.is_valid():
            return view(request, form)
        answer = page(request, "office/reach/table.html", "Reach", **_context(request, form))
        # A program that saves the answer without looking must not take the page for the file.
        answer.status_code = HTTPStatus.BAD_REQUEST
        return answer

    return checked


@file_view
def csv(request: SignedInRequest, form: ReachForm) -> HttpResponseBase:
    """Send the table as CSV; its name says what its content must not say."""
    figures, stamp = requested_table(request, form), stamp_of(request, form)
    return download(csv_lines(figures), file_name(figures, stamp, "csv"), CSV)


@file_view
def xlsx(request: SignedInRequest, form: ReachForm) -> HttpResponseBase:
    """Send the table as a workbook, with what its columns count."""
    figures, stamp = requested_table(request, form), stamp_of(request, form)
    return download(workbook(figures, stamp), file_name(figures, stamp, "xlsx"), XLSX)


@file_view
def sessions_csv(request: SignedInRequest, form: ReachForm) -> HttpResponseBase:
    """Send the sessions behind the table, as a session file."""
    figures, stamp = requested_table(request, form), stamp_of(request, form)
    return download(session_csv(_total_scope(request, form)), file_name(figures, stamp, "csv", of="sessions"), CSV)


@file_view
def sessions_xlsx(request: SignedInRequest, form: ReachForm) -> HttpResponseBase:
    """Send the sessions behind the table, as a workbook."""
    figures, stamp = requested_table(request, form), stamp_of(request, form)
    content = session_workbook(figures, _total_scope(request, form), stamp)
    return download(content, file_name(figures, stamp, "xlsx", of="sessions"), XLSX)


def download(content: Iterable[str] | Iterable[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    """Return a response that sends a file while it is made."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=content_type, headers=headers)


def question_form(request: SignedInRequest) -> ReachForm:
    """Return the form with what the address asks for."""
    return ReachForm(request.GET, this_year=AcademicYear.of(today()))


@once
def own_areas(request: SignedInRequest) -> QuerySet[Area] | None:
    """Return a coordinator's areas; None for managers and analysts, who read all figures."""
    return readable_areas(request.user, on=today())


def stamp_of(request: SignedInRequest, form: ReachForm) -> Stamp:
    """Return what a file or a printed page says about its origin."""
    names = names_of(own_areas(request))
    return Stamp(by=request.user.name, now=timezone.now(), filters=form.filter_words, areas=names)


def requested_table(request: SignedInRequest, form: ReachForm) -> ReachTable:
    """Return the table that the form asks for."""
    [figures] = _tables(request, form, (form.cleaned_data["period"],), volunteers=True)
    return figures


def _tables(
    request: SignedInRequest, form: ReachForm, periods: Sequence[Period], *, volunteers: bool, may_be_kept: bool = False
) -> list[ReachTable]:
    question, areas = form.cleaned_data, own_areas(request)
    return reach_of_periods(
        periods,
        by=question["by"],
        within=question["within"],
        filters=form.filters,
        as_of=today(),
        areas=areas,
        volunteers=volunteers,
        may_be_kept=may_be_kept,
    )


def _total_scope(request: SignedInRequest, form: ReachForm) -> Any:
    """Return the scope of the table's total, whatever its rows are."""
    return scope_of(
        form.cleaned_data["period"],
        by=Cut.NATION,
        within=None,
        filters=form.filters,
        as_of=today(),
        areas=own_areas(request),
    )
