"""Setting an area up in one go: its facts, the authorities that it holds from now on, and its coordinators."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.actions.holdings import move_authority, unneeded_areas
from schools.directory.actions.locks import lock_register
from schools.directory.models import Area, AreaAuthority, AreaCoordinator, Authority, Region
from schools.directory.models.areas import holds_on
from schools.directory.rules import reasons_not_to_set_up_area


@dataclass(frozen=True, kw_only=True)
class AreaFacts:
    """What an area is, as a form has it."""

    name: str
    region: Region | tuple[str, str]
    """The region; or nation and name of one, which is made where it is not there."""
    duty_phone: str
    cycle_years: int
    auto_offers: bool


@transaction.atomic
def set_up_area(
    area: Area | None,
    facts: AreaFacts,
    *,
    authorities: Mapping[Authority, Area | None],
    coordinators: Collection[User],
    from_day: date,
) -> Area:
    """Store the area (None: a new one), and from the day on let it hold the authorities, and these people alone coordinate it.

    `authorities` are those that come to it, each with the area in which the user saw it (None: in none). One that an import's
    automatic area holds, or none, comes with all its days, because nobody decided where it belongs before. A new area that has
    the name of an automatic one of its region is that one, from now on the charity's own. Raises RuleBroken with every reason;
    then nothing is stored.
    """
    lock_register()
    region = facts.region
    if isinstance(region, tuple):
        region, _ = Region.objects.get_or_create(nation=region[0], name=region[1])
    # Registers make an area for each authority that none holds, by its name: a new one of that name is the charity's own.
    area = area or Area.objects.filter(region=region, name__iexact=facts.name, automatic=True).first()
    if reasons := reasons_not_to_set_up_area(area, facts.name, region):
        raise RuleBroken(reasons)
    area = area or Area()
    area.name, area.region, area.duty_phone = facts.name, region, facts.duty_phone
    area.cycle_years, area.auto_offers, area.automatic = facts.cycle_years, facts.auto_offers, False
    area.save()
    _bring(area, authorities, from_day=from_day)
    _name_coordinators(area, coordinators, from_day=from_day)
    return area


def _bring(area: Area, authorities: Mapping[Authority, Area | None], *, from_day: date) -> None:
    reasons: list[str] = []
    for authority, leaving in authorities.items():
        if authority.holdings.filter(holds_on(from_day), area=area).exists():
            continue  # the area was an import's own, and held it already
        automatic = authority.holdings.filter(holds_on(from_day), area__automatic=True).select_related("area").first()
        try:
            if automatic is not None and automatic.area == leaving:
                _take_over(area, automatic)
            elif not authority.holdings.exists() and authority.nation == area.region.nation:
                AreaAuthority.objects.create(area=area, authority=authority)
            else:
                move_authority(authority, area, from_day=from_day, leaving=leaving)
        except RuleBroken as broken:
            reasons += broken.reasons
    if reasons:
        raise RuleBroken(reasons)


def _take_over(area: Area, holding: AreaAuthority) -> None:
    """Put the area in place of the automatic one, which goes once nothing points to it."""
    if holding.authority.nation != area.region.nation:
        raise RuleBroken([f"{holding.authority} and {area} are in different nations. Untick it, or choose another region."])
    automatic = holding.area
    holding.area = area
    holding.save(update_fields=["area"])
    if not automatic.holdings.exists() and unneeded_areas({automatic.pk}):
        automatic.delete()


@transaction.atomic
def name_for_areas(user: User, areas: Iterable[Area], *, from_day: date) -> None:
    """Name somebody new as coordinator of these areas, beside whoever coordinates them."""
    for area in areas:
        AreaCoordinator.objects.create(user=user, area=area, from_day=from_day)


def _name_coordinators(area: Area, coordinators: Collection[User], *, from_day: date) -> None:
    """Begin the time of new coordinators and end that of those who are no longer named."""
    now = list(AreaCoordinator.objects.select_for_update().filter(holds_on(from_day), area=area))
    for row in now:
        if row.user_id not in {user.pk for user in coordinators}:
            if row.from_day is not None and row.from_day >= from_day:
                row.delete()
            else:
                row.to_day = from_day - timedelta(days=1)
                row.save(update_fields=["to_day"])
    known = {row.user_id for row in now}
    for user in coordinators:
        if user.pk not in known:
            later = AreaCoordinator.objects.filter(area=area, user=user, to_day=None).first()
            row = later or AreaCoordinator(area=area, user=user)
            row.from_day = from_day
            row.save()
