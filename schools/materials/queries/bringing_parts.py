"""The queries behind the list of what to bring to a morning, sent as one: kits, boxes, pieces, parcels, the area's stock."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from django.db.models import BigIntegerField, Count, DateField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from schools.core.batched_queries import Batch, Given, GivenIds, NamedIds, NamedQuery, Row, all_columns, named_query
from schools.directory.models import AreaAuthority, School
from schools.directory.models.areas import holds_on
from schools.materials.models import Movement, Packed, Parcel, PieceBooking, SessionKit, Store
from schools.materials.queries.equipment import HAND_OVER_WITHIN, bookings_on_the_way, ends_from
from schools.materials.queries.kits import Sitting, kit_parts
from schools.materials.queries.sessions import REMEMBERED, UpcomingSession, holding_before, live_since
from schools.visits.models import Cover, Headcount, Session, SessionQuerySet, SessionStage
from schools.visits.queries.places import place_of
from schools.volunteers.models import Volunteer

AROUND = "around"
"""Under this name the queries find the sessions among which the area's things are shared out."""

SESSIONS = GivenIds("sessions")
"""The sessions to which things are brought, all of one visit on one day."""
VISIT, AUTHORITY = (Given(name, BigIntegerField()) for name in ("visit", "authority"))
"""Their visit, and the authority of its school."""
ON = Given("on", DateField())
"""Today."""
SINCE, UNTIL = (Given(name, DateField()) for name in ("since", "until"))
"""The days of the sessions that take from the area's stock before these or with them."""
EARLIEST, LATEST = (Given(name, DateField()) for name in ("earliest", "latest"))
"""The days within which another visit hands a piece on."""


def answers_about(sessions: Sequence[Session], *, on: date) -> Mapping[str, list[Row]]:
    """Return the rows of all that the list needs about these sessions of one visit on one day; one query."""
    first, last = min(session.day for session in sessions), max(session.last_day for session in sessions)
    to_come = next((session for session in sessions if session.stage == SessionStage.SCHEDULED), None)
    visit = sessions[0].visit
    return (TO_COME if to_come else OVER).run(
        sessions=[session.pk for session in sessions],
        visit=visit.pk,
        authority=visit.school.authority_id,
        on=on,
        until=max(to_come.day, on) if to_come else on,
        since=on - REMEMBERED,
        earliest=first - HAND_OVER_WITHIN,
        latest=last + HAND_OVER_WITHIN,
    )


def _parts(ours: Q, stores: Q) -> list[NamedQuery]:
    """Return the queries about what was decided and packed for sessions of which `ours` is true, and about some stores."""
    mine = PieceBooking.objects.filter(session__in=SESSIONS).annotate(ends_on=Coalesce("session__until_day", "session__day"))
    others = _others()
    pieces = {
        "session": "session_id", "piece": "piece_id", "material": "piece__material_id", "label": "piece__label",
        "day": "session__day", "ends_on": "ends_on", "starts": "session__starts",
        "school": "session__visit__school__name",
    }  # fmt: skip
    people = Cover.objects.holding().filter(session__in=others.order_by().values("session"))
    there = Movement.objects.filter(piece__in=mine.order_by().values("piece")).order_by().values("piece", "store")
    keeper = {f"keeper_{name}": f"keeper__{name}" for name in KEEPER}
    packed = Packed.objects.still_in_the_box().filter(ours)
    stores |= Q(pk__in=there.values("store")) | Q(pk__in=packed.order_by().values("store"))
    return [
        *kit_parts(SessionKit.objects.filter(ours)),
        named_query("packed", packed, session="session_id", material="material_id", store="store_id", quantity="quantity"),
        named_query("store", Store.objects.filter(stores), **all_columns(Store), **keeper),
        named_query("there", there, piece="piece_id", store="store_id", pieces=Sum("quantity")),
        named_query("booking", mine, **pieces),
        named_query("booking", others, **pieces),
        named_query("person", people, cover="pk", session="session_id", name="volunteer__name", reference="volunteer__reference"),
        named_query("parcel", Parcel.objects.filter(visit=VISIT), **all_columns(Parcel)),
    ]


KEEPER = ("name", "reference", "status", "phone", "share_phone", "home_postcode")
"""The fields that are read of a store's keeper, who lets people in."""


def stores_in(answers: Mapping[str, list[Row]]) -> dict[int, Store]:
    """Return the stores in the answers by id, with their keepers."""
    stores = {}
    for fact in answers["store"]:
        known = {name: fact.pop(f"keeper_{name}") for name in KEEPER}
        keeper = Volunteer(pk=fact["keeper_id"], **known) if fact["keeper_id"] else None
        stores[fact["id"]] = Store(**fact)
        if keeper:
            stores[fact["id"]].keeper = keeper
    return stores


def sessions_in(answers: Mapping[str, list[Row]]) -> dict[int, UpcomingSession]:
    """Return the sessions to come that share the area's stock, by id."""
    heads = {row["session"]: row for row in answers["expected"]}
    nobody: Row = {"expected": None, "known": 0, "rows": 0}
    sessions = {}
    for row in answers["session"]:
        head = heads.get(row["pk"], nobody)
        expected = None if head["expected"] is None else int(head["expected"])
        sitting = Sitting(row["pk"], row["type"], row["language"], row["adults"], expected, head["known"] == head["rows"])
        day, ends_on = date.fromisoformat(row["day"]), date.fromisoformat(row["ends_on"])
        place = row["easting"], row["northing"]
        sessions[row["pk"]] = UpcomingSession(
            row["pk"], row["visit"], day, ends_on, time.fromisoformat(row["starts"]), row["school"], row["area"], place, sitting
        )
    return sessions


def _others() -> QuerySet[PieceBooking]:
    """Return the bookings by which other visits have these sessions' pieces within a week."""
    pieces = PieceBooking.objects.filter(session__in=SESSIONS).order_by().values("piece")
    others = bookings_on_the_way().filter(ends_from(EARLIEST), piece__in=pieces, session__day__lte=LATEST)
    return others.exclude(session__visit=VISIT)


def _area_around() -> QuerySet[Any]:
    """Return the area in which the school lies today; its sessions take their things from there."""
    return AreaAuthority.objects.filter(holds_on(ON), authority=AUTHORITY).order_by().values("area")


def _around() -> SessionQuerySet:
    """Return the sessions that take from the area's stock before these or with them."""
    # None of them is delivered, so none has a frozen area (rule 3): the area is that of the school.
    schools = School.objects.in_areas(_area_around(), on=ON).order_by().values("pk")
    return live_since(SINCE).filter(holding_before(UNTIL), visit__school__in=schools)


def _reserving(area: QuerySet[Any]) -> list[NamedQuery]:
    heads = Headcount.objects.filter(session__in=NamedIds(AROUND)).order_by().values("session")
    in_area = Movement.objects.filter(store__in=Store.objects.filter(area__in=area).order_by().values("pk"))
    stock = in_area.order_by().values("store", "material")
    holding = AreaAuthority.objects.filter(authority=OuterRef("visit__school__authority"), area__in=area)
    around = Session.objects.filter(pk__in=NamedIds(AROUND))
    return [
        named_query("expected", heads, session="session_id", expected=Sum("expected"), known=Count("expected"), rows=Count("pk")),
        named_query("stock", stock, store="store_id", material="material_id", pieces=Sum("quantity")),
        named_query(
            "session",
            around.annotate(ends_on_=Coalesce("until_day", "day"), area_=Subquery(holding.values("area")[:1])),
            pk="pk", visit="visit_id", day="day", ends_on="ends_on_", starts="starts", type="type_id", language="language",
            adults="adults", school="visit__school_id", area="area_", **place_of(),
        ),
    ]  # fmt: skip


def _parts_to_come() -> list[NamedQuery]:
    """Return the queries where one of the sessions is to come, so that the area's stock is shared out."""
    area = _area_around()
    ours = Q(session__in=SESSIONS) | Q(session__in=NamedIds(AROUND))
    return [*_parts(ours, Q(area__in=area)), *_reserving(area)]


OVER = Batch(lambda: _parts(Q(session__in=SESSIONS), Q()))
TO_COME = Batch(_parts_to_come, ids=lambda: {AROUND: _around()})
