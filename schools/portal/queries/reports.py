"""A session of mine of which I tell how it went; and the pages that my phone keeps for when there is no signal."""

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
"""For how long a phone has the pages of mornings to come, and still has those of sessions that nobody has reported."""

type Page = dict[str, str]
"""Where a page is, and what a list of kept pages calls it; nameless pages are kept beside those that lead to them."""


def my_report(volunteer: Volunteer, *, session_id: int, on: date) -> tuple[Session, Area] | None:
    """The session with its people, headcounts and things used, and whose duty phone to call; None where it is not mine.

    Three queries.
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
    with_all_that_was_told(session)
    return session, area_to_call(covers)


def sitting_told(volunteer: Volunteer, *, session_id: int) -> Sitting | None:
    """A session to which the volunteer said yes, whether or not they came in the end; None where they did not.

    With its people, whom it counted and the things it used; four queries.
    """
    mine = Cover.objects.filter(session=OuterRef("pk"), volunteer=volunteer, state__in=ON_THE_SESSION)
    related = ("type", "visit__school", "visit__safeguarding_contact", "recorded_by")
    session = Session.objects.filter(Exists(mine), pk=session_id).select_related(*related).first()
    if session is None:
        return None
    session.people = covers_of(session)
    with_all_that_was_told(session)
    return Sitting(session)


def with_all_that_was_told(session: Session) -> None:
    """Read whom the session expects and counted, and the things it used; two queries."""
    with_pupils([session])
    prefetch_related_objects([session], Prefetch("material_uses", MaterialUse.objects.select_related("material")))


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
