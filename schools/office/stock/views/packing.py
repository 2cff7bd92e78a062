"""Picking lists of a store for the sessions of a week, and parcels to a visit's school."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core import csv
from schools.core.errors import RuleBroken
from schools.core.words import long_day, short_time
from schools.directory.queries import area_of
from schools.materials import actions
from schools.materials.actions.packing import Line
from schools.materials.models import Parcel, Store
from schools.materials.queries import monday
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import address_with_back, back_of
from schools.office.frame.visibility import today
from schools.office.stock.forms import ArrivalForm, PackForm, ParcelForm
from schools.office.stock.picking import HEADER, picking_lines
from schools.office.stock.views.stores import Done, own_store, own_stores, submit_once
from schools.visits.models import Session, Visit


@allowed("view_packed")
def picking(request: SignedInRequest, store_id: int) -> HttpResponse:
    """Show what to pack in the store for the sessions of a week, and store the ticks. The page can be printed."""
    store, week = own_store(request, store_id), _week(request)
    lines = list(picking_lines(store, week, on=today()))
    form = PackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not request.user.has_perm("schools.change_packed"):
            raise PermissionDenied
        if submit_once(request, form, lambda data: _pack(request, store, data, {line.key for line in lines})):
            return redirect(f"{reverse('admin:picking-list', args=[store.pk])}?week={week}")
    return page(
        request,
        "office/stock/picking.html",
        f"What to pack in {store}",
        store=store,
        week=week,
        last_day=week + timedelta(days=6),
        before=week - timedelta(days=7),
        after=week + timedelta(days=7),
        visits=[(visit, list(of_day)) for (visit, _), of_day in groupby(lines, key=lambda line: line.visit_day)],
        number=len(lines),
        packed=sum(line.is_packed for line in lines),
        may_pack=request.user.has_perm("schools.change_packed"),
        form=form,
    )


def _pack(request: SignedInRequest, store: Store, data: dict[str, Any], shown: Collection[Line]) -> Done:
    """Store the ticks that were made or taken off, for lines that are still on the list. Return what was done."""
    was, packed = data["was"], data["packed"]
    ticked = {key: pieces for key, pieces in packed.items() if key in shown and was.get(key) != pieces}
    unticked = [key for key in was if key in shown and key not in packed]
    actions.pack(store, ticked, unticked, **_by(request))
    words = [f"{len(ticked):,} packed"] if ticked or not unticked else []
    return Done(f"Stored: {' and '.join([*words, *([f'{len(unticked):,} taken out again'] if unticked else [])])}.")


@allowed("view_packed")
def picking_csv(request: SignedInRequest, store_id: int) -> HttpResponseBase:
    """Return the picking list as a file."""
    store, week = own_store(request, store_id), _week(request)
    rows = (line.cells for line in picking_lines(store, week, on=today()))
    return StreamingHttpResponse(
        csv.lines(HEADER, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="picking_{store.pk}_{week}.csv"'},
    )


def _week(request: SignedInRequest) -> date:
    """Return the Monday of the week that the address asks for, or of this week.

    The first and the last year of the calendar are refused: the week before or after them does not exist.
    """
    try:
        day = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        return monday(today())
    return monday(day if date.min.year < day.year < date.max.year else today())


@allowed("view_parcel")
def parcels(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Show the parcels of a visit, with days and tracking numbers. Record that one was sent or arrived."""
    visits = Visit.objects.for_user(request.user, on=today()).select_related("school__authority")
    visit = get_object_or_404(visits, pk=visit_id)
    area = area_of(visit.school, on=today())
    stores = own_stores(request).filter(area=area) if area else Store.objects.none()
    do = request.POST.get("do", "") if request.method == "POST" else ""
    form = ParcelForm(request.POST if do == "send" else None, stores=stores, on=today())
    sent = list(Parcel.objects.filter(visit=visit).select_related("store", "by"))
    arrived = {
        parcel.pk: ArrivalForm(
            request.POST if do == f"arrived-{parcel.pk}" else None,
            prefix=f"arrived-{parcel.pk}",
            initial={"arrived_on": parcel.arrived_on or today()},
        )
        for parcel in sent
    }
    if do:
        if not request.user.has_perm("schools.change_parcel"):
            raise PermissionDenied
        answered = next((parcel for parcel in sent if arrived[parcel.pk].is_bound), None)
        is_sent = form.is_bound and submit_once(request, form, lambda data: _send(request, visit, data))
        if is_sent or (answered and _record_arrival(request, answered, arrived[answered.pk])):
            return redirect(address_with_back(request, "admin:parcels", visit.pk))
    return page(
        request,
        "office/stock/parcels.html",
        f"Parcels to {visit.school}",
        visit=visit,
        back=back_of(request),
        parcels=[(parcel, arrived[parcel.pk]) for parcel in sent],
        form=form,
        refusals=[bound for bound in [form, *arrived.values()] if bound.is_bound and bound.errors],
        may_send=request.user.has_perm("schools.change_parcel"),
        starts=_starts(visit.sessions.scheduled()),
    )


def _starts(sessions: Iterable[Session]) -> str:
    """Return day and time of the first session; "" where there is none."""
    first = next(iter(sessions), None)
    return f"{long_day(first.day)}, {short_time(first.starts)}" if first else ""


def _send(request: SignedInRequest, visit: Visit, data: dict[str, Any]) -> Done:
    sent = {"sent_on": data["sent_on"], "tracking": data["tracking"]}
    actions.send_parcel(visit, data["store"], **sent, **_by(request))
    return Done(f"The parcel from {data['store']} is written down. The volunteers who go there see it.")


def _record_arrival(request: SignedInRequest, parcel: Parcel, form: ArrivalForm) -> bool:
    """Record or correct the day on which the parcel arrived. Return False where it was refused; then the form says why."""
    if not form.is_valid():
        return False
    try:
        actions.record_parcel_arrival(parcel, arrived_on=form.cleaned_data["arrived_on"], now=timezone.now())
    except RuleBroken as broken:
        form.add_error(None, broken)
        return False
    messages.success(request, f"The school has the parcel since {long_day(form.cleaned_data['arrived_on'])}.")
    return True


def _by(request: SignedInRequest) -> dict[str, Any]:
    return {"by": request.user, "now": timezone.now()}
