"""What hosts change by their own pages: what stands of it, and whom a school phones where it is too late for that."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Exists, Expression, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.accounts.models import User
from schools.core.batched_queries import Day, Given
from schools.core.history import CREATED
from schools.directory.queries import with_contacts
from schools.directory.responsible import people_to_phone, read_person_to_phone
from schools.messages.models import OutboxMessage
from schools.visits.models import (
    BOOKED_STAGES,
    CALLED_OFF_STAGES,
    ChangeWhat,
    OfferedDates,
    OfferedDatesQuerySet,
    SchoolChange,
    Session,
    Visit,
)

NEWS_FOR = timedelta(days=7)
"""So long somebody in the office is mailed of it, quiet hours and a weekend included; then home alone says so."""
OVER = ":over"
"""How the key of a message ends that says that a wish was taken back."""


def open_dates(*, on: Day) -> OfferedDatesQuerySet:
    """Return the dates among which the school may choose on the day, to move the visit of the outer row, a change.

    Those that were offered before it asked are no answer to it.
    """
    dates = OfferedDates.objects.of_moves().open_on(on)
    return dates.filter(visit=OuterRef("visit"), offered_at__gte=OuterRef("at"))


def answered_since(*, on: date) -> Expression:
    """Return whether the host that cancelled a visit, the outer row, was offered dates since, or another visit was booked since.

    Then nobody looks any more who could come on the half-days that it named. Any number of the school counts. What was booked
    before it cancelled, and is still to come, answers nothing, and nor do dates by which that is moved.
    """
    later = OfferedDates.objects.not_taken_back().filter(offered_at__gt=OuterRef("at"), moves_from=None)
    booked = Session.objects.scheduled().filter(Q(day__gte=on) | Q(until_day__gte=on), visit__stage__in=BOOKED_STAGES)
    # No column says when a session was booked; its history does.
    booked = booked.filter(
        Exists(Session.history.filter(id=OuterRef("pk"), history_type=CREATED, history_date__gte=OuterRef(OuterRef("at"))))
    )
    own, chain = OuterRef("visit__school"), OuterRef("visit__school__chain")
    # Apart, each by an index, as of the dates that were offered.
    of_offers = Q(Exists(later.filter(school=own))) | Q(Exists(later.filter(school__chain=chain)))
    of_visits = Q(Exists(booked.filter(visit__school=own))) | Q(Exists(booked.filter(visit__school__chain=chain)))
    return ExpressionWrapper(of_offers | of_visits, output_field=BooleanField())


def changes_of(visit: Visit | Given, *, on: Day) -> QuerySet[Any]:
    """Return what the host did or asked for, the latest first.

    Each row says whether that is so now (`stands`), and whether the school has dates to choose from instead
    (`are_dates_offered`).
    """
    stands = SchoolChange.objects.standing().filter(pk=OuterRef("pk"))
    says = {"stands": Exists(stands), "are_dates_offered": Exists(open_dates(on=on))}
    rows: QuerySet[Any] = SchoolChange.objects.filter(visit=visit).annotate(**says)
    return rows.select_related("seen_by")


def standing_change(visit: Visit, kind: ChangeWhat) -> SchoolChange | None:
    """Return the host’s cancellation of the visit, or its wish for another day, where that is so now; None: it is not."""
    return SchoolChange.objects.standing().filter(visit=visit, what=kind).first()


def cancelled_on(visit: Visit) -> date | None:
    """Return the day since which the visit is cancelled or declined, by its history; None: nobody knows. One query."""
    since = None
    for stage, moment in visit.history.order_by("-history_id").values_list("stage", "history_date"):
        if stage not in CALLED_OFF_STAGES:
            break
        since = timezone.localdate(moment)
    return since


def wish_since(offered: OfferedDates) -> SchoolChange | None:
    """Return the wish that stands of the visit that the dates are to move, where the school has said it since they were offered.

    None: there is none. One query, for dates that move a visit.
    """
    if offered.moves_from is None:
        return None
    wishes = SchoolChange.objects.standing().filter(visit=offered.visit_id, what=ChangeWhat.MOVE, at__gt=offered.offered_at)
    return wishes.first()


def changes_to_tell(now: datetime, about: Collection[int] | None) -> QuerySet[SchoolChange]:
    """Return what is news for the office, of the last days; `about` are the visits’ ids, None: all.

    It is what nobody there has seen to, and every wish that the school took back: that is told to who may have heard of it.
    """
    since = now - NEWS_FOR
    changes = SchoolChange.objects.all() if about is None else SchoolChange.objects.filter(visit__in=about)
    fresh = changes.to_do().filter(at__gte=since).order_by().values("pk")
    back = changes.taken_back().filter(over_at__gte=since).order_by().values("pk")
    rows = SchoolChange.objects.filter(pk__in=fresh.union(back, all=True))
    return rows.select_related("visit__school", "visit__coordinator").order_by("pk")


def answers_to_mail(now: datetime) -> QuerySet[Any]:
    """Return the wishes of the last days to which the office has answered, for the school to read by mail, that the day stands.

    Each has its visit, on which day of it the wish waited (`waits_on`), and whom to write to there. A wish that was taken back
    since, or a visit that was moved or is over, is none.
    """
    to_come = SchoolChange.objects.of_what_is_to_come(on=timezone.localdate(now))
    answered = to_come.standing().filter(what=ChangeWhat.MOVE, is_mailed=True, seen_at__gte=now - NEWS_FOR)
    rows = answered.with_day().select_related("visit__school", "visit__contact", "visit__coordinator").order_by("pk")
    return rows.prefetch_related(*with_contacts("visit__school__"))


def who_heard(kind: str, changes: Collection[SchoolChange]) -> set[tuple[int, int]]:
    """Return to whom in the office (by id) each of the changes (by id) may have gone, in whichever words it was said; one query.

    A wish that is said anew stays the same row. What still waits in the outbox has told nobody, and nor has the mail that a wish
    was taken back.
    """
    if not changes:
        return set()
    gone = OutboxMessage.objects.filter(Q(sent_at__isnull=False) | Q(handed_over_at__isnull=False), kind=kind)
    # By their visits, so that not all messages of years are read: nothing says when it was said first.
    of_visits, wanted = gone.filter(about__visit__in={change.visit_id for change in changes}), {change.pk for change in changes}
    heard = set()
    for key in of_visits.exclude(key__endswith=OVER).values_list("key", flat=True):
        _kind, change, person, _at = key.split(":", 3)
        if int(change) in wanted:
            heard.add((int(change), int(person)))
    return heard


def person_to_phone(visit: Visit, *, on: date) -> User | None:
    """Return whom the host phones: the visit’s coordinator, or who stands in; without one, somebody who coordinates its area.

    A coordinator who does not see the school any more is none. None: nobody looks after it. One query.
    """
    people = people_to_phone("coordinator", "school__authority", on=on)
    row: Any = Visit.objects.select_related("coordinator").annotate(**people).get(pk=visit.pk)
    return read_person_to_phone(row)
