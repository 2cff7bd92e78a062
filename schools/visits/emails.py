"""The mails to volunteers and coordinators about bookings; none names a pupil, a clearance or what a child said."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.core.words import long_day, time_range
from schools.messages import actions as outbox
from schools.visits.models import Cover, CoverState, Session, VisitStage
from schools.visits.queries import coordinators_of_visit
from schools.visits.rules import Becomes, Effect
from schools.volunteers.models import Volunteer


def _when_and_where(sessions: Sequence[Session]) -> str:
    first = sessions[0]
    times = "\n".join(f"- {time_range(session.starts, session.ends)}: {session.name}" for session in sessions)
    return f"{first.visit.school}, {long_day(first.day)}\n{times}"


def _asking(covers: Sequence[Cover], words: str) -> str:
    """Return the words, and where the visit is only planned a sentence that the school has still to agree to the day."""
    is_planned = covers[0].session.visit.stage == VisitStage.PLANNED
    return f"{words} {_('The school hasn’t agreed to the day yet.')}" if is_planned else words


def _key(kind: str, covers: Sequence[Cover]) -> str:
    """Return the mail's unique key, one for each answer.

    It contains the time of the answer, so that somebody who gives a day back and takes it again is mailed again.
    """
    at = max(moment for cover in covers for moment in (cover.offered_at, cover.answered_at) if moment is not None)
    # The first cover stands for all of them: a cover has one answer at a time, and the length of a key is limited.
    return f"{kind}:{covers[0].pk}:{at.isoformat()}"


type Words = tuple[str, str, str]
"""The subject, opening and closing of a mail."""


def _to_volunteer(kind: str, covers: Sequence[Cover], words: Callable[[], Words]) -> None:
    """Send one mail about one volunteer's covers of one visit day; a coordinator tells people without an account.

    `words` is called in the language of the volunteer.
    """
    user = covers[0].volunteer.user
    if user is None:
        return
    with in_language_of(user):
        subject, opening, closing = words()
        when_and_where = _when_and_where([cover.session for cover in covers])
        body = f"{_hello(covers[0].volunteer)}\n\n{opening}\n\n{when_and_where}\n\n{closing}\n"
    outbox.put(_key(kind, covers), to=user.email, subject=subject, body=body)


def _hello(volunteer: Volunteer) -> str:
    return _("Hello %(name)s,") % {"name": volunteer.first_name}


def _where(covers: Sequence[Cover]) -> str:
    return f"{covers[0].session.visit.school}, {long_day(covers[0].session.day)}"


def tell_agreed(covers: Sequence[Cover], *, on: date) -> None:
    """Tell the volunteer that they are down for these sessions, unless the day has passed.

    After the day somebody only writes down that they were there.
    """
    if covers[0].session.last_day < on:
        return

    def words() -> Words:
        return (
            _("You’re down for %(where)s") % {"where": _where(covers)},
            _("You’re down for this. Thank you."),
            _("Sign in to see where to go, whom to ask for and what to bring. If you can’t make it, say so there."),
        )

    _to_volunteer("agreed", covers, words)


def tell_not_observing(covers: Sequence[Cover]) -> None:
    """Tell the volunteer, who asked to watch these sessions, that it is not possible this time."""

    def words() -> Words:
        return (
            _("Watching does not fit this time: %(where)s") % {"where": _where(covers)},
            _("Thank you for asking to watch this. It does not fit this time, so you’re not expected there."),
            _("Sign in and look under Open for another one, or ask your coordinator which would suit."),
        )

    _to_volunteer("not-observing", covers, words)


def tell_offered(covers: Sequence[Cover]) -> None:
    """Ask the volunteer whether they can take these sessions."""

    def words() -> Words:
        return (
            _("Could you go to %(where)s?") % {"where": _where(covers)},
            _asking(covers, _("Could you take this morning? The first to say yes has it.")),
            _("Sign in to answer. A no is fine."),
        )

    _to_volunteer("offered", covers, words)


def tell_asked_to_swap(covers: Sequence[Cover], *, place_of: Volunteer) -> None:
    """Ask the volunteer to take somebody's place; that person comes unless the volunteer accepts."""

    def words() -> Words:
        name = {"name": place_of.first_name}
        return (
            _("Could you go instead of %(name)s? %(where)s") % {**name, "where": _where(covers)},
            _asking(covers, _("%(name)s asks whether you could take this, and is down for it until you say yes.") % name),
            _("Sign in to answer. A no is fine."),
        )

    _to_volunteer("swap", covers, words)


def tell_handed_on(covers: Sequence[Cover], *, to: Volunteer) -> None:
    """Tell the volunteer that somebody has taken their place."""

    def words() -> Words:
        name = {"name": to.first_name}
        return (
            _("%(name)s goes instead of you: %(where)s") % {**name, "where": _where(covers)},
            _("%(name)s has said yes and goes instead of you. You’re no longer down for this.") % name,
            _("Thank you for finding somebody."),
        )

    _to_volunteer("handed-on", covers, words)


def tell_not_handed_on(declined: Sequence[Cover]) -> None:
    """Tell the people who wanted to be replaced that the person they asked has declined, so they are still down for it."""
    by_person: dict[int, list[Cover]] = {}
    for cover in declined:
        if cover.instead_of is not None:
            by_person.setdefault(cover.instead_of.volunteer_id, []).append(cover)
    for covers in by_person.values():
        first, place = covers[0], covers[0].instead_of
        if place is None or place.volunteer.user is None:
            continue
        with in_language_of(place.volunteer.user):
            name = {"name": first.volunteer.first_name}
            subject = _("%(name)s can’t take your place: %(where)s") % {**name, "where": _where(covers)}
            opening = _("%(name)s can’t go instead of you, so you’re still down for this.") % name
            closing = _("Ask somebody else, or sign in and say that you can’t make it.")
            when_and_where = _when_and_where([cover.session for cover in covers])
            body = f"{_hello(place.volunteer)}\n\n{opening}\n\n{when_and_where}\n\n{closing}\n"
        outbox.put(_key("not-handed-on", covers), to=place.volunteer.user.email, subject=subject, body=body)


def tell_taken(covers: Sequence[Cover], *, on: date) -> None:
    """Tell somebody who has not answered an offer that they need not answer any more, unless the day has passed."""
    if covers[0].session.last_day < on:
        return

    def words() -> Words:
        return (
            _("No longer needed: %(where)s") % {"where": _where(covers)},
            _("We asked whether you could take this. Somebody goes there now, so you need not answer."),
            _("Thank you all the same."),
        )

    _to_volunteer("taken", covers, words)


def tell_taken_off(covers: Sequence[Cover], *, on: date) -> None:
    """Tell the volunteer that a coordinator has taken them off these sessions, unless their day has passed."""
    if covers[0].session.last_day < on:
        return

    def words() -> Words:
        return (
            _("You’re no longer down for %(where)s") % {"where": _where(covers)},
            _("You’re no longer down for this."),
            _("If that surprises you, ask your coordinator."),
        )

    _to_volunteer("taken-off", covers, words)


def tell_given_back(covers: Sequence[Cover], *, by: User, on: date) -> None:
    """Tell the visit's coordinator that a volunteer can no longer come, unless they did it themselves or the day has passed."""
    if covers[0].session.last_day < on:
        return
    visit, volunteer = covers[0].session.visit, covers[0].volunteer
    for coordinator in coordinators_of_visit(visit, on=on):
        if coordinator == by:
            continue
        with in_language_of(coordinator):
            subject = _("Needs people: %(where)s") % {"where": _where(covers)}
            opening, closing = _("%(name)s can’t make it:"), _("These sessions need somebody again.")
            why = covers[0].get_gave_back_why_display()
            reason = f"{_('They said: %(why)s.') % {'why': why}}\n\n" if why else ""
            sessions = _when_and_where([cover.session for cover in covers])
            body = f"{opening % {'name': volunteer}}\n\n{sessions}\n\n{reason}{closing}\n"
        outbox.put(f"{_key('given-back', covers)}:{coordinator.pk}", to=coordinator.email, subject=subject, body=body)


def tell_cancelled(sessions: Sequence[Session], *, on: date) -> None:
    """Tell everybody who is down for, or was offered, one of the cancelled sessions, unless its day has passed."""
    to_come = [session for session in sessions if session.last_day >= on]
    covers = Cover.objects.live().filter(session__in=to_come, volunteer__user__isnull=False)
    for cover in covers.select_related("volunteer__user", "session__type", "session__visit__school").order_by("pk"):
        session, user = cover.session, cover.volunteer.user
        if user is not None:
            with in_language_of(user):
                subject = _("Cancelled: %(where)s") % {"where": _where([cover])}
                opening, closing = _("This will not take place:"), _("Thank you for having kept the time free.")
                body = f"{_hello(cover.volunteer)}\n\n{opening}\n\n{_when_and_where([session])}\n\n{closing}\n"
            outbox.put(f"cancelled:{cover.pk}", to=user.email, subject=subject, body=body)


def tell_moved(effects: Sequence[Effect], *, was: Sequence[Session], moved: Sequence[Session], on: date, now: datetime) -> None:
    """Tell everybody on a moved session what is new and what it means for them, unless its new day has passed."""
    old, new = ({session.pk: session for session in sessions} for sessions in (was, moved))
    by_person: dict[tuple[int, str], list[Effect]] = {}
    for effect in effects:
        if new[effect.cover.session_id].last_day >= on:
            by_person.setdefault((effect.cover.volunteer_id, effect.becomes), []).append(effect)
    for theirs in by_person.values():
        first = theirs[0].cover
        if first.volunteer.user is None:
            continue
        with in_language_of(first.volunteer.user):
            heading, opening, closing = _moved_words(theirs[0].becomes)
            it_was = _("%(type)s: %(slot)s (it was %(before)s)")
            lines = "\n".join(
                f"- {it_was % {'type': new[pk].name, 'slot': _slot(new[pk]), 'before': _slot(old[pk])}}"
                for pk in (effect.cover.session_id for effect in theirs)
            )
            school = first.session.visit.school
            subject = f"{heading}: {school}, {long_day(new[first.session_id].day)}"
            body = f"{_hello(first.volunteer)}\n\n{opening}\n\n{school}\n{lines}\n\n{closing}\n"
        outbox.put(f"moved:{first.pk}:{now.isoformat()}", to=first.volunteer.user.email, subject=subject, body=body)


def _slot(session: Session) -> str:
    return f"{long_day(session.day)}, {time_range(session.starts, session.ends)}"


def _moved_words(becomes: Becomes) -> Words:
    if becomes == Becomes.STAYS:
        return (
            _("Moved a little"),
            _("The time has changed a little. You’re still down for it."),
            _("If you can’t make it, say so there."),
        )
    if becomes == Becomes.ASKED:
        return _("Moved, can you come?"), _("This was moved. Can you come then too?"), _("Sign in to answer. A no is fine.")
    return (
        _("Moved"),
        _("This was moved to a time at which you can’t come, so you’re no longer down for it."),
        _("Thank you all the same."),
    )


def tell_back(covers: Sequence[Cover], *, now: datetime) -> None:
    """Tell people that the cancelling or moving of a session was undone; each is down for it again, or asked again."""
    for cover in covers:
        if cover.volunteer.user is None:
            continue
        with in_language_of(cover.volunteer.user):
            is_asked = cover.state == CoverState.OFFERED
            state = _("Can you come? Sign in to answer.") if is_asked else _("You’re down for it again.")
            subject = _("It takes place after all: %(where)s") % {"where": _where([cover])}
            opening, closing = _("What we told you was taken back: it takes place as planned."), _("Sorry for the confusion.")
            when_and_where = _when_and_where([cover.session])
            body = f"{_hello(cover.volunteer)}\n\n{opening} {state}\n\n{when_and_where}\n\n{closing}\n"
        outbox.put(f"back:{cover.pk}:{now.isoformat()}", to=cover.volunteer.user.email, subject=subject, body=body)


def chase(cover: Cover, *, on: date) -> bool:
    """Ask somebody who was on a session how it went, at most once a day; return whether a mail was written now.

    Returns False for somebody without an account, or who was asked today already.
    """
    user, session = cover.volunteer.user, cover.session
    if user is None:
        return False
    key = f"chase:{cover.pk}:{on.isoformat()}"
    asked_before = outbox.is_written(key)
    with in_language_of(user):
        subject = _("How did it go? %(where)s") % {"where": _where([cover])}
        opening = _("You were down for this, and we don’t know yet how it went:")
        closing = _("Sign in and tell us, also if it did not take place. It takes a minute. Thank you.")
        body = f"{_hello(cover.volunteer)}\n\n{opening}\n\n{_when_and_where([session])}\n\n{closing}\n"
    outbox.put(key, to=user.email, subject=subject, body=body)
    return not asked_before
