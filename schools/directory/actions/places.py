"""Authorities as a register names them, and areas for those that no area holds.

Such an authority joins the area of its predecessor, or else gets an area of its own name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schools.core.history import CREATED, record_history
from schools.core.nations import Nation
from schools.directory.actions.reorganisations import (
    Succession,
    follow_predecessors,
    keep_reorganisations,
    last_areas,
    pending_reorganisations,
)
from schools.directory.models import Area, AreaAuthority, Authority, Region
from schools.directory.models.areas import usual_cycle
from schools.directory.registers import AuthorityFacts
from schools.directory.reorganisations import NAMES, ONLY_PREDECESSORS


@dataclass
class Places:
    """What is to be done about the authorities of a file."""

    succession: Succession
    stored: list[Authority]
    """The nation's authorities."""
    ids: dict[str, int | None] = field(default_factory=dict)
    """The id of each authority by its key; None where it is new."""
    new: list[AuthorityFacts] = field(default_factory=list)
    completed: list[tuple[int, AuthorityFacts]] = field(default_factory=list)
    """Stored authorities that lack a code, which the file gives."""
    joining: list[tuple[AuthorityFacts, int]] = field(default_factory=list)
    """Authorities that no area held, and the area of their predecessor, which they join."""
    alone: list[tuple[AuthorityFacts, AuthorityFacts]] = field(default_factory=list)
    """Authorities that no area held, and the one by whose name their area is called: their own, or their predecessor's."""
    has_pending_reorganisations: bool = False
    """Whether reorganisations between stored authorities are still to be stored."""
    areas_created: int = 0
    regions_created: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.new or self.completed or self.joining or self.alone or self.has_pending_reorganisations)


def plan_places(authorities: Mapping[str, AuthorityFacts], nation: Nation) -> Places:
    """Work out which authorities are stored, which are new, and which need an area; nothing is written.

    With an authority comes the one out of which it came, by the known reorganisations: its schools were that one's before.
    """
    stored = list(Authority.objects.filter(nation=nation).order_by("pk"))
    plan = Places(Succession.known(), stored)
    by_gss = {authority.gss: authority for authority in stored if authority.gss}
    # Authorities that were entered by hand without a GSS code are found by their local code, else by their name.
    by_hand = {authority.code or authority.name: authority for authority in reversed(stored) if not authority.gss}
    areas = last_areas()
    plan.has_pending_reorganisations = bool(pending_reorganisations())
    homeless: dict[str, AuthorityFacts] = {}
    for key, facts in _with_predecessors(authorities).items():
        known = by_gss.get(facts.gss) or by_hand.get(facts.code) or by_hand.get(facts.name)
        plan.ids[key] = known.pk if known else None
        if known is None:
            plan.new.append(facts)
        elif (facts.gss and not known.gss) or (facts.code and not known.code):
            plan.completed.append((known.pk, facts))
        if known is None or known.pk not in areas:
            homeless[key] = facts
    _find_areas(plan, homeless, {str(gss): areas.get(authority.pk) for gss, authority in by_gss.items()})
    _count_areas(plan, nation)
    return plan


def _with_predecessors(authorities: Mapping[str, AuthorityFacts]) -> dict[str, AuthorityFacts]:
    everything = dict(authorities)
    for facts in authorities.values():
        old = ONLY_PREDECESSORS.get(facts.gss)
        if old and old not in everything:
            code, name = NAMES[old]
            everything[old] = AuthorityFacts(facts.nation, old, code, name, facts.region)
    return everything


def _find_areas(plan: Places, homeless: Mapping[str, AuthorityFacts], areas: Mapping[str, int | None]) -> None:
    """Decide where the authorities go that no area holds: to their predecessor, or to an area of their own."""
    predecessors = plan.succession.first_predecessors()
    for key, facts in homeless.items():
        root, before = facts, predecessors.get(key)
        while before and before in homeless:
            root, before = homeless[before], predecessors.get(before)
        if area_id := areas.get(before or ""):
            plan.joining.append((facts, area_id))
        else:
            plan.alone.append((facts, root))


def _count_areas(plan: Places, nation: Nation) -> None:
    if not plan.alone:
        return
    regions = {name.casefold() for name in Region.objects.filter(nation=nation).values_list("name", flat=True)}
    areas = {
        (region.casefold(), name)
        for region, name in Area.objects.filter(region__nation=nation).values_list("region__name", "name")
    }
    wanted = {(_region_name(root, nation).casefold(), root.name) for _, root in plan.alone}
    plan.areas_created = len(wanted - areas)
    plan.regions_created = len({region for region, _ in wanted} - regions)


def _region_name(facts: AuthorityFacts, nation: Nation) -> str:
    return facts.region or str(nation.label)


def make_places(plan: Places, nation: Nation, *, by_id: int | None, now: datetime, reason: str) -> dict[str, int]:
    """Write the plan inside the caller's transaction; return the id of every authority by its key.

    New areas have in their history who wrote it (None: no user), and why.
    """
    for pk, facts in plan.completed:
        authority = Authority.objects.get(pk=pk)
        authority.gss, authority.code = authority.gss or facts.gss or None, authority.code or facts.code
        authority.save(update_fields=["gss", "code"])
    ids = {key: pk for key, pk in plan.ids.items() if pk is not None}
    new = Authority.objects.bulk_create(
        [Authority(nation=nation, gss=facts.gss or None, code=facts.code, name=facts.name) for facts in plan.new]
    )
    ids |= {facts.key: authority.pk for facts, authority in zip(plan.new, new, strict=True)}
    keep_reorganisations()
    areas, made = _own_areas(plan, nation)
    record_history(Area, made, kind=CREATED, by_id=by_id, now=now, reason=reason)
    AreaAuthority.objects.bulk_create(
        [
            *(AreaAuthority(area_id=area_id, authority_id=ids[facts.key]) for facts, area_id in plan.joining),
            *(AreaAuthority(area_id=areas[facts.key], authority_id=ids[facts.key]) for facts, _ in plan.alone),
        ]
    )
    if plan.stored:
        follow_predecessors()
    return ids


def _own_areas(plan: Places, nation: Nation) -> tuple[dict[str, int], list[int]]:
    """Return the area for each authority, called by its own name or its predecessor's, and those that were missing and made.

    Two authorities of one name, such as the old and the new Dorset, share an area.
    """
    if not plan.alone:
        return {}, []
    regions = {region.name.casefold(): region for region in Region.objects.filter(nation=nation)}
    areas = {(area.region_id, area.name): area.pk for area in Area.objects.filter(region__nation=nation)}
    wanted: dict[str, tuple[int, str]] = {}
    for facts, root in plan.alone:
        name = _region_name(root, nation)
        region = regions.get(name.casefold()) or Region.objects.create(nation=nation, name=name)
        regions[name.casefold()] = region
        wanted[facts.key] = region.pk, root.name
    missing = [place for place in dict.fromkeys(wanted.values()) if place not in areas]
    cycle = usual_cycle()  # read once for all of them: by itself each area asks for it
    new = (Area(region_id=region, name=name, cycle_years=cycle, automatic=True) for region, name in missing)
    made = Area.objects.bulk_create(new)
    areas |= {(area.region_id, area.name): area.pk for area in made}
    return {key: areas[place] for key, place in wanted.items()}, [area.pk for area in made]
