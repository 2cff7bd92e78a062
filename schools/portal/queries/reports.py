"""A volunteer's session with its outcome, and the pages that their phone keeps for when there is no signal."""

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.urls import reverse
from django.utils.formats import date_format

from schools.delivery.queries import ON_THE_SESSION, covers_of
from schools.directory.models import Area
from schools.materials.models import MaterialUse
from schools.portal.queries.mornings import Mine, Sitting, area_to_call, with_duty_phone, with_pupils
from schools.visits.models import Cover, Session
from schools.volunteers.models import Volunteer

KEPT_AHEAD = timedelta(days=14)
"""How far ahead a phone keeps the pages of mornings, and how far back those of sessions without an outcome."""

type Page = dict[str, str]
"""The `url` of a page and its `title` in the list of kept pages; a page with a blank title is kept but not listed."""


def my_report(volunteer: Volunteer, *, session_id: int, on: date) -> tuple[Session, Area] | None:
    """Return the session with its people, headcounts and materials used, and the area whose duty phone to call.

    None where the volunteer is not on the session. Three queries.
    """
    mine = Cover.objects.filter(session=session_id, volunteer=volunteer, state__in=ON_THE_SESSION)
    related = (
        "volunteer", "session__type", "session__visit__school", "session__visit__safeguarding_contact", "session__recorded_by"
    )  # fmt: skip
    on_it = with_duty_phone(Cover.objects.filter(Exists(mine), session=session_id, state__in=ON_THE_SESSION), on=on)
    covers = list(on_it.select_related(*related).order_by("pk"))
    if not covers:
        return None
    session = covers[0].session
    session.people = covers
    prefetch_report(session)
    return session, area_to_call(covers)


def reported_sitting(volunteer: Volunteer, *, session_id: int) -> Sitting | None:
    """Return a session that the volunteer accepted, whether or not they came; None where they did not accept it.

    It has its people, headcounts and materials used; four queries.
    """
    mine = Cover.objects.filter(session=OuterRef("pk"), volunteer=volunteer, state__in=ON_THE_SESSION)
    related = ("type", "visit__school", "visit__safeguarding_contact", "recorded_by")
    session = Session.objects.filter(Exists(mine), pk=session_id).select_related(*related).first()
    if session is None:
        return None
    session.people = covers_of(session)
    prefetch_report(session)
    return Sitting(session)


def prefetch_report(session: Session) -> None:
    """Prefetch the session's headcounts and the materials that it used; two queries."""
    with_pupils([session])
    prefetch_related_objects([session], Prefetch("material_uses", MaterialUse.objects.select_related("material")))


def pages_to_keep(mine: Mine, *, on: date) -> list[Page]:
    """Return the pages of the next 14 days: each morning, the outcome form of its sessions, the form on whom one told."""
    pages: dict[str, str] = {reverse("home"): ""}
    sittings: list[Sitting] = [sitting for sitting in mine.to_tell if sitting.session.day >= on - KEPT_AHEAD]
    for morning in mine.to_come:
        if morning.day <= on + KEPT_AHEAD:
            sittings += [sitting for sitting in morning.sittings if sitting.cover and sitting.session in morning.down_for]
    for sitting in sittings:
        session = sitting.session
        day = {"visit_id": session.visit_id, "day": session.day}
        when = f"{session.visit.school}, {date_format(session.day, 'D j F')}"
        pages[reverse("morning", kwargs=day)] = when
        pages[reverse("told", kwargs=day)] = ""
        pages[reverse("session-outcome", args=[session.pk])] = f"{when}, {sitting.times}"
    return [{"url": url, "title": title} for url, title in pages.items()]
