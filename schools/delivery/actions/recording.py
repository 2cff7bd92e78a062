"""Recording how a session went, once, and correcting it later."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.nations import Language
from schools.delivery import rules
from schools.delivery.models import OutcomeSubmission
from schools.delivery.queries import (
    Difference,
    Outcome,
    SchoolGroup,
    covers_of,
    differences,
    first_differences,
    forgets,
)
from schools.directory.queries import Place, places_on
from schools.materials.actions import Sources, record_use
from schools.materials.models import MOST_PIECES, MaterialUse
from schools.materials.queries import kit_for
from schools.visits.actions.cancelling import reinstate
from schools.visits.actions.changed import keep_changed_session
from schools.visits.actions.editing import ChangedMeanwhile, TakenAway, as_stored
from schools.visits.actions.waking import reported
from schools.visits.models import (
    CALLED_OFF_STAGES,
    Batch,
    CountBasis,
    Cover,
    CoverState,
    Headcount,
    PupilsAre,
    Session,
    SessionStage,
    Visit,
)
from schools.visits.queries.merged_people import is_sign_in_of
from schools.volunteers.models import Volunteer

REPLACED_UNREAD = ""
"""The digest of a version that was replaced before it arrived."""


class OutcomeDiffers(RuleBroken):
    """A refusal, because the session has another outcome already; with `differences` a page can offer to correct it."""

    def __init__(self, reason: str, session: Session, rows: Iterable[Difference]) -> None:
        self.session = session
        self.differences = list(rows)
        super().__init__([reason])


type Restate = Callable[[list[Difference]], None]
"""A function that writes the restatement; it is called inside the transaction with what changes in an outcome that a signed-off
return rests on."""


@transaction.atomic
def record(
    session: Session,
    outcome: Outcome,
    *,
    key: UUID,
    by: User,
    now: datetime,
    replaces: Collection[UUID] = (),
    restate: Restate | None = None,
) -> Session:
    """Store how the session went, once: stage, headcounts, people and materials; its place is frozen as of its day (rule 3).

    `key` is made when the form is opened: the same outcome sent again with it is stored once, and succeeds each time. The same
    outcome from somebody else succeeds too. `replaces` are the keys of this person's earlier versions: where one of them is what
    is stored, this one corrects it; one that arrives later changes nothing. What a form that was opened before anything was
    stored would forget is asked about, as if somebody else had told it.

    Raises OutcomeDiffers when another outcome is stored already, TakenAway when the session is gone, and RuleBroken with every
    reason why it may not be recorded, or that the key is another one's. In a closed period a manager needs `restate` (rule 14).
    """
    session = lock_session(session)
    if _came_before(session, outcome, key=key, by=by, now=now):
        return session
    outcome = outcome.with_unseen(session)
    if _was_said_last(session, replaces, by=by) and not forgets(session, outcome):
        return _corrected(session, outcome, key=key, by=by, now=now, replaces=replaces, restate=restate)
    # This check comes before the differences, because somebody who may not record must not learn what others recorded.
    if reasons := rules.reasons_not_to_record(session, outcome, by=by, now=now, restates=restate is not None):
        raise RuleBroken(reasons)
    if rules.has_outcome(session):
        if rows := differences(session, outcome):
            raise OutcomeDiffers(_reported_already(session, by=by), session, rows)
        _note_stored(session, key=key, by=by, now=now, replaces=replaces)
        return session
    if restate is not None:
        restate(first_differences(session, outcome))
    session.recorded_at, session.recorded_by = now, by
    _store(session, outcome, by=by, now=now)
    _note_stored(session, key=key, by=by, now=now, replaces=replaces)
    return session


def _reported_already(session: Session, *, by: User) -> str:
    teller = _teller_of_stored(session)
    if teller is not None and is_sign_in_of(teller.pk, by):
        return _("You reported this session already, elsewhere. Look at what differs; correct it if this is right.")
    # The first name alone: partners read no more about each other, and never an e-mail address in its place.
    who = next(iter(teller.name.split()), "") if teller else ""
    words = _("%(name)s reported this session already. Look at what differs; correct it if yours is right.")
    if teller != session.recorded_by:
        words = _("%(name)s corrected what was reported of this session. Look at what differs; correct it if yours is right.")
    return words % {"name": who or _("Somebody")}


def _teller_of_stored(session: Session) -> User | None:
    """Return who told or corrected what is stored; None where nobody is known."""
    # Whoever sends the very same later is noted with the same version: the first submission stored it.
    stored = OutcomeSubmission.objects.filter(session=session, version=session.version).select_related("by")
    first = stored.order_by("received_at", "pk").first()
    return first.by if first else session.recorded_by


@transaction.atomic
def amend(
    session: Session,
    outcome: Outcome,
    *,
    key: UUID,
    version: int,
    by: User,
    now: datetime,
    replaces: Collection[UUID] = (),
    restate: Restate | None = None,
) -> Session:
    """Replace the session's outcome; who recorded it and when, and a frozen place, stay as they are.

    `version` is the session's version when the form was opened; `replaces` as in `record`: what a form of before this person's
    own last version would forget of it is asked about.

    Raises OutcomeDiffers when somebody changed the outcome since,
    and RuleBroken with every reason when this person may not change it now. In a closed period a manager needs `restate`
    (rule 14).
    """
    session = lock_session(session)
    if _came_before(session, outcome, key=key, by=by, now=now):
        return session
    outcome = outcome.with_unseen(session)
    is_unseen = version != session.version
    if not _was_said_last(session, replaces, by=by) or (is_unseen and forgets(session, outcome)):
        # Whoever may not correct it must not learn what others told.
        _refuse_to_amend(session, outcome, by=by, now=now, restate=restate)
        if is_unseen and (rows := differences(session, outcome)):
            reason = _("Somebody changed this outcome after you opened it. Look at what differs; correct it if yours is right.")
            raise OutcomeDiffers(reason, session, rows)
    return _corrected(session, outcome, key=key, by=by, now=now, replaces=replaces, restate=restate)


def _refuse_to_amend(session: Session, outcome: Outcome, *, by: User, now: datetime, restate: Restate | None) -> None:
    if reasons := rules.reasons_not_to_amend(session, outcome, by=by, now=now, restates=restate is not None):
        raise RuleBroken(reasons)


def _corrected(
    session: Session,
    outcome: Outcome,
    *,
    key: UUID,
    by: User,
    now: datetime,
    replaces: Collection[UUID],
    restate: Restate | None,
) -> Session:
    """Store the outcome in place of the stored one, where it differs."""
    _refuse_to_amend(session, outcome, by=by, now=now, restate=restate)
    if rows := differences(session, outcome):
        if restate is not None:
            restate(rows)
        _store(session, outcome, by=by, now=now)
    _note_stored(session, key=key, by=by, now=now, replaces=replaces)
    return session


@transaction.atomic
def correct(
    session: Session, *, room: str, language: str, seen: str, by: User, now: datetime, restate: Restate | None = None
) -> Session:
    """Correct the room and the language of a session that is over; its outcome stays as it is.

    `seen` is what visits.actions.editing.as_stored returned when the user looked at the session. Raises ChangedMeanwhile where
    it differs by now, and RuleBroken with every reason. In a closed period another language needs `restate` (rule 14).
    """
    session = lock_session(session)
    if (room, language) == (session.room, session.language):
        return session
    if seen != as_stored(session):
        raise ChangedMeanwhile(session)
    restates = restate is not None
    if reasons := rules.reasons_not_to_correct(session, room=room, language=language, by=by, now=now, restates=restates):
        raise RuleBroken(reasons)
    if restate is not None and language != session.language:
        names = [str(Language(code).label) for code in (session.language, language)]
        restate([Difference(_("Language"), *names)])
    session.room, session.language = room, language
    session.save()
    return session


@transaction.atomic
def correct_to_undo(session: Session, *, room: str, language: str, seen: str, by: User, now: datetime) -> Batch:
    """Correct room and language as `correct` does where no signed-off return is restated; the batch puts back what stood.

    A batch without changes, which is not stored: they stood like this already. Raises as `correct` does.
    """
    stored = lock_session(session)
    changed = correct(session, room=room, language=language, seen=seen, by=by, now=now)
    return keep_changed_session(changed, stored, by=by, now=now)


def lock_session(session: Session, *, also: Collection[int] = ()) -> Session:
    """Lock the session after its volunteers (people first, in order of id, as in every action), and return it as it stands.

    `also` are the ids of volunteers who are locked with them.

    A visit that was called off is locked before them, because reporting that a session took place reinstates it. Raises TakenAway
    where somebody has deleted the session, which is allowed while nobody is down for it.
    """
    list(Visit.objects.select_for_update(of=("self",)).filter(pk=session.visit_id, stage__in=CALLED_OFF_STAGES))
    people = Cover.objects.filter(session=session).values("volunteer")
    list(Volunteer.objects.select_for_update().filter(Q(pk__in=people) | Q(pk__in=also)).order_by("pk"))
    sessions = Session.objects.select_for_update(of=("self",)).select_related("type", "visit__school", "recorded_by")
    locked = sessions.prefetch_related("headcounts", "material_uses").filter(pk=session.pk).first()
    if locked is None:
        raise TakenAway
    return locked


def came_before(keys: Collection[tuple[int, UUID]], *, by: User) -> bool:
    """Whether the server has each of these versions of this person's reports already, or a later one that replaces it.

    Each is the id of its session and its key; of none it has nothing. One query.
    """
    rows = OutcomeSubmission.objects.filter(key__in=[key for _, key in keys]).values_list("session", "key", "by")
    return bool(keys) and set(keys) <= {(session, key) for session, key, sign_in in rows if is_sign_in_of(sign_in, by)}


def _was_said_last(session: Session, replaces: Collection[UUID], *, by: User) -> bool:
    """Whether what is stored is one of this person's versions that the new one replaces; nobody has changed it since."""
    if not replaces or not rules.has_outcome(session):
        return False
    last = OutcomeSubmission.objects.filter(key__in=replaces, session=session, version=session.version)
    return any(is_sign_in_of(sign_in, by) for sign_in in last.values_list("by", flat=True))


def _note_stored(session: Session, *, key: UUID, by: User, now: datetime, replaces: Collection[UUID]) -> None:
    """Note with which version of the session this is stored; earlier versions that arrive late are known from now on."""
    OutcomeSubmission.objects.filter(key=key).update(version=session.version)
    note_replaced(session, set(replaces) - {key}, by=by, now=now)


def note_replaced(session: Session, replaced: Collection[UUID], *, by: User, now: datetime) -> None:
    """Note the keys of versions that were replaced before they arrived: when they arrive late, they change nothing."""
    late = [OutcomeSubmission(key=earlier, session=session, by=by, received_at=now) for earlier in replaced]
    OutcomeSubmission.objects.bulk_create(late, ignore_conflicts=True)


def _came_before(session: Session, outcome: Outcome, *, key: UUID, by: User, now: datetime) -> bool:
    """Whether this submission arrived before; if not, store it. Raises RuleBroken when its key was used for another one."""
    noted = {"session": session, "by": by, "digest": outcome.digest, "received_at": now}
    submission, is_new = OutcomeSubmission.objects.get_or_create(key=key, defaults=noted)
    if is_new:
        return False
    is_same = submission.digest in {outcome.digest, REPLACED_UNREAD}
    if submission.session_id != session.pk or not is_same or not is_sign_in_of(submission.by_id, by):
        raise RuleBroken(
            [_("This form was sent already and said something else. Open the session again and correct its outcome.")]
        )
    return True


def _store(session: Session, outcome: Outcome, *, by: User, now: datetime) -> None:
    outcome = outcome.as_stored()
    # The stores are looked up before the stage changes, because they are known only while the session is still to come.
    sources = Sources(session, on=timezone.localdate(now)) if _uses_anything(outcome) else None
    was_delivered, was_called_off = session.stage == SessionStage.DELIVERED, session.stage == SessionStage.CANCELLED
    session.went_ahead = outcome.went_ahead
    session.stage = SessionStage.DELIVERED if outcome.took_place else SessionStage.CANCELLED
    session.cancelled_code = outcome.cancelled_code
    session.cancelled_note, session.for_good = "", session.for_good and not outcome.took_place
    session.adults = outcome.adults
    session.count_basis = CountBasis(outcome.count_basis)
    session.pupils_are = PupilsAre(outcome.pupils_are)
    session.differed, session.outcome_note = outcome.differed, outcome.note
    session.mixed_classes = [{"school": row.school, "shares": dict(row.shares)} for row in outcome.mixed] or None
    session.sure_of = [[*key, pupils] for key, pupils in outcome.sure_of.items()] or None
    session.version += 1
    places = _places(session, outcome, was_delivered=was_delivered) if outcome.took_place else {}
    if host := places.get(session.visit.school_id):
        session.authority_id, session.area_id, session.region_id = host.authority_id, host.area_id, host.region_id
    session.save()
    if outcome.took_place:
        _reinstate_visit(session, was_called_off=was_called_off)
    _store_headcounts(session, outcome, places)
    _store_people(session, outcome)
    # A use of zero has no store either. Only a use above zero without a store is from before stock was kept.
    used_before = [row for row in session.material_uses.all() if row.used]
    untracked = {row.material_id for row in used_before if row.store_id is None}
    uses = _store_materials(session, outcome)
    record_use(session, uses, untracked=untracked, sources=sources, by=by, now=now)
    reported(session.visit_id)


def _reinstate_visit(session: Session, *, was_called_off: bool) -> None:
    """Take back that the visit was cancelled or declined, if it was."""
    visit = session.visit
    if was_called_off:
        # Whoever called it off while this waited for the session has changed the visit too: PostgreSQL reads it as it was before.
        visit = Visit.objects.select_related("school").get(pk=visit.pk)
    if visit.stage in CALLED_OFF_STAGES:
        reinstate(visit)
        session.visit = visit


def _places(session: Session, outcome: Outcome, *, was_delivered: bool) -> dict[int, Place]:
    """Return the place of each school of the session on its day; a place that is frozen already stays, also when amending."""
    host = session.visit.school_id
    frozen = {
        row.school_id: Place(row.authority_id, row.area_id, row.region_id)
        for row in session.headcounts.all()
        if row.authority_id or was_delivered
    }
    if session.authority_id or was_delivered:
        frozen[host] = Place(session.authority_id, session.area_id, session.region_id)
    schools = {host, *(row.school_id for row in session.headcounts.all()), *(school_id for school_id, _ in outcome.headcounts)}
    others = places_on((school_id, session.day) for school_id in schools - frozen.keys())
    return frozen | {school_id: place for (school_id, _), place in others.items()}


def _store_headcounts(session: Session, outcome: Outcome, places: dict[int, Place]) -> None:
    """Store the numbers. What nobody planned goes with its number: who was not there at all would count as not counted."""
    rows: dict[SchoolGroup, Headcount] = {(row.school_id, row.year_group): row for row in session.headcounts.all()}
    for key in sorted(rows.keys() | outcome.headcounts.keys()):
        row = rows.get(key) or Headcount(session=session, school_id=key[0], year_group=key[1], is_unplanned=True)
        before = (row.pk, row.pupils, row.authority_id, row.area_id, row.region_id)
        row.pupils = outcome.headcounts.get(key)
        if row.is_unplanned and row.pupils is None:
            if row.pk is not None:
                row.delete()
            continue
        if place := places.get(row.school_id):
            row.authority_id, row.area_id, row.region_id = place.authority_id, place.area_id, place.region_id
        if row.pk is None or before != (row.pk, row.pupils, row.authority_id, row.area_id, row.region_id):
            row.save()


def _store_people(session: Session, outcome: Outcome) -> None:
    """Mark the people who had said yes as attended or absent; nobody attended a session that did not go ahead."""
    # People who were absent are stored first, because a session has one lead at a time.
    for cover in sorted(covers_of(session), key=lambda cover: cover.pk in outcome.attended):
        if outcome.took_place:
            state = CoverState.ATTENDED if cover.pk in outcome.attended else CoverState.ABSENT
        else:
            state = CoverState.ACCEPTED if cover.state == CoverState.ATTENDED else CoverState(cover.state)
        if cover.state != state:
            cover.state = state
            cover.save()


def _uses_anything(outcome: Outcome) -> bool:
    return any(used for _, used in outcome.materials.values())


def _store_materials(session: Session, outcome: Outcome) -> dict[int, MaterialUse]:
    rows = {row.material_id: row for row in session.material_uses.all()}
    planned = _planned(session) if outcome.materials.keys() - rows.keys() else {}
    for material_id in sorted(rows.keys() | outcome.materials.keys()):
        arrived, used = outcome.materials.get(material_id, (None, None))
        row = rows.get(material_id) or MaterialUse(session=session, material_id=material_id, planned=planned.get(material_id))
        if (row.arrived, row.used) != (arrived, used):
            row.arrived, row.used = arrived, used
            row.save()
            rows[material_id] = row
    return rows


def _planned(session: Session) -> dict[int, int | None]:
    """Return the planned pieces of each material, by its id; None where that is not known, or more than a session can have."""
    needed = {item.material.pk: item.quantity for item in kit_for(session)}
    return {pk: None if quantity is None or quantity > MOST_PIECES else quantity for pk, quantity in needed.items()}
