"""The same change to many visits at once; changes of rows can be undone once (Batch)."""

from collections.abc import Collection, Iterable, Mapping, Sized
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import joined, long_day
from schools.directory.models import Area, AreaAuthority, AreaCoordinator
from schools.directory.models.areas import holds_on
from schools.messages.hashed import plain
from schools.messages.models import SuppressedAddress
from schools.visits import rules
from schools.visits.actions.batches import Changes, table_of
from schools.visits.actions.waking import schools_about_to_change
from schools.visits.models import STANDING_STAGES, Batch, BatchKind, ClosedPeriod, MessageAbout, Session, Visit, VisitStage
from schools.visits.outcome_kinds import CHASE_KIND, chase_drafts, chased, unreported
from schools.visits.rules.closed_periods import closed_to_reports
from schools.volunteers.models import Volunteer


def _locked(visits: Iterable[int]) -> list[Visit]:
    rows = Visit.objects.select_for_update(of=("self",)).select_related("school").filter(pk__in=set(visits)).order_by("pk")
    return list(rows)


def _number(visits: Sized) -> str:
    return "1 visit" if len(visits) == 1 else f"{len(visits)} visits"


def _done_before(kind: BatchKind, visit_ids: Collection[int], *, by: User, **values: Any) -> Batch | None:
    """Return the user's act of the kind that gave the visits the values that they still have; None: none did.

    It is the last that was not undone, and wrote in no row but these; some of them may have had the values before.
    """
    ids = set(visit_ids)
    batch = Batch.objects.filter(kind=kind, by=by, undone_at=None).order_by("-pk").first()
    if batch is None or not {(change["table"], change["pk"]) for change in batch.changes} <= {("visit", pk) for pk in ids}:
        return None
    return batch if Visit.objects.filter(pk__in=ids, **values).count() == len(ids) else None


def confirmed_before(visit_ids: Collection[int], *, agreed_on: date, agreed_with: str, by: User) -> Batch | None:
    """Return the user's act that marked these visits as agreed in these words, where it was pressed twice; None: none did."""
    typed = {"agreed_on": agreed_on, "agreed_with": agreed_with}
    return _done_before(BatchKind.CONFIRM, visit_ids, by=by, stage=VisitStage.CONFIRMED, **typed)


def reassigned_before(visit_ids: Collection[int], *, to: User, by: User) -> Batch | None:
    """Return the user's act that gave these visits to the coordinator, where it was pressed twice; None: none did."""
    return _done_before(BatchKind.REASSIGN, visit_ids, by=by, coordinator=to)


def handed_over_before(area: Area, *, leaving: User, to: User, from_day: date, by: User) -> Batch | None:
    """Return the user's act that handed the area over so, where it was pressed twice; None: none did, or it is not so now."""
    batch = Batch.objects.filter(kind=BatchKind.HAND_OVER, by=by, undone_at=None).order_by("-pk").first()
    if batch is None:
        return None
    table = table_of(AreaCoordinator())
    written = [change["pk"] for change in batch.changes if change["table"] == table]
    ended = AreaCoordinator.objects.filter(pk__in=written, area=area, user=leaving, to_day=from_day - timedelta(days=1))
    given_to = {change["after"][name] for change in batch.changes for name in ("user", "coordinator") if name in change["after"]}
    return batch if ended.exists() and given_to <= {to.pk} and _held(area, to, from_day=from_day).exists() else None


def chased_before(session_ids: Collection[int], *, by: User, now: datetime) -> Batch | None:
    """Return the user's act of the last minute that asked how these sessions went, where it was pressed twice; None: none did.

    Its mails ask about these sessions alone, and about all of them that are not left to the phone.
    """
    batch = Batch.objects.filter(kind=BatchKind.CHASE, by=by, undone_at=None, held_until__gte=now).order_by("-pk").first()
    if batch is None:
        return None
    ids, on, goes_on = set(session_ids), timezone.localdate(now), timezone.localdate(CHASE_KIND.opens(now=now))
    speaks_of = MessageAbout.objects.filter(message__in=batch.messages or ()).values_list("speaks_of", flat=True)
    mailed = {session for sessions in speaks_of for session in sessions or ()}
    covers = unreported(Session.objects.outcome_missing(on=on).filter(pk__in=ids), on=on)
    asked_today = chased(covers, since=goes_on)
    by_phone = {cover.session.visit_id for cover in covers if (cover.volunteer_id, cover.session_id) not in asked_today}
    return batch if mailed and mailed <= ids and by_phone <= set(batch.visits or ()) else None


@transaction.atomic
def confirm_many(visit_ids: Iterable[int], *, agreed_on: date, agreed_with: str, by: User, now: datetime) -> Batch:
    """Mark the visits as agreed with their schools, all or none. Raises RuleBroken with every reason."""
    visits, on = _locked(visit_ids), timezone.localdate(now)
    reasons = [] if visits else ["Tick at least one visit."]
    if agreed_on > on:
        reasons.append("The schools cannot have agreed on a day to come. Give the day on which they said yes.")
    of_each = rules.reasons_of_each(visits, by=by, on=on, confirming=True)
    reasons += [f"{visit}: {reason}" for visit in visits for reason in of_each[visit.pk]]
    if reasons:
        raise RuleBroken(reasons)
    schools_about_to_change([visit.pk for visit in visits])
    changes = Changes()
    for visit in visits:
        changes.write(visit, stage=VisitStage.CONFIRMED, agreed_on=agreed_on, agreed_with=agreed_with)
    return changes.keep(BatchKind.CONFIRM, f"Confirmed {_number(visits)}", by=by, now=now)


@transaction.atomic
def reassign(visit_ids: Iterable[int], *, to: User, by: User, now: datetime) -> Batch:
    """Give the visits another coordinator, all or none; the batch counts those that were not theirs yet.

    A batch without changes, which is not stored: all were theirs already. Raises RuleBroken with every reason.
    """
    visits, on = _locked(visit_ids), timezone.localdate(now)
    reasons = [] if visits else ["Tick at least one visit."]
    new = [visit.school for visit in visits if visit.coordinator_id != to.pk]
    reasons += rules.reasons_not_to_coordinate_at(to, new, on=on)
    reasons += rules.reasons_not_all_theirs(visits, by=by, on=on)
    if reasons:
        raise RuleBroken(reasons)
    changes = Changes()
    for visit in visits:
        changes.write(visit, coordinator=to)
    return changes.keep_any(BatchKind.REASSIGN, f"Gave {_number(changes.rows)} to {to}", by=by, now=now)


def visits_to_hand_over(area: Area, user: User, *, from_day: date) -> QuerySet[Visit]:
    """Return the visits at the area's schools that the user coordinates and that have something to come, or no session yet.

    An online window is to come until its last day.
    """
    holding = AreaAuthority.objects.filter(holds_on(from_day), area=area, authority=OuterRef("school__authority"))
    mine = Visit.objects.filter(Exists(holding), coordinator=user)
    none_yet = ~Exists(Session.objects.filter(visit=OuterRef("pk")))
    not_over = Q(day__gte=from_day) | Q(until_day__gte=from_day)
    coming = Exists(Session.objects.scheduled().filter(not_over, visit=OuterRef("pk")))
    return mine.filter(coming | none_yet, stage__in=STANDING_STAGES)


def _locked_to_hand_over(area: Area, user: User, *, from_day: date) -> list[Visit]:
    locked = _locked(visits_to_hand_over(area, user, from_day=from_day).values_list("pk", flat=True))
    # Asked once more: a colleague may have been given one, or have called it off, while we waited for it.
    theirs = set(visits_to_hand_over(area, user, from_day=from_day).values_list("pk", flat=True))
    return [visit for visit in locked if visit.pk in theirs]


def reasons_not_to_hand_over(area: Area, *, leaving: User, to: User, from_day: date) -> list[str]:
    """Return the reasons why `to` cannot coordinate the area in place of `leaving` from the day on."""
    held = _held(area, leaving, from_day=from_day)
    reasons = rules.reasons_not_to_coordinate(to)
    if leaving == to:
        reasons.append("Choose two people: who leaves and who takes the area over.")
    if not held:
        reasons.append(f"{leaving} does not coordinate {area} on {long_day(from_day)}. Look at the area’s coordinators.")
    if any(row.from_day is not None and row.from_day >= from_day for row in held):
        reasons.append(f"{leaving} begins in {area} on that day or later. Change that row instead.")
    return reasons


def _held(area: Area, user: User, *, from_day: date) -> QuerySet[AreaCoordinator]:
    return AreaCoordinator.objects.filter(area=area, user=user).filter(holds_on(from_day)).order_by("pk")


@transaction.atomic
def hand_over(area: Area, *, leaving: User, to: User, from_day: date, by: User, now: datetime) -> Batch:
    """Make `to` the coordinator of the area, and of its visits to come, in place of `leaving` from the day on.

    Past visits keep their coordinator. Follow-ups belong to the schools of the area, so they change hands too. Raises RuleBroken
    with every reason.
    """
    area = Area.objects.select_for_update(of=("self",)).get(pk=area.pk)
    visits = _locked_to_hand_over(area, leaving, from_day=from_day)
    if reasons := reasons_not_to_hand_over(area, leaving=leaving, to=to, from_day=from_day):
        raise RuleBroken(reasons)
    changes = Changes()
    for row in _held(area, leaving, from_day=from_day):
        changes.write(row, to_day=from_day - timedelta(days=1))
    theirs = AreaCoordinator.objects.filter(area=area, user=to, to_day=None).first()
    if theirs is None:
        made = AreaCoordinator.objects.create(area=area, user=to, from_day=from_day)
        changes.record_created(made, ["user", "area", "from_day", "to_day"])
    elif theirs.from_day is not None and theirs.from_day > from_day:
        # They were to begin later. Their row is changed, because nobody coordinates an area twice.
        changes.write(theirs, from_day=from_day)
    for visit in visits:
        changes.write(visit, coordinator=to)
    words = f"Handed {area} and {_number(visits)} over from {leaving} to {to}, from {long_day(from_day)}"
    return changes.keep(BatchKind.HAND_OVER, words, by=by, now=now)


def _words_of_signed_off(closed: Mapping[int, Collection[ClosedPeriod]]) -> list[str]:
    """Return what to say of the sessions of which nobody is asked, because a signed-off return rests on them; nothing: none."""
    if not closed:
        return []
    number = "1 session" if len(closed) == 1 else f"{len(closed)} sessions"
    areas = joined(sorted({str(period.area) for periods in closed.values() for period in periods}))
    return [f"nobody is asked about {number}, whose return is signed off ({areas}): a manager can still enter how it went"]


@transaction.atomic
def chase_outcomes(session_ids: Iterable[int], *, by: User, now: datetime) -> Batch:
    """Ask the people on sessions without an outcome how they went: the drafts are what the batch `asks` (undoable.held).

    Each of them gets one mail, whatever the number of sessions, and nobody is asked twice about a session on one day; whose
    address refused the question was not asked. Raises RuleBroken where nobody is left to be mailed.
    """
    # Late in the evening it is a question of the next day: it goes then.
    on, goes_on = timezone.localdate(now), timezone.localdate(CHASE_KIND.opens(now=now))
    missing = Session.objects.outcome_missing(on=on).filter(pk__in=set(session_ids))
    covers = unreported(missing, on=on)
    # Two people who press at once wait for each other here, so that the second sees whom the first has asked.
    people = {cover.volunteer_id for cover in covers}
    list(Volunteer.objects.select_for_update(of=("self",)).filter(pk__in=people).order_by("pk").values_list("pk", flat=True))
    asked_today = chased(covers, since=goes_on)
    open_covers = [cover for cover in covers if (cover.volunteer_id, cover.session_id) not in asked_today]
    drafts = list(chase_drafts(open_covers, on=goes_on))
    # Where mail comes back, the question waits for another address, and somebody has to ring them until then.
    marked = SuppressedAddress.objects.active().by_address({draft.to for draft in drafts if draft.to})
    mailed = [draft for draft in drafts if draft.to and plain(draft.to) not in marked]
    by_phone = [draft.who for draft in drafts if draft not in mailed]
    ring = f"ring {joined(by_phone)}, who get no mail" if by_phone else ""
    closed = closed_to_reports(missing.select_related("visit__school"), on=on)
    signed_off = _words_of_signed_off(closed)
    if not mailed:
        number = missing.count()
        who = "nobody who could be asked is down for " + ("the others" if closed else "them")
        why = ring or ("they were asked today" if covers else who if number else "all of it was reported meanwhile")
        nobody = [] if closed and not covers and len(closed) == number else [f"Nobody is left to be asked by mail: {why}."]
        raise RuleBroken([*nobody, *(f"{words[0].upper()}{words[1:]}." for words in signed_off)])
    people_mailed = "1 person" if len(mailed) == 1 else f"{len(mailed)} people"
    visits = sorted({cover.session.visit_id for cover in open_covers})
    words = "; ".join(part for part in (f"Asked {people_mailed} how it went", ring, *signed_off) if part)
    batch = Changes().keep(BatchKind.CHASE, words, by=by, now=now)
    batch.visits, batch.asks = visits, [(CHASE_KIND, draft) for draft in drafts]
    return batch
