"""The part of a day's form that is said once: who was there, adults, materials, what went differently, anything else."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset
from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.charity.notes import NoteField, with_warning
from schools.charity.queries import current
from schools.delivery.choices import Ticks
from schools.delivery.forms.layout import plain_helper
from schools.delivery.forms.questions import ask, questions_in
from schools.delivery.forms.sessions import SessionPart
from schools.delivery.number_boxes import number_field
from schools.delivery.queries import Amounts, Outcome, adults_before, covers_of
from schools.delivery.rules import LONGEST_NOTE, LOOKS_LIKE_A_NAME, reasons_to_look_again
from schools.delivery.sharing import amounts_of_sessions, together
from schools.materials.models import MOST_PIECES, Material
from schools.materials.queries import kits_of
from schools.visits.models import Cover, CoverState, Merge, MergeKind, WentAhead, WhatDiffered
from schools.volunteers.first_names import called_apart

ARRIVED_USED = (
    ("arrived", _("Arrived"), _("{material}, arrived")),
    ("used", _("Used"), _("{material}, used")),
)
"""The two boxes of each material: the beginning of the box's name, its label, and its name in an error."""
ADULTS = partial(number_field, _("Adults with the children"), hint=_("Not counting yourselves."))
"""The box for the adults who were there; it still needs the most that are believed."""

OF_A_MATERIAL = re.compile(r"(?:arrived|used)_(\d{1,18})")
"""The name of a box of a material, with the material’s id."""

AN_ID = re.compile(r"[0-9]{1,18}")
"""An id, as a tick for somebody who was there and the hidden list of who was shown hold it."""

KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_REPLACED = 50


class KeysField(forms.Field):
    """Keys of earlier versions, joined by blanks; a phone's script adds them. What is no key is left out."""

    def to_python(self, value: Any) -> list[UUID]:
        """Return the keys, at most `MOST_REPLACED`."""
        words = [word for word in str(value or "").split() if KEY.fullmatch(word)]
        return [UUID(word) for word in words[-MOST_REPLACED:]]


class WholeDayPart(forms.Form):
    """What is said once for the day: who was there, adults, materials, what went differently, anything else.

    `key` is made when the form opens. `shown` are the covers that the form showed, each with its volunteer. A box that is not
    changed leaves each session as it is, also where sessions that were told before differ.
    """

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": "", "invalid": ""})
    shown = forms.CharField(widget=forms.HiddenInput, max_length=2_000, required=False)
    replaces = KeysField(widget=forms.HiddenInput, required=False)
    follows = KeysField(widget=forms.HiddenInput, required=False)
    differed = forms.ChoiceField(
        label=_("Did anything go differently?"),
        choices=[("", _("Nothing worth saying")), *WhatDiffered.choices],
        required=False,
        help_text=_("The main thing, if there was one."),
    )
    note = NoteField(
        label=_("Anything else we should know?"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("Nothing of what a child told you: tell that to the school."),
    )
    names_nobody = forms.BooleanField(label=_("I have looked: no child is named"), required=False)

    def __init__(self, data: Any = None, *, parts: Sequence[SessionPart]) -> None:
        self.parts = parts
        self.stored = {part.session.pk: part.stored for part in parts if part.stored is not None}
        super().__init__(data, initial={"key": uuid4()})
        self.fields["note"].widget.attrs |= {
            "data-named": f"{str(LOOKS_LIKE_A_NAME) % {'word': '{word}'}} {self._tick}",
        }
        self.most_pupils = current().most_pupils
        self.materials: dict[str, Material] = {}
        self._planned: dict[str, dict[int, int | None]] = {}
        self._add_people()
        if any(part.session.type.is_for_pupils for part in parts):
            self.fields["adults"] = ADULTS(most=self.most_pupils)
        self._add_materials()
        self._set_initial("adults", "differed", "note")
        if "adults" in self.fields:
            before = [adults_before(part.session) for part in parts if part.session.type.is_for_pupils]
            ask(self, "adults", expected=next((adults for adults in before if adults is not None), None))

    @property
    def _tick(self) -> str:
        return gettext("If it is nobody’s name, tick the box.")

    def _set_initial(self, *names: str) -> None:
        """Open each box with what all sessions that were told before say; empty where they differ."""
        for name in names:
            values = [getattr(outcome, name) for outcome in self._saying(name)]
            if name in self.fields and values and all(value == values[0] for value in values):
                self.initial[name] = values[0]
            elif name in self.fields and values:
                differs = _("It differs from session to session. Empty, it stays so.")
                self.fields[name].help_text = with_warning(differs) if name == "note" else differs

    def _saying(self, name: str) -> list[Outcome]:
        """Return the stored outcomes that say something of it: of what did not take place there is a note alone."""
        stored = [
            part.stored for part in self.parts if part.stored is not None and (name != "adults" or "adults" not in part.fields)
        ]
        return [outcome for outcome in stored if outcome.took_place or name == "note"]

    def _add_people(self) -> None:
        self.covers: list[Cover] = [cover for part in self.parts for cover in covers_of(part.session)]
        people: dict[int, list[Cover]] = {}
        for cover in self.covers:
            people.setdefault(cover.volunteer_id, []).append(cover)
        if not people:
            return
        called = called_apart(cover.volunteer for cover in self.covers)
        if isinstance(self.data, QueryDict):
            _name_kept_entries(self.data, people)
        absent = {cover.pk for cover in self.covers if cover.state == CoverState.ABSENT and cover.session_id in self.stored}
        there = [pk for pk, covers in people.items() if any(cover.pk not in absent for cover in covers)]
        self.initial["there"] = there
        self.initial["missed"] = [cover.pk for cover in self.covers if cover.pk in absent and cover.volunteer_id in there]
        self.initial["shown"] = " ".join(f"{cover.pk}:{cover.volunteer_id}" for cover in self.covers)
        self.fields["there"] = forms.TypedMultipleChoiceField(
            label=_("Who was there?"),
            help_text=_("Untick anybody who could not come."),
            choices=[(pk, f"{called[pk]} ({_role_in_words(covers[0])})") for pk, covers in people.items()],
            coerce=int,
            required=False,
            widget=Ticks,
            error_messages={"invalid_choice": _("Somebody whom you ticked is not on this session. Open the session again.")},
        )
        several = [cover for cover in self.covers if len(people[cover.volunteer_id]) > 1]
        if several:
            times = {part.session.pk: part.times for part in self.parts}
            self.fields["missed"] = forms.TypedMultipleChoiceField(
                label=_("Who was not there, and when?"),
                choices=[(cover.pk, f"{called[cover.volunteer_id]}, {times[cover.session_id]}") for cover in several],
                coerce=int,
                required=False,
                widget=Ticks,
            )

    def _add_materials(self) -> None:
        kits = kits_of([part.session for part in self.parts])
        for part in self.parts:
            uses = {use.material_id: use for use in part.session.material_uses.all()}
            items = {item.material.pk: (item.material, item.quantity) for item in kits[part.session.pk]}
            items |= {pk: (use.material, use.planned) for pk, use in uses.items() if pk not in items}
            for pk, (material, quantity) in items.items():
                self.materials[str(pk)] = material
                self._planned.setdefault(str(pk), {})[part.session.pk] = quantity
        # What was typed of a material that is planned no more, because a kit changed since, keeps its boxes.
        for pk, material in _materials_in(self.data, but=self.materials).items():
            self.materials[str(pk)], self._planned[str(pk)] = material, {}
        for name, material in self.materials.items():
            for position, (kind, label, of) in enumerate(ARRIVED_USED):
                self.fields[f"{kind}_{name}"] = number_field(
                    label, most=MOST_PIECES, of=format_lazy(of, material=str(material)), empty=_("not said")
                )
                numbers = [amounts[position] for amounts in self._stored_amounts(name).values()]
                self.initial[f"{kind}_{name}"] = together(numbers, comes_back=material.is_equipment)

    def _stored_amounts(self, pk: str) -> dict[int, Amounts]:
        """Return what arrived and was used of a material in each session that was told before."""
        amounts: dict[int, Amounts] = {}
        for session, outcome in self.stored.items():
            if int(pk) in outcome.materials:
                amounts[session] = outcome.materials[int(pk)]
        return amounts

    @property
    def helper(self) -> FormHelper:
        """The order of the boxes: people, adults, materials, what else there is to say."""
        boxes: list[Any] = ["key", "shown"]
        if "there" in self.fields:
            boxes.append("there")
        if "missed" in self.fields:
            missed = Div("missed", template="delivery/_more.html")
            missed.words = gettext("Somebody was there for a part of it")
            missed.is_open = bool(self["missed"].value())
            boxes.append(missed)
        if "adults" in self.fields:
            boxes.append(Div("adults", css_class="counts"))
        if self.materials:
            pairs = [Div(f"arrived_{pk}", f"used_{pk}", template="delivery/_material.html") for pk in self.materials]
            for pair, material in zip(pairs, self.materials.values(), strict=True):
                pair.material = material
            boxes.append(Fieldset(gettext("What arrived and what you used"), *pairs, template="delivery/_fieldset.html"))
        asks = "names_nobody" in self.errors or bool(self["names_nobody"].value())
        self.fields["names_nobody"].waits = not asks  # type: ignore[attr-defined]  # read by the template of a box
        return plain_helper(*boxes, "differed", "note", "names_nobody")

    def clean_note(self) -> str:
        """Return the note with the same line ends from every browser, so that equal notes are equal."""
        note: str = self.cleaned_data["note"]
        return note.replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """Look again at a note that may name a child, and at a number of adults far from that of the last time."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("names_nobody"):
            for reason in reasons_to_look_again(cleaned.get("note", "")):
                self.add_error("names_nobody", f"{reason} {self._tick}")
        for name, reason in questions_in(self, cleaned):
            self.add_error(name, reason)
        return cleaned

    def of_session(self, part: SessionPart, name: str, empty: Any) -> Any:
        """Return the value of a box for one session: what was typed, or what the session says already if nothing was changed."""
        typed = self.cleaned_data.get(name, empty)
        stored = self.stored.get(part.session.pk)
        before = self.initial.get(name)
        # A 0 that was counted is something else than an empty box.
        if stored is not None and typed == (empty if before is None else before):
            return getattr(stored, name)
        return typed

    def materials_of(self, parts: Sequence[SessionPart], *, differing: Collection[int] = ()) -> dict[int, dict[int, Amounts]]:
        """Return what arrived and was used of each material in each of these sessions, from the day's numbers.

        What is stored of the sessions with the ids `differing` is not what the form showed, and counts for nothing.
        """
        each: dict[int, dict[int, Amounts]] = {part.session.pk: {} for part in parts}
        went_ahead = [part.session.pk for part in parts if part.cleaned_data["went_ahead"] != WentAhead.NO]
        for pk, material in self.materials.items():
            typed = (self.cleaned_data[f"arrived_{pk}"], self.cleaned_data[f"used_{pk}"])
            needed = {session: quantity for session, quantity in self._planned[pk].items() if session in each}
            planned = {session: quantity for session, quantity in needed.items() if session in went_ahead} or needed
            # Where no session that is told needs it, the first one that went ahead has it.
            planned = planned or ({next(iter(went_ahead or each)): None} if typed != (None, None) else {})
            known = planned.keys() - set(differing)
            stored = {session: amounts for session, amounts in self._stored_amounts(pk).items() if session in known}
            amounts = amounts_of_sessions(typed, stored, planned, comes_back=material.is_equipment)
            for session, numbers in (dict.fromkeys(needed, (None, None)) | amounts).items():
                each[session][int(pk)] = numbers
        return each

    def shares_without(self, differing: Collection[int], parts: Sequence[SessionPart]) -> dict[str, str]:
        """Return what the boxes of materials hold, by name, where of these sessions those with the ids `differing` are left out.

        What none of these sessions needs is not theirs, and stays as it was typed.
        """
        each = self.materials_of(parts, differing=differing)
        shares: dict[str, str] = {}
        for pk in [pk for pk in self.materials if self._planned[pk].keys() & each.keys()]:
            kept = [amounts[int(pk)] for session, amounts in each.items() if session not in differing and int(pk) in amounts]
            for position, (kind, _label, _of) in enumerate(ARRIVED_USED):
                share = together([amounts[position] for amounts in kept], comes_back=self.materials[pk].is_equipment)
                shares[f"{kind}_{pk}"] = "" if share is None else str(share)
        return shares

    def attended(self, part: SessionPart) -> frozenset[int]:
        """Return the session's covers of people who were there, by what was ticked."""
        if part.cleaned_data["went_ahead"] == WentAhead.NO:
            return frozenset()
        there, missed = set(self.cleaned_data.get("there", ())), set(self.cleaned_data.get("missed", ()))
        covers = [cover for cover in self.covers if cover.session_id == part.session.pk]
        return frozenset(cover.pk for cover in covers if cover.volunteer_id in there and cover.pk not in missed)

    @property
    def shown_covers(self) -> frozenset[int] | None:
        """The ids of the covers that the form showed; None: it is of a kind that does not say."""
        # A form that showed nobody, because nobody was down for it, says so too.
        if "shown" not in self.data:
            return None
        pairs = (word.partition(":")[0] for word in self.cleaned_data["shown"].split())
        return frozenset(int(pk) for pk in pairs if AN_ID.fullmatch(pk))


def _name_kept_entries(data: QueryDict, people: Collection[int]) -> None:
    """Name, of those who were there by what was typed, each whose entry was made one with another since as the entry of today.

    `people` are those of today; no query where it names nobody else.
    """
    there = data.getlist("there")
    kept = {
        pk: str(Merge.objects.kept_id(MergeKind.VOLUNTEER, int(pk)))
        for pk in there
        if AN_ID.fullmatch(pk) and int(pk) not in people
    }
    if kept:
        data.setlist("there", list(dict.fromkeys(kept.get(pk, pk) for pk in there)))


def _materials_in(data: Mapping[str, Any], *, but: Collection[str]) -> dict[int, Material]:
    """Return the materials of which something was typed, by id, without those of the ids in `but`; no query where that is all."""
    boxes = [(match[1], data.get(name)) for name in data if (match := OF_A_MATERIAL.fullmatch(name))]
    named = {int(pk) for pk, typed in boxes if pk not in but and str(typed or "").strip()}
    return Material.objects.in_bulk(sorted(named)) if named else {}


def _role_in_words(cover: Cover) -> str:
    return gettext(cover.get_role_display()).lower()
