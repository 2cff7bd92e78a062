"""The form about a whole visit day: a part for each session, and what is said once for all of them.

The portal and the office show the same one.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, cast
from uuid import UUID, uuid4

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset
from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.names import patterns
from schools.core.year_groups import MOST_PUPILS
from schools.delivery import actions
from schools.delivery.forms.layout import plain_helper
from schools.delivery.forms.sessions import LATER, SessionPart
from schools.delivery.number_boxes import number_field
from schools.delivery.queries import Amounts, Outcome, covers_of
from schools.delivery.rules import LONGEST_NOTE, LOOKS_LIKE_A_NAME, reasons_to_look_again
from schools.delivery.sharing import amounts_of_sessions, together
from schools.directory.queries import schools_around
from schools.materials.models import MOST_PIECES, Material
from schools.materials.queries import kits_of
from schools.visits.models import Cover, CoverState, PupilsAre, Session, WentAhead, WhatDiffered

ARRIVED_USED = (
    ("arrived", _("Arrived"), _("{material}, arrived")),
    ("used", _("Used"), _("{material}, used")),
)
"""The two boxes of each material: the beginning of the box's name, its label, and its name in an error."""
ADULTS = partial(number_field, _("Adults with the children"), hint=_("Not counting yourselves."))
"""The box for the adults who were there; it still needs the most that are believed."""

KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_REPLACED = 50

type Keys = Callable[[UUID, Session], UUID]
"""A function that returns the key under which a report stores what it says of a session."""


@dataclass(frozen=True)
class Problem:
    """One line of the error summary: what is wrong, and the id of the box in which to correct it ("" for none)."""

    anchor: str
    text: str


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
    differed = forms.ChoiceField(
        label=_("Did anything go differently?"),
        choices=[("", _("Nothing worth saying")), *WhatDiffered.choices],
        required=False,
        help_text=_("The main thing, if there was one."),
    )
    note = forms.CharField(
        label=_("Anything else we should know?"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("Never a child’s name, and nothing of what a child told you: tell that to the school."),
    )
    names_nobody = forms.BooleanField(label=_("I have looked: no child is named"), required=False)

    def __init__(self, data: Any = None, *, parts: Sequence[SessionPart]) -> None:
        self.parts = parts
        self.stored = {part.session.pk: part.stored for part in parts if part.stored is not None}
        super().__init__(data, initial={"key": uuid4()})
        self.fields["note"].widget.attrs |= {
            "data-names": json.dumps(patterns()),
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
                self.fields[name].help_text = _("It differs from session to session. Empty, it stays so.")

    def _saying(self, name: str) -> list[Outcome]:
        """Return the stored outcomes that say something of it: of what did not take place there is a note alone."""
        stored = [part.stored for part in self.parts if part.stored is not None and (name != "adults" or "adults" not in part.fields)]
        return [outcome for outcome in stored if outcome.took_place or name == "note"]

    def _add_people(self) -> None:
        self.covers: list[Cover] = [cover for part in self.parts for cover in covers_of(part.session)]
        people: dict[int, list[Cover]] = {}
        for cover in self.covers:
            people.setdefault(cover.volunteer_id, []).append(cover)
        if not people:
            return
        absent = {cover.pk for cover in self.covers if cover.state == CoverState.ABSENT and cover.session_id in self.stored}
        there = [pk for pk, covers in people.items() if any(cover.pk not in absent for cover in covers)]
        self.initial["there"] = there
        self.initial["missed"] = [cover.pk for cover in self.covers if cover.pk in absent and cover.volunteer_id in there]
        self.initial["shown"] = " ".join(f"{cover.pk}:{cover.volunteer_id}" for cover in self.covers)
        self.fields["there"] = forms.TypedMultipleChoiceField(
            label=_("Who was there?"),
            help_text=_("Untick anybody who could not come."),
            choices=[(pk, _named(covers[0])) for pk, covers in people.items()],
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": _("Somebody whom you ticked is not on this session. Open the session again.")},
        )
        several = [cover for cover in self.covers if len(people[cover.volunteer_id]) > 1]
        if several:
            times = {part.session.pk: part.times for part in self.parts}
            self.fields["missed"] = forms.TypedMultipleChoiceField(
                label=_("Who was not there, and when?"),
                choices=[(cover.pk, f"{cover.volunteer.first_name}, {times[cover.session_id]}") for cover in several],
                coerce=int,
                required=False,
                widget=forms.CheckboxSelectMultiple,
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
        for pk, material in self.materials.items():
            for position, (kind, label, of) in enumerate(ARRIVED_USED):
                self.fields[f"{kind}_{pk}"] = number_field(
                    label, most=MOST_PIECES, of=format_lazy(of, material=str(material)), empty=_("not said")
                )
                numbers = [amounts[position] for amounts in self._stored_amounts(pk).values()]
                self.initial[f"{kind}_{pk}"] = together(numbers, comes_back=material.is_equipment)

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
        """Look again at a note that may name a child."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("names_nobody"):
            for reason in reasons_to_look_again(cleaned.get("note", "")):
                self.add_error("names_nobody", f"{reason} {self._tick}")
        return cleaned

    def of_session(self, part: SessionPart, name: str, empty: Any) -> Any:
        """Return the value of a box for one session: what was typed, or what the session says already if nothing was changed."""
        typed = self.cleaned_data.get(name, empty)
        stored = self.stored.get(part.session.pk)
        if stored is not None and typed == (self.initial.get(name) or empty):
            return getattr(stored, name)
        return typed

    def materials_of(self, told: Sequence[SessionPart]) -> dict[int, dict[int, Amounts]]:
        """Return what arrived and was used of each material in each of these sessions, from the day's numbers."""
        each: dict[int, dict[int, Amounts]] = {part.session.pk: {} for part in told}
        went_ahead = [part.session.pk for part in told if part.cleaned_data["went_ahead"] != WentAhead.NO]
        for pk, material in self.materials.items():
            typed = (self.cleaned_data[f"arrived_{pk}"], self.cleaned_data[f"used_{pk}"])
            needed = {session: quantity for session, quantity in self._planned[pk].items() if session in each}
            planned = {session: quantity for session, quantity in needed.items() if session in went_ahead} or needed
            # Where only a session that is left for later needs it, the first one told has it.
            planned = planned or ({next(iter(each)): None} if typed != (None, None) else {})
            stored = {session: amounts for session, amounts in self._stored_amounts(pk).items() if session in planned}
            amounts = amounts_of_sessions(typed, stored, planned, comes_back=material.is_equipment)
            for session, numbers in ({session: (None, None) for session in needed} | amounts).items():
                each[session][int(pk)] = numbers
        return each

    def attended(self, part: SessionPart) -> frozenset[int]:
        """Return the session's covers of people who were there, and of those put on it after the form was opened.

        Nobody had a chance to untick the latter.
        """
        if part.cleaned_data["went_ahead"] == WentAhead.NO:
            return frozenset()
        shown = {word.partition(":")[0] for word in self.cleaned_data["shown"].split()}
        there, missed = set(self.cleaned_data.get("there", ())), set(self.cleaned_data.get("missed", ()))
        covers = [cover for cover in self.covers if cover.session_id == part.session.pk]
        unseen = {cover.pk for cover in covers if shown and str(cover.pk) not in shown and cover.state != CoverState.ABSENT}
        return frozenset({cover.pk for cover in covers if cover.volunteer_id in there and cover.pk not in missed} | unseen)


def _named(cover: Cover) -> str:
    return f"{cover.volunteer.first_name} ({gettext(cover.get_role_display()).lower()})"


class DayForm:
    """How a visit day went: the sessions that its reader tells of, in order of time, and what is said once for all of them.

    `sessions` are all of one visit, with people, headcounts and materials used; each corrects its stored outcome if it has one.
    """

    def __init__(self, data: QueryDict | None = None, *, sessions: Sequence[Session], day: date) -> None:
        self.data = data = None if data is None else _with_those_not_shown(data, sessions)
        self.day = day
        around = schools_around(sessions[0].visit.school, on=day)
        several = len(sessions) > 1
        self.parts = [SessionPart(data, session=session, around=around, day=day, later=several) for session in sessions]
        self.whole_day = WholeDayPart(data, parts=self.parts)

    @property
    def is_bound(self) -> bool:
        """Whether it shows what somebody has typed."""
        return self.data is not None

    @property
    def is_correction(self) -> bool:
        """Whether every session has an outcome already."""
        return all(part.stored is not None for part in self.parts)

    def is_valid(self) -> bool:
        """Whether everything can be stored, as far as the boxes say; every part is checked."""
        checked = [part.is_valid() for part in [*self.parts, self.whole_day]]
        if all(checked) and not self.told:
            self.add_error(None, gettext("Say of one session at least how it went."))
            return False
        return all(checked)

    def add_error(self, name: str | None, error: Any) -> None:
        """Add an error to what is said of the whole day."""
        self.whole_day.add_error(name, error)

    @property
    def told(self) -> list[SessionPart]:
        """The sessions that are not left for later."""
        return [part for part in self.parts if not part.is_for_later]

    @property
    def problems(self) -> list[Problem]:
        """All errors, for the summary at the top of the page; those of a session begin with its time if there are several."""
        if not self.is_bound:
            return []
        if "key" in self.whole_day.errors or any("version" in part.errors for part in self.parts):
            return [Problem("", gettext("This form has lost its place. Open the session again and tell us once more."))]
        problems = [Problem("", str(error)) for error in self.whole_day.non_field_errors()]
        for part in self.parts:
            before = f"{part.times}: " if len(self.parts) > 1 else ""
            problems += _problems_of(part, before)
        return [*problems, *_problems_of(self.whole_day, "")]

    def reports(self, key_of: Keys) -> list[actions.Report]:
        """Return what is said of each session that is not left for later; `key_of` gives the keys under which it is stored."""
        cleaned = self.whole_day.cleaned_data
        materials = self.whole_day.materials_of(self.told)
        return [
            actions.Report(
                part.session,
                self._outcome(part, materials[part.session.pk]),
                part.cleaned_data["version"],
                key_of(cleaned["key"], part.session),
                tuple(key_of(key, part.session) for key in cleaned["replaces"]),
            )
            for part in self.told
        ]

    def _outcome(self, part: SessionPart, materials: dict[int, Amounts]) -> Outcome:
        cleaned, whole, counts = part.cleaned_data, self.whole_day, part.counts
        went_ahead = cleaned["went_ahead"]
        took_place = went_ahead != WentAhead.NO
        nothing_did = all(other.cleaned_data["went_ahead"] == WentAhead.NO for other in self.told)
        adults = cleaned["adults"] if "adults" in part.fields else whole.of_session(part, "adults", None)
        kept = part.stored.pupils_are if part.stored else PupilsAre.NEW
        return Outcome(
            went_ahead=went_ahead,
            headcounts=counts.headcounts,
            # Where nothing took place, a number of adults is refused rather than dropped.
            adults=adults if took_place or nothing_did or "adults" in part.fields else None,
            count_basis=counts.basis,
            pupils_are=cleaned.get("pupils_are") or kept,
            materials=materials,
            attended=whole.attended(part),
            cancelled_code=cleaned["cancelled_code"],
            differed=whole.of_session(part, "differed", "") if took_place else "",
            note=whole.of_session(part, "note", ""),
            mixed=counts.mixed if took_place else (),
            sure_of=counts.sure_of,
        )

    def store(
        self, *, by: User, now: datetime, key_of: Keys = actions.key_of, each: actions.Each | None = None
    ) -> None:
        """Store the day in one step. Raises DayRefused, as actions.record_day does."""
        replaces = self.whole_day.cleaned_data["replaces"]
        skipped = [part.session for part in self.parts if part.is_for_later]
        later = [(session, [key_of(key, session) for key in replaces]) for session in skipped]
        more = {} if each is None else {"each": each}
        actions.record_day(self.reports(key_of), by=by, now=now, later=later, **more)

    def again(self, refusal: actions.DayRefused) -> list[tuple[str, str]]:
        """Return the names and values that were typed, to send them again as a correction of what is stored now."""
        data = self._fresh_copy()
        for differing in refusal.differing:
            data[f"s{differing.session.pk}-version"] = str(differing.session.version)
        return _pairs(data)

    def without(self, left_out: Collection[int]) -> list[tuple[str, str]]:
        """Return the names and values without these sessions, to send the others alone; [] where nothing is said of others."""
        data = self._fresh_copy()
        for pk in left_out:
            for name in [name for name in data if name.startswith(f"s{pk}-")]:
                del data[name]
            data[f"s{pk}-went_ahead"] = LATER
        others = [part for part in self.parts if part.session.pk not in left_out]
        says = any(data.get(part.add_prefix("went_ahead")) not in {LATER, "", None} for part in others)
        return _pairs(data) if says else []

    @property
    def moved(self) -> list[int]:
        """The ids of the sessions that are no longer on the day."""
        return [part.session.pk for part in self.parts if part.session.day != self.day]

    def _fresh_copy(self) -> QueryDict:
        data = cast("QueryDict", self.data).copy()
        data.pop("csrfmiddlewaretoken", None)
        data.pop("replaces", None)
        data["key"] = str(uuid4())
        return data


def _with_those_not_shown(data: QueryDict, sessions: Sequence[Session]) -> QueryDict:
    """Return what was typed, with the sessions left for later that the form did not show: they came to the day since."""
    data = data.copy()
    for session in sessions:
        if f"s{session.pk}-version" not in data:
            data[f"s{session.pk}-went_ahead"] = LATER
    return data


def _pairs(data: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in data.lists() for value in values]


def _problems_of(form: forms.Form, before: str) -> Iterable[Problem]:
    for name in form.errors:
        if name in form.fields:
            box = form[name]
            several = isinstance(form.fields[name].widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
            anchor = f"{box.auto_id}_0" if several else box.auto_id
            yield from (Problem(anchor, f"{before}{error}") for error in box.errors)
