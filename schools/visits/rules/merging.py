"""The reasons why two rows are not made one, and why what that dropped does not stand again."""

from datetime import date, datetime

from django.db.models import Q

from schools.core.distances import Unit, distance_in_words
from schools.directory.models import Contact
from schools.visits.models import Cover, CoverState, Session, SessionStage
from schools.visits.queries import CoverRecords
from schools.visits.queries.records import Commitment
from schools.visits.rules.covering import (
    reasons_elsewhere,
    reasons_no_place,
    reasons_no_way_back,
    reasons_session_takes_nobody,
)
from schools.visits.rules.moving import reasons_moved_since
from schools.volunteers.models import Clearance, Decision, SignOff, Volunteer
from schools.volunteers.rules import reasons_not_to_replace_sign_in

CLEARANCES_APART = "Their clearances cannot be put together. They stay apart; ask whoever decided about the clearances."
"""Whoever reads it knows that one of the two is not clear, or was withdrawn: that is a look at both (rule 13)."""


def reasons_not_to_merge(
    kept: Volunteer | Contact, gone: Volunteer | Contact, *, on: date, takes_sign_in: bool = False
) -> list[str]:
    """Return the reasons why the two are not made one on the day `on`, each with what to do first.

    `takes_sign_in`: the kept one signs in afterwards as the one that goes did.
    """
    if kept.pk == gone.pk:
        return ["These are the same entry. Choose the other one."]
    if not isinstance(kept, Volunteer) or not isinstance(gone, Volunteer):
        return []
    reasons = []
    doubtful = Clearance.objects.filter(Q(decision=Decision.NOT_CLEAR) | Q(withdrawn_on__isnull=False))
    if doubtful.filter(volunteer__in=(kept, gone)).exists():
        # One clear certificate is enough to go to a school, so the other one's must not be lent by a mistake.
        reasons.append(CLEARANCES_APART)
    goes, stays = (kept.user, gone.user) if takes_sign_in else (gone.user, kept.user)
    reasons += reasons_not_to_replace_sign_in(goes, stays)
    both = Cover.objects.filter(volunteer=gone, state=CoverState.ATTENDED)
    both = both.filter(session__in=Cover.objects.filter(volunteer=kept, state=CoverState.ATTENDED).values("session"))
    if cover := both.select_related("session__visit__school", "session__type").order_by("session__day", "pk").first():
        reasons.append(
            f"Both were at {cover.session}, so they are two people. If one was put down twice, correct that session first."
        )
    return reasons + _reasons_of_sign_offs(kept, gone) + _reasons_in_two_places(kept, gone, on=on)


def _reasons_of_sign_offs(kept: Volunteer, gone: Volunteer) -> list[str]:
    """Return a reason for each sign-off that both have and that says something else of each: one of them may be taken back."""
    mine = {(row.session_type_id, row.stage): row for row in SignOff.objects.filter(volunteer=kept)}
    both = SignOff.objects.filter(volunteer=gone).select_related("session_type").order_by("session_type__name", "stage")
    return [
        f"Both have “{theirs.get_stage_display()}” for {theirs.session_type}, but not from the same day or for as long. "
        "Make the two sign-offs alike first, as they are true."
        for theirs in both
        if (own := mine.get((theirs.session_type_id, theirs.stage)))
        and (own.day, own.recheck_on) != (theirs.day, theirs.recheck_on)
    ]


def _reasons_in_two_places(kept: Volunteer, gone: Volunteer, *, on: date) -> list[str]:
    """Return a reason for each two sessions from the day on that overlap and of which each has accepted one (rule 7)."""
    of_kept, of_gone = _accepted(kept, gone, on=on)
    return [
        f"{kept} is at {mine.visit.school} and {gone} at {theirs.visit.school} at the same time: {mine}, and {theirs}. "
        "Take one of them off first."
        for mine in (cover.session for cover in of_kept)
        for theirs in (cover.session for cover in of_gone)
        if mine.pk != theirs.pk and Commitment.of(mine).overlaps(theirs)
    ]


def warnings_of_ways(kept: Volunteer | Contact, gone: Volunteer | Contact, *, on: date) -> list[str]:
    """Return a sentence for each two sessions from the day on of which each has accepted one, with too little time to travel.

    A coordinator's note on either answers for the way (rule 7). Nobody can write one on a place that somebody has already, so it
    is no reason against: whoever makes the two one has read it.
    """
    if not isinstance(kept, Volunteer) or not isinstance(gone, Volunteer):
        return []
    of_kept, of_gone = _accepted(kept, gone, on=on)
    without_note = [cover.session for cover in of_kept if not cover.coordinators_note]
    theirs = {cover.session_id: cover.session for cover in of_gone if not cover.coordinators_note}
    if not {session.day for session in without_note} & {session.day for session in theirs.values()}:
        return []
    records = CoverRecords.of([gone], without_note)
    return [
        f"{kept} is at {mine.visit.school} and {gone} at {way.other.school} on one day: {mine}, and "
        f"{theirs[way.other.session_id]}. The {distance_in_words(way.kilometres, Unit.KILOMETRES)} between the schools take "
        f"about {way.needed:.0f} minutes, and there are {way.there_are}. Ask them, or take one of them off first."
        for mine in without_note
        for way in records.tight_ways(gone, mine)
        if way.other.session_id in theirs
    ]


def reasons_not_back(cover: Cover, *, merged_at: datetime) -> list[str]:
    """Return why a cover that a merge dropped does not stand again by its undo (rules 5, 7, 9 and 10).

    The person is judged as they were: where their clearance has ended, a cover stays and stops counting. So does one on a session
    that was cancelled, which says so itself. `cover` is not stored.
    """
    session = Session.objects.select_related("type", "visit__school", "site").get(pk=cover.session_id)
    if session.stage == SessionStage.CANCELLED:
        return []
    volunteer, records = cover.volunteer, CoverRecords.of([cover.volunteer], [session])
    reasons = reasons_session_takes_nobody(session)
    reasons += reasons_no_place(session, role=cover.role, records=records, but=[volunteer])
    if cover.state != CoverState.ACCEPTED:
        return reasons  # whoever answers a question is judged then
    cover.session = session
    reasons += reasons_elsewhere(volunteer, session, records=records) + reasons_moved_since(session, merged_at)
    return reasons + reasons_no_way_back(cover, records=records, was_theirs_at=merged_at)


def _accepted(kept: Volunteer, gone: Volunteer, *, on: date) -> tuple[list[Cover], list[Cover]]:
    """Return the covers of each of the two that they have accepted, on sessions that are scheduled from the day on."""
    covers = Cover.objects.filter(volunteer__in=(kept, gone), state=CoverState.ACCEPTED)
    covers = covers.filter(session__stage=SessionStage.SCHEDULED, session__day__gte=on)
    covers = covers.select_related("session__visit__school", "session__type", "session__site")
    rows = list(covers.order_by("session__day", "session__starts", "pk"))
    return [row for row in rows if row.volunteer_id == kept.pk], [row for row in rows if row.volunteer_id == gone.pk]
