"""Warnings: what may be all right but deserves a second look before booking or moving (rule 11). They never block."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q

from schools.charity.queries import current
from schools.core.bank_holidays import bank_holiday
from schools.core.periods import AcademicYear
from schools.core.words import joined, long_day
from schools.directory.models import School, SchoolAgreement, Status
from schools.directory.queries import area_of
from schools.directory.terms import days_outside_term
from schools.visits.models import Session
from schools.visits.queries import bookings_of
from schools.visits.rules.booking import NewSession


def warnings_about_booking(school: School, sessions: Sequence[NewSession], *, on: date) -> list[str]:
    """Return the warnings about booking these sessions at the school."""
    warnings = warnings_about_days(school, {session.day for session in sessions}, on=on)
    for session in sessions:
        expected = session.number_expected
        if session.type.largest_group and expected > session.type.largest_group:
            named, most = session.named_at(school), session.type.largest_group
            warnings.append(
                f"{named}: {expected:,} pupils are more than the {most} meant for one group. Several sessions may be better."
            )
    schools = [school, *dict.fromkeys(guest for session in sessions for guest, _ in session.guests)]
    for host_or_guest in schools:
        warnings += _of_school(host_or_guest, {session.day for session in sessions}, on=on)
    return list(dict.fromkeys(warnings))


def warnings_about_days(school: School, days: Iterable[date], *, on: date) -> list[str]:
    """Return warnings about weekends, bank holidays, days outside term, past days, and days with a doubtful year."""
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
    return warnings + _about_far_days(school, wanted, on=on)


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


def _of_school(school: School, days: set[date], *, on: date) -> list[str]:
    warnings = []
    if school.status == Status.CLOSING:
        when = f", on {long_day(school.closed)}" if school.closed else ""
        warnings.append(f"{school} is proposed to close{when}. Ask whether it will still be there.")
    booked = [visit.reference for visit in bookings_of([school.pk], on=on)]
    if booked:
        warnings.append(f"{school} has a visit booked already: {joined(booked)}.")
    years = {AcademicYear.of(day) for day in days}
    agreed = set(SchoolAgreement.objects.filter(school=school).values_list("academic_year", flat=True))
    warnings += [
        f"{school} has not agreed for {year} yet. Ask for its agreement." for year in sorted(years) if year.start not in agreed
    ]
    if days and (visited := _visited_in_cycle(school, before=min(days), on=on)):
        warnings.append(f"{school} was visited on {long_day(visited)}, in this cycle already.")
    return warnings


def _cycle_of(school: School, *, on: date) -> int:
    """Return in how many academic years the school is visited once."""
    area = area_of(school, on=on)
    return area.cycle_years if area else current().cycle_years


def _visited_in_cycle(school: School, *, before: date, on: date) -> date | None:
    """Return the last day in this cycle on which the school had a session that counts for it, under any of its register numbers.

    None: there is none.
    """
    years = _cycle_of(school, on=on)
    of_chain = School.objects.filter(Q(pk=school.pk) if school.chain is None else Q(chain=school.chain)).order_by()
    first_year = AcademicYear.of(before).start - years + 1
    visits = Session.objects.delivered().filter(
        type__counts_for_cycle=True, visit__school__in=of_chain.values("pk"), academic_year__gte=first_year, day__lt=before
    )
    return visits.order_by("-day").values_list("day", flat=True).first()
