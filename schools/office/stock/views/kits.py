"""The materials that one session gets, and from where."""

from collections import defaultdict

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import long_day, time_range
from schools.directory.queries import area_of
from schools.materials.models import Packed, Store
from schools.materials.queries import Sitting, hand_overs
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.stock.session_kit import KitForms
from schools.office.stock.views.stores import own_stores
from schools.visits.models import Session, SessionStage


@allowed("view_sessionkit")
def session_kit(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Show the materials of the session: how many, from which store, which pieces. `do` decides otherwise."""
    sessions = Session.objects.for_user(request.user, on=today()).select_related("type", "visit__school__authority")
    session = get_object_or_404(sessions.prefetch_related("headcounts"), pk=session_id)
    area = area_of(session.visit.school, on=today())
    stores = own_stores(request).filter(area=area) if area else Store.objects.none()
    do = request.POST.get("do", "") if request.method == "POST" else ""
    kit = KitForms(session, area=area, stores=stores, do=do, data=request.POST, on=today())
    if request.method == "POST":
        if not request.user.has_perm("schools.change_sessionkit"):
            raise PermissionDenied
        try:
            stored = kit.act(do)
        except RuleBroken as broken:  # what a form asks for is refused beside it; free pieces have none
            messages.error(request, " ".join(broken.reasons))
            return redirect("admin:session-kit", session.pk)
        if stored:
            messages.success(request, stored)
            return redirect("admin:session-kit", session.pk)
    packed: defaultdict[int, list[Packed]] = defaultdict(list)
    for tick in Packed.objects.still_in_the_box().filter(session=session).select_related("by", "store").order_by("pk"):
        packed[tick.material_id].append(tick)
    return page(
        request,
        "office/stock/session_kit.html",
        f"Materials: {session.name}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        expected=_expected(session),
        lines=kit.lines(packed),
        pieces_missing=kit.pieces_missing,
        hand_overs=hand_overs([session]),
        add_form=kit.add_form,
        refusals=kit.refusals,
        may_change=request.user.has_perm("schools.change_sessionkit") and session.stage == SessionStage.SCHEDULED,
    )


def _expected(session: Session) -> str:
    """Return the numbers on which the kit is based, like “84 children and 3 adults expected”."""
    sitting = Sitting.of(session)
    people = []
    if sitting.pupils is not None:
        children = "child" if sitting.pupils == 1 else "children"
        people.append(f"{'' if sitting.is_whole else 'at least '}{sitting.pupils:,} {children}")
    if sitting.adults is not None:
        people.append(f"{sitting.adults:,} {'adult' if sitting.adults == 1 else 'adults'}")
    return f"{' and '.join(people)} expected" if people else "nobody said how many are expected"
