"""The form about how a session went; the portal and the office show the same one."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID, uuid4

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.db.models import prefetch_related_objects
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.shares import apportion
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS, year_group_words
from schools.delivery import actions
from schools.delivery.guests import LISTS, GuestBoxes
from schools.delivery.number_boxes import number_field
from schools.delivery.queries import Outcome, SchoolGroup, covers_of, outcome_of
from schools.delivery.rules import LONGEST_NOTE, has_outcome, reasons_not_to_share_out, reasons_to_look_again
from schools.materials.models import MOST_PIECES, Material
from schools.materials.queries import kit_for
from schools.visits.models import CancelCode, CountBasis, CoverState, Headcount, PupilsAre, Session, WentAhead, WhatDiffered

YES_PARTLY_NO = [
    (WentAhead.YES.value, _("Yes")),
    (WentAhead.PARTLY.value, _("Partly")),
    (WentAhead.NO.value, _("No")),
]
SAY_WHETHER = _("Say whether it went ahead: yes, partly or no.")
HOW_COUNTED = [
    (CountBasis.COUNTED.value, _("We counted, class by class")),
    (CountBasis.SPREAD.value, _("One total, spread over the year groups")),
    (CountBasis.SCHOOL.value, _("The school’s own number")),
]
ARRIVED_USED = (
    ("arrived", _("Arrived"), _("{material}, arrived")),
    ("used", _("Used"), _("{material}, used")),
)
"""The two boxes of each material: the beginning of the box's name, its label, and its name in an error."""
ADULTS = partial(number_field, _("Adults"), hint=_("Teachers, helpers and parents; not yourselves."))
"""The box for the adults who were there; it still needs the most that are believed."""
WHICH_PUPILS = [
    (PupilsAre.NEW.value, _("New to this session")),
    (PupilsAre.AGAIN.value, _("The same pupils as in an earlier session of this kind")),
]


KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_REPLACED = 50


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


class OutcomeForm(forms.Form):
    """The form about how one session went, with the session's own year groups, people and kit; it corrects a stored outcome.

    The number boxes of a first outcome start empty (rule 14). `key` is made when the form opens. `version` is the session's
    version then if it had an outcome to correct, else None. `shown` are the ids of the covers that the form showed. `outcome`
    is the outcome that was typed, once the form is valid.
    """

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": "", "invalid": ""})
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    shown = forms.CharField(widget=forms.HiddenInput, max_length=500, required=False)
    replaces = KeysField(widget=forms.HiddenInput, required=False)
    went_ahead = forms.ChoiceField(
        label=_("Did it go ahead?"),
        choices=YES_PARTLY_NO,
        widget=forms.RadioSelect(attrs={"data-required": SAY_WHETHER}),
        error_messages={"required": SAY_WHETHER},
    )
    cancelled_code = forms.ChoiceField(
        label=_("If it did not go ahead, why?"),
        choices=[("", _("It did go ahead")), *CancelCode.choices],
        required=False,
    )
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
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Never a child’s name, and nothing of what a child told you: tell that to the school."),
    )
    names_nobody = forms.BooleanField(label=_("I have looked: no child is named"), required=False)
    adults = ADULTS(most=MOST_PUPILS)  # the charity's own limit takes its place in each form
    count_basis = forms.ChoiceField(label=_("How did you count?"), choices=HOW_COUNTED, widget=forms.RadioSelect)
    pupils_are = forms.ChoiceField(label=_("Were these pupils new?"), choices=WHICH_PUPILS, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, session: Session) -> None:
        self.session = session
        self.stored = outcome_of(session) if has_outcome(session) else None
        super().__init__(data, initial={"key": uuid4(), **self._stored_values()})
        self.most_pupils = current().most_pupils
        self.fields["adults"] = ADULTS(most=self.most_pupils)
        self.expected: dict[str, SchoolGroup] = {}
        self.unexpected: dict[str, SchoolGroup] = {}
        self.materials: dict[str, Material] = {}
        if session.type.is_for_pupils:
            self._add_headcounts()
            self._add_total()
            self.guests = GuestBoxes(session)
            self.fields.update(self.guests.fields())
        else:
            del self.fields["pupils_are"], self.fields["count_basis"]
        self._add_materials()
        self._add_people()

    def _stored_values(self) -> dict[str, Any]:
        if self.stored is None:
            return {"count_basis": CountBasis.COUNTED, "pupils_are": PupilsAre.NEW}
        outcome = self.stored
        return {
            "version": self.session.version,
            "went_ahead": outcome.went_ahead,
            "cancelled_code": outcome.cancelled_code,
            "adults": outcome.adults,
            "count_basis": outcome.count_basis,
            "pupils_are": outcome.pupils_are,
            "differed": outcome.differed,
            "note": outcome.note,
        }

    def _add_headcounts(self) -> None:
        host = self.session.visit.school
        rows = list(self.session.headcounts.all())
        guests = {row.school_id: row.school for row in rows if row.school_id != host.pk}
        schools = [host, *guests.values()]
        by_key = {(row.school_id, row.year_group): row for row in rows}
        keys = [(school, group) for school in schools for group in YEAR_GROUPS]
        for school, group in sorted(keys, key=lambda key: (key[0].pk, key[1]) not in by_key):
            row = by_key.get((school.pk, group))
            name = year_group_words(group, school.nation)
            field = f"pupils_{school.pk}_{group}"
            label = name if school == host else f"{name}, {school}"
            self.fields[field] = number_field(label, most=self.most_pupils, hint=_expected(row) if row else "")
            self.initial[field] = row.pupils if row and self.stored else None
            (self.expected if row else self.unexpected)[field] = (school.pk, group)

    def _add_total(self) -> None:
        """Add a box for people who know only the total; a stored total that was shared out is shown in it again."""
        if len(self.expected) < 2:
            return
        hint = _("We share it out over the year groups by the numbers expected, and mark it so. Write 0 above where none came.")
        self.fields["total"] = number_field(
            _("All together"), most=self.most_pupils * len(self.expected), hint=hint, empty=_("not known")
        )
        if self.stored is None or self.stored.count_basis == CountBasis.COUNTED:
            return
        pupils = {name: self.initial[name] for name in self.expected}
        total = sum(pupils.values()) if None not in pupils.values() else 0
        if total and self._shares(total, zero={name for name, number in pupils.items() if not number}) == pupils:
            self.initial.update({name: None for name, number in pupils.items() if number}, total=total)

    def _shares(self, total: int, *, zero: set[str]) -> dict[str, int]:
        """Share the total out over the expected year groups; nobody came from those in `zero`."""
        weights = {(row.school_id, row.year_group): row.expected for row in self.session.headcounts.all()}
        came = [name for name in self.expected if name not in zero]
        shares = apportion(total, [weights[self.expected[name]] for name in came])
        return dict.fromkeys(self.expected, 0) | dict(zip(came, shares, strict=True))

    def _add_materials(self) -> None:
        materials = {item.material.pk: item.material for item in kit_for(self.session)}
        prefetch_related_objects([self.session], "material_uses__material")
        materials |= {use.material_id: use.material for use in self.session.material_uses.all()}
        amounts = self.stored.materials if self.stored else {}
        for pk, material in materials.items():
            self.materials[str(pk)] = material
            for (kind, label, of), number in zip(ARRIVED_USED, amounts.get(pk, (None, None)), strict=True):
                self.fields[f"{kind}_{pk}"] = number_field(
                    label, most=MOST_PIECES, of=format_lazy(of, material=str(material)), empty=_("not said")
                )
                self.initial[f"{kind}_{pk}"] = number

    def _add_people(self) -> None:
        covers = covers_of(self.session)
        if not covers:
            return
        there = [cover.pk for cover in covers if self.stored is None or cover.state != CoverState.ABSENT]
        self.initial["attended"] = there
        self.initial["shown"] = " ".join(str(cover.pk) for cover in covers)
        self.fields["attended"] = forms.TypedMultipleChoiceField(
            label=_("Who was there?"),
            help_text=_("Untick anybody who could not come."),
            choices=[
                (cover.pk, f"{cover.volunteer.first_name} ({gettext(cover.get_role_display()).lower()})") for cover in covers
            ],
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": _("Somebody whom you ticked is not on this session. Open the session again.")},
        )

    @property
    def helper(self) -> FormHelper:
        """The order of the page: whether it went ahead, the children, the materials, the people."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.field_template = "delivery/_field.html"
        helper.layout = Layout("key", "version", "shown", "went_ahead", "cancelled_code", *self._sections())
        return helper

    def _sections(self) -> list[Any]:
        sections: list[Any] = []
        if self.session.type.is_for_pupils:
            more = Div(Div(*self.unexpected, css_class="counts"), template="delivery/_more.html")
            more.words, more.is_open = gettext("Another year group was there"), self._has_value(*self.unexpected)
            counts = [Div(*self.expected, css_class="counts"), more]
            if self.guests.are_shown:
                counts += self._guest_sections()
            if "total" in self.fields:
                total = Div(Div("total", css_class="counts"), template="delivery/_more.html")
                total.words, total.is_open = gettext("I only know how many came all together"), self._has_value("total")
                counts.append(total)
            sections += [
                Fieldset(gettext("Children there"), *counts, template="delivery/_fieldset.html", css_class="children"),
                "count_basis",
                "pupils_are",
            ]
        sections.append("adults")
        if self.materials:
            pairs = [Div(f"arrived_{pk}", f"used_{pk}", template="delivery/_material.html") for pk in self.materials]
            for pair, material in zip(pairs, self.materials.values(), strict=True):
                pair.material = material
            sections.append(Fieldset(gettext("What arrived and what you used"), *pairs, template="delivery/_fieldset.html"))
        if "attended" in self.fields:
            sections.append("attended")
        asks = "names_nobody" in self.errors or self["names_nobody"].value()
        return [*sections, "differed", "note", *(["names_nobody"] if asks else [])]

    def _guest_sections(self) -> list[Any]:
        """Return the boxes of guest schools, each school folded into the one before it, so that the page stays short."""
        further: list[Any] = []
        for name, boxes in reversed(self.guests.of_lists.items()):
            guest = Div(name, Div(*boxes, css_class="counts"), *further, template="delivery/_more.html")
            guest.words, *_rest = LISTS[name]
            guest.is_open = self._has_value(name, *boxes) or any(section.is_open for section in further)
            further = [guest]
        return further

    def _has_value(self, *names: str) -> bool:
        """Whether one of the boxes has a value or an error."""
        return any(name in self.errors or self[name].value() not in {None, ""} for name in names)

    def _guest_boxes(self) -> list[str]:
        return self.guests.names if self.session.type.is_for_pupils else []

    def clean_note(self) -> str:
        """Return the note with the same line ends from every browser, so that equal notes are equal."""
        note: str = self.cleaned_data["note"]
        return note.replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """Check what concerns several boxes: a total beside numbers, guest schools, and a note that may name a child."""
        cleaned = super().clean() or self.cleaned_data
        typed = {name: cleaned.get(name) for name in self.expected.keys() | self.unexpected.keys()}
        fits = self.errors.keys().isdisjoint({"total", *typed})
        if fits and "total" in self.fields and cleaned.get("went_ahead") != WentAhead.NO:
            expected = {name: typed[name] for name in self.expected}
            others = {name: typed[name] for name in self.unexpected if typed[name]}
            others |= {name: cleaned[name] for name in self._guest_boxes() if cleaned.get(name)}
            for reason in reasons_not_to_share_out(cleaned["total"], expected | others, basis=cleaned.get("count_basis", "")):
                self.add_error("total", reason)
        if self._guest_boxes() and self.errors.keys().isdisjoint({*self.guests.of_lists, *self._guest_boxes()}):
            counted = {key: typed[name] for name, key in (self.expected | self.unexpected).items()}
            for name, reason in self.guests.errors(cleaned, counted):
                self.add_error(name, reason)
        if not cleaned.get("names_nobody"):
            for reason in reasons_to_look_again(cleaned.get("note", "")):
                self.add_error("names_nobody", f"{reason} {gettext('If it is nobody’s name, tick the box.')}")
        return cleaned

    @property
    def problems(self) -> list[Problem]:
        """All errors of the form, for the summary at the top of the page."""
        if "key" in self.errors or "version" in self.errors:
            return [Problem("", gettext("This form has lost its place. Open the session again and tell us once more."))]
        problems = [Problem("", str(error)) for error in self.non_field_errors()]
        for name in self.errors:
            if name in self.fields:
                box = self[name]
                several = isinstance(self.fields[name].widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
                anchor = f"{box.auto_id}_0" if several else box.auto_id
                problems += [Problem(anchor, str(error)) for error in box.errors]
        return problems

    @property
    def outcome(self) -> Outcome:
        """The outcome that was typed. An unexpected year group counts only where a number was given."""
        cleaned = self.cleaned_data
        went_ahead = cleaned["went_ahead"]
        numbers = {key: cleaned[name] for name, key in self.expected.items()}
        basis = cleaned.get("count_basis", CountBasis.COUNTED)
        if (total := cleaned.get("total")) is not None:
            shares = self._shares(total, zero={name for name in self.expected if cleaned[name] == 0})
            numbers = {key: shares[name] for name, key in self.expected.items()}
            basis = CountBasis.SCHOOL if basis == CountBasis.SCHOOL else CountBasis.SPREAD
        numbers |= {key: cleaned[name] for name, key in self.unexpected.items() if cleaned[name] is not None}
        if self._guest_boxes():
            numbers |= self.guests.numbers(cleaned)
        if went_ahead == WentAhead.NO:
            numbers = {key: pupils for key, pupils in numbers.items() if pupils is not None}
        return Outcome(
            went_ahead=went_ahead,
            headcounts=numbers,
            adults=cleaned["adults"],
            count_basis=basis,
            pupils_are=cleaned.get("pupils_are", PupilsAre.NEW),
            materials={int(pk): (cleaned[f"arrived_{pk}"], cleaned[f"used_{pk}"]) for pk in self.materials},
            attended=self._attended() if went_ahead != WentAhead.NO else frozenset(),
            cancelled_code=cleaned["cancelled_code"] or CancelCode.NOT_HELD,
            differed=cleaned["differed"],
            note=cleaned["note"],
        )

    def _attended(self) -> frozenset[int]:
        """Return the covers that are ticked, and those added after the form was opened: nobody had a chance to untick them."""
        ticked = frozenset(self.cleaned_data.get("attended", ()))
        shown = self.cleaned_data["shown"].split()
        return ticked | {pk for pk in self.initial.get("attended", ()) if shown and str(pk) not in shown}

    def store(self, *, by: User, now: datetime, restate: actions.Restate | None = None) -> None:
        """Store the outcome as the first one, or as a correction if the session had an outcome when the form was opened.

        In a closed period a manager needs `restate`. Raises OutcomeDiffers or RuleBroken, as actions.record and actions.amend do.
        """
        key, version, replaces = (self.cleaned_data[name] for name in ("key", "version", "replaces"))
        if version is None:
            actions.record(self.session, self.outcome, key=key, by=by, now=now, replaces=replaces, restate=restate)
        else:
            actions.amend(
                self.session, self.outcome, key=key, version=version, by=by, now=now, replaces=replaces, restate=restate
            )

    def again(self, session: Session) -> list[tuple[str, str]]:
        """Return the names and values that were typed, to send them again as a correction of what is stored now."""
        data = cast("QueryDict", self.data).copy()
        data.pop("csrfmiddlewaretoken", None)
        data.pop("replaces", None)
        data["key"], data["version"] = str(uuid4()), str(session.version)
        return [(name, str(value)) for name, values in data.lists() for value in values]


def _expected(row: Headcount) -> str:
    if row.expected is None:
        return gettext("number not known")
    return gettext("expected %(number)s") % {"number": f"{row.expected:,}"}
