"""What volunteers and coordinators are told about bookings; never a pupil, a clearance or what a child said."""

from collections.abc import Sequence
from datetime import date

from schools.accounts.models import User
from schools.core.words import long_day, time_range
from schools.directory.queries import coordinators_of
from schools.messages import actions as outbox
from schools.visits.models import Cover, Session, Visit


def _when_and_where(sessions: Sequence[Session]) -> str:
    first = sessions[0]
    times = "\n".join(f"- {time_range(session.starts, session.ends)}: {session.type}" for session in sessions)
    return f"{first.visit.school}, {long_day(first.day)}\n{times}"


def _key(kind: str, covers: Sequence[Cover]) -> str:
    """One for each answer: the time of it makes sure that the same day given back and taken again is told again."""
    at = max(moment for cover in covers for moment in (cover.offered_at, cover.answered_at) if moment is not None)
    # The first cover stands for all of them: a cover is answered once at a time, and a key has only so much room.
    return f"{kind}:{covers[0].pk}:{at.isoformat()}"


def _to_volunteer(kind: str, covers: Sequence[Cover], *, subject: str, opening: str, closing: str) -> None:
    """One message for one volunteer's covers of one visit day; people without an address are told by their coordinator."""
    user = covers[0].volunteer.user
    if user is None:
        return
    sessions = [cover.session for cover in covers]
    body = f"Hello {covers[0].volunteer.first_name},\n\n{opening}\n\n{_when_and_where(sessions)}\n\n{closing}\n"
    outbox.put(_key(kind, covers), to=user.email, subject=subject, body=body)


def tell_agreed(covers: Sequence[Cover], *, on: date) -> None:
    """Tell the volunteer that they are down for these sessions, unless somebody only writes down that they were there."""
    if covers[0].session.last_day < on:
        return
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


def tell_taken_off(covers: Sequence[Cover], *, on: date) -> None:
    """Tell the volunteer that a coordinator has taken them off these sessions, unless their day has passed."""
    if covers[0].session.last_day < on:
        return
    _to_volunteer(
        "taken-off",
        covers,
        subject=f"You’re no longer down for {covers[0].session.visit.school}, {long_day(covers[0].session.day)}",
        opening="You’re no longer down for this.",
        closing="If that surprises you, ask your coordinator.",
    )


def tell_given_back(covers: Sequence[Cover], *, by: User, on: date) -> None:
    """Tell who coordinates the visit, unless they did it themselves, that a volunteer can no longer come to what is to come."""
    if covers[0].session.last_day < on:
        return
    visit, volunteer = covers[0].session.visit, covers[0].volunteer
    sessions = _when_and_where([cover.session for cover in covers])
    body = f"{volunteer} can’t make it:\n\n{sessions}\n\nThese sessions need somebody again.\n"
    for coordinator in _coordinators(visit, on=on):
        if coordinator == by:
            continue
        outbox.put(
            f"{_key('given-back', covers)}:{coordinator.pk}",
            to=coordinator.email,
            subject=f"Needs people: {visit.school}, {long_day(covers[0].session.day)}",
            body=body,
        )


def _coordinators(visit: Visit, *, on: date) -> list[User]:
    """The visit's own coordinator; where it has none (it was imported), or none who may sign in, everybody of its area."""
    if visit.coordinator and visit.coordinator.is_active:
        return [visit.coordinator]
    return coordinators_of(visit.school, on=on)


def tell_cancelled(sessions: Sequence[Session], *, on: date) -> None:
    """Tell everybody who is down for, or was offered, one of the cancelled sessions, unless its day has passed anyway."""
    to_come = [session for session in sessions if session.last_day >= on]
    covers = Cover.objects.live().filter(session__in=to_come, volunteer__user__isnull=False)
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
