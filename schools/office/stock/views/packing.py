"""What is packed in a store for the sessions of a week; parcels to a visit's school."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
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
from schools.directory.models import Area
from schools.directory.queries import area_of
from schools.materials import actions
from schools.materials.actions.packing import Line
from schools.materials.models import Packed, Parcel, Store
from schools.materials.queries import KitItem, Reservations, fetched_from, monday
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.stock.forms import ArrivedForm, PackForm, ParcelForm
from schools.office.stock.views.stores import done_once, own_store, own_stores
from schools.visits.models import Session, Visit

PICKING = ("day", "starts", "school", "postcode", "visit", "session", "material", "pieces", "packed")
"""The columns of a picking list's file."""


@dataclass(frozen=True)
class PickingLine:
    """One line of a picking list: so much of a material, or its pieces by label, for one session."""

    session: Session
    item: KitItem
    pieces: str
    packed: Packed | None

    @property
    def key(self) -> Line:
        """Which line it is."""
        return self.session.pk, self.item.material.pk

    @property
    def name(self) -> str:
        """What its box says when it is ticked: the line, and the number that somebody read and packed."""
        return f"{self.session.pk}-{self.item.material.pk}-{self.item.quantity or 0}"

    @property
    def is_packed(self) -> bool:
        """Whether as many as are needed lie in the box."""
        return self.packed is not None and self.packed.quantity == self.item.quantity

    @property
    def was_packed(self) -> int | None:
        """How many were packed, where another number is needed now."""
        return self.packed.quantity if self.packed and not self.is_packed else None


@allowed("view_packed")
def picking(request: SignedInRequest, store_id: int) -> HttpResponse:
    """What is to be packed in the store for the sessions of a week; ticks are stored, the page prints."""
    store, week = own_store(request, store_id), _week(request)
    lines = list(_picking_lines(store, week))
    form = PackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not request.user.has_perm("schools.change_packed"):
            raise PermissionDenied
        if done_once(request, form, lambda said: _pack(request, store, said, {line.key for line in lines})):
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
        visits=[(visit, list(of_visit)) for visit, of_visit in groupby(lines, key=lambda line: line.session.visit)],
        number=len(lines),
        packed=sum(line.is_packed for line in lines),
        may_pack=request.user.has_perm("schools.change_packed"),
        form=form,
    )


def _pack(request: SignedInRequest, store: Store, said: dict[str, Any], shown: Collection[Line]) -> str:
    """Store the ticks that were made or taken off, of lines that still stand on the list."""
    was, packed = said["was"], said["packed"]
    ticked = {key: pieces for key, pieces in packed.items() if key in shown and was.get(key) != pieces}
    unticked = [key for key in was if key in shown and key not in packed]
    actions.pack(store, ticked, unticked, **_by(request))
    words = [f"{len(ticked):,} packed"] if ticked or not unticked else []
    return f"Stored: {' and '.join([*words, *([f'{len(unticked):,} taken out again'] if unticked else [])])}."


@allowed("view_packed")
def picking_csv(request: SignedInRequest, store_id: int) -> HttpResponseBase:
    """The same as a file."""
    store, week = own_store(request, store_id), _week(request)
    rows = (
        (
            line.session.day,
            line.session.starts,
            line.session.visit.school.name,
            line.session.visit.school.postcode,
            line.session.visit.reference,
            line.session.name,
            str(line.item.material),
            line.pieces or line.item.quantity,
            "yes" if line.is_packed else "no",
        )
        for line in _picking_lines(store, week)
    )
    return StreamingHttpResponse(
        csv.lines(PICKING, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="picking_{store.pk}_{week}.csv"'},
    )


def _week(request: SignedInRequest) -> date:
    """The Monday of the week that the address asks for, else of this week; the weeks at the ends of the calendar are nobody's."""
    try:
        asked = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        return monday(today())
    return monday(asked if date.min.year < asked.year < date.max.year else today())


def _picking_lines(store: Store, week: date) -> Iterator[PickingLine]:
    """In order of the visits' days: what comes out of this store, and equipment that is fetched here."""
    last_day = week + timedelta(days=6)
    reservations = Reservations(areas=Area.objects.filter(pk=store.area_id), on=today(), until=last_day)
    in_week = [pk for pk, one in reservations.sessions.items() if week <= one.day <= last_day]
    sessions = Session.objects.select_related("type", "visit__school").in_bulk(in_week)
    packed = Packed.objects.still_in_the_box().filter(session__in=in_week)
    ticks = {(tick.session_id, tick.material_id): tick for tick in packed}
    labels: dict[tuple[int, int], list[str]] = {}
    for booking in fetched_from(store, in_week):
        labels.setdefault((booking.session_id, booking.piece.material_id), []).append(booking.piece.label)
    ordered = sorted(in_week, key=lambda pk: (sessions[pk].day, sessions[pk].visit_id, sessions[pk].starts, pk))
    for pk in ordered:
        for item in reservations.kits[pk]:
            key = (pk, item.material.pk)
            reserved = reservations.by_session.get(pk, {}).get(item.material.pk)
            if item.material.is_equipment and key in labels:
                yield PickingLine(sessions[pk], _of_pieces(item, len(labels[key])), ", ".join(labels[key]), ticks.get(key))
            elif reserved and reserved.store == store.pk:
                yield PickingLine(sessions[pk], item, "", ticks.get(key))


def _of_pieces(item: KitItem, pieces: int) -> KitItem:
    return KitItem(item.material, pieces)


@allowed("view_parcel")
def parcels(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """The parcels of a visit: sent, their tracking numbers, arrived or not."""
    visits = Visit.objects.for_user(request.user, on=today()).select_related("school__authority")
    visit = get_object_or_404(visits, pk=visit_id)
    area = area_of(visit.school, on=today())
    stores = own_stores(request).filter(area=area) if area else Store.objects.none()
    do = request.POST.get("do", "") if request.method == "POST" else ""
    form = ParcelForm(request.POST if do == "send" else None, stores=stores, on=today())
    sent = list(Parcel.objects.filter(visit=visit).select_related("store", "by"))
    arrived = {
        parcel.pk: ArrivedForm(
            request.POST if do == f"arrived-{parcel.pk}" else None,
            prefix=f"arrived-{parcel.pk}",
            initial={"arrived_on": parcel.arrived_on or today()},
        )
        for parcel in sent
    }
    if do:
        if not request.user.has_perm("schools.change_parcel"):
            raise PermissionDenied
        told = next((parcel for parcel in sent if arrived[parcel.pk].is_bound), None)
        is_sent = form.is_bound and done_once(request, form, lambda said: _sent(request, visit, said))
        if is_sent or (told and _arrived(request, told, arrived[told.pk])):
            return redirect("admin:parcels", visit.pk)
    return page(
        request,
        "office/stock/parcels.html",
        f"Parcels to {visit.school}",
        visit=visit,
        parcels=[(parcel, arrived[parcel.pk]) for parcel in sent],
        form=form,
        refusals=[one for one in [form, *arrived.values()] if one.is_bound and one.errors],
        may_send=request.user.has_perm("schools.change_parcel"),
        starts=_starts(visit.sessions.scheduled()),
    )


def _starts(sessions: Iterable[Session]) -> str:
    first = next(iter(sessions), None)
    return f"{long_day(first.day)}, {short_time(first.starts)}" if first else ""


def _sent(request: SignedInRequest, visit: Visit, said: dict[str, Any]) -> str:
    sent = {"sent_on": said["sent_on"], "tracking": said["tracking"]}
    actions.send_parcel(visit, said["store"], **sent, **_by(request))
    return f"The parcel from {said['store']} is written down. The volunteers who go there see it."


def _arrived(request: SignedInRequest, parcel: Parcel, form: ArrivedForm) -> bool:
    """Write down when the school had it, or correct it; False where the form says why not."""
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
