"""What volunteers and coordinators are told about bookings; never a pupil, a clearance or what a child said."""

from collections.abc import Sequence

from schools.core.words import long_day, time_range
from schools.messages import actions as outbox
from schools.visits.models import Cover, Session
from schools.volunteers.models import Volunteer


def _when_and_where(sessions: Sequence[Session]) -> str:
    first = sessions[0]
    times = "\n".join(f"- {time_range(session.starts, session.ends)}: {session.type}" for session in sessions)
    return f"{first.visit.school}, {long_day(first.day)}\n{times}"


def _to_volunteer(kind: str, covers: Sequence[Cover], *, subject: str, opening: str, closing: str) -> None:
    """One message for one volunteer's covers of one visit day; people without an address are told by their coordinator."""
    user = covers[0].volunteer.user
    if user is None:
        return
    sessions = [cover.session for cover in covers]
    # The time of the answer makes the key: the same day given back and taken again is told again.
    at = max(moment for cover in covers for moment in (cover.offered_at, cover.answered_at) if moment is not None)
    key = f"{kind}:{'-'.join(str(cover.pk) for cover in covers)}:{at.isoformat()}"
    body = f"Hello {covers[0].volunteer.first_name},\n\n{opening}\n\n{_when_and_where(sessions)}\n\n{closing}\n"
    outbox.put(key, to=user.email, subject=subject, body=body)


def tell_agreed(covers: Sequence[Cover]) -> None:
    """Tell the volunteer that they are down for these sessions."""
    _to_volunteer(
        "agreed",
        covers,
        subject=f"You’re down for {covers[0].session.visit.school}, {long_day(covers[0].session.day)}",
        opening="You’re down for this. Thank you.",
        closing="Sign in to see where to go, whom to ask for and what to bring. If you can’t make it, say so there.",
    )


def tell_offered(covers: Sequence[Cover]) -> None:
    """Ask the volunteer whether they can take these sessions."""
    _to_volunteer(
        "offered",
        covers,
        subject=f"Could you go to {covers[0].session.visit.school}, {long_day(covers[0].session.day)}?",
        opening="Could you take this morning? The first to say yes has it.",
        closing="Sign in to answer. A no is fine.",
    )


def tell_given_back(covers: Sequence[Cover], volunteer: Volunteer) -> None:
    """Tell the visit's coordinator that a volunteer can no longer come."""
    visit = covers[0].session.visit
    if visit.coordinator is None:
        return
    key = f"given-back:{'-'.join(str(cover.pk) for cover in covers)}:{covers[0].answered_at:%Y%m%d%H%M%S%f}"
    body = f"{volunteer} can’t make it:\n\n{_when_and_where([cover.session for cover in covers])}\n\nThese sessions need somebody again.\n"
    outbox.put(
        key, to=visit.coordinator.email, subject=f"Needs people: {visit.school}, {long_day(covers[0].session.day)}", body=body
    )


def tell_cancelled(sessions: Sequence[Session]) -> None:
    """Tell everybody who is down for, or was offered, one of the cancelled sessions."""
    covers = Cover.objects.live().filter(session__in=sessions, volunteer__user__isnull=False)
    for cover in covers.select_related("volunteer__user", "session__type", "session__visit__school").order_by("pk"):
        session, user = cover.session, cover.volunteer.user
        if user is not None:
            outbox.put(
                f"cancelled:{cover.pk}",
                to=user.email,
                subject=f"Cancelled: {session.visit.school}, {long_day(session.day)}",
                body=f"Hello {cover.volunteer.first_name},\n\nThis will not take place:\n\n{_when_and_where([session])}\n\n"
                "Thank you for having kept the time free.\n",
            )
