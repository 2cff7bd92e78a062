"""The reach page: a period, a cut, the sentence, the table, the same as CSV."""

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
from schools.reach.exports import csv_lines
from schools.reach.queries import reach, sentence
from schools.reach.rows import Cut, ReachTable


@allowed("read_reach")
def table(request: SignedInRequest) -> HttpResponse:
    """Reach of the areas that the user may see in the period that was asked for; this academic year if none was."""
    form = _asked(request)
    context: dict[str, Any] = {"form": form, "own_areas": _own_areas(request)}
    if form.is_valid():
        figures = _figures(request, form)
        context |= {
            "table": figures,
            "columns": FIGURES,
            "lines": list(lines(figures)),
            "total": figures_of(figures.total),
            "sentence": sentence(figures, now=timezone.localtime()),
        }
    return page(request, "office/reach.html", "Reach", **context)


@allowed("read_reach")
def csv(request: SignedInRequest) -> HttpResponseBase:
    """The same table as a file; its name says period, cut and as-of day. A wrong period is answered with the page and 400."""
    form = _asked(request)
    if not form.is_valid():
        answer = page(request, "office/reach.html", "Reach", form=form, own_areas=_own_areas(request))
        # Whoever saves what comes without looking must not take the page for the file.
        answer.status_code = HTTPStatus.BAD_REQUEST
        return answer
    figures = _figures(request, form)
    name = f"reach_{figures.period.name.replace('/', '-')}_by-{figures.by}_as-of_{figures.as_of}.csv"
    return StreamingHttpResponse(
        csv_lines(figures),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _asked(request: SignedInRequest) -> ReachForm:
    this_year = AcademicYear.of(today())
    defaults = {"period": str(this_year), "by": Cut.AREA.value}
    return ReachForm(defaults | request.GET.dict(), this_year=this_year)


def _own_areas(request: SignedInRequest) -> QuerySet[Area] | None:
    """A coordinator's areas; None for managers and analysts, who read all figures."""
    user = request.user
    return None if user.is_manager or user.is_analyst else Area.objects.for_user(user, on=today())


def _figures(request: SignedInRequest, form: ReachForm) -> ReachTable:
    return reach(form.cleaned_data["period"], by=Cut(form.cleaned_data["by"]), as_of=today(), areas=_own_areas(request))
