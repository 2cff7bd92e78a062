"""Equipment: where each piece is and where it goes next, and the labels that open its page."""

from typing import Any

import segno
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from schools.accounts.requests import SignedInRequest
from schools.materials import actions
from schools.materials.models import Movement, Piece, PieceBooking, Store
from schools.materials.queries import booked_twice, live_bookings, where_is, whereabouts
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.stock.forms import PieceForm, WhatHappenedForm
from schools.office.stock.views.stores import chosen_area, done_once, own_stores
from schools.visits.models import Session

MOST_LABELS = 200
"""On one page of labels; an area has fewer."""


@allowed("view_piece")
def listed(request: SignedInRequest) -> HttpResponse:
    """Every piece of the user's areas: where it is, and the visit that has it next."""
    areas, area = chosen_area(request)
    pieces = Piece.objects.for_user(request.user, on=today())
    if area:
        pieces = pieces.filter(home__area=area)
    there = whereabouts()
    stores = Store.objects.in_bulk(set(there.values()))
    next_of: dict[int, PieceBooking] = {}
    coming = live_bookings().filter(piece__in=pieces.order_by().values("pk"), session__day__gte=today())
    for booking in coming.select_related("session__visit__school").order_by("session__day", "session__starts", "pk"):
        next_of.setdefault(booking.piece_id, booking)
    twice = set(booked_twice(Session.objects.all(), today()).values_list("pk", flat=True))
    rows = [
        {
            "piece": piece,
            "store": stores.get(there.get(piece.pk, 0)),
            "next": next_of.get(piece.pk),
            "is_twice": piece.pk in next_of and next_of[piece.pk].session_id in twice,
        }
        for piece in pieces.select_related("material", "home")
    ]
    return page(request, "office/stock/equipment.html", "Equipment", areas=areas, area=area, rows=rows)


@allowed("view_piece")
def piece(request: SignedInRequest, piece_id: int) -> HttpResponse:
    """One piece: where it is, who has it next, what happened to it; `do` moves it, or says that it is lost or found."""
    pieces = Piece.objects.for_user(request.user, on=today()).select_related("material", "home__area")
    thing = get_object_or_404(pieces, pk=piece_id)
    there = Store.objects.filter(pk=where_is(thing) or 0).first()
    do = request.POST.get("do", "") if request.method == "POST" else ""
    boxes = _boxes(request, do, there)
    if do in boxes:
        if not request.user.has_perm("schools.add_movement"):
            raise PermissionDenied
        if done_once(request, boxes[do], lambda said: _done(request, do, thing, there, said)):
            return redirect("admin:piece", thing.pk)
    bookings = live_bookings().filter(piece=thing, session__day__gte=today())
    lines = Movement.objects.filter(piece=thing).select_related("store", "by")
    return page(
        request,
        "office/stock/piece.html",
        str(thing),
        piece=thing,
        there=there,
        bookings=bookings.select_related("session__visit__school", "session__type").order_by("session__day", "session__starts"),
        lines=lines[:50],
        boxes=boxes,
        opened=do,
        refusals=[box for box in boxes.values() if box.is_bound and box.errors],
        may_write=request.user.has_perm("schools.add_movement"),
    )


def _boxes(request: SignedInRequest, do: str, there: Store | None) -> dict[str, WhatHappenedForm]:
    """A form for all that can happen; the page shows what can happen next, and what is sent again is answered all the same."""

    def of(verb: str) -> dict[str, Any]:
        return {"data": request.POST if do == verb else None, "prefix": verb, "on": today()}

    stores = own_stores(request)
    others = stores if there is None or do == "move" else stores.exclude(pk=there.pk)
    return {
        "find": PieceForm(**of("find"), stores=stores),
        "move": PieceForm(**of("move"), stores=others),
        "lose": WhatHappenedForm(**of("lose")),
    }


def _done(request: SignedInRequest, do: str, thing: Piece, there: Store | None, said: dict[str, Any]) -> str:
    when = {"day": said["day"], "note": said["note"], "by": request.user, "now": timezone.now(), "piece": thing}
    if do == "find":
        actions.find(said["store"], thing.material, 1, **when)
        return f"{thing} was found in {said['store']}."
    if do == "move":
        actions.transfer(there or thing.home, said["store"], thing.material, 1, **when)
        return f"{thing} is in {said['store']} now."
    actions.lose(there or thing.home, thing.material, 1, **when)
    return f"{thing} is lost. Sessions that have it are on home."


@allowed("view_movement")
def labels(request: SignedInRequest) -> HttpResponse:
    """A4 sheets of labels: for each store and each piece a QR code that opens its page; who scans it signs in first."""
    areas, area = chosen_area(request)
    stores, pieces = own_stores(request), Piece.objects.for_user(request.user, on=today())
    if area:
        stores, pieces = stores.filter(area=area), pieces.filter(home__area=area)
    made = [
        *(_label(request, str(one), str(one.area), "admin:store-stock", one.pk) for one in stores[:MOST_LABELS]),
        *(
            _label(request, str(one), f"Belongs to {one.home}", "admin:piece", one.pk)
            for one in pieces.select_related("material", "home")[:MOST_LABELS]
        ),
    ]
    return page(request, "office/stock/labels.html", "Labels", areas=areas, area=area, labels=made)


def _label(request: SignedInRequest, name: str, words: str, url_name: str, pk: int) -> dict[str, str | SafeString]:
    address = request.build_absolute_uri(reverse(url_name, args=[pk]))
    drawn = segno.make(address, error="m").svg_inline(scale=3, border=2, omitsize=True, svgclass="qr", lineclass=None)
    return {"name": name, "words": words, "address": address, "code": mark_safe(drawn)}  # noqa: S308  # made of our own address
