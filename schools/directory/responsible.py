"""Who looks after something on a day: its coordinator, and whoever stands in for them while they are away."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from schools.accounts.models import Role, User
from schools.accounts.queries import in_role
from schools.core.batched_queries import RowAsJson
from schools.directory.models import AreaAuthority, AreaCoordinator, School, StandIn
from schools.directory.models.areas import holds_on
from schools.directory.queries import coordinators_of_authorities


@dataclass(frozen=True)
class Responsible:
    """A coordinator of something, and who stands in for them there on the day."""

    user: User
    stand_in: User | None = None
    """None: they are there, or nobody stands in for them who may see it."""
    since: date | None = None
    """The first day on which somebody stands in."""

    @property
    def to_ask(self) -> User:
        """Whom people ask: the stand-in while there is one."""
        return self.stand_in or self.user

    def written_to(self, *, of: date | None = None) -> list[User]:
        """Return who is written to: the coordinator and the stand-in, who is not told `of` a day before theirs began."""
        is_theirs = self.stand_in is not None and (of is None or (self.since is not None and self.since <= of))
        return [self.user, self.stand_in] if self.stand_in and is_theirs else [self.user]


@dataclass(frozen=True)
class StandIns:
    """Who stands in for whom on a day, and at which schools: only at those that they see in the office by themselves."""

    by_coordinator: Mapping[int, StandIn]
    everywhere: frozenset[int]
    """The ids of managers, who see all schools."""
    authorities: Mapping[int, frozenset[int]]
    """By the stand-in’s id, the authorities of the areas that they coordinate."""

    @classmethod
    def on(cls, day: date) -> "StandIns":
        """Return those of the day: one query where nobody is away, four where somebody is."""
        rows = list(StandIn.objects.able().on(day).select_related("stand_in").prefetch_related("stand_in__groups"))
        if not rows:
            return cls({}, frozenset(), {})
        people = {row.stand_in.pk: row.stand_in for row in rows}
        managers = frozenset(pk for pk, user in people.items() if _sees_everything(user))
        areas: defaultdict[int, set[int]] = defaultdict(set)
        coordinating = AreaCoordinator.objects.filter(holds_on(day), user__in=people.keys() - managers)
        for area, user in coordinating.values_list("area", "user"):
            areas[area].add(user)
        authorities: defaultdict[int, set[int]] = defaultdict(set)
        held = AreaAuthority.objects.filter(holds_on(day), area__in=areas.keys())
        for authority, area in held.values_list("authority", "area"):
            for user in areas[area]:
                authorities[user].add(authority)
        by_user = {user: frozenset(theirs) for user, theirs in authorities.items()}
        return cls({row.coordinator_id: row for row in rows}, managers, by_user)

    @classmethod
    def of(cls, users: Iterable[Any], *, on: date) -> "StandIns":
        """Return those of the day where one of these people is away, who were read with that; else no query, and nobody."""
        return cls.on(on) if any(user.is_away for user in users) else cls({}, frozenset(), {})

    def responsible(self, user: User, *, authority: int | None) -> Responsible:
        """Return the coordinator with their stand-in at schools of the authority."""
        row = self.by_coordinator.get(user.pk)
        if row is None:
            return Responsible(user)
        may_see = row.stand_in_id in self.everywhere or authority in self.authorities.get(row.stand_in_id, frozenset())
        return Responsible(user, row.stand_in, row.from_day) if may_see else Responsible(user)


def _sees_everything(user: User) -> bool:
    """As `User.is_manager`, from groups that were read already."""
    return user.is_superuser or any(group.name == Role.MANAGER for group in user.groups.all())


def responsible_for_school(school: School, *, on: date, own: int | None = None) -> list[Responsible]:
    """Return who coordinates the school’s area of the day and may sign in; one query where none of them is away.

    The area is the one that holds the school’s present authority on that day. `own` is who looks after something there by
    themselves (by id): they alone, where they see the school.
    """
    seeing = list(_coordinating(school.authority_id, on=on, own=own))
    users = [user for user in seeing if user.pk == own] or seeing
    stand_ins = StandIns.of(users, on=on)
    return [stand_ins.responsible(user, authority=school.authority_id) for user in users]


def seeing_everything(users: Collection[int], *, on: date) -> dict[int, User]:
    """Return those of these people (by id) who sign in as managers, each with whether they are away (`is_away`); one query."""
    away = StandIn.objects.on(on).filter(coordinator=OuterRef("pk"))
    them = User.objects.filter(in_role(Role.MANAGER), pk__in=users, is_active=True)
    return dict(them.annotate(is_away=Exists(away)).in_bulk()) if users else {}


def who_sees(school: School, *, on: date) -> QuerySet[User]:
    """Return who may sign in and sees the school in the office on the day: managers, and coordinators of its area."""
    holding = AreaAuthority.objects.filter(holds_on(on), authority=school.authority_id)
    theirs = AreaCoordinator.objects.filter(holds_on(on), user=OuterRef("pk"), area__in=holding.values("area"))
    sees = in_role(Role.MANAGER) | (in_role(Role.COORDINATOR) & Q(Exists(theirs)))
    return User.objects.filter(sees, is_active=True)


def _nearest_first(users: QuerySet[Any]) -> QuerySet[Any]:
    """Sort people of `_coordinating`: who is there, and of these who has a phone, comes first."""
    nearest: QuerySet[Any] = users.alias(has_no_phone=Q(phone="")).order_by("is_away", "has_no_phone", "pk")
    return nearest


def _coordinating(authority: Any, *, on: date, own: Any = None) -> QuerySet[Any]:
    """Return who coordinates the area that holds the authority and may sign in, each with whether they are away.

    The authority is an id; or a column of a row around these queries, which is read two queries further in. `own` is among them
    also as a manager, who sees every school.
    """
    holding = AreaAuthority.objects.filter(holds_on(on), authority=authority)
    theirs = AreaCoordinator.objects.filter(holds_on(on), user=OuterRef("pk"), area__in=holding.values("area"))
    away = StandIn.objects.on(on).filter(coordinator=OuterRef("pk"))
    sees = Q(Exists(theirs)) & in_role(Role.COORDINATOR, Role.MANAGER)
    if own is not None:
        sees |= Q(pk=own) & in_role(Role.MANAGER)
    return User.objects.filter(sees, is_active=True).annotate(is_away=Exists(away))


def _standing_in(coordinator: Any, authority: Any, *, on: date) -> QuerySet[StandIn]:
    """Return the row of who stands in for the coordinator at schools of the authority; both as for `_coordinating`."""
    holding = AreaAuthority.objects.filter(holds_on(on), authority=authority)
    theirs = AreaCoordinator.objects.filter(holds_on(on), user=OuterRef("stand_in"), area__in=holding.values("area"))
    sees_everything = Q(stand_in__is_superuser=True) | Q(stand_in__groups__name=Role.MANAGER.value)
    return StandIn.objects.able().on(on).filter(sees_everything | Q(Exists(theirs)), coordinator=coordinator)


def people_to_phone(coordinator: str, authority: str, *, on: date) -> dict[str, Subquery]:
    """Return whether the coordinator sees the school, who stands in, and who else is there, for rows that have these two columns.

    So a page learns whom people phone with the row that it reads anyway; `read_person_to_phone` says who it is.
    """
    far = OuterRef(OuterRef(OuterRef(authority)))
    stand_ins = _standing_in(OuterRef(coordinator), far, on=on).order_by()
    others = _nearest_first(_coordinating(far, on=on))
    own = _coordinating(far, on=on, own=OuterRef(coordinator)).filter(pk=OuterRef(coordinator))
    names = ("pk", "name", "email", "phone")
    return {
        "own_sees_it": Exists(own),
        "stand_in_to_phone": Subquery(stand_ins.values(person=RowAsJson(**{name: F(f"stand_in__{name}") for name in names}))[:1]),
        "other_to_phone": Subquery(others.values(person=RowAsJson(**{name: F(name) for name in names}))[:1]),
    }


def read_person_to_phone(row: Any) -> User | None:
    """Return whom people phone about a row that was read with `people_to_phone` and its coordinator; None: nobody is there.

    It is the coordinator, or who stands in; where there is none, or they may not sign in or do not see the school any more, one
    of those who coordinate the area. Who is not the coordinator comes with what a page shows of them, and nothing else.
    """
    coordinator: User | None = row.coordinator
    if coordinator is not None and row.own_sees_it:
        return User(**row.stand_in_to_phone) if row.stand_in_to_phone else coordinator
    return User(**row.other_to_phone) if row.other_to_phone else None


type Place = tuple[int | None, int | None]
"""Where something is, as the id of its authority, and the id of who looks after it there by themselves; None: nobody."""


def coordinators_by_place(places: Iterable[Place], *, on: date) -> dict[Place, list[User]]:
    """Return who looks after what is at each of these places: who does by themselves, else all of the area’s.

    Nobody is among them who may not sign in, or does not see the schools there on the day (rule 17). Two queries at most.
    """
    wanted = set(places)
    coordinators = coordinators_of_authorities({authority for authority, _ in wanted if authority is not None}, on=on)
    of_area = {place: {user.pk: user for user in coordinators.get(place[0] or 0, [])} for place in wanted}
    own: dict[Place, int] = {(authority, user): user for authority, user in wanted if user is not None}
    managers = seeing_everything({user for place, user in own.items() if user not in of_area[place]}, on=on)
    alone = {place: of_area[place].get(user) or managers.get(user) for place, user in own.items()}
    return {place: [user] if (user := alone.get(place)) else list(users.values()) for place, users in of_area.items()}


def responsible_by_place(places: Iterable[Place], *, on: date) -> dict[Place, list[Responsible]]:
    """Return the same with whoever stands in for them on the day; no query more, or four where somebody is away."""
    coordinators = coordinators_by_place(places, on=on)
    stand_ins = StandIns.of((user for users in coordinators.values() for user in users), on=on)
    return {
        (authority, own): [stand_ins.responsible(user, authority=authority) for user in users]
        for (authority, own), users in coordinators.items()
    }


def responsible_for_schools(schools: Iterable[School], *, on: date) -> list[Responsible]:
    """Return who coordinates the areas of these schools on the day and may sign in, each person once."""
    return _responsible_for([school.authority_id for school in schools if school.authority_id is not None], on=on)


def responsible_for_areas(areas: Iterable[int], *, on: date) -> list[Responsible]:
    """Return who coordinates these areas (by id) on the day and may sign in, each person once; none where nothing is held."""
    held = AreaAuthority.objects.filter(holds_on(on), area__in=list(areas)).order_by("area", "authority")
    return _responsible_for(list(held.values_list("authority", flat=True)), on=on)


def _responsible_for(authorities: list[int], *, on: date) -> list[Responsible]:
    """Return who coordinates the areas that hold these authorities (by id), and who stands in for them there."""
    users = coordinators_of_authorities(authorities, on=on)
    stand_ins = StandIns.on(on)
    rows = [stand_ins.responsible(user, authority=authority) for authority in authorities for user in users.get(authority, ())]
    return list({(row.user.pk, row.to_ask.pk): row for row in rows}.values())


def whom_to_ask(rows: Iterable[Responsible]) -> list[Responsible]:
    """Return each person whom people may ask once; who looks after something themselves comes before who stands in."""
    by_person: dict[int, Responsible] = {}
    for row in rows:
        known = by_person.get(row.to_ask.pk)
        if known is None or (known.stand_in and not row.stand_in):
            by_person[row.to_ask.pk] = row
    return list(by_person.values())
