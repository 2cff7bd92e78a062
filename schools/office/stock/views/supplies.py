"""What sessions lack, what runs short and when, what to order, what was used."""

from datetime import timedelta
from http import HTTPStatus
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from schools.accounts.requests import SignedInRequest
from schools.core import csv
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.directory.models import Area
from schools.materials import actions
from schools.materials.models import Parcel
from schools.materials.queries import (
    HEADER,
    SHORT_WITHIN,
    WEEKS,
    Lack,
    Reservations,
    forecasts,
    lacks,
    monday,
    to_order,
    unreported_in,
    used_in,
)
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.stock.forms import UsedPeriodForm
from schools.office.stock.views.stores import chosen_area
from schools.visits.models import Session, SessionStage

MOST_ORDERS = 200
"""The most lines of the reorder list of all areas together. One area's list has at most a line for each material."""


def _areas_shown(request: SignedInRequest, area: Area | None) -> QuerySet[Area] | None:
    """Return the chosen area, or the user's own areas where none is chosen. None means all areas, for a manager."""
    if area:
        return Area.objects.filter(pk=area.pk)
    return None if request.user.is_manager else Area.objects.for_user(request.user, on=today())


@allowed("view_sessionkit")
def shortages(request: SignedInRequest) -> HttpResponse:
    """Show sessions of the next two weeks that lack something, each with what to do, and parcels that have not arrived."""
    areas, area = chosen_area(request)
    areas_shown = _areas_shown(request, area)
    if request.method == "POST":
        return _choose_for_all(request, areas_shown)
    lacking = lacks(areas=areas_shown, on=today())
    sessions = Session.objects.select_related("type", "visit__school").in_bulk({lack.session_id for lack in lacking})
    rows = [
        (sessions[pk], list(of_session))
        for pk, of_session in groupby(sorted(lacking, key=_by_session), key=lambda lack: lack.session_id)
    ]
    rows.sort(key=lambda row: (row[0].day, row[0].starts, row[0].pk))
    soon = Session.objects.for_user(request.user, on=today())
    soon = soon.filter(stage=SessionStage.SCHEDULED, day__range=(today(), today() + SHORT_WITHIN))
    if area:
        soon = soon.in_areas(Area.objects.filter(pk=area.pk), on=today())
    late = Parcel.objects.filter(arrived_on=None, visit__in=soon.values("visit"))
    return page(
        request,
        "office/stock/shortages.html",
        "What sessions lack",
        areas=areas,
        area=area,
        rows=rows,
        parcels=late.select_related("visit__school", "store"),
        days=SHORT_WITHIN.days,
        equipment=sum(lack.material.is_equipment for lack in lacking),
        may_change=request.user.has_perm("schools.change_sessionkit"),
    )


def _by_session(lack: Lack) -> int:
    return lack.session_id


def _choose_for_all(request: SignedInRequest, areas: QuerySet[Area] | None) -> HttpResponse:
    """Choose free pieces of equipment for every session of the list that has too few, the soonest first."""
    if not request.user.has_perm("schools.change_sessionkit"):
        raise PermissionDenied
    short = {lack.session_id for lack in lacks(areas=areas, on=today()) if lack.material.is_equipment}
    reservations = Reservations(areas=areas, on=today(), until=today() + SHORT_WITHIN)
    own = Session.objects.for_user(request.user, on=today()).filter(pk__in=short).select_related("visit__school")
    chosen, left, refused = 0, list[str](), set[int]()
    for session in own.order_by("day", "starts", "pk"):
        items = reservations.kits.get(session.pk, [])
        needed = [(item.material, item.quantity) for item in items if item.material.is_equipment and item.quantity]
        try:
            chosen += actions.choose_free_pieces(session, needed, area=reservations.sessions[session.pk].area)
        except RuleBroken as broken:  # somebody has changed it, or chosen the piece, meanwhile: the others go on
            left += broken.reasons
            refused.add(session.pk)
    for reason in left:
        messages.warning(request, reason)
    still = (lack for lack in lacks(areas=areas, on=today()) if lack.material.is_equipment)
    rest = (
        " Of the equipment that is left below no piece is free." if any(lack.session_id not in refused for lack in still) else ""
    )
    are = "piece of equipment is" if chosen == 1 else "pieces of equipment are"
    messages.success(request, f"{chosen:,} {are} chosen.{rest}")
    return redirect(f"{reverse('admin:shortages')}?{request.GET.urlencode()}")


@allowed("view_movement")
def forecast(request: SignedInRequest) -> HttpResponse:
    """Show what an area needs in each week beside what it has, and the reorder list of every area that the user sees."""
    areas, area = chosen_area(request)
    rows = forecasts(areas=_areas_shown(request, area), on=today())
    orders = to_order(rows)
    areas_by_id = {area.pk: area for area in areas}
    first = monday(today())
    return page(
        request,
        "office/stock/forecast.html",
        "Forecast",
        areas=areas,
        area=area,
        weeks=[first + timedelta(weeks=number) for number in range(WEEKS)],
        rows=rows if area else [],
        orders=[(areas_by_id.get(row.area), row) for row in orders[:MOST_ORDERS]],
        number=len(orders),
        today=today(),
    )


@allowed("view_materialuse")
def used(request: SignedInRequest) -> HttpResponse:
    """Show what was used in a period, by area, session type and material."""
    form = _used_form(request)
    context: dict[str, Any] = {"form": form, "refusals": [form]}
    if form.is_valid():
        rows = used_in(form.cleaned_data["period"], areas=_areas_shown(request, None))
        totals: dict[str, int] = {}
        for row in rows:
            totals[row.material] = totals.get(row.material, 0) + row.used
        context |= {
            "rows": rows,
            "totals": sorted(totals.items()),
            "period": form.cleaned_data["period"],
            "unsaid": unreported_in(form.cleaned_data["period"], areas=_areas_shown(request, None), on=today()),
        }
    return page(request, "office/stock/used.html", "Materials used", **context)


@allowed("view_materialuse")
def used_csv(request: SignedInRequest) -> HttpResponseBase:
    """Return what was used as a file. Answer a wrong period with the page and status 400."""
    form = _used_form(request)
    if not form.is_valid():
        answer = page(request, "office/stock/used.html", "Materials used", form=form, refusals=[form])
        answer.status_code = HTTPStatus.BAD_REQUEST
        return answer
    period = form.cleaned_data["period"]
    rows = used_in(period, areas=_areas_shown(request, None))
    return StreamingHttpResponse(
        csv.lines(HEADER, (row.cells for row in rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="materials-used_{period.name.replace("/", "-")}.csv"'},
    )


def _used_form(request: SignedInRequest) -> UsedPeriodForm:
    return UsedPeriodForm({"period": str(AcademicYear.of(today()))} | request.GET.dict())
