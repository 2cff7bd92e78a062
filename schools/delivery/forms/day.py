"""The form about a whole visit day: a part for each session, and what is said once for all of them.

The portal and the office show the same one.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext

from schools.accounts.models import User
from schools.delivery import actions
from schools.delivery.forms.sessions import COUNTED, LATER, SessionPart
from schools.delivery.forms.whole_day import WholeDayPart
from schools.delivery.queries import Amounts, Outcome, covers_of
from schools.directory.queries import schools_around
from schools.visits.models import PupilsAre, Session, WentAhead

SHOWN = re.compile(r"s(\d{1,18})-version")
"""The name of a box that each session of the form has."""
ALL_WENT_AHEAD = "all_went_ahead"
"""The name of a tick by which all sessions went ahead of which nothing else is said; the office’s page has it."""

type Keys = Callable[[UUID, Session], UUID]
"""A function that returns the key under which a report stores what it says of a session."""


def sessions_shown(data: QueryDict) -> list[int]:
    """Return the ids of the sessions that the form showed which was sent."""
    return [int(match[1]) for name in data if (match := SHOWN.fullmatch(name))]


def typed_for_others(data: QueryDict, sessions: Iterable[Session]) -> dict[int, list[str]]:
    """Return the numbers that were typed for each session (by id) that the form showed and that is none of these any more."""
    typed = {}
    for pk in set(sessions_shown(data)) - {session.pk for session in sessions}:
        boxes = [name for name in data if name.startswith(f"s{pk}-") and COUNTED.fullmatch(name.partition("-")[2])]
        typed[pk] = [number for name in boxes if (number := str(data.get(name, "")).strip()).isdecimal()]
    return typed


@dataclass(frozen=True)
class Problem:
    """One line of the error summary: what is wrong, and the id of the box in which to correct it ("" for none)."""

    anchor: str
    text: str


class DayForm:
    """How a visit day went: the sessions that its reader tells of, in order of time, and what is said once for all of them.

    `sessions` are all of one visit, with people, headcounts and materials used; each corrects its stored outcome if it has one.
    """

    def __init__(self, data: QueryDict | None = None, *, sessions: Sequence[Session], day: date) -> None:
        self.data = data = None if data is None else _with_those_not_said(data, sessions)
        self.day = day
        around = schools_around(sessions[0].visit.school, on=day)
        several, may_wait = len(sessions) > 1, any(session.day == day for session in sessions)
        self.parts = [
            SessionPart(data, session=session, around=around, day=day, later=several, may_wait=may_wait) for session in sessions
        ]
        self.whole_day = WholeDayPart(data, parts=self.parts)

    @property
    def is_bound(self) -> bool:
        """Whether it shows what somebody has typed."""
        return self.data is not None

    @property
    def may_say_of_all(self) -> bool:
        """Whether one tick can say that all of its sessions went ahead: there are several, and one at least was not told of."""
        return len(self.parts) > 1 and not self.is_correction

    @property
    def says_of_all(self) -> bool:
        """Whether that tick was set."""
        return self.data is not None and ALL_WENT_AHEAD in self.data

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
                tuple(key_of(key, part.session) for key in [*cleaned["replaces"], *cleaned["follows"]]),
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
            shown=whole.shown_covers,
        )

    def store(self, *, by: User, now: datetime, key_of: Keys = actions.key_of, each: actions.Each | None = None) -> None:
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
        # Who was on what is left out alone is no choice any more.
        covers = [cover for part in others for cover in covers_of(part.session)]
        for name, still in (("there", {cover.volunteer_id for cover in covers}), ("missed", {cover.pk for cover in covers})):
            if name in data:
                data.setlist(name, [value for value in data.getlist(name) if value in set(map(str, still))])
        says = any(part.is_told_in(data) for part in others)
        return _pairs(data) if says else []

    def without_differing(self, refusal: actions.DayRefused) -> list[tuple[str, str]]:
        """Return the names and values without the sessions that differ; of each material the others keep their own share.

        The form is one that could be stored but for what differs. [] where nothing is said of others.
        """
        left_out = [differing.session.pk for differing in refusal.differing]
        shares = self.whole_day.shares_without(left_out, self.told)
        return [(name, shares.get(name, value)) for name, value in self.without(left_out)]

    @property
    def moved(self) -> list[int]:
        """The ids of the sessions that are no longer on the day."""
        return [part.session.pk for part in self.parts if part.session.day != self.day]

    def _fresh_copy(self) -> QueryDict:
        data = cast("QueryDict", self.data).copy()
        data.pop("csrfmiddlewaretoken", None)
        data.pop("replaces", None)
        data.pop("follows", None)
        data["key"] = str(uuid4())
        return data


def _with_those_not_said(data: QueryDict, sessions: Sequence[Session]) -> QueryDict:
    """Return what was typed, with what follows for sessions of which it says nothing.

    Those that the form did not show came to the day since, and are left for later. The others went ahead if the form says so of
    all.
    """
    data = data.copy()
    for session in sessions:
        if f"s{session.pk}-version" not in data:
            data[f"s{session.pk}-went_ahead"] = LATER
        elif data.get(ALL_WENT_AHEAD) and not data.get(f"s{session.pk}-went_ahead"):
            data[f"s{session.pk}-went_ahead"] = WentAhead.YES
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
