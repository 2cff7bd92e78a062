"""What one session is to have and from where; what is packed in a store for a week; parcels to a visit's school."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.core import csv
from schools.core.errors import RuleBroken
from schools.core.words import long_day, short_time, time_range
from schools.directory.models import Area
from schools.directory.queries import area_of
from schools.materials import actions
from schools.materials.models import Material, Packed, Parcel, PieceBooking, Store
from schools.materials.queries import KitItem, Reservations, hand_overs, kits_of, monday, pieces_for, reservations_around
from schools.office.forms.materials import AddToKitForm, ArrivedForm, DecideForm, ParcelForm, PiecesForm
from schools.office.rows import today
from schools.office.views.page import SignedInRequest, allowed, page
from schools.office.views.stock import own_store, own_stores
from schools.visits.models import Session, SessionStage, Visit

type Box = forms.Form

PICKING = ("day", "starts", "school", "postcode", "visit", "session", "material", "pieces", "packed")
"""The columns of a picking list's file."""


@allowed("view_sessionkit")
def session_kit(request: SignedInRequest, session_id: int) -> HttpResponse:
    """What the session is to have: how many, from which store, which pieces; `do` decides otherwise."""
    sessions = Session.objects.for_user(request.user, on=today()).select_related("type", "visit__school__authority")
    session = get_object_or_404(sessions.prefetch_related("headcounts"), pk=session_id)
    area = area_of(session.visit.school, on=today())
    lines = _Kit(request, session, area)
    if request.method == "POST":
        if not request.user.has_perm("schools.change_sessionkit"):
            raise PermissionDenied
        if lines.act(request.POST.get("do", "")):
            return redirect("admin:session-kit", session.pk)
    packed = {tick.material_id: tick for tick in Packed.objects.filter(session=session).select_related("by", "store")}
    return page(
        request,
        "office/stock/session_kit.html",
        f"Materials: {session.type.name_in(session.nation)}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        lines=lines.shown(packed),
        hand_overs=hand_overs([session]),
        add_form=lines.add_form,
        refusals=[form for form in lines.forms if form.is_bound and form.errors],
        may_change=request.user.has_perm("schools.change_sessionkit") and session.stage == SessionStage.SCHEDULED,
    )


class _Kit:
    """The lines of one session's page of materials, each with the form that decides about it."""

    def __init__(self, request: SignedInRequest, session: Session, area: Area | None) -> None:
        self.request = request
        self.session = session
        self.area = area
        self.stores = own_stores(request).filter(area=area) if area else Store.objects.none()
        self.items = kits_of([session])[session.pk]
        decided = {choice.material_id: choice for choice in session.kit_choices.select_related("material", "store")}
        # What was decided not to be needed stays on the page, so that it can be decided otherwise.
        dropped = [choice.material for pk, choice in decided.items() if choice.quantity == 0]
        self.materials: dict[int, Material] = {one.pk: one for one in [*(item.material for item in self.items), *dropped]}
        equipment = [one for one in self.materials.values() if one.is_equipment]
        self.pieces = pieces_for(session, equipment, area=area.pk if area else None) if equipment else {}
        self.reservations = reservations_around(session, on=today())
        do = request.POST.get("do", "") if request.method == "POST" else ""
        self.decide_forms = {
            pk: DecideForm(
                request.POST if do == f"decide-{pk}" else None,
                prefix=f"decide-{pk}",
                stores=self.stores,
                initial={"quantity": decided[pk].quantity, "store": decided[pk].store} if pk in decided else {},
            )
            for pk in self.materials
        }
        self.pieces_forms = {
            pk: PiecesForm(
                request.POST if do == f"pieces-{pk}" else None,
                prefix=f"pieces-{pk}",
                pieces=[choice.piece for choice in self.pieces.get(pk, [])],
            )
            for pk, material in self.materials.items()
            if material.is_equipment
        }
        self.add_form = AddToKitForm(request.POST if do == "add" else None, prefix="add")

    @property
    def forms(self) -> list[Box]:
        return [*self.decide_forms.values(), *self.pieces_forms.values(), self.add_form]

    def act(self, do: str) -> bool:
        """Do what the button says; False where a form says why it was not done."""
        if do == "free":
            return self._choose_free()
        verb, _, key = do.partition("-")
        material = self.materials.get(int(key)) if key.isdecimal() else None
        form: Box
        if do == "add":
            form = self.add_form
        elif material and verb == "decide":
            form = self.decide_forms[material.pk]
        elif material and verb == "pieces" and material.pk in self.pieces_forms:
            form = self.pieces_forms[material.pk]
        else:
            return False
        if not form.is_valid():
            return False
        try:
            said = form.cleaned_data
            if verb == "pieces" and material:
                actions.choose_pieces(self.session, material, list(said["pieces"]))
            else:
                of = material or said["material"]
                actions.decide(self.session, of, quantity=said["quantity"], store=said.get("store"))
        except RuleBroken as broken:
            form.add_error(None, broken)
            return False
        messages.success(self.request, "Stored.")
        return True

    def _choose_free(self) -> bool:
        needed = [(item.material, item.quantity) for item in self.items if item.material.is_equipment and item.quantity]
        chosen = actions.choose_free_pieces(self.session, needed, area=self.area.pk if self.area else None)
        said = f"{chosen:,} chosen." if chosen else "Nothing more is free on that day. Look at what other visits have."
        messages.success(self.request, said)
        return True

    def shown(self, packed: dict[int, Packed]) -> list[dict[str, Any]]:
        """The lines: consumables with the store they come from, equipment with its pieces."""
        items = {item.material.pk: item for item in self.items}
        reserved = self.reservations.by_session.get(self.session.pk, {})
        lines = []
        for pk, material in sorted(self.materials.items(), key=lambda pair: (pair[1].is_equipment, pair[1].name)):
            found = reserved.get(pk)
            store = self.reservations.stores.get(found.store) if found and found.store else None
            lines.append(
                {
                    "material": material,
                    "item": items.get(pk),
                    "store": store,
                    "missing": found.missing if found else 0,
                    "taken": found.taken if found else 0,
                    "form": self.decide_forms[pk],
                    "pieces": self.pieces.get(pk, []),
                    "has": [choice.piece for choice in self.pieces.get(pk, []) if choice.is_chosen],
                    "packed": packed.get(pk),
                }
            )
        return lines


@dataclass(frozen=True)
class PickingLine:
    """One line of a picking list: so much of a material, or its pieces by label, for one session."""

    session: Session
    item: KitItem
    pieces: str
    packed: Packed | None

    @property
    def name(self) -> str:
        """Of its box on the page."""
        return f"{self.session.pk}-{self.item.material.pk}"

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
    if request.method == "POST":
        if not request.user.has_perm("schools.change_packed"):
            raise PermissionDenied
        shown = {(line.session.pk, line.item.material.pk): line for line in lines}
        ticked = {key: line.item.quantity or 0 for key, line in shown.items() if line.name in request.POST.getlist("packed")}
        actions.pack(store, set(shown), ticked, by=request.user, now=timezone.now())
        messages.success(request, f"{len(ticked):,} of {len(shown):,} lines are packed.")
        return redirect(f"{reverse('admin:picking-list', args=[store.pk])}?week={week}")
    return page(
        request,
        "office/stock/picking.html",
        f"To pack in {store}",
        store=store,
        week=week,
        last_day=week + timedelta(days=6),
        before=week - timedelta(days=7),
        after=week + timedelta(days=7),
        visits=[(visit, list(of_visit)) for visit, of_visit in groupby(lines, key=lambda line: line.session.visit)],
        number=len(lines),
        packed=sum(line.is_packed for line in lines),
        may_pack=request.user.has_perm("schools.change_packed"),
    )


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
            line.session.type.name_in(line.session.nation),
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
    """In order of the visits' days: what comes out of this store, and equipment that belongs here."""
    last_day = week + timedelta(days=6)
    reservations = Reservations(areas=Area.objects.filter(pk=store.area_id), on=today(), until=last_day)
    in_week = [pk for pk, one in reservations.sessions.items() if week <= one.day <= last_day]
    sessions = Session.objects.select_related("type", "visit__school").in_bulk(in_week)
    ticks = {(tick.session_id, tick.material_id): tick for tick in Packed.objects.filter(session__in=in_week)}
    labels: dict[tuple[int, int], list[str]] = {}
    bookings = PieceBooking.objects.filter(session__in=in_week, piece__home=store).select_related("piece")
    for booking in bookings.order_by("piece__label"):
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
        if _parcel_done(request, visit, form, {parcel: arrived[parcel.pk] for parcel in sent}):
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


def _parcel_done(request: SignedInRequest, visit: Visit, form: ParcelForm, arrived: dict[Parcel, ArrivedForm]) -> bool:
    """Send or acknowledge, whichever form was sent; False where it says why not."""
    asked: Box | None = next((one for one in [form, *arrived.values()] if one.is_bound), None)
    if asked is None or not asked.is_valid():
        return False
    try:
        if asked is form:
            said = form.cleaned_data
            actions.send_parcel(visit, said["store"], sent_on=said["sent_on"], tracking=said["tracking"], **_by(request))
        else:
            parcel = next(parcel for parcel, one in arrived.items() if one is asked)
            actions.parcel_arrived(parcel, arrived_on=asked.cleaned_data["arrived_on"], now=timezone.now())
    except RuleBroken as broken:
        asked.add_error(None, broken)
        return False
    messages.success(request, "Stored.")
    return True


def _by(request: SignedInRequest) -> dict[str, Any]:
    return {"by": request.user, "now": timezone.now()}
