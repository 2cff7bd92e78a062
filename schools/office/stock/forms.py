"""What a coordinator types on the pages of stores, equipment and a session's materials."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple, cast
from uuid import uuid4

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property

from schools.charity.notes import NoteField
from schools.core.periods import Period
from schools.materials.actions.kits import Decided
from schools.materials.models import MOST_MOVED, MOST_PIECES, Kind, Material, Piece, SessionKit, Store
from schools.office.frame.fields import DayField


def number_field(
    label: str, *, required: bool = True, most: int = MOST_MOVED, least: int = 1, hint: str = ""
) -> forms.IntegerField:
    """Return a box for a whole number, with the number keys on a phone."""
    wrong = f"Give a whole number from {least:,} to {most:,}{'' if required else ', or leave the box empty'}."
    return forms.IntegerField(
        label=label,
        required=required,
        min_value=least,
        max_value=most,
        help_text=hint,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), wrong),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "number", "maxlength": 9}),
    )


class StoreChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # it cannot be subscripted at run time
    """A store, with the area that it is in."""

    def label_from_instance(self, obj: Store) -> str:
        """Return the store and its area, like “Carlisle office, Cumbria”."""
        return f"{obj}, {obj.area}"


class SentOnceForm(forms.Form):
    """A form that does its work once, however often it is sent.

    Its key is made when the page is opened, and the browser sends it back with the form.
    """

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"key": uuid4(), **self.initial}

    def clean(self) -> dict[str, Any]:
        """Refuse a form without a key, and give it one for the next try."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("key") is None:
            self.errors.pop("key", None)
            self.renew_key()
            self.add_error(None, "This form did not arrive whole. Look at it again and press the button once more.")
        return data

    def renew_key(self) -> None:
        """Give the form a new key, so that it counts as another form when it is shown again."""
        data = cast("QueryDict", self.data).copy()
        data[self.add_prefix("key")] = str(uuid4())
        self.data = data

    def content(self, path: str) -> str:
        """Return the address and all values as text. Two forms have the same text only if they say the same."""
        return json.dumps([path, self.prefix, {name: self[name].data for name in self.fields if name != "key"}])


class StockChangeForm(SentOnceForm):
    """The day of a change of the stock, and a note about it."""

    day = DayField(label="Day")
    note = NoteField(label="Note", required=False, max_length=300)

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"day": on}, **kwargs)


class QuantityForm(StockChangeForm):
    """A quantity of a material that came or left."""

    material = forms.ModelChoiceField(
        Material.objects.none(),
        error_messages={"required": "Choose what.", "invalid_choice": "Choose it from the list."},
    )
    quantity = number_field("How many")
    field_order: tuple[str, ...] | None = ("material", "quantity", "day", "note")

    def __init__(self, *args: Any, materials: QuerySet[Material], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_rows(self.fields["material"], materials)


class MoveForm(QuantityForm):
    """A quantity of a material that goes to another store."""

    target = StoreChoice(Store.objects.none(), label="To which store", error_messages={"required": "Choose the store."})
    field_order: tuple[str, ...] | None = ("material", "quantity", "target", "day", "note")

    def __init__(self, *args: Any, targets: QuerySet[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_rows(self.fields["target"], targets)


class LabelsForm(StockChangeForm):
    """New pieces of equipment, each with its label."""

    material = forms.ModelChoiceField(
        Material.objects.filter(kind=Kind.EQUIPMENT),
        error_messages={"required": "Choose what.", "invalid_choice": "Choose it from the list."},
    )
    labels = forms.CharField(
        label="Labels",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What is written on each piece, one to a line.",
        error_messages={"required": "Give the label of each piece, one to a line."},
    )
    field_order: tuple[str, ...] | None = ("material", "labels", "day", "note")


class PieceForm(StockChangeForm):
    """The store to which a piece goes, or in which it was found."""

    store = StoreChoice(Store.objects.none(), label="Store", error_messages={"required": "Choose the store."})
    field_order: tuple[str, ...] | None = ("store", "day", "note")

    def __init__(self, *args: Any, stores: QuerySet[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_rows(self.fields["store"], stores)


class CountRow(NamedTuple):
    """One material of a stock take: its box (name, value, errors), and what the ledger said (name and value of a hidden box)."""

    name: str
    label: str
    value: Any
    seen_name: str
    seen: Any
    errors: list[str]


class CountForm(StockChangeForm):
    """A stock take: for each material a box, and what the ledger said when the page was opened.

    A box that stays empty means that nobody counted the material.
    """

    def __init__(self, *args: Any, shelf: Sequence[tuple[Material, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.materials = {f"counted_{material.pk}": material for material, _ in shelf}
        for material, pieces in shelf:
            self.fields[f"counted_{material.pk}"] = number_field(str(material), required=False, least=0)
            seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
            self.fields[f"seen_{material.pk}"] = seen
            self.initial[f"seen_{material.pk}"] = pieces

    @property
    def rows(self) -> list[CountRow]:
        """One row for each material. The page draws the boxes itself, since there may be hundreds."""
        rows = []
        for name, material in self.materials.items():
            box, seen = self[name], self[name.replace("counted", "seen")]
            rows.append(
                CountRow(box.name, str(material), box.value(), seen.name, seen.value(), [str(error) for error in box.errors])
            )
        return rows

    @property
    def counted(self) -> dict[Material, int]:
        """The quantity of each material that somebody counted."""
        data = self.cleaned_data
        return {material: data[name] for name, material in self.materials.items() if data[name] is not None}

    @property
    def seen(self) -> dict[int, int]:
        """What the ledger said of each material, by id, when the page was opened."""
        return {material.pk: self.cleaned_data[f"seen_{material.pk}"] or 0 for material in self.materials.values()}


class DecideForm(forms.Form):
    """The decision how many of a material one session gets, and from which store."""

    quantity = number_field(
        "How many", required=False, most=MOST_PIECES, least=0, hint="Empty: as the kit says. 0: not needed here."
    )
    was = forms.RegexField(r"\A\d*-\d*\Z", required=False, widget=forms.HiddenInput)
    """What was decided when the page was opened: the number and the store’s id, blank where neither was."""
    store = forms.ModelChoiceField(
        Store.objects.none(), required=False, label="From which store", empty_label="The nearest with enough"
    )

    def __init__(self, *args: Any, stores: QuerySet[Store], decided: SessionKit | None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"quantity": decided.quantity, "store": decided.store} if decided else {}
        parts = (decided.quantity, decided.store_id) if decided else (None, None)
        initial["was"] = "-".join("" if part is None else str(part) for part in parts)
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        field: Any = self.fields["store"]
        field.queryset = stores
        # A page has many of these forms. They share the rows that the QuerySet has read, so that each does not read them again.
        field.choices = [("", field.empty_label), *((store.pk, str(store)) for store in stores)]

    @property
    def shown(self) -> Decided | None:
        """What was decided when the page was opened; None: the page did not say."""
        number, dash, store = self.cleaned_data["was"].partition("-")
        return (int(number) if number else None, int(store) if store else None) if dash else None


class AddToKitForm(forms.Form):
    """A material that is not in the kit of the session's type."""

    material = forms.ModelChoiceField(
        Material.objects.all(),
        error_messages={"required": "Choose what.", "invalid_choice": "Choose it from the list."},
    )
    quantity = number_field("How many", most=MOST_PIECES)


class PiecesForm(forms.Form):
    """The pieces that a session has. Every piece can be ticked; reasons against one are shown when the form is stored."""

    pieces = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, error_messages={"invalid_choice": "Choose from the list."}
    )
    was = forms.RegexField(r"\A-(?:\d+-)*\Z", required=False, widget=forms.HiddenInput)
    """The ids of the pieces that it had when the page was opened, a dash before, between and after them."""

    def __init__(self, *args: Any, pieces: Iterable[Piece], has: Iterable[int], **kwargs: Any) -> None:
        was = "-".join(["", *map(str, sorted(has)), ""]) if has else "-"
        kwargs["initial"] = {"was": was, "pieces": list(has)}
        super().__init__(*args, **kwargs)
        self._pieces = {str(piece.pk): piece for piece in pieces}
        field: Any = self.fields["pieces"]
        field.choices = [(key, piece.label) for key, piece in self._pieces.items()]

    @property
    def chosen(self) -> list[Piece]:
        """The ticked pieces."""
        return [self._pieces[key] for key in self.cleaned_data["pieces"]]

    @cached_property
    def ticked(self) -> set[int]:
        """Return the ids of the pieces that the page ticks: what was ticked when it was sent, else what the session has."""
        values = {str(value) for value in self["pieces"].value() or ()}
        return {piece.pk for key, piece in self._pieces.items() if key in values}

    @property
    def shown(self) -> set[int] | None:
        """The ids of the pieces that it had when the page was opened; None: the page did not say."""
        was = self.cleaned_data["was"]
        return {int(key) for key in was.split("-") if key} if was else None


class TicksField(forms.Field):
    """Lines of a picking list, each as `session-material-pieces`.

    The number of pieces is the number that the page showed, because that is what somebody packed.
    """

    widget = forms.SelectMultiple
    LINE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,9})")

    def to_python(self, value: Any) -> dict[tuple[int, int], int]:
        """Return the number of pieces of each line. Leave out values that are not lines."""
        lines = [line for text in value or [] if (line := self.LINE.fullmatch(text))]
        return {(int(line[1]), int(line[2])): int(line[3]) for line in lines}


class PackForm(SentOnceForm):
    """The ticks of a picking list, and the ticks that it had when it was opened."""

    packed = TicksField(required=False)
    was = TicksField(required=False)


class ParcelForm(SentOnceForm):
    """A parcel that was sent."""

    store = forms.ModelChoiceField(
        Store.objects.none(), label="From which store", error_messages={"required": "Choose the store."}
    )
    sent_on = DayField(label="Sent on")
    tracking = forms.CharField(label="Tracking number", max_length=60, required=False)

    def __init__(self, *args: Any, stores: QuerySet[Store], on: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"sent_on": on}, **kwargs)
        _set_rows(self.fields["store"], stores)


class ArrivalForm(forms.Form):
    """The day on which a parcel arrived at the school."""

    arrived_on = DayField(label="Arrived on")


class UsedPeriodForm(forms.Form):
    """The period of the report on used materials."""

    period = forms.CharField(
        max_length=40, help_text="Like 2025/26, 2025/26..2026/27, FY2025 (April to March) or 2025-10-01..2025-12-19."
    )

    def clean_period(self) -> Period:
        """Return the period. The error is the sentence that the parser gives."""
        try:
            return Period.parse(self.cleaned_data["period"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


def _set_rows(field: Any, rows: QuerySet[Any]) -> None:
    field.queryset = rows
