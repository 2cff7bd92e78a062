"""A session of mine of which I tell how it went; and the pages that my phone keeps for when there is no signal."""

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Subquery, prefetch_related_objects
from django.urls import reverse
from django.utils.formats import date_format

from schools.delivery.queries import ON_THE_SESSION
from schools.directory.models import Area, AreaAuthority
from schools.directory.models.areas import holds_on
from schools.portal.queries.mornings import Mine, Sitting
from schools.visits.models import Cover, Headcount, Session
from schools.volunteers.models import Volunteer

KEPT_AHEAD = timedelta(days=14)
"""For how long a phone has the pages of mornings to come, and still has those of sessions that nobody has reported."""

type Page = dict[str, str]
"""Where a page is, and what a list of kept pages calls it; nameless pages are kept beside those that lead to them."""


def my_report(volunteer: Volunteer, *, session_id: int, on: date) -> tuple[Session, Area] | None:
    """The session with its people and headcounts, and whose duty phone to call; None where it is not mine; two queries."""
    mine = Cover.objects.filter(session=session_id, volunteer=volunteer, state__in=ON_THE_SESSION)
    authority = OuterRef(OuterRef("session__visit__school__authority"))
    holding = AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"), authority=authority)
    areas = Area.objects.filter(Exists(holding))
    covers = list(
        Cover.objects.filter(Exists(mine), session=session_id, state__in=ON_THE_SESSION)
        .select_related(
            "volunteer", "session__type", "session__visit__school", "session__visit__safeguarding_contact", "session__recorded_by"
        )
        .annotate(duty_phone=Subquery(areas.values("duty_phone")[:1]))
        .order_by("pk")
    )
    if not covers:
        return None
    session = covers[0].session
    session.people = covers
    prefetch_related_objects([session], Prefetch("headcounts", Headcount.objects.select_related("school")))
    return session, Area(duty_phone=vars(covers[0])["duty_phone"] or "")


def pages_to_keep(mine: Mine, *, on: date) -> list[Page]:
    """Of my next 14 days: each morning, the form on how a session of it went, and the one on whom I told."""
    pages: dict[str, str] = {reverse("home"): ""}
    sittings: list[Sitting] = [one for one in mine.to_tell if one.session.day >= on - KEPT_AHEAD]
    for morning in mine.to_come:
        if morning.day <= on + KEPT_AHEAD:
            sittings += [one for one in morning.sittings if one.cover and one.session in morning.down_for]
    for sitting in sittings:
        session = sitting.session
        day = {"visit_id": session.visit_id, "day": session.day}
        when = f"{session.visit.school}, {date_format(session.day, 'D j F')}"
        pages[reverse("morning", kwargs=day)] = when
        pages[reverse("told", kwargs=day)] = ""
        pages[reverse("session-outcome", args=[session.pk])] = f"{when}, {sitting.times}"
    return [{"url": url, "title": title} for url, title in pages.items()]
