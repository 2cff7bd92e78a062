"""Outcomes: how a session went as somebody reports it, as it is stored, and where the two differ."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.words import joined, long_day
from schools.core.year_groups import year_group_words
from schools.delivery.models import OutcomeSubmission
from schools.directory.models import School
from schools.materials.models import Material, MaterialUse
from schools.visits.models import (
    CancelCode,
    CountBasis,
    Cover,
    CoverState,
    Headcount,
    PupilsAre,
    Session,
    SessionStage,
    WentAhead,
    WhatDiffered,
)
from schools.volunteers.first_names import called_apart

ON_THE_SESSION = (CoverState.ACCEPTED, CoverState.ATTENDED, CoverState.ABSENT)
"""The states of people who had said yes, whether or not they came in the end."""

type SchoolGroup = tuple[int, int]
"""A school's id and a year group: the pupils that one headcount counts."""

type Amounts = tuple[int | None, int | None]
"""How many pieces of a material arrived and how many were used; None: not said."""


@dataclass(frozen=True)
class MixedClass:
    """A class of several year groups of one school that was counted as one number, with the share of each year group.

    The shares are part of the headcounts of these year groups, as estimates: nobody counted by year.
    """

    school: int
    shares: Mapping[int, int]

    @property
    def pupils(self) -> int:
        """The one number that was counted."""
        return sum(self.shares.values())


@dataclass(frozen=True)
class Outcome:
    """How one session went, as somebody who was there reports it; None means “not counted”, never 0.

    A headcount that is not in `headcounts` is not counted. `attended` holds ids of covers; other people who had said yes were
    absent. `cancelled_code` says why the session did not go ahead. `differed` says what mainly went differently when it did.
    `headcounts` include the shares of the mixed classes. `sure_of` are numbers far from the expected ones that were confirmed.
    """

    went_ahead: str
    headcounts: Mapping[SchoolGroup, int | None] = field(default_factory=dict)
    adults: int | None = None
    count_basis: str = CountBasis.COUNTED
    pupils_are: str = PupilsAre.NEW
    materials: Mapping[int, Amounts] = field(default_factory=dict)
    attended: frozenset[int] = frozenset()
    cancelled_code: str = CancelCode.NOT_HELD
    differed: str = ""
    note: str = ""
    mixed: tuple[MixedClass, ...] = ()
    sure_of: Mapping[SchoolGroup, int] = field(default_factory=dict)

    @property
    def took_place(self) -> bool:
        """Whether the session went ahead, wholly or partly."""
        return self.went_ahead in {WentAhead.YES, WentAhead.PARTLY}

    @property
    def digest(self) -> str:
        """The SHA-256 of all values: the same values give the same digest, in whatever order they were typed."""
        values: list[Any] = [
            self.went_ahead,
            sorted([*key, pupils] for key, pupils in self.headcounts.items()),
            self.adults,
            self.count_basis,
            self.pupils_are,
            sorted([material, *amounts] for material, amounts in self.materials.items()),
            sorted(self.attended),
            self.cancelled_code,
            # Left out where blank: an outcome that has waited on a phone since before these fields existed keeps its digest.
            *(["differed", self.differed] if self.differed else []),
            *(["note", self.note] if self.note else []),
            *(["mixed", sorted([row.school, *sorted(row.shares.items())] for row in self.mixed)] if self.mixed else []),
            *(["sure", sorted([*key, pupils] for key, pupils in self.sure_of.items())] if self.sure_of else []),
        ]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    def as_stored(self) -> "Outcome":
        """Return the outcome as the tables keep it: for a session that did not go ahead only the reason, materials and note."""
        if self.took_place:
            return replace(self, cancelled_code="")
        return Outcome(self.went_ahead, materials=self.materials, cancelled_code=self.cancelled_code, note=self.note)


@dataclass(frozen=True)
class Difference:
    """One thing in which two outcomes differ: its name, the stored value, and the value in the new outcome."""

    what: str
    stored: str
    said: str


def covers_of(session: Session) -> list[Cover]:
    """Return the covers of people who had said yes, lead first, whether or not they came.

    It takes one query, or none where the session's `people` holds the covers.
    """
    covers = getattr(session, "people", None)
    if covers is None:
        covers = Cover.objects.filter(session=session, state__in=ON_THE_SESSION).select_related("volunteer")
    return sorted(covers, key=lambda cover: (list(Cover.Role).index(Cover.Role(cover.role)), cover.pk))


def to_report(sessions: QuerySet[Session]) -> list[Session]:
    """Return the sessions in order of time, with all that the form about their day shows; four queries."""
    people = Cover.objects.filter(state__in=ON_THE_SESSION).select_related("volunteer").order_by("pk")
    # In a mapping, as below: the attribute is declared on the model, and mypy would take this for another declaration.
    on_the_session: dict[str, Any] = {"to_attr": "people"}
    return list(
        with_earlier(sessions)
        .select_related("type", "visit__school", "recorded_by")
        .prefetch_related(
            Prefetch("covers", people, **on_the_session),
            Prefetch("headcounts", Headcount.objects.select_related("school")),
            Prefetch("material_uses", MaterialUse.objects.select_related("material")),
        )
        .order_by("starts", "pk")
    )


def with_earlier(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Annotate whether an earlier session of the type had pupils of the host in the same school year (`has_earlier`).

    And how many adults were counted the last time that the type was at the host, in whichever year (`adults_before`). The host is
    the school of the booking, under whichever register number.
    """
    before = Q(day__lt=OuterRef("day")) | Q(day=OuterRef("day"), starts__lt=OuterRef("starts"))
    ever = Session.objects.exclude(stage=SessionStage.CANCELLED).filter(before, type=OuterRef("type"))
    of_type = ever.filter(academic_year=OuterRef("academic_year"))
    # Two conditions that an index knows each: a comparison of chains would read every visit there is.
    host, chain = OuterRef(OuterRef("visit__school")), OuterRef(OuterRef("visit__school__chain"))
    hosts = School.objects.filter(Q(pk=host) | Q(chain=chain)).order_by().values("pk")
    booked = of_type.filter(visit__school__in=hosts)
    counted = ever.filter(visit__school__in=hosts, adults__isnull=False).order_by("-day", "-starts", "-pk")
    was_guest = of_type.filter(headcounts__school=OuterRef("visit__school"))
    added = {"has_earlier": Exists(booked) | Exists(was_guest), "adults_before": Subquery(counted.values("adults")[:1])}
    return sessions.annotate(**added)


def has_earlier(session: Session) -> bool:
    """Whether an earlier session of its type had the same school's pupils; no query where the session came from with_earlier."""
    return bool(_with_what_was_before(session).has_earlier)


def adults_before(session: Session) -> int | None:
    """Return how many adults were counted the last time that its type was at its school; queries as above.

    None: nobody counted.
    """
    return _with_what_was_before(session).adults_before


def _with_what_was_before(session: Session) -> Session:
    is_known = hasattr(session, "has_earlier")
    return session if is_known else with_earlier(Session.objects.filter(pk=session.pk)).get()


def outcome_of(session: Session) -> Outcome:
    """Return the stored outcome of a session that has one."""
    materials = {use.material_id: (use.arrived, use.used) for use in session.material_uses.all()}
    headcounts = {(row.school_id, row.year_group): row.pupils for row in session.headcounts.all()}
    attended = {cover.pk for cover in covers_of(session) if cover.state == CoverState.ATTENDED}
    return Outcome(
        went_ahead=session.went_ahead,
        headcounts=headcounts,
        adults=session.adults,
        count_basis=session.count_basis,
        pupils_are=session.pupils_are,
        materials=materials,
        attended=frozenset(attended),
        cancelled_code=session.cancelled_code,
        differed=session.differed,
        note=session.outcome_note,
        mixed=mixed_classes_of(session),
        sure_of={(school, group): pupils for school, group, pupils in session.sure_of or ()},
    ).as_stored()


def mixed_classes_of(session: Session) -> tuple[MixedClass, ...]:
    """Return the session's classes that were counted as one number.

    None where the headcounts no longer hold the shares, because a file of sessions changed them since.
    """
    stored = [
        MixedClass(row["school"], {int(group): pupils for group, pupils in row["shares"].items()})
        for row in session.mixed_classes or ()
    ]
    headcounts = {(row.school_id, row.year_group): row.pupils or 0 for row in session.headcounts.all()}
    shared = shares_of(stored)
    return tuple(stored) if all(pupils <= headcounts.get(key, 0) for key, pupils in shared.items()) else ()


def shares_of(mixed: Iterable[MixedClass]) -> dict[SchoolGroup, int]:
    """Return how many pupils of each school and year group are shares of mixed classes."""
    shares: dict[SchoolGroup, int] = {}
    for row in mixed:
        for group, pupils in row.shares.items():
            shares[row.school, group] = shares.get((row.school, group), 0) + pupils
    return shares


def differences(session: Session, outcome: Outcome) -> list[Difference]:
    """Return everything in which the stored outcome and `outcome` differ, in the words of the outcome's page."""
    stored, new = outcome_of(session), outcome.as_stored()
    rows = [
        Difference(_("Did it go ahead?"), _label(WentAhead, stored.went_ahead), _label(WentAhead, new.went_ahead)),
        Difference(_("Why it did not go ahead"), _reason(stored), _reason(new)),
        *_headcount_rows(session, stored, new),
        Difference(_("Mixed classes"), _mixed(session, stored), _mixed(session, new)),
        Difference(_("Adults"), _number(stored.adults), _number(new.adults)),
        Difference(_("How you counted"), _label(CountBasis, stored.count_basis), _label(CountBasis, new.count_basis)),
        Difference(_("The pupils were"), _label(PupilsAre, stored.pupils_are), _label(PupilsAre, new.pupils_are)),
        *_people_rows(session, stored, new),
        *_material_rows(stored, new),
        Difference(_("What went differently"), _differed(stored), _differed(new)),
        Difference(_("Note"), stored.note or "–", new.note or "–"),
    ]
    return [row for row in rows if row.stored != row.said]


def forgets(session: Session, outcome: Outcome) -> bool:
    """Whether something that is stored would be known no more, or would be again what a blank form says by itself."""
    new, stored = outcome.as_stored(), outcome_of(session)
    if not (stored.took_place and new.took_place):
        return False
    if (stored.pupils_are, new.pupils_are) == (PupilsAre.AGAIN, PupilsAre.NEW):
        return True
    if (stored.count_basis, new.count_basis) == (CountBasis.SCHOOL, CountBasis.COUNTED):
        return True
    pairs: list[tuple[object, object]] = [(pupils, new.headcounts.get(key)) for key, pupils in stored.headcounts.items()]
    for material, amounts in stored.materials.items():
        pairs += zip(amounts, new.materials.get(material, (None, None)), strict=True)
    pairs += [
        (stored.adults, new.adults),
        (stored.note or None, new.note or None),
        (stored.differed or None, new.differed or None),
    ]
    absent = {cover.pk for cover in covers_of(session) if cover.state == CoverState.ABSENT}
    return any(before is not None and after is None for before, after in pairs) or not absent.isdisjoint(new.attended)


def first_differences(session: Session, outcome: Outcome) -> list[Difference]:
    """Return what the first outcome of a session changes, compared with no outcome at all."""
    new = outcome.as_stored()
    rows = [
        Difference(_("Did it go ahead?"), _("Nobody told us"), _label(WentAhead, new.went_ahead)),
        *_headcount_rows(session, Outcome(""), new),
        Difference(_("Adults"), _number(None), _number(new.adults)),
    ]
    return [row for row in rows if row.stored != row.said]


def _label(choices: type[TextChoices], value: str) -> str:
    """Return the name of a choice, in the reader's language."""
    return str(choices(value).label)


def _reason(outcome: Outcome) -> str:
    return _label(CancelCode, outcome.cancelled_code) if outcome.cancelled_code else "–"


def _differed(outcome: Outcome) -> str:
    return _label(WhatDiffered, outcome.differed) if outcome.differed else _("Nothing said")


def _mixed(session: Session, outcome: Outcome) -> str:
    return "; ".join(words for words, _pupils in mixed_in_words(session, outcome)) or "–"


def mixed_in_words(session: Session, outcome: Outcome) -> list[tuple[str, int]]:
    """Return each mixed class of the outcome in words, such as “Year 3 and Year 4 together: 30”, and its number."""
    nation = session.visit.school.nation
    rows = []
    for row in outcome.mixed:
        names = joined(year_group_words(group, nation) for group in sorted(row.shares))
        words = _("%(year_groups)s together: %(number)s") % {"year_groups": names, "number": f"{row.pupils:,}"}
        rows.append((words, row.pupils))
    return rows


def _number(number: int | None, *, unknown: str = "") -> str:
    return (unknown or _("Not counted")) if number is None else f"{number:,}"


def _headcount_rows(session: Session, stored: Outcome, new: Outcome) -> list[Difference]:
    keys = stored.headcounts.keys() | new.headcounts.keys()
    host = session.visit.school
    guests = School.objects.in_bulk({school_id for school_id, _ in keys} - {host.pk})
    rows = []
    for school_id, year_group in sorted(keys, key=lambda key: (key[0] != host.pk, key)):
        school = guests.get(school_id, host)
        name = year_group_words(year_group, school.nation)
        label = name if school == host else f"{name}, {school}"
        mine, theirs = new.headcounts.get((school_id, year_group)), stored.headcounts.get((school_id, year_group))
        rows.append(Difference(label, _number(theirs), _number(mine)))
    return rows


def _people_rows(session: Session, stored: Outcome, new: Outcome) -> list[Difference]:
    if not (stored.took_place and new.took_place):
        return []
    words = {True: _("Was there"), False: _("Was not there")}
    covers = covers_of(session)
    called = called_apart(cover.volunteer for cover in covers)
    return [
        Difference(called[cover.volunteer_id], words[cover.pk in stored.attended], words[cover.pk in new.attended])
        for cover in covers
    ]


def _material_rows(stored: Outcome, new: Outcome) -> list[Difference]:
    rows = []
    for pk, material in Material.objects.in_bulk(stored.materials.keys() | new.materials.keys()).items():
        theirs, mine = stored.materials.get(pk, (None, None)), new.materials.get(pk, (None, None))
        for position, kind in enumerate((_("arrived"), _("used"))):
            numbers = [_number(amounts[position], unknown=_("Not said")) for amounts in (theirs, mine)]
            rows.append(Difference(f"{material}, {kind}", *numbers))
    return rows


@dataclass(frozen=True)
class SureNumber:
    """A number far from the expected one that was confirmed when it was entered (“Yes, 900 is right”)."""

    pupils: int
    is_share: bool
    """Whether it is, or holds, a share of one number for several year groups; then that one number was confirmed."""
    by: str
    """Who confirmed it; "" where nobody is known."""
    at: datetime | None
    """When the server received it; None where that is not known."""

    def in_words(self, year_group: str) -> str:
        """Return a sentence such as “900 in Year 5 was confirmed when it was entered, on … by …”; it is in English."""
        of = f"{year_group}, with a share of one number for several year groups," if self.is_share else year_group
        when = f", on {long_day(timezone.localtime(self.at).date())}" if self.at else ""
        who = f" by {self.by}" if self.by else ""
        return f"{self.pupils:,} in {of} was confirmed when it was entered{when}{who}."


def sure_numbers(sessions: Collection[int]) -> dict[tuple[int, SchoolGroup], SureNumber]:
    """Return what was confirmed when it was entered, by the session's id, the school and the year group; two queries.

    A headcount that was changed since in another way than by the form, as by a file, is another number than the one here. Whoever
    corrects an outcome and leaves such a number as it is has not confirmed it anew.
    """
    kept = Session.objects.filter(pk__in=sessions, sure_of__isnull=False).order_by()
    states = Session.history.filter(id__in=kept.values("pk")).order_by("history_date", "history_id")
    confirmed: dict[int, dict[SchoolGroup, tuple[int, bool, int]]] = {}
    for session, version, numbers, basis in states.values_list("id", "version", "sure_of", "count_basis"):
        before, now = confirmed.get(session, {}), {}
        for school, group, pupils in numbers or ():
            known = before.get((school, group))
            now[school, group] = known if known and known[0] == pupils else (pupils, basis == CountBasis.SPREAD, version)
        confirmed[session] = now
    if not confirmed:
        return {}
    # Somebody else who sends the very same outcome later is noted with the same version: the first submission stored it.
    received = OutcomeSubmission.objects.filter(session__in=kept.values("pk"), version__isnull=False).select_related("by")
    first = {(row.session_id, row.version): (str(row.by), row.received_at) for row in received.order_by("-received_at", "-pk")}
    return {
        (session, key): SureNumber(pupils, is_share, *first.get((session, version), ("", None)))
        for session, numbers in confirmed.items()
        for key, (pupils, is_share, version) in numbers.items()
    }
