"""Equipment: where each piece is, where it goes next, and labels with QR codes that open its page."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.materials import actions
from schools.materials.models import Movement, Piece, PieceBooking, Store
from schools.materials.queries import booked_twice, live_bookings, where_is, whereabouts
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.stock.forms import PieceForm, StockChangeForm
from schools.office.stock.views.stores import Done, chosen_area, opposite, own_stores, refuse_where_since, submit_once
from schools.visits.models import Session

MOST_LABELS = 200
"""The most stores, and the most pieces, on one page of labels. An area has fewer."""


@allowed("view_piece")
def index(request: SignedInRequest) -> HttpResponse:
    """Show every piece of the user's areas: where it is, and the visit that has it next."""
    areas, area = chosen_area(request)
    pieces = Piece.objects.for_user(request.user, on=today())
    there = whereabouts()
    stores = Store.objects.in_bulk(set(there.values()))
    if area:
        lie_there = [pk for pk, store in there.items() if stores[store].area_id == area.pk]
        pieces = pieces.filter(Q(home__area=area) | Q(pk__in=lie_there))
    next_bookings: dict[int, PieceBooking] = {}
    for booking in _coming(request.user).filter(piece__in=pieces.order_by().values("pk")):
        next_bookings.setdefault(booking.piece_id, booking)
    twice = set(booked_twice(Session.objects.all(), today()).values_list("pk", flat=True))
    rows = [
        {
            "piece": piece,
            "store": stores.get(there.get(piece.pk, 0)),
            "next": next_bookings.get(piece.pk),
            "is_twice": piece.pk in next_bookings and next_bookings[piece.pk].session_id in twice,
        }
        for piece in pieces.select_related("material", "home")
    ]
    return page(request, "office/stock/equipment.html", "Equipment", areas=areas, area=area, rows=rows)


def _coming(user: User) -> QuerySet[PieceBooking]:
    """Return the bookings from today on, the soonest first; `is_own` says whether the user sees the session, so what it is."""
    own = Session.objects.for_user(user, on=today()).filter(pk=OuterRef("session"))
    coming = live_bookings().filter(session__day__gte=today()).annotate(is_own=Exists(own))
    return coming.select_related("session__visit__school").order_by("session__day", "session__starts", "pk")


@allowed("view_piece")
def piece(request: SignedInRequest, piece_id: int) -> HttpResponse:
    """Show one piece: where it is, who has it next, what happened to it. `do` moves it, or says that it is lost or found."""
    pieces = Piece.objects.for_user(request.user, on=today()).select_related("material", "home__area")
    thing = get_object_or_404(pieces, pk=piece_id)
    there = Store.objects.filter(pk=where_is(thing) or 0).first()
    do = request.POST.get("do", "") if request.method == "POST" else ""
    boxes = _forms(request, do, there)
    if do in boxes:
        if not request.user.has_perm("schools.add_movement"):
            raise PermissionDenied
        if submit_once(request, boxes[do], lambda data: _change(request, do, thing, there, data)):
            return redirect("admin:piece", thing.pk)
    lines = Movement.objects.filter(piece=thing).select_related("store", "by")
    return page(
        request,
        "office/stock/piece.html",
        str(thing),
        piece=thing,
        there=there,
        is_own_store=there in own_stores(request),
        bookings=_coming(request.user).filter(piece=thing),
        lines=lines[:50],
        boxes=boxes,
        opened=do,
        refusals=[box for box in boxes.values() if box.is_bound and box.errors],
        may_write=request.user.has_perm("schools.add_movement"),
    )


def _forms(request: SignedInRequest, do: str, there: Store | None) -> dict[str, StockChangeForm]:
    """Return a form for each change, offered now or not: a form that is sent again gets an answer all the same."""

    def options(verb: str) -> dict[str, Any]:
        return {"data": request.POST if do == verb else None, "prefix": verb, "on": today()}

    stores = own_stores(request)
    others = stores if there is None or do == "move" else stores.exclude(pk=there.pk)
    return {
        "find": PieceForm(**options("find"), stores=stores),
        "move": PieceForm(**options("move"), stores=others),
        "lose": StockChangeForm(**options("lose")),
    }


def _change(request: SignedInRequest, do: str, thing: Piece, there: Store | None, data: dict[str, Any]) -> Done:
    """Do what the button says, and return what was done."""
    before = there or thing.home
    lines = Movement.objects.filter(piece=thing)
    refuse_where_since(request, do, lines, f"{thing} has gone on since, so nothing is taken back. Read below where it is.")
    when = {"day": data["day"], "note": data["note"], "by": request.user, "now": timezone.now(), "piece": thing}
    if do == "find":
        actions.find(data["store"], thing.material, 1, **when)
        return Done(f"{thing} was found in {data['store']}.", opposite("lose", data))
    if do == "move":
        actions.transfer(before, data["store"], thing.material, 1, **when)
        back = opposite("move", data, store=before.pk) if there else {}
        return Done(f"{thing} is in {data['store']} now.", back)
    actions.lose(before, thing.material, 1, **when)
    back = opposite("find", data, store=before.pk) if there else {}
    return Done(f"{thing} is lost. Sessions that have it are on home.", back)


@allowed("view_movement")
def labels(request: SignedInRequest) -> HttpResponse:
    """Show A4 sheets of labels: for each store and each piece a QR code that opens its page, after signing in."""
    areas, area = chosen_area(request)
    stores, pieces = own_stores(request), Piece.objects.for_user(request.user, on=today())
    if area:
        stores, pieces = stores.filter(area=area), pieces.filter(home__area=area)
    made = [
        *(_label(request, str(store), str(store.area), "admin:store-stock", store.pk) for store in stores[:MOST_LABELS]),
        *(
            _label(request, str(piece), f"Belongs to {piece.home}", "admin:piece", piece.pk)
            for piece in pieces.select_related("material", "home")[:MOST_LABELS]
        ),
    ]
    return page(request, "office/stock/labels.html", "Labels", areas=areas, area=area, labels=made)


def _label(request: SignedInRequest, name: str, words: str, url_name: str, pk: int) -> dict[str, str | SafeString]:
    import segno  # draws QR codes, which two pages have

    address = request.build_absolute_uri(reverse(url_name, args=[pk]))
    drawn = segno.make(address, error="m").svg_inline(scale=3, border=2, omitsize=True, svgclass="qr", lineclass=None)
    return {"name": name, "words": words, "address": address, "code": mark_safe(drawn)}  # noqa: S308  # made of our own address
