"""Reasons not to put somebody on a session, ask them, or let them take it (rules 5 to 9)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from schools.core.distances import Unit, distance_in_words
from schools.core.errors import Reason
from schools.core.grid import kilometres_between
from schools.core.nations import Scheme, scheme_of
from schools.core.words import long_day, time_range
from schools.visits.models import BOOKED_STAGES, PRESENTING_ROLES, Cover, CoverRole, Session, SessionStage
from schools.visits.queries import NOON, CoverRecords, OpenDay, by_visit_day, needing_people
from schools.visits.queries.records import Commitment, TightWay, unmoved_since
from schools.volunteers.models import Volunteer, VolunteerStatus


def reasons_not_to_cover(
    volunteer: Volunteer,
    session: Session,
    *,
    role: str,
    on: date,
    records: CoverRecords | None = None,
    instead_of: Volunteer | None = None,
) -> list[str]:
    """Return the reasons why the volunteer may not be on the session in the role (rules 5 to 7 and 9); none can be overridden.

    `records` holds what is known of many people and sessions; None: it is read for these two. `instead_of` is somebody on the
    session: the volunteer would take that person's place.
    """
    records = records or CoverRecords.of([volunteer], [session])
    leaving = [volunteer] if instead_of is None else [volunteer, instead_of]
    reasons = [*reasons_session_takes_nobody(session), *reasons_not_there(volunteer, session, role=role, records=records)]
    if instead_of is not None and not records.is_on(instead_of, session):
        words = _("%(name)s is no longer on this session. Look at the day again.") % {"name": instead_of}
        reasons.append(Reason(words, to_them=_("The place that you were to take is free no more. Look at the day again.")))
    if records.is_on(volunteer, session):
        words = _("%(name)s is on this session already.")
        reasons.append(Reason(words % {"name": volunteer}, to_them=_("You are on this session already.")))
        return reasons
    return reasons + reasons_no_place(session, role=role, records=records, but=leaving)


def reasons_no_place(session: Session, *, role: str, records: CoverRecords, but: Collection[Volunteer]) -> list[str]:
    """Return the reasons why the session has no place in the role, whoever it is for; that of those in `but` is free (rule 5)."""
    if role not in PRESENTING_ROLES:
        return []
    reasons = [_full(session)] if records.places_taken(session, but=but) >= session.type.presenters else []
    if role == CoverRole.LEAD and records.has_lead(session, but=but):
        theirs = _("Somebody else leads this session now. Phone your coordinator: you may still be needed.")
        reasons.append(Reason(_("The session has a lead already. Choose presenter."), to_them=theirs))
    return reasons


def reasons_not_there(volunteer: Volunteer, session: Session, *, role: str, records: CoverRecords) -> list[str]:
    """Return the reasons why the volunteer may not be there in the role, whoever else is on the session (rules 6 and 7)."""
    of_person = _reasons_of_person(volunteer, session, role=role, records=records)
    return of_person + reasons_elsewhere(volunteer, session, records=records)


def reasons_elsewhere(volunteer: Volunteer, session: Session, *, records: CoverRecords) -> list[str]:
    """Return a reason for each other session at the same time to which the volunteer has said yes (rule 7)."""
    reasons: list[str] = []
    for other in records.commitments(volunteer, session):
        words = _("%(name)s is at %(school)s on %(day)s, %(times)s. Choose somebody who is free then.")
        theirs = _("You are at %(school)s on %(day)s, %(times)s. Phone your coordinator if you would rather come here.")
        values = {"name": volunteer, "school": other.school, "day": long_day(other.day)}
        values |= {"times": time_range(other.starts, other.ends)}
        reasons.append(Reason(words % values, to_them=theirs % values, private=True))
    return reasons


def _type_of(session: Session) -> str:
    """Return the name of the session's type in its nation."""
    return session.name


def _called(session: Session) -> str:
    return f"{_type_of(session)}, {long_day(session.day)}, {time_range(session.starts, session.ends)}"


def _full(session: Session) -> str:
    if not session.type.presenters:
        return _("The school shows “%(type)s” by itself; nobody needs to come.") % {"type": _type_of(session)}
    return _("%(session)s has all the people it needs now. Choose another session.") % {"session": _called(session)}


def reasons_covered(session: Session) -> list[str]:
    """Return the reason why nobody else is looked for: enough people, or one of the paid staff, cover it; needs `with_cover`."""
    return [_full(session)] if session.is_covered else []


def reasons_session_takes_nobody(session: Session) -> list[str]:
    """Return the reason why nobody can be put on the session: it was cancelled or reported, or its visit is not planned."""
    if session.stage == SessionStage.CANCELLED:
        return [_("This session was cancelled. Choose another one.")]
    if session.stage == SessionStage.DELIVERED:
        words = _("This session has been reported. Say on its page who else was there.")
        return [Reason(words, to_them=_("This session has been reported. Tell your coordinator if you were there."))]
    if session.visit.stage not in BOOKED_STAGES:
        stage = _(session.visit.get_stage_display()).lower()
        words = _("The visit is %(stage)s. Plan it with the school first.") % {"stage": stage}
        return [Reason(words, to_them=_("Nothing is planned with this school now. Choose another session."))]
    return []


def reasons_not_clear(volunteer: Volunteer, session: Session, *, records: CoverRecords) -> list[str]:
    """Return a reason where the volunteer has no clear decision on the session's day under its nation's scheme (rule 6)."""
    scheme = scheme_of(session.nation)
    if records.is_clear(volunteer, scheme=scheme, day=session.day):
        return []
    label = Scheme(scheme).label
    words = _("%(name)s has no clear %(scheme)s decision on %(day)s. Record the new decision first.")
    theirs = _("We have no %(scheme)s decision of yours that is clear on %(day)s. Phone your coordinator: they look after it.")
    values = {"name": volunteer, "scheme": label, "day": long_day(session.day)}
    return [Reason(words % values, to_them=theirs % values, private=True)]


def reasons_not_signed_off(volunteer: Volunteer, session: Session, *, role: str, records: CoverRecords) -> list[str]:
    """Return a reason where who leads or presents is not signed off for the session's type on its day (rule 6)."""
    signed_off = not session.type.needs_sign_off or records.is_signed_off(volunteer, session)
    if signed_off or role not in PRESENTING_ROLES:
        return []
    words = _("%(name)s is not signed off for “%(type)s” on that day. Record the sign-off first, or choose trainee.")
    theirs = _("You are not signed off for “%(type)s” on that day. Phone your coordinator about the training for it.")
    values = {"name": volunteer, "type": _type_of(session)}
    return [Reason(words % values, to_them=theirs % values, private=True)]


def _reasons_of_person(volunteer: Volunteer, session: Session, *, role: str, records: CoverRecords) -> list[str]:
    """Return the reasons in the person: not active, not clear on the day, not signed off (rule 6), or in conflict (rule 8)."""
    reasons: list[str] = []
    may_learn = role not in PRESENTING_ROLES and volunteer.status == VolunteerStatus.IN_TRAINING
    if volunteer.status != VolunteerStatus.ACTIVE and not may_learn:
        words = _("%(name)s is %(status)s. Only active volunteers are put on sessions.")
        theirs = _("We have you down as %(status)s. Only active volunteers take sessions: phone your coordinator.")
        values = {"name": volunteer, "status": _(volunteer.get_status_display()).lower()}
        reasons.append(Reason(words % values, to_them=theirs % values, private=True))
    reasons += reasons_not_clear(volunteer, session, records=records)
    reasons += reasons_not_signed_off(volunteer, session, role=role, records=records)
    if records.has_conflict(volunteer, session.visit.school):
        words = _("%(name)s has a conflict with %(school)s. Choose somebody else.")
        theirs = _("We have written down that you don’t go to %(school)s. Phone your coordinator if that is wrong.")
        values = {"name": volunteer, "school": session.visit.school}
        reasons.append(Reason(words % values, to_them=theirs % values, private=True))
    return reasons


def reasons_sessions_overlap(sessions: Sequence[Session]) -> list[str]:
    """Return a reason for each two sessions that follow one another and overlap: one person cannot take both (rule 7)."""
    ordered = sorted(sessions, key=lambda session: (session.day, session.starts))
    return [
        _("%(one)s and %(other)s are at the same time. Untick one of them.") % {"one": _called(session), "other": _called(other)}
        for session, other in pairwise(ordered)
        if session.day == other.day and other.starts < session.ends
    ]


def reasons_to_ask_first(
    volunteer: Volunteer, session: Session, *, records: CoverRecords | None = None, asked_again: bool = False
) -> list[str]:
    """Return the reasons that a coordinator can override with a note (rule 7 and rule 8).

    These are: away, not usually free, too far, and too little time to travel. `asked_again`: a move asks whether they can come
    on the half day, so that it is no reason.
    """
    records = records or CoverRecords.of([volunteer], [session])
    day, where = long_day(session.day), session.where
    reasons: list[str] = []
    if records.is_away(volunteer, day=session.day):
        words = _("%(name)s is away on %(day)s. Ask them, and say so in the note.")
        theirs = _("You told us that you are away on %(day)s. Change that under Me first, if you can come.")
        reasons.append(Reason(words % {"name": volunteer, "day": day}, to_them=theirs % {"day": day}, private=True))
    reasons += [] if asked_again else reasons_not_usually_free(volunteer, session, records=records)
    distance = kilometres_between(volunteer.place, where.place)
    if volunteer.furthest_km is not None and distance is not None and distance > volunteer.furthest_km:
        words = _("%(school)s is %(away)s from %(name)s, who goes up to %(most)s. Ask them, and say so in the note.")
        theirs = _(
            "%(school)s is %(away)s from your home, and you go up to %(most)s. Change that under Me first, if it suits you."
        )
        values: dict[str, object] = {"school": where, "name": volunteer}
        distances = {"away": distance, "most": float(volunteer.furthest_km)}
        reasons.append(_about_a_way(words, theirs, values, distances, unit=records.distances_in))
    return [*reasons, *_reasons_of_ways(volunteer, session, records.tight_ways(volunteer, session), records)]


def reasons_no_way_back(
    cover: Cover, *, records: CoverRecords, but: Collection[int] = (), was_theirs_at: datetime | None = None
) -> list[str]:
    """Return a reason for each session, none of `but` (ids), that leaves who comes back to the cover too little time to travel.

    A coordinator's note on either of the two answers for the way, as it does where somebody is put on a session (rule 7).
    `was_theirs_at`: a moment at which the cover was theirs. What they had said yes to by then they had beside it, however tight
    the way is called today; it is no reason where neither of the two was moved since.
    """
    if cover.coordinators_note:
        return []
    ways = records.tight_ways(cover.volunteer, cover.session)
    ways = [way for way in ways if not (way.other.has_note or way.other.session_id in but)]
    beside = _stood_beside(cover, ways, was_theirs_at)
    ways = [way for way in ways if way.other.session_id not in beside]
    return _reasons_of_ways(cover.volunteer, cover.session, ways, records)


def _stood_beside(cover: Cover, ways: Iterable[TightWay], moment: datetime | None) -> set[int]:
    """Return which sessions (ids) at the other end of the ways they had said yes to at that moment, with nothing moved since."""
    if moment is None:
        return set()
    earlier = [way.other for way in ways if way.other.answered_at is not None and way.other.answered_at < moment]
    if not earlier:
        return set()
    unmoved = unmoved_since([Commitment.of(cover.session), *earlier], moment)
    return unmoved if cover.session_id in unmoved else set()


def _reasons_of_ways(volunteer: Volunteer, session: Session, ways: Iterable[TightWay], records: CoverRecords) -> list[str]:
    reasons: list[str] = []
    for way in ways:
        words = _(
            "%(name)s is at %(school)s on %(day)s, %(times)s. The %(apart)s between the schools take about %(needed)s minutes, "
            "and there are %(there)s. Ask them, and say so in the note."
        )
        theirs = _(
            "You are at %(school)s on %(day)s, %(times)s. The %(apart)s between the schools take about %(needed)s minutes, "
            "and there are %(there)s. Phone your coordinator if you can come all the same."
        )
        values: dict[str, object] = {
            "name": volunteer,
            "school": way.other.school,
            "day": long_day(session.day),
            "there": way.there_are,
        }
        values |= {"times": time_range(way.other.starts, way.other.ends), "needed": f"{way.needed:.0f}"}
        reasons.append(_about_a_way(words, theirs, values, {"apart": way.kilometres}, unit=records.distances_in))
    return reasons


def _about_a_way(words: str, theirs: str, values: Mapping[str, object], distances: Mapping[str, float], *, unit: str) -> Reason:
    """Return the reason with its distances, given in km: the office reads kilometres, the person reads the unit."""
    office = {name: distance_in_words(kilometres, Unit.KILOMETRES) for name, kilometres in distances.items()}
    person = {name: distance_in_words(kilometres, unit) for name, kilometres in distances.items()}
    return Reason(words % {**values, **office}, to_them=theirs % {**values, **person}, private=True)


def reasons_not_usually_free(volunteer: Volunteer, session: Session, *, records: CoverRecords) -> list[str]:
    """Return a reason where the session lies in a half day on which the volunteer can't usually come."""
    if records.is_free(volunteer, session):
        return []
    if session.starts < NOON:
        words = _("%(name)s can’t usually come on %(weekday)s mornings. Ask them, and say so in the note.")
        theirs = _("You told us that you can’t usually come on %(weekday)s mornings. Change that under Me first, if you can.")
    else:
        words = _("%(name)s can’t usually come on %(weekday)s afternoons. Ask them, and say so in the note.")
        theirs = _("You told us that you can’t usually come on %(weekday)s afternoons. Change that under Me first, if you can.")
    values = {"name": volunteer, "weekday": date_format(session.day, "l")}
    return [Reason(words % values, to_them=theirs % values, private=True)]


def reasons_not_to_claim(
    volunteer: Volunteer,
    session: Session,
    *,
    role: str,
    on: date,
    records: CoverRecords | None = None,
    instead_of: Volunteer | None = None,
) -> list[str]:
    """Return every reason why the volunteer may not take the session, or be offered it, without a coordinator's note."""
    records = records or CoverRecords.of([volunteer], [session])
    return [
        *reasons_day_passed(session, on=on),
        *reasons_not_to_cover(volunteer, session, role=role, on=on, records=records, instead_of=instead_of),
        *reasons_to_ask_first(volunteer, session, records=records),
    ]


def reasons_ended(session: Session, *, now: datetime) -> list[str]:
    """Return a reason where the session is today and has ended, so that nobody takes it any more."""
    local = timezone.localtime(now)
    ended = session.until_day is None and session.day == local.date() and session.ends <= local.time()
    return [_("This session has ended. Tell your coordinator if you were there.")] if ended else []


def reasons_day_passed(session: Session, *, on: date) -> list[str]:
    """Return a reason where the session's day has passed: nobody is asked for it, or takes it on their own, any more."""
    return [_("This session's day has passed. Tell your coordinator if you were there.")] if session.day < on else []


def reasons_over(session: Session, *, on: date) -> list[str]:
    """Return a reason where the session's last day is over, so that nobody drops out of it or is taken off any more."""
    if session.last_day >= on:
        return []
    return [f"{long_day(session.last_day)} is over. Say who was not there where you record how it went."]


def open_days(volunteer: Volunteer, *, on: date) -> list[OpenDay]:
    """Return the visit days of the next half year with a session that the volunteer may take, in a constant number of queries."""
    sessions = needing_people(volunteer, on=on)
    records = CoverRecords.of([volunteer], sessions)
    open_to_me = [
        session
        for session in sessions
        if not reasons_not_to_claim(volunteer, session, role=CoverRole.PRESENTER, on=on, records=records)
    ]
    return [OpenDay(day.visit, day.day, tuple(rows)) for day, rows in by_visit_day(open_to_me)]
