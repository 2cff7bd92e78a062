"""Reasons not to confirm, cancel or otherwise change a visit that is booked."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from schools.accounts.models import User
from schools.core.references import is_referenced
from schools.directory.models import Area, Contact, School
from schools.directory.queries import area_of
from schools.messages.hours import AT_ONCE_WITHIN, at, opening
from schools.visits.models import CALLED_OFF_STAGES, CancelCode, Headcount, Session, SessionStage, Visit, VisitStage
from schools.visits.rules.booking import NewSession, reasons_not_to_book
from schools.visits.rules.closed_periods import reasons_days_locked, reasons_locked
from schools.visits.rules.conversations import reasons_of_month
from schools.visits.rules.days_off import has_begun, has_ended
from schools.visits.rules.sites import reasons_of_mixed_sites


@dataclass(frozen=True, kw_only=True)
class VisitDetails:
    """The details of a visit other than its stage and its sessions; None or blank: not known."""

    coordinator: User | None = None
    contact: Contact | None = None
    safeguarding_contact: Contact | None = None
    parents_told_on: date | None = None
    preferred_month: date | None = None
    arrival_notes: str = ""
    parking: str = ""


def reasons_not_theirs(visit: Visit, *, by: User, on: date) -> list[str]:
    """Return a reason where the school is in none of the coordinator's areas any more.

    They still see what took place there in their time, but what is to come is not theirs to change.
    """
    return reasons_not_all_theirs([visit], by=by, on=on)


def reasons_not_all_theirs(visits: Iterable[Visit], *, by: User, on: date) -> list[str]:
    """Return such a reason for each of the visits’ schools that is in none of the coordinator’s areas any more, in one query."""
    at = {visit.school_id: visit for visit in visits}
    elsewhere = schools_elsewhere(at, by=by, on=on)
    return [_is_elsewhere(visit) for school, visit in at.items() if school in elsewhere]


def _is_elsewhere(visit: Visit) -> str:
    return f"{visit.school} is in another area now. Ask its coordinator to change what is to come there."


def schools_elsewhere(schools: Collection[int], *, by: User, on: date) -> set[int]:
    """Return which of the schools (by id) are in none of the coordinator’s areas; one query at most, and none of a manager."""
    if by.is_manager or not by.is_coordinator or not schools:
        return set()
    return set(schools) - set(School.objects.for_user(by, on=on).filter(pk__in=schools).values_list("pk", flat=True))


def reasons_not_to_confirm(visit: Visit) -> list[str]:
    """Return the reasons why the visit cannot be marked as agreed with the school."""
    return _reasons_not_to_confirm(visit, has_sessions=visit.sessions.exclude(stage=SessionStage.CANCELLED).exists())


def _reasons_not_to_confirm(visit: Visit, *, has_sessions: bool) -> list[str]:
    if visit.stage == VisitStage.CANCELLED:
        return ["This visit was cancelled. Book a new one."]
    return [] if has_sessions else ["This visit has no session that could take place. Add one first."]


def reasons_of_each(visits: Collection[Visit], *, by: User, on: date, confirming: bool) -> dict[int, list[str]]:
    """Return by the visit's id why it is not the coordinator's to change; `confirming` adds why it cannot be marked as agreed.

    Together with others only a planned visit is: what a colleague has agreed with its school, or heard, since stays. However many
    there are, that is one query, and with `confirming` two.
    """
    elsewhere = schools_elsewhere({visit.school_id for visit in visits}, by=by, on=on)
    reasons = {visit.pk: [_is_elsewhere(visit)] if visit.school_id in elsewhere else [] for visit in visits}
    if confirming:
        left = Session.objects.exclude(stage=SessionStage.CANCELLED).filter(visit__in=reasons)
        full = set(left.values_list("visit", flat=True))
        for visit in visits:
            reasons[visit.pk] += _reasons_not_to_confirm(visit, has_sessions=visit.pk in full) or _reasons_not_planned(visit)
    return reasons


def _reasons_not_planned(visit: Visit) -> list[str]:
    if visit.stage == VisitStage.CONFIRMED:
        return ["It is agreed already. Leave it out, or correct on its page what was agreed."]
    if visit.stage == VisitStage.DECLINED:
        return ["The school has said no since. Leave it out, or look at its page."]
    return []


def reasons_not_to_coordinate(user: User) -> list[str]:
    """Return the reasons why the user cannot coordinate visits."""
    if user.is_active and (user.is_coordinator or user.is_manager):
        return []
    return [f"{user} coordinates nothing here. Choose a coordinator or a manager who may sign in."]


def reasons_not_to_coordinate_at(user: User, schools: Iterable[School], *, on: date) -> list[str]:
    """Return the reasons why the user cannot coordinate visits to these schools: one for each area that is not theirs on the day.

    Who does not see a visit would never read of it, nor could they open it.
    """
    if reasons := reasons_not_to_coordinate(user):
        return reasons
    at = {school.pk: school for school in schools}
    unseen = [at[pk] for pk in sorted(schools_elsewhere(at, by=user, on=on))]
    of_authority = {school.authority_id: school for school in reversed(unseen)}
    in_area = {area_of(school, on=on): school for school in of_authority.values()}
    return [_does_not_see(user, school, area) for area, school in in_area.items()]


def _does_not_see(user: User, school: School, area: Area | None) -> str:
    if area is None:
        return f"{user} would not see the visit to {school}, which is in no area. Choose a manager."
    return (
        f"{user} does not coordinate {area}, so they would not see the visit to {school}. "
        f"Choose somebody who does, or let a manager name them under {area} first."
    )


def reasons_of_contacts(school: School, *contacts: Contact | None) -> list[str]:
    """Return a reason for each contact that is not one of the school's."""
    return [
        f"{contact} is not at {school}. Choose one of the school's own contacts."
        for contact in contacts
        if contact is not None and not contact.is_at(school)
    ]


def reasons_parents_told_later(parents_told_on: date | None, *, on: date) -> list[str]:
    """Return a reason where the day on which the parents were told is still to come."""
    if parents_told_on is None or parents_told_on <= on:
        return []
    return ["The parents cannot have been told on a day to come. Give the day, or leave it empty until then."]


def reasons_not_to_change_visit(visit: Visit, details: VisitDetails, *, by: User, on: date) -> list[str]:
    """Return the reasons why the visit cannot get these details.

    A detail that the visit has already is accepted, such as a coordinator who left or a month that passed. No figure and no line
    of a return names any of the details, so a signed-off return locks none.
    """
    reasons = reasons_not_theirs(visit, by=by, on=on)
    if details.coordinator is not None and details.coordinator.pk != visit.coordinator_id:
        reasons += reasons_not_to_coordinate_at(details.coordinator, [visit.school], on=on)
    known = {visit.contact_id, visit.safeguarding_contact_id}
    chosen = (details.contact, details.safeguarding_contact)
    reasons += reasons_of_contacts(
        visit.school, *(contact for contact in chosen if contact is not None and contact.pk not in known)
    )
    reasons += reasons_parents_told_later(details.parents_told_on, on=on)
    if details.preferred_month != visit.preferred_month:
        reasons += reasons_of_month(details.preferred_month, on=on)
    return list(dict.fromkeys(reasons))


def reasons_not_to_add(visit: Visit, sessions: Sequence[NewSession], *, by: User, on: date) -> list[str]:
    """Return the reasons why these sessions cannot be added to the visit."""
    reasons = reasons_not_theirs(visit, by=by, on=on)
    if visit.stage in CALLED_OFF_STAGES:
        reasons.append(f"This visit was {visit.get_stage_display().lower()}. Book it again instead.")
    if visit.stage == VisitStage.REQUESTED:
        reasons.append("This visit has no day yet. Choose a day and book it on its page instead.")
    reasons += reasons_not_to_book(visit.school, sessions)
    stored = list(visit.sessions.values_list("type", "day", "starts", "stage", "site", "type__presenters"))
    added = {new.day for new in sessions}
    there = [
        (day, site) for _, day, _, stage, site, going in stored if going and stage != SessionStage.CANCELLED and day in added
    ]
    if there:  # those among themselves were looked at before
        reasons += reasons_of_mixed_sites([*there, *(new.day_at_site for new in sessions if new.type.presenters)])
    taken = {(kind, day, starts): stage for kind, day, starts, stage, _, _ in stored}
    for new in sessions:
        stage = taken.get((new.type.pk, new.day, new.starts))
        if stage == SessionStage.CANCELLED:
            reasons.append(
                f"{new.named_at(visit.school)}: the visit has that session already, cancelled. Change the time a little."
            )
        elif stage is not None:
            reasons.append(f"{new.named_at(visit.school)}: the visit has that session already. Change the time.")
    for school in {visit.school, *(guest for new in sessions for guest, _ in new.guests)}:
        reasons += reasons_days_locked(school, {new.day for new in sessions}, by=by)
    return list(dict.fromkeys(reasons))


def reasons_not_to_edit(session: Session) -> list[str]:
    """Return the reasons why the session cannot be changed as one to come; delivery.actions.correct corrects it afterwards."""
    if session.stage == SessionStage.CANCELLED:
        return ["This session was cancelled, so nobody is expected there. Correct its room or its language instead."]
    if session.stage == SessionStage.DELIVERED:
        return ["This session took place. Correct its outcome, its room or its language instead."]
    return []


def reasons_not_to_remove(session: Session, *, now: datetime) -> list[str]:
    """Return the reasons why the session cannot be deleted as if it had never been booked."""
    if session.stage != SessionStage.SCHEDULED:
        return ["This session took place or was cancelled, so it stays as a record."]
    if session.covers.exists():
        return ["Somebody was asked for this session. Cancel it, so that they are told."]
    if not session.visit.sessions.exclude(pk=session.pk).exists():
        return ["It is the only session of this visit. Cancel the visit instead."]
    soon = reasons_known_to_come_soon(session, now=now) or reasons_nobody_would_hear(session, now=now)
    return soon or _reasons_something_hangs_on(session)


def _reasons_something_hangs_on(session: Session) -> list[str]:
    """Return a reason where rows besides its headcounts refer to the session: they would go with it, unread."""
    if not is_referenced(session, but=(Headcount,)):
        return []
    if session.safeguarding_notices.exists():
        return ["That a child said something at this session is written down and kept. Cancel it on its page instead."]
    if session.school_answers.exists():
        return ["The school said something about this session. Cancel it on its page instead."]
    return ["Something was set aside or packed for this session. Cancel it on its page instead."]


def reasons_known_to_come_soon(session: Session, *, now: datetime) -> list[str]:
    """Return a reason where the session is agreed and begins so soon that it cannot go as if it had never been booked.

    Whoever is to be phoned that it is off is found by the session, which has to stay for that.
    """
    is_to_come = session.last_day >= timezone.localdate(now)
    is_soon = at(session.day, session.starts) <= now + AT_ONCE_WITHIN
    if session.visit.stage != VisitStage.CONFIRMED or not (is_to_come and is_soon):
        return []
    return ["It begins soon, and the school knows of it. Cancel it on its page instead, so that the school is told."]


def reasons_nobody_would_hear(session: Session, *, now: datetime, but: Collection[int] = ()) -> list[str]:
    """Return a reason where the session is agreed and to come, and its school would not hear that it is gone.

    Of a visit of which nothing is to come nobody is told anything any more. So another session, none of `but` (ids), has to be to
    come still when schools can next be written to: one on a Friday does not carry the news to Monday.
    """
    if session.visit.stage != VisitStage.CONFIRMED or session.last_day < timezone.localdate(now):
        return []
    if are_others_to_come(session, on=timezone.localdate(opening(now, weekends=True)), but=but):
        return []
    return ["No other session of the visit is to come when the school can be written to. Cancel this one instead."]


def are_others_to_come(session: Session, *, on: date, but: Collection[int] = ()) -> bool:
    """Return whether another session of its visit, none of `but` (ids), is on that day or later; one query."""
    others = session.visit.sessions.scheduled().exclude(pk__in={session.pk, *but})
    return others.filter(Q(day__gte=on) | Q(until_day__gte=on)).exists()


def reasons_of_code(code: str) -> list[str]:
    """Return a reason where the code is none of those that say why something is cancelled."""
    return [] if code in CancelCode.values else ["Say why it is cancelled. Choose a reason from the list."]


def reasons_not_to_cancel_session(session: Session, *, code: str, by: User) -> list[str]:
    """Return the reasons why the session cannot be cancelled with this code."""
    if session.stage == SessionStage.CANCELLED:
        return ["This session was cancelled already."]
    if session.stage == SessionStage.DELIVERED:
        return ["This session took place. If that is wrong, correct its outcome."]
    return [*reasons_of_code(code), *reasons_locked([session], by=by)]


def sessions_to_come(visit: Visit, scheduled: Iterable[Session], *, now: datetime) -> list[Session]:
    """Return those of a visit’s scheduled sessions that are neither over nor, where somebody goes to them, have begun.

    What the host had called off before its time came, and calls off still, is to come for as long as it is that day: nobody is
    there, and who is down for it has to be told. One query more where something of today has begun or is over.
    """
    rows, on = list(scheduled), timezone.localdate(now)
    to_come = [session for session in rows if not has_ended(session, now=now) and not has_begun(session, now=now)]
    passed = [session for session in rows if session.day == on and session not in to_come]
    called_off = visit.alarms.calling_off().filter(day=on).first() if passed else None
    if called_off is None:
        return to_come
    to_come += [session for session in passed if called_off.at < at(session.day, session.starts)]
    return [session for session in rows if session in to_come]


def cancelled_with_visit(visit: Visit, scheduled: Iterable[Session], *, now: datetime) -> list[Session]:
    """Return those of a visit’s scheduled sessions that go when all of it is cancelled: those to come.

    What has begun or is over may have taken place, and waits for somebody to say how it went; an undo could not bring it back.
    All of them go only where none is to come, and none was cancelled or reported before: then nothing of the visit took place.
    Else whoever presses the button once more would cancel what the first one left.
    """
    rows = list(scheduled)
    if to_come := sessions_to_come(visit, rows, now=now):
        return to_come
    return [] if rows and visit.sessions.exclude(stage=SessionStage.SCHEDULED).exists() else rows


def reasons_others_go(sessions: Iterable[Session], going: Collection[int] | None) -> list[str]:
    """Return a reason where other sessions go with the visit now than those that a page named (ids); None: it named none."""
    if going is None or {session.pk for session in sessions} == set(going):
        return []
    return ["By now other sessions would go than when you opened the page. Look at the visit again."]


def reasons_not_to_cancel_visit(visit: Visit, sessions: Sequence[Session], *, code: str, by: User) -> list[str]:
    """Return the reasons why these sessions of the visit, and it with them, cannot be cancelled with this code.

    `sessions` are those that go (`cancelled_with_visit`).
    """
    if visit.stage == VisitStage.CANCELLED:
        return ["This visit was cancelled already."]
    if not sessions and visit.sessions.scheduled().exists():
        return ["Nothing of this visit is to come. Say how it went, or cancel what is left on its own page."]
    # A visit still stands after each of its sessions was cancelled by itself, and can be cancelled then.
    if not sessions and visit.sessions.delivered().exists():
        return ["Every session of this visit took place or was cancelled already."]
    return [*reasons_of_code(code), *reasons_locked(sessions, by=by)]
