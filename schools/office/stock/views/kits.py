"""What one session is to have and from where."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import long_day, time_range
from schools.directory.models import Area
from schools.directory.queries import area_of
from schools.materials import actions
from schools.materials.models import Material, Packed, Store
from schools.materials.queries import Sitting, hand_overs, kits_of, pieces_for, reservations_around
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.stock.forms import AddToKitForm, DecideForm, PiecesForm
from schools.office.stock.views.stores import own_stores
from schools.visits.models import Session, SessionStage

type Box = forms.Form


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
    ticks = Packed.objects.still_in_the_box().filter(session=session).select_related("by", "store")
    packed = {tick.material_id: tick for tick in ticks}
    return page(
        request,
        "office/stock/session_kit.html",
        f"Materials: {session.name}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        expected=_expected(session),
        lines=lines.shown(packed),
        pieces_missing=lines.pieces_missing,
        hand_overs=hand_overs([session]),
        add_form=lines.add_form,
        refusals=[form for form in lines.forms if form.is_bound and form.errors],
        may_change=request.user.has_perm("schools.change_sessionkit") and session.stage == SessionStage.SCHEDULED,
    )


def _expected(session: Session) -> str:
    """Like “84 children and 3 adults expected”: what the kit is worked out from."""
    sitting = Sitting.of(session)
    people = []
    if sitting.pupils is not None:
        children = "child" if sitting.pupils == 1 else "children"
        people.append(f"{'' if sitting.is_whole else 'at least '}{sitting.pupils:,} {children}")
    if sitting.adults is not None:
        people.append(f"{sitting.adults:,} {'adult' if sitting.adults == 1 else 'adults'}")
    return f"{' and '.join(people)} expected" if people else "nobody said how many are expected"


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
                actions.choose_pieces(self.session, material, cast("PiecesForm", form).chosen)
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

    @property
    def pieces_missing(self) -> bool:
        """Whether the session has fewer pieces of some equipment than it needs."""
        has = {pk: sum(choice.is_chosen for choice in choices) for pk, choices in self.pieces.items()}
        return any(item.material.is_equipment and has.get(item.material.pk, 0) < (item.quantity or 0) for item in self.items)

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
