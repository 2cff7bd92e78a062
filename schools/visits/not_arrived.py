"""What did not arrive at a school, somebody there or a volunteer, with who looks after it and has to reach them otherwise."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from schools.directory.models import AreaAuthority, Contact, School
from schools.directory.models.areas import holds_on
from schools.directory.responsible import Place, Responsible, responsible_by_place
from schools.messages.kinds import all_kinds
from schools.messages.models import OutboxMessage
from schools.visits.models import MessageAbout, OfferedDates, Session, Visit
from schools.visits.offer_kinds import DATES_TO_CHOOSE, mails_of, offered_in
from schools.visits.queries import responsible_by_visit
from schools.volunteers.models import MessageTo, Volunteer


@dataclass(frozen=True)
class NotArrived:
    """A message that was stopped, to one of its readers, and nobody has decided about it yet."""

    message: OutboxMessage
    party: Volunteer | School | Contact
    stopped_at: datetime
    responsible: Sequence[Responsible]
    """Who looks after it; nobody, where an area has no coordinator: then home alone shows it, to managers."""
    visit: Visit | None = None
    """None: it is about no visit."""
    next_day: date | None = None
    """The next day of the visit; None: it has none, or there is no visit."""


def not_arrived(*, since: datetime, on: date, visits: Collection[int] | None) -> list[NotArrived]:
    """Return what was stopped since then and somebody has to see to, about these visits (by id); None: all, and about no visit.

    Left out is what comes again by itself, and what went to the office itself. Takes a constant number of queries.
    """
    stopped = OutboxMessage.objects.undecided().filter(stopped_at__gte=since)
    about_visits = list(_about_visits(stopped, visits, on=on))
    return about_visits if visits is not None else [*about_visits, *_about_no_visit(stopped, on=on)]


def _about_visits(stopped: QuerySet[Any], visits: Collection[int] | None, *, on: date) -> Iterator[NotArrived]:
    next_day = Session.objects.scheduled().filter(visit=OuterRef("visit"), day__gte=on).order_by("day")
    # A row of neither is about a mail to the office; but a direct one asks somebody at the school to confirm that they are there.
    to_others = Q(volunteer__isnull=False) | Q(school__isnull=False) | Q(message__kind="")
    rows = MessageAbout.objects.filter(to_others, message__in=stopped).annotate(next_day=Subquery(next_day.values("day")[:1]))
    rows = rows if visits is None else rows.filter(visit__in=visits)
    parties = ("message", "visit__school", "visit__coordinator", "volunteer", "school")
    written: list[Any] = list(rows.select_related(*parties).order_by("pk"))
    responsible = responsible_by_visit((row.visit for row in written), on=on)
    for row in written:
        party = row.volunteer or row.school or row.visit.school
        at = row.message.stopped_at
        yield NotArrived(row.message, party, at, responsible[row.visit_id], row.visit, row.next_day)


def _about_no_visit(stopped: QuerySet[Any], *, on: date) -> Iterator[NotArrived]:
    """Yield what was stopped of what is for a volunteer, or for somebody at a school, and not about a visit as such."""
    again = [kind.name for kind in all_kinds() if kind.comes_again]
    rows = MessageTo.objects.filter(message__in=stopped).exclude(message__kind__in=again)
    parties = rows.select_related("message", "volunteer", "contact__school").prefetch_related("contact__also_at")
    written: list[Any] = list(parties.order_by("pk"))
    if not written:
        return
    dates = _dates_in(row.message for row in written)
    areas = _authorities_of({row.volunteer_id for row in written if row.volunteer_id}, on=on)
    places = {row.pk: _places(row, dates.get(row.message_id), areas) for row in written}
    by_place = responsible_by_place((place for theirs in places.values() for place in theirs), on=on)
    replaced = _replaced(dates.values())
    for row in written:
        if row.message_id in replaced:
            continue
        everybody = [each for place in places[row.pk] for each in by_place[place]]
        responsible = list({(each.user.pk, each.to_ask.pk): each for each in everybody}.values())
        offered = dates.get(row.message_id)
        visit = offered.visit if offered else None
        yield NotArrived(row.message, row.volunteer or row.contact, row.message.stopped_at, responsible, visit)


def _places(row: Any, offered: OfferedDates | None, areas: Mapping[int, Sequence[int]]) -> list[Place]:
    """Return where it is seen to: in the areas of the volunteer, of the contact’s schools, or by who has offered dates."""
    if row.volunteer_id:
        return [(authority, None) for authority in areas.get(row.volunteer_id, ())]
    if offered is not None:
        return [(offered.school.authority_id, offered.offered_by_id)]
    return [(school.authority_id, None) for school in (row.contact.school, *row.contact.also_at.all())]


def _dates_in(messages: Iterable[OutboxMessage]) -> dict[int, OfferedDates]:
    """Return the dates that these messages offer, by the message’s id; no query where none does."""
    ids = {message.pk: offered_in(message) for message in messages if message.kind == DATES_TO_CHOOSE}
    offered = OfferedDates.objects.filter(pk__in=set(ids.values())).select_related("school", "visit__school") if ids else ()
    by_pk = {row.pk: row for row in offered}
    return {message: by_pk[pk] for message, pk in ids.items() if pk in by_pk}


def _replaced(offered: Iterable[OfferedDates]) -> set[int]:
    """Return the mails (ids) of these dates that one to another address has replaced, and that went; no query without dates."""
    mails = mails_of(list(offered)).values()
    return {mail.pk for theirs in mails for mail in theirs if any(later.sent_at and later.pk > mail.pk for later in theirs)}


def _authorities_of(volunteers: Collection[int], *, on: date) -> dict[int, list[int]]:
    """Return the authorities that the areas of these volunteers (by id) hold on the day; two queries, or none without anybody."""
    if not volunteers:
        return {}
    joined = Volunteer.areas.through.objects.filter(volunteer__in=volunteers).order_by("volunteer", "area")
    pairs = list(joined.values_list("volunteer", "area"))
    held = AreaAuthority.objects.filter(holds_on(on), area__in={area for _, area in pairs}).order_by("area", "authority")
    of_area: dict[int, list[int]] = {}
    for area, authority in held.values_list("area", "authority"):
        of_area.setdefault(area, []).append(authority)
    theirs: dict[int, list[int]] = {}
    for volunteer, area in pairs:
        theirs.setdefault(volunteer, []).extend(of_area.get(area, ()))
    return theirs
