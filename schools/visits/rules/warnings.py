"""Warnings: what may be all right but deserves a second look before booking or moving (rule 11). They never block."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from schools.charity.queries import current
from schools.core.bank_holidays import bank_holiday
from schools.core.periods import AcademicYear
from schools.core.words import joined, long_day
from schools.core.year_groups import year_group_name
from schools.directory.models import School, SchoolAgreement, Status
from schools.directory.queries import area_of, expected_pupils_of
from schools.directory.terms import days_outside_term
from schools.programme.models import SessionType, for_cycle
from schools.visits.models import BOOKED_STAGES, WERE_THERE, Headcount, Session, SessionStage, Visit
from schools.visits.queries import bookings_of
from schools.visits.queries.requests import numbers_of
from schools.visits.rules.booking import NewSession

MORE, SPARE, LESS = 1.5, 5, 0.25
"""A number is far from the roll above one and a half times the roll and five, and below a quarter of it."""


@dataclass(frozen=True)
class Warned:
    """A warning in words. A severe one is looked at once more before booking; the others stand beside the form."""

    words: str
    is_severe: bool = False
    references: tuple[str, ...] = ()
    """The references of the visits of which it warns."""

    def __str__(self) -> str:
        """Return the words."""
        return self.words

    @property
    def marks(self) -> set[str]:
        """What a form sends back once the warning was seen: the visits’ references, or else a fingerprint of the words."""
        return set(self.references) or {hashlib.sha256(self.words.encode()).hexdigest()[:12]}


def warnings_about_booking(
    school: School, sessions: Sequence[NewSession], *, on: date, added_to: Visit | None = None
) -> list[Warned]:
    """Return the warnings about booking these sessions at the school.

    `added_to` is the visit into which they are booked; None: they are a visit of their own.
    """
    days = {session.day for session in sessions}
    warnings = warnings_about_days(school, days, on=on)
    for session in sessions:
        expected = session.number_expected
        if session.type.largest_group and expected > session.type.largest_group:
            named, most = session.named_at(school), session.type.largest_group
            words = f"{named}: {expected:,} pupils are more than the {most} meant for one group. Several sessions may be better."
            warnings.append(Warned(words))
    for guest in dict.fromkeys(guest for session in sessions for guest, _ in session.guests):
        warnings += _of_school(guest, days, on=on, is_host=False, besides=added_to)
    warnings += _of_school(school, days, on=on, is_host=True, besides=added_to)
    return list(dict.fromkeys(warnings + _about_numbers(school, sessions)))


def _about_numbers(host: School, sessions: Sequence[NewSession]) -> list[Warned]:
    """Return a warning for each number that is far from the roll: a slip of the finger is cheapest to mend now.

    A year group may be divided over several sessions of a type, so those are added up first; those of a series have the same
    pupils again.
    """
    expected: Counter[tuple[School, SessionType, int]] = Counter()
    for session in sessions:
        for school, groups in ((host, session.expected or {}), *session.guests):
            for group, pupils in groups.items():
                key = school, session.type, group
                if pupils is not None:
                    expected[key] = max(expected[key], pupils) if session.type.series else expected[key] + pupils
    first = min((session.day for session in sessions), default=None)
    totals = {school.pk: (school.pupils, school.low_age, school.high_age) for school, _, _ in expected}
    rolls = expected_pupils_of(totals, academic_year=AcademicYear.of(first).start) if first else {}
    return [
        Warned(
            f"{session_type.name_in(host.nation)}: {pupils:,} in {year_group_name(group, school.nation)} of {school}, "
            f"where {roll:,} are on roll. Is that right?",
            is_severe=True,
        )
        for (school, session_type, group), pupils in expected.items()
        if (roll := rolls[school.pk].get(group)) and is_far_from_roll(pupils, roll)
    ]


def is_far_from_roll(pupils: int, roll: int) -> bool:
    """Return whether so many pupils of a year group are probably a slip of the finger."""
    return not roll * LESS <= pupils <= roll * MORE + SPARE


def warnings_about_days(school: School, days: Iterable[date], *, on: date) -> list[Warned]:
    """Return warnings about weekends, bank holidays, days outside term, past days, and days with a doubtful year; all severe."""
    wanted = sorted(set(days))
    outside = set(days_outside_term(school, wanted))
    warnings = []
    for day in wanted:
        holiday = bank_holiday(school.nation, day)
        if day.weekday() >= 5:
            warnings.append(f"{long_day(day)} is a weekend.")
        if holiday:
            warnings.append(f"{long_day(day)} is a bank holiday in {school.get_nation_display()}: {holiday}.")
        elif day in outside:
            warnings.append(f"{long_day(day)} is outside term at {school}.")
        if day < on:
            warnings.append(f"{long_day(day)} has passed.")
    return [Warned(words, is_severe=True) for words in warnings + _about_far_days(school, wanted, on=on)]


def _about_far_days(school: School, days: Iterable[date], *, on: date) -> list[str]:
    """Return a warning for each day that is further ahead than a visit of next year that is copied into the cycle after it."""
    this_year = AcademicYear.of(on).start
    shortest_cycle = 1
    far = [day for day in days if AcademicYear.of(day).start > this_year + shortest_cycle + 1]
    most = _cycle_of(school, on=on) + 1 if far else 0
    return [
        f"{long_day(day)} is more than {most} school years from now. Check the year."
        for day in far
        if AcademicYear.of(day).start > this_year + most
    ]


def _of_school(school: School, days: set[date], *, on: date, is_host: bool, besides: Visit | None) -> list[Warned]:
    warnings = []
    if school.status == Status.CLOSING:
        when = f", on {long_day(school.closed)}" if school.closed else ""
        words = f"{school} is proposed to close{when}. Ask whether it will still be there."
        warnings.append(Warned(words, is_severe=school.closed is None or any(day > school.closed for day in days)))
    booked = [visit.reference for visit in bookings_of(numbers_of(school), on=on) if visit != besides]
    if booked:
        words = f"{school} has a visit booked already: {joined(booked)}."
        warnings.append(Warned(words, is_severe=is_host, references=tuple(booked)))
    if guest_on := _comes_as_guest_on(school, on=on, besides=besides):
        warnings.append(Warned(f"{school} comes to a visit at another school on {long_day(guest_on)}.", is_severe=is_host))
    years = {AcademicYear.of(day) for day in days}
    agreed = set(SchoolAgreement.objects.filter(school=school).values_list("academic_year", flat=True))
    warnings += [
        Warned(f"{school} has not agreed for {year} yet. Ask for its agreement.")
        for year in sorted(years)
        if year.start not in agreed
    ]
    if days and (visited := _visited_in_cycle(school, before=min(days), on=on)):
        warnings.append(Warned(f"{school} was visited on {long_day(visited)}, in this cycle already."))
    return warnings


def _cycle_of(school: School, *, on: date) -> int:
    """Return in how many academic years the school is visited once."""
    area = area_of(school, on=on)
    return area.cycle_years if area else current().cycle_years


def _comes_as_guest_on(school: School, *, on: date, besides: Visit | None) -> date | None:
    """Return the first day to come on which the school, under any of its register numbers, is a guest; None: on none."""
    numbers = numbers_of(school)
    standing = Visit.objects.filter(stage__in=BOOKED_STAGES).exclude(school__in=numbers)
    if besides is not None:
        standing = standing.exclude(pk=besides.pk)
    coming = Headcount.objects.filter(school__in=numbers, session__stage=SessionStage.SCHEDULED, session__day__gte=on)
    coming = coming.filter(session__visit__in=standing)
    return coming.order_by("session__day").values_list("session__day", flat=True).first()


def _visited_in_cycle(school: School, *, before: date, on: date) -> date | None:
    """Return the last day in this cycle on which the school had a session that counts for it, as its host or as a guest.

    It counts under any of its register numbers. None: there is none.
    """
    numbers = numbers_of(school)
    first_year = AcademicYear.of(before).start - _cycle_of(school, on=on) + 1
    held = Session.objects.delivered().filter(for_cycle("type__"), academic_year__gte=first_year, day__lt=before)
    sessions = held.filter(
        Q(visit__school__in=numbers)
        | Q(pk__in=Headcount.objects.filter(WERE_THERE, school__in=numbers).order_by().values("session"))
    )
    return sessions.order_by("-day").values_list("day", flat=True).first()
