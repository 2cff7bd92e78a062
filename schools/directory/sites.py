"""Which sites a school has: its own, and those of schools that closed and that it followed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from schools.directory.lineage import reached
from schools.directory.models import LinkKind, School, SchoolLink, SchoolQuerySet, Site, Status


def with_sites(schools: SchoolQuerySet) -> SchoolQuerySet:
    """Annotate `has_sites`: whether there is a site anywhere in the school's lineage; where there is none, it has none itself."""
    # In a mapping, because School has no such attribute, which mypy would report.
    added = {"has_sites": has_sites()}
    return schools.annotate(**added)


def has_sites(school: str = "") -> Any:
    """Return whether there is a site anywhere in the lineage of the outer row; `school`: the way from the row to its school."""
    sites = Site.objects.order_by()
    kin = (("school", "pk"), ("school__chain", "chain"), ("school__lineage", "lineage"))
    own, of_chain, of_lineage = (Exists(sites.filter(**{column: OuterRef(f"{school}{name}")})) for column, name in kin)
    return own | of_chain | of_lineage


def sites_of(school: School) -> list[Site]:
    """Return the sites of the school by name, also those that were given up; no query where `with_sites` found none."""
    return sites_of_schools([school]).get(school.pk, []) if vars(school).get("has_sites", True) else []


def sites_in_use(school: School) -> list[Site]:
    """Return those of its sites at which something can be booked."""
    return [site for site in sites_of(school) if site.active]


def names_apart(sites: Iterable[Site]) -> dict[int, str]:
    """Return by id how the sites of a school are told apart: by their names, and where two have one name by postcodes too.

    So it is where two schools that were amalgamated each had a Lower Site.
    """
    listed = list(sites)
    known = Counter(site.name for site in listed)
    return {site.pk: site.name if known[site.name] == 1 else f"{site.name}, {site.postcode}" for site in listed}


def sites_of_schools(schools: Iterable[School]) -> dict[int, list[Site]]:
    """Return the sites of these schools by name, by the school's id, without schools that have none; at most two queries.

    A school has those that were written down under any number of its chain. It also has those of the closed schools that it
    followed, directly or through others: with a merger, an amalgamation or a split the buildings go to whoever goes on.
    """
    wanted = list(schools)
    of_kin = Q(school__in=[school.pk for school in wanted])
    of_kin |= Q(school__chain__in={school.chain for school in wanted} - {None})
    of_kin |= Q(school__lineage__in={school.lineage for school in wanted} - {None})
    return sites_among(Site.objects.filter(of_kin).select_related("school"), wanted)


def sites_among(rows: Iterable[Site], wanted: Collection[School]) -> dict[int, list[Site]]:
    """Return those of the sites, which know their schools, that each of the wanted schools has; at most one query more."""
    sites = list(rows)
    of_others = any(not _is_own(site, school) for school in wanted for site in sites if _are_kin(site.school, school))
    before = _closed_before({school.lineage for school in wanted} - {None}) if of_others else {}
    of_school: dict[int, list[Site]] = {}
    for school in wanted:
        followed = reached(before, school.pk)
        if theirs := [site for site in sites if _is_own(site, school) or site.school_id in followed]:
            of_school[school.pk] = theirs
    return of_school


def _is_own(site: Site, school: School) -> bool:
    """Whether the site was written down under a number of the school's chain."""
    return site.school_id == school.pk or (school.chain is not None and site.school.chain == school.chain)


def _are_kin(school: School, other: School) -> bool:
    return school.lineage is not None and school.lineage == other.lineage


def _closed_before(lineages: Iterable[int | None]) -> Mapping[int, set[int]]:
    """Return of each school of these lineages the closed ones that it followed at once, by ids. Feeders go on beside it."""
    links = SchoolLink.objects.filter(successor__lineage__in=lineages, predecessor__status=Status.CLOSED)
    before: defaultdict[int, set[int]] = defaultdict(set)
    for predecessor, successor in links.exclude(kind=LinkKind.FEEDER).order_by().values_list("predecessor_id", "successor_id"):
        before[successor].add(predecessor)
    return before
