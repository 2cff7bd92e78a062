"""Reasons not to change the register."""

from datetime import date

from schools.core.words import long_day
from schools.directory.models import Area, Authority, LinkKind, Region, School, SchoolLink, Source, Status
from schools.directory.queries import area_holding
from schools.directory.registers import register_of


def reasons_not_to_link(predecessor: School, successor: School, *, kind: str) -> list[str]:
    """Return why `successor` cannot be entered as what followed `predecessor` (or is fed by it); empty if it can."""
    if predecessor == successor:
        return [f"{predecessor} cannot follow itself. Choose two schools."]
    reasons = []
    if kind not in LinkKind.values:
        reasons.append(f"“{kind}” is no kind of link. Choose one of {', '.join(LinkKind.values)}.")
    if predecessor.nation != successor.nation:
        reasons.append(f"{predecessor} and {successor} are in different nations. Check the register numbers.")
    if SchoolLink.objects.filter(predecessor=predecessor, successor=successor).exists():
        reasons.append(f"{predecessor} and {successor} are linked already. Take the link away first if its kind is wrong.")
    if kind == LinkKind.FEEDER:
        if _followed(successor, by=predecessor, feeders=True):
            reasons.append(
                f"{successor} feeds {predecessor} already, so it cannot also be fed by it. Check which is for the younger."
            )
    elif _followed(successor, by=predecessor):
        reasons.append(f"{predecessor} follows {successor} already, so it cannot also come before it. Check which came first.")
    return reasons


def _followed(school: School, *, by: School, feeders: bool = False) -> bool:
    """Return whether `by` is one of the schools that followed the school (or are fed by it), directly or through others."""
    links = SchoolLink.objects.filter(kind=LinkKind.FEEDER) if feeders else SchoolLink.objects.exclude(kind=LinkKind.FEEDER)
    seen = {school.pk}
    latest = {school.pk}
    while latest:
        rows = links.filter(predecessor__in=latest)
        latest = set(rows.values_list("successor_id", flat=True)) - seen
        seen |= latest
    return by.pk in seen


def is_closed_by_people(school: School) -> bool:
    """Return whether people say if it has closed: its register, which tells of no closings, does not name it any more."""
    register = register_of(school.nation)
    is_missing = school.source == Source.REGISTER and school.missing_since is not None
    return is_missing and register is not None and not register.tells_closings


def reasons_not_to_close(school: School, *, status: str, closed: date | None, on: date) -> list[str]:
    """Return why people cannot give a register's school the status and the last day (None: none); empty if they can."""
    if not is_closed_by_people(school):
        return [f"The register says whether {school} is open. Import it again, or have it corrected there."]
    refused = {
        f"{school} has been open before. Say whether it is open or closed.": status == Status.PROPOSED,
        "An open school has no last day. Choose “Closed”, or leave the day blank.": status == Status.OPEN and closed,
        "Give the last day on which it was open.": status == Status.CLOSED and closed is None,
    }
    if closed is not None:
        refused |= {
            f"{long_day(closed)} is still to come. Until then it is “Open, proposed to close”.": (
                status == Status.CLOSED and closed > on
            ),
            f"{long_day(closed)} has passed. Choose “Closed”, or give a day to come.": status == Status.CLOSING and closed < on,
        }
    return [sentence for sentence, is_so in refused.items() if is_so]


def reasons_not_to_move_authority(authority: Authority, area: Area, *, from_day: date) -> list[str]:
    """Return why the area cannot hold the authority from the day on; empty if it can."""
    reasons = []
    if authority.nation != area.region.nation:
        nations = f"{authority.get_nation_display()} and {area.region.get_nation_display()}"
        reasons.append(f"{authority} and {area} are in different nations ({nations}). Choose an area of its own nation.")
    if area_holding(authority, on=from_day) == area:
        reasons.append(f"{authority} is in {area} on that day already. Choose another area or another day.")
    if authority.closed and authority.closed < from_day:
        reasons.append(
            f"{authority} ended on {authority.closed:%-d %B %Y}. Choose an earlier day, or the authority that followed it."
        )
    return reasons


def reasons_not_to_set_up_area(area: Area | None, name: str, region: Region) -> list[str]:
    """Return why the area (None: a new one) cannot have this name in the region; empty if it can."""
    others = Area.objects.filter(region=region, name__iexact=name)
    if area is not None:
        others = others.exclude(pk=area.pk)
    reasons = []
    if others.exists():
        reasons.append(f"{region} has an area called {name} already. Choose another name, or change that area.")
    if area is not None and area.region.nation != region.nation and area.holdings.exists():
        reasons.append(f"{area} holds authorities of {area.region.get_nation_display()}. Choose a region of that nation.")
    return reasons
