"""What volunteers and coordinators are told about bookings; never a pupil, a clearance or what a child said."""

from collections.abc import Sequence
from datetime import date, datetime

from schools.accounts.models import User
from schools.core.words import long_day, time_range
from schools.directory.queries import coordinators_of
from schools.messages import actions as outbox
from schools.visits.models import Cover, CoverState, Session, Visit, VisitStage
from schools.visits.rules import Becomes, Effect
from schools.volunteers.models import Volunteer


def _when_and_where(sessions: Sequence[Session]) -> str:
    first = sessions[0]
    times = "\n".join(f"- {time_range(session.starts, session.ends)}: {session.type}" for session in sessions)
    return f"{first.visit.school}, {long_day(first.day)}\n{times}"


def _unless_agreed(covers: Sequence[Cover]) -> str:
    """Said to whoever is asked for a day that so far only the charity has planned."""
    is_planned = covers[0].session.visit.stage == VisitStage.PLANNED
    return " The school hasn’t agreed to the day yet." if is_planned else ""


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
        opening="Could you take this morning? The first to say yes has it." + _unless_agreed(covers),
        closing="Sign in to answer. A no is fine.",
    )


def tell_asked_to_swap(covers: Sequence[Cover], *, place_of: Volunteer) -> None:
    """Ask the volunteer to take somebody's place, who comes unless they say yes."""
    _to_volunteer(
        "swap",
        covers,
        subject=f"Could you go instead of {place_of.first_name}? {_where(covers)}",
        opening=f"{place_of.first_name} asks whether you could take this, and is down for it until you say yes."
        + _unless_agreed(covers),
        closing="Sign in to answer. A no is fine.",
    )


def tell_handed_on(covers: Sequence[Cover], *, to: Volunteer) -> None:
    """Tell the volunteer that somebody has taken their place."""
    _to_volunteer(
        "handed-on",
        covers,
        subject=f"{to.first_name} goes instead of you: {_where(covers)}",
        opening=f"{to.first_name} has said yes and goes instead of you. You’re no longer down for this.",
        closing="Thank you for finding somebody.",
    )


def tell_not_handed_on(declined: Sequence[Cover]) -> None:
    """Tell those whose place somebody was asked to take, and said no, that they are still down for it."""
    by_person: dict[int, list[Cover]] = {}
    for cover in declined:
        if cover.instead_of is not None:
            by_person.setdefault(cover.instead_of.volunteer_id, []).append(cover)
    for covers in by_person.values():
        first, place = covers[0], covers[0].instead_of
        if place is None or place.volunteer.user is None:
            continue
        outbox.put(
            _key("not-handed-on", covers),
            to=place.volunteer.user.email,
            subject=f"{first.volunteer.first_name} can’t take your place: {_where(covers)}",
            body=f"Hello {place.volunteer.first_name},\n\n{first.volunteer.first_name} can’t go instead of you, "
            f"so you’re still down for this.\n\n{_when_and_where([cover.session for cover in covers])}\n\n"
            "Ask somebody else, or sign in and say that you can’t make it.\n",
        )


def tell_taken(covers: Sequence[Cover], *, on: date) -> None:
    """Tell somebody who was asked, and has not answered, that they need not answer any more."""
    if covers[0].session.last_day < on:
        return
    _to_volunteer(
        "taken",
        covers,
        subject=f"No longer needed: {_where(covers)}",
        opening="We asked whether you could take this. Somebody goes there now, so you need not answer.",
        closing="Thank you all the same.",
    )


def _where(covers: Sequence[Cover]) -> str:
    return f"{covers[0].session.visit.school}, {long_day(covers[0].session.day)}"


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
    why = covers[0].get_gave_back_why_display()
    said = f"They said: {why}.\n\n" if why else ""
    body = f"{volunteer} can’t make it:\n\n{sessions}\n\n{said}These sessions need somebody again.\n"
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


def tell_moved(effects: Sequence[Effect], *, was: Sequence[Session], moved: Sequence[Session], on: date, now: datetime) -> None:
    """Tell everybody on a moved session what is new and what it means for them; no mail of what has passed."""
    old, new = ({session.pk: session for session in sessions} for sessions in (was, moved))
    by_person: dict[tuple[int, str], list[Effect]] = {}
    for effect in effects:
        if new[effect.cover.session_id].last_day >= on:
            by_person.setdefault((effect.cover.volunteer_id, effect.becomes), []).append(effect)
    for theirs in by_person.values():
        first = theirs[0].cover
        if first.volunteer.user is None:
            continue
        subject, opening, closing = _moved_words(theirs[0].becomes)
        lines = "\n".join(
            f"- {new[one.cover.session_id].type}: {_slot(new[one.cover.session_id])} (it was {_slot(old[one.cover.session_id])})"
            for one in theirs
        )
        school = first.session.visit.school
        outbox.put(
            f"moved:{first.pk}:{now.isoformat()}",
            to=first.volunteer.user.email,
            subject=f"{subject}: {school}, {long_day(new[first.session_id].day)}",
            body=f"Hello {first.volunteer.first_name},\n\n{opening}\n\n{school}\n{lines}\n\n{closing}\n",
        )


def _slot(session: Session) -> str:
    return f"{long_day(session.day)}, {time_range(session.starts, session.ends)}"


def _moved_words(becomes: Becomes) -> tuple[str, str, str]:
    """Subject, opening and closing."""
    if becomes == Becomes.STAYS:
        return "Moved a little", "The time has changed a little. You’re still down for it.", "If you can’t make it, say so there."
    if becomes == Becomes.ASKED:
        return "Moved, can you come?", "This was moved. Can you come then too?", "Sign in to answer. A no is fine."
    return (
        "Moved",
        "This was moved to a time at which you can’t come, so you’re no longer down for it.",
        "Thank you all the same.",
    )


def tell_back(covers: Sequence[Cover], *, now: datetime) -> None:
    """Tell those who were told that a session was cancelled or moved that this was taken back; each is down for it, or asked."""
    for cover in covers:
        if cover.volunteer.user is None:
            continue
        asked = "You’re down for it again." if cover.state != CoverState.OFFERED else "Can you come? Sign in to answer."
        outbox.put(
            f"back:{cover.pk}:{now.isoformat()}",
            to=cover.volunteer.user.email,
            subject=f"It takes place after all: {_where([cover])}",
            body=f"Hello {cover.volunteer.first_name},\n\nWhat we told you was taken back: it takes place as planned. {asked}\n\n"
            f"{_when_and_where([cover.session])}\n\nSorry for the confusion.\n",
        )


def chase(cover: Cover, *, on: date) -> bool:
    """Ask somebody who was on a session how it went; once a day, so False where it was asked today already."""
    user, session = cover.volunteer.user, cover.session
    if user is None:
        return False
    key = f"chase:{cover.pk}:{on.isoformat()}"
    asked_before = outbox.is_written(key)
    outbox.put(
        key,
        to=user.email,
        subject=f"How did it go? {_where([cover])}",
        body=f"Hello {cover.volunteer.first_name},\n\nYou were down for this, and we don’t know yet how it went:\n\n"
        f"{_when_and_where([session])}\n\nSign in and tell us, also if it did not take place. It takes a minute. Thank you.\n",
    )
    return not asked_before
