"""Stores regions, areas and authorities, and knows the authority of a school on a day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schools.core.nations import Nation
from schools.demo import names, uk
from schools.directory.models import Area, AreaAuthority, Authority, Region, Reorganisation


@dataclass(frozen=True)
class Former:
    """The authority to which all schools of an area belonged until `closed`."""

    authority: Authority
    closed: date


@dataclass(frozen=True)
class Patch:
    """An area as stored, with its facts and authorities of today; `former` None: they were never reorganised."""

    number: int
    facts: uk.AreaFacts
    area: Area
    authorities: tuple[Authority, ...]
    former: Former | None

    @property
    def nation(self) -> Nation:
        """The nation that the area lies in."""
        return self.facts.nation

    def authority_on(self, today: Authority, day: date) -> Authority:
        """Return the authority, on the day, of a school that belongs to `today` now."""
        return self.former.authority if self.former and day <= self.former.closed else today


def chosen(names: Sequence[str] | None) -> tuple[uk.AreaFacts, ...]:
    """Return the facts of the areas with these names, in this order; None: of all areas."""
    areas = uk.areas()
    if names is None:
        return areas
    by_name = {facts.name: facts for facts in areas}
    return tuple(by_name[name] for name in names)


def store(areas: Sequence[uk.AreaFacts]) -> Iterator[Patch]:
    """Store each area with its region, its authorities of today and the former one, and yield it."""
    former_of = {former.area: former for former in uk.FORMER}
    for number, facts in enumerate(areas):
        region, _ = Region.objects.get_or_create(name=facts.region, nation=facts.nation)
        area = Area.objects.create(name=facts.name, region=region, duty_phone=names.phone(facts.nation, number))
        former = former_of.get(facts.name)
        today = Authority.objects.bulk_create([_authority(row, former) for row in facts.authorities])
        holdings = [AreaAuthority(area=area, authority=authority) for authority in today]
        before = None
        if former:
            before = Former(_closed(former), former.closed)
            holdings = [
                AreaAuthority(area=area, authority=authority, from_day=former.closed + timedelta(days=1)) for authority in today
            ]
            holdings.append(AreaAuthority(area=area, authority=before.authority, to_day=former.closed))
            Reorganisation.objects.bulk_create(
                Reorganisation(old=before.authority, new=authority, day=former.closed + timedelta(days=1)) for authority in today
            )
        AreaAuthority.objects.bulk_create(holdings)
        yield Patch(number, facts, area, tuple(today), before)


def _authority(facts: uk.AuthorityFacts, former: uk.FormerAuthority | None) -> Authority:
    opened = former.closed + timedelta(days=1) if former else None
    return Authority(nation=facts.nation, code=facts.code, gss=facts.gss, name=facts.name, opened=opened)


def _closed(former: uk.FormerAuthority) -> Authority:
    facts = former.authority
    return Authority.objects.create(nation=facts.nation, code=facts.code, gss=facts.gss, name=facts.name, closed=former.closed)
