"""Status chips: a word with a shape before it, so that colour never carries the meaning alone (docs/look.md)."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from schools.visits.models import Cover, CoverState, Session, SessionStage, Visit, VisitStage
from schools.visits.queries import standing
from schools.volunteers.models import Volunteer, VolunteerStatus

SHAPES = {"covered": "●", "needs": "◐", "problem": "▲", "done": "✓", "cancelled": "✕", "quiet": "○"}


@lru_cache(maxsize=1024)
def chip(kind: str, word: str) -> SafeString:
    """Return the chip of one of the kinds in SHAPES."""
    return render_to_string("office/frame/_chip.html", {"kind": kind, "shape": SHAPES[kind], "word": word})


def chip_of_visit(visit: Visit) -> SafeString:
    """Return the chip of the visit's stage."""
    kinds = {
        VisitStage.REQUESTED: "needs",
        VisitStage.PLANNED: "quiet",
        VisitStage.CONFIRMED: "covered",
        VisitStage.DECLINED: "cancelled",
        VisitStage.CANCELLED: "cancelled",
    }
    return chip(kinds[VisitStage(visit.stage)], visit.get_stage_display())


def chip_of_session(session: Session, *, on: date) -> SafeString:
    """Return a chip that says whether the session is covered, reported, past without a report, or cancelled.

    The session must have been read `with_cover`.
    """
    over = {SessionStage.CANCELLED: ("cancelled", "Cancelled"), SessionStage.DELIVERED: ("done", "Delivered")}
    if session.stage in over:
        return chip(*over[SessionStage(session.stage)])
    if session.last_day < on:
        return chip("needs", "No outcome yet")
    places = f"{session.places_taken} of {session.type.presenters}"
    if not session.type.presenters:
        return chip("covered", "Shown by the school")
    if session.is_covered and session.places_taken < session.type.presenters:
        return chip("covered", "Covered by staff")
    if session.is_covered:
        return chip("covered", f"Covered, {places}")
    return chip("needs", f"Needs people, {places}")


def chip_of_day(sessions: Iterable[Session], *, on: date) -> SafeString:
    """Return the chip of the day: that of its least covered session, leaving out cancelled ones unless all are cancelled."""
    left = standing(sessions)
    outstanding = [
        session
        for session in left
        if session.stage == SessionStage.SCHEDULED and (session.last_day < on or not session.is_covered)
    ]
    return chip_of_session((outstanding or left)[0], on=on)


def chip_of_cover(cover: Cover, *, has_lapsed: bool = False) -> SafeString:
    """Return the chip of the cover's state.

    `has_lapsed`: they accepted, but will not be active, clear or signed off on the day (CoverQuerySet.lapsed).
    """
    if has_lapsed:
        return chip("problem", "Not active, clear or signed off by then")
    kinds = {
        CoverState.ASKED: "needs",
        CoverState.OFFERED: "needs",
        CoverState.ACCEPTED: "covered",
        CoverState.ATTENDED: "done",
        CoverState.ABSENT: "problem",
        CoverState.DECLINED: "cancelled",
        CoverState.WITHDRAWN: "cancelled",
    }
    return chip(kinds[CoverState(cover.state)], cover.get_state_display())


def chip_of_volunteer(volunteer: Volunteer) -> SafeString:
    """Return the chip of the volunteer's status."""
    kinds = {
        VolunteerStatus.ENQUIRER: "quiet",
        VolunteerStatus.APPLICANT: "needs",
        VolunteerStatus.IN_TRAINING: "needs",
        VolunteerStatus.ACTIVE: "covered",
        VolunteerStatus.PAUSED: "quiet",
        VolunteerStatus.LEFT: "cancelled",
    }
    return chip(kinds[VolunteerStatus(volunteer.status)], volunteer.get_status_display())
