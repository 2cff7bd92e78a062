"""Reasons about the place of sessions at a school of several sites (rule 33)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q

from schools.core.words import joined, long_day
from schools.directory.models import School, Site
from schools.directory.sites import sites_of
from schools.visits.models import (
    LIVE_STATES,
    Cover,
    CoverState,
    KnownBy,
    MessageAbout,
    Session,
    SessionStage,
    Visit,
    VisitStage,
)

type DayAtSite = tuple[date, int | None]
"""A day on which people go to a session, and the id of its site; None: the school's own address."""


def is_of(site: Site, school: School) -> bool:
    """Whether the site is the school's, under any number of its chain, or of a closed school that it followed."""
    if site.school_id == school.pk:
        return True
    return (school.chain or school.lineage) is not None and site in sites_of(school)


def reasons_of_site(site: Site | None, school: School) -> list[str]:
    """Return a reason where nothing new may be at the site with the school; None, its own address, is always possible."""
    if site is None or (site.active and is_of(site, school)):
        return []
    return [f"“{site}” is no site of {school} that is in use. Choose one of its own."]


def reasons_of_mixed_sites(days: Iterable[DayAtSite]) -> list[str]:
    """Return a reason for each day that would be at two places: a visit day is what somebody says yes to, and has one."""
    places: defaultdict[date, set[int | None]] = defaultdict(set)
    for day, site in days:
        places[day].add(site)
    return [
        f"The sessions on {long_day(day)} are at different sites. A visit is at one place a day: choose the same site for all of "
        "them, or book a visit of its own for the other one."
        for day, sites in sorted(places.items())
        if len(sites) > 1
    ]


def reasons_not_beside(session: Session, day: date) -> list[str]:
    """Return a reason where the session cannot stand on the day again, because its visit is at another place by now."""
    going = Session.objects.filter(visit=session.visit_id, day=day, type__presenters__gt=0)
    others = going.exclude(pk=session.pk).exclude(stage=SessionStage.CANCELLED)
    if not session.type.presenters or not others.exclude(site=session.site_id).exists():
        return []
    return [f"The visit has sessions at another site on {long_day(day)} by now. Move or cancel these first."]


def reasons_not_to_change_site(
    visit: Visit, sessions: Sequence[Session], site: Site | None, *, is_asked_for: bool = False
) -> list[str]:
    """Return the reasons why these sessions, the whole of a visit day, cannot be at the site; None: the school's own address.

    The cancelled ones are not among them. Nobody is told of another place by itself, so it stays once somebody knows it; but the
    host knows of the one for which it has asked itself (`is_asked_for`).
    """
    reasons = reasons_of_site(site, visit.school)
    if not sessions:
        reasons.append("Nothing is to come on that day to which people go. Look at the visit again.")
    if any(session.stage != SessionStage.SCHEDULED for session in sessions):
        reasons.append("Part of that day has taken place already, so all of it stays where it is.")
    again = "Cancel the day and book it again at the other site, so that everybody is told."
    there = Cover.objects.filter(session__in=[session.pk for session in sessions], state__in=(*LIVE_STATES, CoverState.ASKED))
    if names := list(dict.fromkeys(str(cover.volunteer) for cover in there.select_related("volunteer").order_by("pk"))):
        verb = "is" if len(names) == 1 else "are"
        reasons.append(f"{joined(names)} {verb} down for it or asked, for the place as it is now. {again}")
    mailed = MessageAbout.objects.filter(visit=visit, school__isnull=False).exclude(known_by=KnownBy.BEFORE)
    if is_asked_for:
        if mailed.exclude(school=visit.school_id).exists():
            reasons.append(f"The schools whose pupils are guests know where it is now. {again}")
    elif visit.stage == VisitStage.CONFIRMED or mailed.exists():
        reasons.append(f"{visit.school} knows where it is now. {again}")
    return reasons


def days_known_at(site: Site, *, on: date) -> list[date]:
    """Return the days, from `on`, whose place somebody knows: who is down for them or asked, or a school that agreed.

    Nobody is told of another address of the site by itself.
    """
    down = Cover.objects.filter(state__in=(*LIVE_STATES, CoverState.ASKED)).order_by()
    known = Q(visit__stage=VisitStage.CONFIRMED) | Q(pk__in=down.values("session"))
    sessions = Session.objects.scheduled().filter(known, site=site, day__gte=on).order_by("day")
    return list(sessions.values_list("day", flat=True).distinct())


def days_booked_at(site: Site, *, on: date) -> list[date]:
    """Return the days, from `on`, on which something is still to be at the site, whoever knows of it."""
    sessions = Session.objects.scheduled().filter(site=site, day__gte=on).order_by("day")
    return list(sessions.values_list("day", flat=True).distinct())
