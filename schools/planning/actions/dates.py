"""Dates that are offered to a school: offered, chosen by somebody there, taken back, lapsed (rule 31)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose, Contact, School
from schools.planning import rules
from schools.planning.actions.answers import Chooser, answered, is_open, is_short, is_short_alone
from schools.planning.actions.chosen import book_chosen
from schools.planning.actions.moving import choose_to_move, wish_instead
from schools.planning.half_days import Rated
from schools.planning.queries.candidates import term_of
from schools.planning.queries.chosen import own_hold, to_be_moved
from schools.planning.queries.half_days import Planned, around, planned_of, rated_half_days
from schools.planning.queries.staff import areas_sharing_people
from schools.visits.actions.batches import Changes
from schools.visits.actions.booking import bring_under
from schools.visits.actions.conversations import request_visit
from schools.visits.actions.locks import hold_areas, lock_with_visit
from schools.visits.actions.undoable import held
from schools.visits.actions.waking import wake
from schools.visits.half_days import HalfDay
from schools.visits.models import (
    Batch,
    BatchKind,
    ChangeWhat,
    OfferedDates,
    OfferedDatesQuerySet,
    OfferedState,
    Visit,
    VisitStage,
)
from schools.visits.offer_kinds import mails_of_dates
from schools.visits.queries.requests import numbers_of, visit_there
from schools.visits.queries.school_changes import standing_change
from schools.visits.rules.offered_dates import (
    mailed_on,
    reasons_not_to_answer,
    reasons_not_to_choose,
    reasons_not_to_name_days,
    reasons_of_school,
    still_to_choose,
)
from schools.visits.rules.school_changes import last_day_to_change, reasons_not_to_wish, reasons_wish_changed

FURTHEST = timedelta(days=550)
"""No half-day further off is offered: the office looks at this term and the next two."""


def offer_dates(
    school: School, half_days: Collection[HalfDay], *, planned: Planned, contact: Contact | None, by: User, now: datetime
) -> Batch:
    """Offer the half-days to the school and hold them; return the batch that takes them back.

    The mail waits for a minute, as what follows from every act that can be undone. Raises RuleBroken with every reason.
    """
    return held(lambda: _offered(school, half_days, planned=planned, contact=contact, by=by, now=now), now=now)


@transaction.atomic
def _offered(
    school: School, half_days: Collection[HalfDay], *, planned: Planned, contact: Contact | None, by: User, now: datetime
) -> Batch:
    on = timezone.localdate(now)
    requested = Visit.objects.filter(school__in=numbers_of(school), stage=VisitStage.REQUESTED)
    school, rated = _rated_alone(school, half_days, planned, requested, on=on, now=now)
    reasons = rules.reasons_not_to_offer_now(school, contact, on=on) + rules.reasons_not_to_offer(half_days, rated)
    if reasons or contact is None:
        raise RuleBroken(reasons)
    offered = OfferedDates(
        visit=requested.order_by("pk").first(),
        held_until=mailed_on(now) + timedelta(days=settings.SPEAKOUT_HOLD_DATES_DAYS),
        **_facts(school, half_days, planned, contact),
    )
    return _kept(offered, by=by, now=now)


def offer_dates_to_move(
    visit: Visit, half_days: Collection[HalfDay], *, contact: Contact | None, wish: str, by: User, now: datetime
) -> Batch:
    """Offer the half-days to the school, which moves its visit to the one that it chooses; return the batch that takes them back.

    They are held until the last day on which the school can move the visit, if that is sooner than for a new one; the mail waits
    for a minute, as in `offer_dates`. `wish` is what the user read of the school’s wish for another day (`wish_with_answer`).
    Raises RuleBroken with every reason, and where the school or a colleague has said something else since.
    """
    return held(lambda: _offered_to_move(visit, half_days, contact=contact, wish=wish, by=by, now=now), now=now)


@transaction.atomic
def _offered_to_move(
    visit: Visit, half_days: Collection[HalfDay], *, contact: Contact | None, wish: str, by: User, now: datetime
) -> Batch:
    on = timezone.localdate(now)
    visit = Visit.objects.select_related("school").get(pk=visit.pk)
    sessions = to_be_moved(visit, on=on)
    planned = planned_of(sessions)
    visits = Visit.objects.filter(pk=visit.pk)
    school, rated = _rated_alone(visit.school, half_days, planned, visits, on=on, now=now, but=own_hold(visit, on=on))
    if unread := reasons_wish_changed(standing_change(visit, ChangeWhat.MOVE), shown=wish):
        raise RuleBroken(unread)
    reasons = rules.reasons_not_to_offer_to_move(visit, sessions, by=by, now=now) + rules.reasons_of_reader(school, contact)
    reasons += rules.reasons_not_to_offer(half_days, rules.to_move_to(rated, sessions)) if not reasons else []
    if reasons or contact is None:
        raise RuleBroken(reasons)
    first = sessions[0].day
    until = min(mailed_on(now) + timedelta(days=settings.SPEAKOUT_HOLD_DATES_DAYS), last_day_to_change(school, first))
    offered = OfferedDates(visit=visit, moves_from=first, held_until=until, **_facts(school, half_days, planned, contact))
    return _kept(offered, by=by, now=now)


def _facts(school: School, half_days: Collection[HalfDay], planned: Planned, contact: Contact) -> dict[str, Any]:
    """Return the columns that all dates have which are offered to a school."""
    return {
        "school": school,
        "contact": contact,
        "half_days": [half_day.key for half_day in sorted(half_days)],
        "types": sorted(planned.types),
        "people": planned.people,
        "template_id": planned.template,
    }


def _kept(offered: OfferedDates, *, by: User, now: datetime) -> Batch:
    """Store the dates, and return the batch that takes them back."""
    offered.offered_at, offered.offered_by = now, by
    offered.full_clean()
    offered.save()
    return _batch_of(offered, by=by, now=now)


def _rated_alone(
    school: School,
    half_days: Collection[HalfDay],
    planned: Planned,
    visits: QuerySet[Visit],
    *,
    on: date,
    now: datetime,
    but: int | None = None,
) -> tuple[School, list[Rated]]:
    """Return the school, locked, and the half-days of the terms as they are rated while nobody else offers the same people.

    `visits`: those of which the dates may be, which are locked before the school. `but`: dates whose hold does not count.
    """
    there = around(school, _span(half_days, on=on), on=on)
    list(OfferedDates.objects.select_for_update(of=("self",)).filter(school=school, state=OfferedState.OPEN).order_by("pk"))
    # Dates refer to their visit, and to store them waits for whoever holds it, who may be about to lock the school.
    list(visits.select_for_update(of=("self",), no_key=True).order_by("pk"))
    school = School.objects.select_for_update(of=("self",)).get(pk=school.pk)
    # Whoever offers dates to schools that share people does so one after the other: each sees what the others hold.
    hold_areas(areas_sharing_people(there.area) if there.area is not None else ())
    _lapse(OfferedDates.objects.filter(school=school), on=on, now=now)
    rated = rated_half_days(school, there, planned.types, planned.people, on=on, place=planned.place, but=but)
    return school, rated


def _batch_of(offered: OfferedDates, *, by: User, now: datetime) -> Batch:
    """Keep what was offered so that it can be undone, which is to take it back: so the link in a mail that went out says that."""
    before, after = {"state": OfferedState.TAKEN_BACK.value}, {"state": OfferedState.OPEN.value}
    changes = Changes([{"table": "offereddates", "pk": offered.pk, "before": before, "after": after}])
    number = "1 date" if len(offered.half_days) == 1 else f"{len(offered.half_days)} dates"
    words = f"Offered {number} to {offered.school}, held until {offered.held_until:%-d %B}"
    batch = changes.keep(BatchKind.DATES, words, by=by, now=now)
    batch.asks = list(mails_of_dates([offered.pk], now=now))
    return batch


def _span(half_days: Iterable[HalfDay], *, on: date) -> Period:
    """Return the terms of the half-days, from the first to the last; without those that are too far off to be offered."""
    terms = [term_of(half_day.day) for half_day in half_days if on <= half_day.day <= on + FURTHEST] or [term_of(on)]
    return Period(min(term.first_day for term in terms), max(term.last_day for term in terms), "terms")


def choose_date(
    offered: OfferedDates, half_day: HalfDay | None, chooser: Chooser, *, seen: str = "", now: datetime
) -> OfferedDates:
    """Keep what the school chose and book its visit, which is agreed by that, or move it there; the first to answer decides.

    Where too few people are left, or the office would have to look first, the visit is only asked for, and home says so. Chosen
    again, it is the same. `seen` is what they have read of what a colleague has asked for since (`reasons_not_read`). Raises
    RuleBroken with the reasons, for whoever is at the school. Where the school was closed meanwhile the dates lapse by that, so
    that home says it.
    """
    if reasons := _lapsed_with_school(offered, now=now):
        raise RuleBroken(reasons)
    return _chosen(offered, half_day, chooser, seen=seen, now=now)


@transaction.atomic
def _lapsed_with_school(offered: OfferedDates, *, now: datetime) -> list[str]:
    """End the dates for a new visit where the school cannot be visited any more; return why, for whoever is there."""
    row = _locked(offered)
    reasons = reasons_of_school(row.school)
    if not reasons or row.state != OfferedState.OPEN or row.moves_from is not None:
        return []
    row.state, row.answered_at = OfferedState.LAPSED, now
    row.save(update_fields=["state", "answered_at"])
    return reasons


@transaction.atomic
def _chosen(offered: OfferedDates, half_day: HalfDay | None, chooser: Chooser, *, seen: str, now: datetime) -> OfferedDates:
    on = timezone.localdate(now)
    row = _locked(offered)
    if row.state == OfferedState.CHOSEN and half_day is not None and row.chosen == half_day.key:
        return row
    if row.moves_from is not None:
        return choose_to_move(row, half_day, chooser, seen=seen, now=now)
    # Whoever books in the office holds the school: what they book is seen from here on, or they see the choice.
    lock_with_visit(row.school.under_any_number, on=on)
    reasons = reasons_not_to_choose(row, half_day, is_open=is_open(row, on=on), on=on)
    if reasons or half_day is None:
        raise RuleBroken(reasons)
    visit = _visit_of(row, now=now)
    row.visit, row.chosen = visit, half_day.key
    row.is_short = is_short_alone(row, on=on)
    answered(row, OfferedState.CHOSEN, chooser, now=now)
    if not row.is_short:
        row.visit = book_chosen(row, now=now) or visit
    wake([visit.pk])
    return row


@transaction.atomic
def refuse_dates(
    offered: OfferedDates, chooser: Chooser, *, half_days: Sequence[HalfDay] = (), seen: str = "", now: datetime
) -> OfferedDates:
    """Keep that none of the dates suits the school, and which half-days would: the dates are free for others, and home says so.

    Said again, it is the same. Half-days that are named later stand in place of those before, until others are offered, once who
    names them has read those (`seen`: `days_as_shown`). Of a booked visit they are the school’s wish for another day, once they
    have read which a colleague has said since (`seen`: as `choose_date`). Raises RuleBroken with the reasons, for whoever is at
    the school.
    """
    row, on = _locked(offered), timezone.localdate(now)
    keys, is_said = [half_day.key for half_day in half_days], row.state == OfferedState.NONE
    if is_said and (not keys or keys == _named_instead(row)):
        return row
    if is_said:
        reasons = reasons_not_to_name_days(row, seen=seen, on=on)
    else:
        reasons = reasons_not_to_answer(row, is_open=is_open(row, on=on))
    if half_days and row.moves_from is None:
        reasons = reasons or reasons_not_to_wish(half_days, (), nation=row.school.nation, on=on)
    if reasons:
        raise RuleBroken(reasons)
    if half_days and row.moves_from is not None:
        wish_instead(row, half_days, chooser, seen=seen, now=now)
    row.wished = keys or None if row.moves_from is None else None
    return answered(row, OfferedState.NONE, chooser, now=now)


def _named_instead(row: OfferedDates) -> list[str] | None:
    """Return the half-days that the school has named instead of these; of a booked visit they are its wish for another day."""
    if row.moves_from is None or row.visit is None:
        return row.wished
    wish = standing_change(row.visit, ChangeWhat.MOVE)
    return wish.half_days if wish else None


def _locked(offered: OfferedDates) -> OfferedDates:
    return OfferedDates.objects.select_for_update(of=("self",)).select_related("school").get(pk=offered.pk)


def _visit_of(row: OfferedDates, *, now: datetime) -> Visit:
    """Return the visit that the school has asked for, under any of its numbers; its choice makes it where there is none.

    What was asked for under an old number becomes the visit of the number to which the dates were offered, which is in use.
    """
    on, contact = timezone.localdate(now), row.contact
    if row.contact is not None:
        access_of(row.contact, AccessPurpose.VISITS, on=on)  # so that its page can lead on to the visit's
    contact = contact if contact is not None and contact.is_at(row.school) else None
    before = row.visit or visit_there(numbers_of(row.school), on=on)
    if before is not None:
        visit = Visit.objects.select_for_update(of=("self",)).get(pk=before.pk)
        if visit.stage == VisitStage.REQUESTED:
            if bring_under(visit, row.school, contact=contact):
                visit.save(update_fields=["school", "contact"])
            return visit
    return request_visit(row.school, preferred_month=None, by=None, now=now, contact=contact)


@transaction.atomic
def take_back_dates(offered: OfferedDates, *, now: datetime) -> OfferedDates:
    """End the hold before the school has answered. Raises RuleBroken where it has chosen, or has said that none suits."""
    row = _locked(offered)
    if row.state == OfferedState.CHOSEN:
        is_new = row.moves_from is None
        then = "Book that one, or decline the visit." if is_new else "Move the visit there, or say that its day stands."
        raise RuleBroken([f"{row.chosen_by} has chosen {HalfDay.of(row.chosen)}. {then}"])
    if row.state == OfferedState.NONE:
        raise RuleBroken(
            [f"{row.chosen_by} has said meanwhile that none of these suits. Read on the page what would do instead."]
        )
    if row.state == OfferedState.OPEN:
        row.state, row.answered_at = OfferedState.TAKEN_BACK, now
        row.save(update_fields=["state", "answered_at"])
    return row


def lapse_dates(*, now: datetime) -> tuple[int, int]:
    """End what nobody answered in time, and look again whether people are left for what schools chose and nobody booked yet.

    Returns how many lapsed, and for how many that has changed. Runs at once, and twice, change nothing more.
    """
    on = timezone.localdate(now)
    lapsed, changed = _lapse(OfferedDates.objects.all(), on=on, now=now), 0
    waiting_for = (OfferedDates.objects.waiting_to_be_booked(on=on), OfferedDates.objects.waiting_to_be_moved(on=on))
    for row in (row for rows in waiting_for for row in rows.select_related("school").order_by("pk")):
        short = is_short(row, on=on)
        waiting = OfferedDates.objects.filter(pk=row.pk, state=OfferedState.CHOSEN)
        changed += waiting.exclude(is_short=short).update(is_short=short)
    return lapsed, changed


def _lapse(offered: OfferedDatesQuerySet, *, on: date, now: datetime) -> int:
    """End those of the dates whose time is over, of which nobody can choose one any more, or which have all come."""
    can_be_chosen = Exists(OfferedDates.objects.open_on(on).filter(pk=OuterRef("pk")))
    # In one look: what somebody offers while we look at the others is none of those that are over.
    rows: Any = offered.filter(state=OfferedState.OPEN).annotate(can_be_chosen=can_be_chosen)
    over = [row.pk for row in rows if not (row.can_be_chosen and still_to_choose(row, on=on))]
    return offered.filter(pk__in=over, state=OfferedState.OPEN).update(state=OfferedState.LAPSED, answered_at=now)
