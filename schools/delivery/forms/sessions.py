"""The part of a day's form about one of its sessions: whether it went ahead, and how many children were there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.charity.queries import current
from schools.core.shares import apportion
from schools.core.words import time_range
from schools.core.year_groups import YEAR_GROUPS, year_group_words
from schools.delivery import mixed
from schools.delivery.choices import Radios
from schools.delivery.forms.layout import helper_of
from schools.delivery.forms.questions import ask, questions_in
from schools.delivery.guests import GuestBoxes
from schools.delivery.mixed import MixedBoxes
from schools.delivery.number_boxes import number_field
from schools.delivery.queries import SchoolGroup, adults_before, has_earlier, outcome_of, shares_of
from schools.delivery.rules import has_outcome, reasons_moved, reasons_not_to_share_out
from schools.directory.models import School
from schools.visits.models import CancelCode, CountBasis, Headcount, PupilsAre, Session, WentAhead

LATER = "later"
"""The answer that leaves a session of the day for later; nothing is stored of it."""

YES_PARTLY_NO = [
    (WentAhead.YES.value, _("Yes")),
    (WentAhead.PARTLY.value, _("Partly")),
    (WentAhead.NO.value, _("No")),
]
COUNTED = re.compile(r"pupils_\d+_\d+|total|adults|guest\d?_\d+|mixed\d?")
"""The names of boxes for numbers of people, in any form there was about a session."""
SAY_WHETHER = _("Say whether it went ahead: yes, partly or no.")
SAY_WHY = _("Say why it did not go ahead.")
HOW_COUNTED = [
    (CountBasis.COUNTED.value, _("We counted, class by class")),
    (CountBasis.SPREAD.value, _("One total, spread over the year groups")),
    (CountBasis.SCHOOL.value, _("The school’s own number")),
]
WHICH_PUPILS = [
    (PupilsAre.NEW.value, _("New to this session")),
    (PupilsAre.AGAIN.value, _("The same pupils as in an earlier session of this kind")),
]


@dataclass(frozen=True)
class Counts:
    """What the form says of the children: headcounts, the mixed classes in them, how they were counted, what is sure."""

    headcounts: Mapping[SchoolGroup, int | None]
    mixed: tuple[Any, ...]
    basis: str
    sure_of: Mapping[SchoolGroup, int]


class SessionPart(forms.Form):
    """How one session went, with the session's own year groups; it corrects a stored outcome.

    The number boxes of a first outcome start empty (rule 14). `version` is the session's version when the form opened if it had
    an outcome to correct, else None. With `later`, the session can be left for later; `may_wait` says that another session of the
    form is still on its day, so that this helps where this one was moved.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    went_ahead = forms.ChoiceField(
        label=_("Did it go ahead?"),
        widget=Radios(attrs={"data-required": SAY_WHETHER}),
        error_messages={"required": SAY_WHETHER, "invalid_choice": SAY_WHETHER},
    )
    cancelled_code = forms.ChoiceField(
        label=_("If it did not go ahead, why?"),
        choices=[("", _("Choose why")), *CancelCode.choices],
        required=False,
        widget=forms.Select(attrs={"data-required-if-no": SAY_WHY}),
    )
    count_basis = forms.ChoiceField(label=_("How did you count?"), choices=HOW_COUNTED, widget=Radios, required=False)
    pupils_are = forms.ChoiceField(label=_("Were these pupils new?"), choices=WHICH_PUPILS, widget=Radios, required=False)

    def __init__(
        self, data: Any = None, *, session: Session, around: Sequence[School], day: date, later: bool, may_wait: bool
    ) -> None:
        self.session = session
        self.day = day
        self.may_wait = may_wait
        self.stored = outcome_of(session) if has_outcome(session) else None
        super().__init__(data, prefix=f"s{session.pk}", initial=self._stored_values())
        self.fields["went_ahead"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            *YES_PARTLY_NO, *([(LATER, _("Not yet"))] if later else []),
        ]  # fmt: skip
        self.most_pupils = current().most_pupils
        self.expected: dict[str, SchoolGroup] = {}
        self.unexpected: dict[str, SchoolGroup] = {}
        self.guests = GuestBoxes(session, around)
        self.mixed = MixedBoxes(session.visit.school, most=self.most_pupils)
        self._weights = {(row.school_id, row.year_group): row.expected for row in session.headcounts.all()}
        if session.type.is_for_pupils:
            self._add_boxes_for_pupils()
        else:
            del self.fields["pupils_are"], self.fields["count_basis"]
            label, hint = _("Adults who came"), _("Those for whom it was; not yourselves.")
            self.fields["adults"] = number_field(label, most=self.most_pupils, hint=hint)
            ask(self, "adults", expected=adults_before(session))

    @property
    def times(self) -> str:
        """The times of the session, by which the day's form names it."""
        return time_range(self.session.starts, self.session.ends)

    def is_told_in(self, data: Mapping[str, Any]) -> bool:
        """Whether what was sent says how the session went, as far as can be seen before the form is checked."""
        return data.get(self.add_prefix("went_ahead")) not in {LATER, "", None}

    @property
    def is_for_later(self) -> bool:
        """Whether the session is left for later; known once the form was checked."""
        return bool(self.cleaned_data.get("went_ahead") == LATER)

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
            **dict(mixed.initial_of(outcome.mixed)),
        }

    def _add_boxes_for_pupils(self) -> None:
        self._add_headcounts()
        self._add_total()
        self.fields.update(self.guests.fields())
        self.fields.update(self.mixed.fields())
        again = self.stored is not None and self.stored.pupils_are == PupilsAre.AGAIN
        if self.session.type.series or not (again or has_earlier(self.session)):
            del self.fields["pupils_are"]

    def _add_headcounts(self) -> None:
        host = self.session.visit.school
        rows = list(self.session.headcounts.all())
        guests = {row.school_id: row.school for row in rows if row.school_id != host.pk}
        by_key = {(row.school_id, row.year_group): row for row in rows}
        keys = [(school, group) for school in [host, *guests.values()] for group in YEAR_GROUPS]
        shared = shares_of(self.stored.mixed) if self.stored else {}
        for school, group in sorted(keys, key=lambda key: (key[0].pk, key[1]) not in by_key):
            row = by_key.get((school.pk, group))
            name = year_group_words(group, school.nation)
            field = f"pupils_{school.pk}_{group}"
            label = name if school == host else f"{name}, {school}"
            self.fields[field] = number_field(label, most=self.most_pupils, hint=_expected(row) if row else "")
            self.initial[field] = _by_itself(row, shared.get((school.pk, group), 0)) if row and self.stored else None
            (self.expected if row else self.unexpected)[field] = (school.pk, group)
            if row:
                ask(self, field, expected=row.expected)
            if row and school == host:
                self.fields[field].widget.attrs["data-year-group"] = group

    def _add_total(self) -> None:
        """Add a box for people who know only the total; a stored total that was shared out is shown in it again."""
        if len(self.expected) < 2:
            return
        hint = _("We share it out over the year groups by the numbers expected, and mark it so. Write 0 above where none came.")
        most = self.most_pupils * len(self.expected)
        self.fields["total"] = number_field(_("All together"), most=most, hint=hint, empty=_("not known"))
        self._show_total_again()
        weights = [self._weights[key] for key in self.expected.values()]
        ask(self, "total", expected=None if None in weights else sum(weight or 0 for weight in weights))

    def _show_total_again(self) -> None:
        if self.stored is None or self.stored.count_basis == CountBasis.COUNTED or self.stored.mixed:
            return
        pupils = {name: self.initial[name] for name in self.expected}
        total = sum(pupils.values()) if None not in pupils.values() else 0
        if total and self._shares(total, zero={name for name, number in pupils.items() if not number}) == pupils:
            self.initial.update({name: None for name, number in pupils.items() if number}, total=total)

    def _shares(self, total: int, *, zero: set[str]) -> dict[str, int]:
        """Share the total out over the expected year groups; nobody came from those in `zero`."""
        came = [name for name in self.expected if name not in zero]
        shares = apportion(total, [self._weights[self.expected[name]] for name in came])
        return dict.fromkeys(self.expected, 0) | dict(zip(came, shares, strict=True))

    @property
    def helper(self) -> FormHelper:
        """How the part is laid out."""
        return helper_of(self)

    def clean(self) -> dict[str, Any]:
        """Check what concerns several boxes: why not, a total beside numbers, guests, mixed classes, surprising numbers."""
        cleaned = super().clean() or self.cleaned_data
        went_ahead = cleaned.get("went_ahead")
        if went_ahead == LATER:
            self._check_later(cleaned)
            return cleaned
        for reason in reasons_moved(self.session, day=self.day, may_wait=self.may_wait):
            self.add_error("went_ahead", reason)
        if went_ahead == WentAhead.NO:
            if not cleaned.get("cancelled_code"):
                self.add_error("cancelled_code", str(SAY_WHY))
        else:
            self._check_no_box_is_gone()
            if self.session.type.is_for_pupils:
                self._check_children(cleaned)
            else:
                self._ask_once(cleaned)
        return cleaned

    def _check_no_box_is_gone(self) -> None:
        """Refuse numbers for which the form has no box any more: the session has changed while it waited on a phone."""
        own = {name: str(self.data[name]).strip() for name in self.data if name.startswith(f"{self.prefix}-")}
        names = {name: name.removeprefix(f"{self.prefix}-") for name, typed in own.items() if typed}
        lost = [own[name] for name, box in names.items() if COUNTED.fullmatch(box) and box not in self.fields]
        if lost:
            words = gettext(
                "What is planned has changed since you opened this form, so it has no box for %(numbers)s any more. "
                "Open the form again, and say there who they were."
            )
            self.add_error("went_ahead", words % {"numbers": ", ".join(lost)})

    def _check_later(self, cleaned: dict[str, Any]) -> None:
        counted = [name for name in self.number_boxes if cleaned.get(name) is not None]
        if counted and self.session.day == self.day and self.stored is None:
            self.add_error("went_ahead", gettext("You counted here. Say whether it went ahead, or empty the boxes."))

    def _check_children(self, cleaned: dict[str, Any]) -> None:
        typed = {name: cleaned.get(name) for name in self.expected.keys() | self.unexpected.keys()}
        if "total" in self.fields and self.errors.keys().isdisjoint({"total", *typed}):
            others = [*self.unexpected, *self.guests.names, *mixed.LISTS]
            numbers = {name: cleaned.get(name) for name in self.expected} | {
                name: cleaned[name] for name in others if cleaned.get(name)
            }
            for reason in reasons_not_to_share_out(cleaned["total"], numbers, basis=cleaned.get("count_basis", "")):
                self.add_error("total", reason)
        if self.errors.keys().isdisjoint({*self.guests.of_lists, *self.guests.names}):
            counted = {key: typed[name] for name, key in (self.expected | self.unexpected).items()}
            for name, reason in self.guests.errors(cleaned, counted):
                self.add_error(name, reason)
        for name, reason in self.mixed.errors(cleaned):
            self.add_error(name, reason)
        host = self.session.visit.school_id
        in_mixed = {(host, group) for name in mixed.LISTS for group in cleaned.get(f"{name}_of") or []}
        # Of a year group that was counted in a mixed class, too, nobody knows what to expect of the rest.
        uncertain = {name for name, key in self.expected.items() if key in in_mixed}
        self._ask_once({name: number for name, number in cleaned.items() if name not in uncertain})

    def _ask_once(self, cleaned: Mapping[str, Any]) -> None:
        """Ask about the surprising numbers among these."""
        for name, reason in questions_in(self, cleaned):
            self.add_error(name, reason)

    @property
    def number_boxes(self) -> list[str]:
        """The names of all boxes for numbers of those for whom the session is."""
        if not self.session.type.is_for_pupils:
            return ["adults"]
        total = ["total"] if "total" in self.fields else []
        return [*self.expected, *self.unexpected, *total, *mixed.LISTS, *self.guests.names]

    @property
    def counts(self) -> Counts:
        """The children as they were typed. An unexpected year group counts only where a number was given."""
        cleaned = self.cleaned_data
        numbers: dict[SchoolGroup, int | None] = {key: cleaned[name] for name, key in self.expected.items()}
        basis = cleaned.get("count_basis") or CountBasis.COUNTED
        sure = {key for name, key in self.expected.items() if self.fields[name].is_sure}  # type: ignore[attr-defined]  # set by ask
        if (total := cleaned.get("total")) is not None:
            shares = self._shares(total, zero={name for name in self.expected if cleaned[name] == 0})
            numbers = {key: shares[name] for name, key in self.expected.items()}
            sure |= set(numbers) if self.fields["total"].is_sure else set()  # type: ignore[attr-defined]  # set by ask
        numbers |= {key: cleaned[name] for name, key in self.unexpected.items() if cleaned[name] is not None}
        classes: tuple[Any, ...] = ()
        if self.session.type.is_for_pupils:
            numbers |= self.guests.numbers(cleaned)
            host = self.session.visit.school_id
            weights = {group: expected for (school, group), expected in self._weights.items() if school == host}
            classes = self.mixed.classes(cleaned, weights)
            for key, pupils in shares_of(classes).items():
                numbers[key] = (numbers.get(key) or 0) + pupils
        if (total is not None or classes) and basis != CountBasis.SCHOOL:
            basis = CountBasis.SPREAD
        if cleaned["went_ahead"] == WentAhead.NO:
            numbers = {key: pupils for key, pupils in numbers.items() if pupils is not None}
        sure |= {key for key, number in (self.stored.sure_of if self.stored else {}).items() if numbers.get(key) == number}
        return Counts(numbers, classes, basis, {key: count for key in sure if (count := numbers.get(key)) is not None})

    def has_value(self, name: str) -> bool:
        """Whether the box has an error, or another value than the one with which every form opens."""
        return name in self.errors or self[name].value() not in (None, "", [], CountBasis.COUNTED)


def _by_itself(row: Headcount, shared: int) -> int | None:
    """Return how many were counted of the year group alone: None where all its pupils were in mixed classes."""
    if not shared or row.pupils is None:
        return row.pupils
    return row.pupils - shared or None


def _expected(row: Headcount) -> str:
    if row.expected is None:
        return gettext("number not known")
    return gettext("expected %(number)s") % {"number": f"{row.expected:,}"}
