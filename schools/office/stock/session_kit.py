"""One session's kit: a line for each material, with the forms that decide about it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.core.errors import RuleBroken
from schools.directory.models import Area
from schools.materials import actions
from schools.materials.models import Material, Packed, Store
from schools.materials.queries import kits_of, pieces_for, reservations_around
from schools.office.stock.forms import AddToKitForm, DecideForm, PiecesForm
from schools.visits.models import Session


class KitForms:
    """The forms of one session's kit, one for each decision about a material, and the lines on which they stand."""

    def __init__(
        self, session: Session, *, area: Area | None, stores: QuerySet[Store], do: str, data: Mapping[str, Any], on: date
    ) -> None:
        """Read the kit, and fill the form of the button `do` with `data`. `area` is that of the school on the day `on`."""
        self.session = session
        self.area = area
        self.items = kits_of([session])[session.pk]
        decided = {choice.material_id: choice for choice in session.kit_choices.select_related("material", "store")}
        # What somebody decided not to take stays on the page, so that they can change their mind.
        dropped = [choice.material for pk, choice in decided.items() if choice.quantity == 0]
        materials = [*(item.material for item in self.items), *dropped]
        self.materials: dict[int, Material] = {material.pk: material for material in materials}
        equipment = [material for material in self.materials.values() if material.is_equipment]
        self.pieces = pieces_for(session, equipment, area=area.pk if area else None)
        # Nor is a piece booked unseen that is of another material than the kit has by now: else nobody could give it back.
        self.materials |= {choices[0].piece.material_id: choices[0].piece.material for choices in self.pieces.values()}
        self.reservations = reservations_around(session, on=on)
        self.decide_forms = {
            pk: DecideForm(
                data if do == f"decide-{pk}" else None,
                prefix=f"decide-{pk}",
                stores=stores,
                decided=decided.get(pk),
            )
            for pk in self.materials
        }
        self.pieces_forms = {
            pk: PiecesForm(
                data if do == f"pieces-{pk}" else None,
                prefix=f"pieces-{pk}",
                pieces=[choice.piece for choice in self.pieces.get(pk, [])],
                has=[choice.piece.pk for choice in self.pieces.get(pk, []) if choice.is_chosen],
            )
            for pk, material in self.materials.items()
            if material.is_equipment
        }
        self.add_form = AddToKitForm(data if do == "add" else None, prefix="add")

    @property
    def refusals(self) -> list[forms.Form]:
        """The forms that were sent and have errors."""
        every = [*self.decide_forms.values(), *self.pieces_forms.values(), self.add_form]
        return [form for form in every if form.is_bound and form.errors]

    def act(self, do: str) -> str:
        """Do what the button says, and return what to tell the user; "" where a form says why it was not done."""
        if do == "free":
            return self._choose_free()
        verb, _, key = do.partition("-")
        material = self.materials.get(int(key)) if key.isdecimal() else None
        form: forms.Form
        if do == "add":
            form = self.add_form
        elif material and verb == "decide":
            form = self.decide_forms[material.pk]
        elif material and verb == "pieces" and material.pk in self.pieces_forms:
            form = self.pieces_forms[material.pk]
        else:
            return ""
        if not form.is_valid():
            return ""
        try:
            data = form.cleaned_data
            if isinstance(form, PiecesForm) and material:
                actions.choose_pieces(self.session, material, form.chosen, shown=form.shown)
            else:
                decided, shown = material or data["material"], form.shown if isinstance(form, DecideForm) else None
                actions.decide(self.session, decided, quantity=data["quantity"], store=data.get("store"), shown=shown)
        except RuleBroken as broken:
            form.add_error(None, broken)
            return ""
        return "Stored."

    def _choose_free(self) -> str:
        needed = [(item.material, item.quantity) for item in self.items if item.material.is_equipment and item.quantity]
        chosen = actions.choose_free_pieces(self.session, needed, area=self.area.pk if self.area else None)
        return f"{chosen:,} chosen." if chosen else "Nothing more is free on that day. Look at what other visits have."

    @property
    def pieces_missing(self) -> bool:
        """Whether the session has fewer pieces of some equipment than it needs."""
        has = {pk: sum(choice.is_chosen for choice in choices) for pk, choices in self.pieces.items()}
        return any(item.material.is_equipment and has.get(item.material.pk, 0) < (item.quantity or 0) for item in self.items)

    def lines(self, packed: Mapping[int, Sequence[Packed]]) -> list[dict[str, Any]]:
        """Return the lines: consumables with their store, then equipment with its pieces. `packed` has ticks by material."""
        items = {item.material.pk: item for item in self.items}
        by_material = self.reservations.by_session.get(self.session.pk, {})
        lines = []
        for pk, material in sorted(self.materials.items(), key=lambda pair: (pair[1].is_equipment, pair[1].name)):
            reserved = by_material.get(pk)
            store = self.reservations.stores.get(reserved.store) if reserved and reserved.store else None
            lines.append(
                {
                    "material": material,
                    "item": items.get(pk),
                    "store": store,
                    "missing": reserved.missing if reserved else 0,
                    "taken": reserved.taken if reserved else 0,
                    "form": self.decide_forms[pk],
                    "pieces_form": self.pieces_forms.get(pk),
                    "pieces": self.pieces.get(pk, []),
                    "has": [choice.piece for choice in self.pieces.get(pk, []) if choice.is_chosen],
                    "packed": packed.get(pk, ()),
                }
            )
        return lines
