"""Outcomes: how a session went as somebody reports it, as it is stored, and where the two differ."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, TextChoices
from django.utils.translation import gettext as _

from schools.core.words import joined
from schools.core.year_groups import year_group_words
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
    `shown` are the ids of the covers that its form showed; None: all.
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
    shown: frozenset[int] | None = None

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

    def with_unseen(self, session: Session) -> "Outcome":
        """Return the outcome with those as there whom the form did not show: nobody had a chance to untick them.

        Who was absent stays so. Call it with the session locked: somebody may have been added while the form was on its way.
        """
        if self.shown is None or not self.took_place:
            return self
        unseen = {cover.pk for cover in covers_of(session) if cover.state != CoverState.ABSENT} - self.shown
        return replace(self, attended=self.attended | unseen)

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
