"""Likely feeders: junior schools without the infant school whose children they take, and what a link does to children reached."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import hypot

from django.db.models import Exists, OuterRef, Q

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.core.snapshot import snapshot
from schools.core.year_groups import FIRST_OF_JUNIORS
from schools.directory.models import LinkKind, School, SchoolLink, SchoolQuerySet, Sector
from schools.directory.models.schools import PlacedBy
from schools.reach.filters import EVERYTHING
from schools.reach.fold import Reached, children_by_cohort, reached_by_lineage
from schools.reach.models import Confirmed, DoubtKind
from schools.reach.queries import counting, known
from schools.reach.queries.children import years_at_school
from schools.reach.queries.kin import CHUNK
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut

NEAR = 300
"""Metres between an infant school and the junior school that it probably feeds."""

GENERIC = {
    "a", "academy", "and", "community", "controlled", "aided", "first", "foundation", "infant", "infants", "junior", "juniors",
    "nursery", "primary", "school", "schools", "the", "unit", "voluntary", "with",
}  # fmt: skip
"""Words of a school's name that say what sort of school it is, not which; denominations say which."""


@dataclass(frozen=True)
class Proposal:
    """A junior school, and an infant school that probably feeds it."""

    infant: int
    junior: int
    authority: int | None
    """The junior school's."""
    metres: int | None
    """Between the two, in a straight line; None where it is more than NEAR or a place is not known."""
    has_same_name: bool
    """Whether both have the same name but for words like “Infant”, and the same authority."""
    children_fewer: int = 0
    """By how many children reached over seven school years goes down once they are linked: who was counted in both."""

    @property
    def subject(self) -> str:
        """Its name, with which a refusal is remembered."""
        return f"{self.infant}:{self.junior}"


@dataclass(frozen=True)
class _Candidate:
    pk: int
    name: str
    authority: int | None
    place: tuple[int, int] | None

    @property
    def stem(self) -> str:
        """The name without generic words; "" where nothing is left."""
        words = re.findall(r"[^\W_]+", self.name.casefold().replace("’", "").replace("'", ""))
        return " ".join(word for word in words if word not in GENERIC)


def proposals(user: User, *, on: date) -> list[Proposal]:
    """Return the likely feeders of the user's junior schools that nobody refused, those of one name first, then the nearest.

    A junior school that is fed already has none. Effects are not worked out: see `with_effects`.
    """
    return list(_not_refused(_pairs(School.objects.for_user(user, on=on))))


def proposal(user: User, subject: str, *, on: date) -> Proposal | None:
    """Return the proposal of this name, refused or not; None where it is none (any longer)."""
    return next((each for each in _pairs(School.objects.for_user(user, on=on)) if each.subject == subject), None)


def _pairs(schools: SchoolQuerySet) -> list[Proposal]:
    mainstream = School.objects.bookable().filter(sector=Sector.MAINSTREAM)
    fed = SchoolLink.objects.filter(kind=LinkKind.FEEDER, successor=OuterRef("pk"))
    # Ages 4 and 7 are Reception and Year 3: an infant school ends before Year 3, a junior school begins with it or later.
    own = mainstream.filter(pk__in=schools.order_by().values("pk"))
    juniors = _candidates(own.filter(~Exists(fed), low_age__gte=FIRST_OF_JUNIORS + 4))
    if not juniors:
        return []
    infants = _candidates(mainstream.filter(high_age__lte=FIRST_OF_JUNIORS + 5))
    at: defaultdict[tuple[int, int], list[_Candidate]] = defaultdict(list)
    named: defaultdict[tuple[int | None, str], list[_Candidate]] = defaultdict(list)
    for infant in infants:
        if infant.place:
            at[infant.place[0] // NEAR, infant.place[1] // NEAR].append(infant)
        if infant.stem:
            named[infant.authority, infant.stem].append(infant)
    pairs = []
    for junior in juniors:
        same_name = {infant.pk for infant in named[junior.authority, junior.stem]} if junior.stem else set()
        near = {infant.pk: metres for infant in _around(at, junior) if (metres := _metres(infant, junior)) <= NEAR}
        pairs += [Proposal(pk, junior.pk, junior.authority, near.get(pk), pk in same_name) for pk in same_name | near.keys()]
    return sorted(pairs, key=_likeliest)


def _likeliest(pair: Proposal) -> tuple[bool, int, int, int]:
    return not pair.has_same_name, NEAR + 1 if pair.metres is None else pair.metres, pair.junior, pair.infant


def _candidates(schools: SchoolQuerySet) -> list[_Candidate]:
    rows = schools.order_by().values_list("pk", "name", "authority_id", "easting", "northing", "placed_by")
    candidates = []
    for pk, name, authority, easting, northing, by in rows.iterator(CHUNK):
        place = None if easting is None or northing is None else (easting, northing)
        # A place that is the middle of other schools' says nothing of who is next door.
        candidates.append(_Candidate(pk, name, authority, place if by in {"", PlacedBy.EXACT} else None))
    return candidates


def _around(at: defaultdict[tuple[int, int], list[_Candidate]], junior: _Candidate) -> Iterator[_Candidate]:
    if junior.place:
        east, north = junior.place[0] // NEAR, junior.place[1] // NEAR
        for square in ((east + right, north + up) for right in (-1, 0, 1) for up in (-1, 0, 1)):
            yield from at.get(square, ())


def _metres(infant: _Candidate, junior: _Candidate) -> int:
    (east, north), (other_east, other_north) = infant.place or (0, 0), junior.place or (0, 0)
    return round(hypot(east - other_east, north - other_north))


def _not_refused(pairs: Sequence[Proposal]) -> Iterator[Proposal]:
    refused = set(Confirmed.objects.filter(kind=DoubtKind.FEEDER).values_list("subject", flat=True)) if pairs else set()
    return (pair for pair in pairs if pair.subject not in refused)


def mark_of(decided: SchoolLink | Confirmed) -> str:
    """Return a short text that tells a link or a refusal from whatever somebody decides of the same two schools later."""
    return decided.mark if isinstance(decided, Confirmed) else f"link-{decided.pk}"


def decided_of(infant: School, junior: School, *, mark: str) -> SchoolLink | Confirmed | None:
    """Return the link or the refusal of the two schools with this mark; None: it does not stand any more as it was left."""
    link = SchoolLink.objects.filter(predecessor=infant, successor=junior, kind=LinkKind.FEEDER).first()
    refused = Confirmed.objects.filter(kind=DoubtKind.FEEDER, subject=f"{infant.pk}:{junior.pk}").first()
    return next((row for row in (link, refused) if row and mark_of(row) == mark), None)


def with_effects(pairs: Sequence[Proposal], *, on: date) -> list[Proposal]:
    """Return the proposals, each with what its link alone would do to children reached in the last seven school years.

    The number of queries is constant; only headcounts of these schools are read.
    """
    with snapshot():
        ids = {pk for pair in pairs for pk in (pair.infant, pair.junior)}
        lineage_of = {pk: lineage or pk for pk, lineage in School.objects.filter(pk__in=ids).values_list("pk", "lineage")}
        reached = _reached(set(lineage_of.values()), on=on)
    return [replace(pair, children_fewer=_fewer(lineage_of[pair.infant], lineage_of[pair.junior], reached)) for pair in pairs]


def _fewer(infant: int, junior: int, reached: dict[int, Reached]) -> int:
    if infant == junior:
        return 0
    apart = [reached.get(lineage, {}) for lineage in (infant, junior)]
    together = [chain for chains in apart for chain in chains.values()]
    before = sum(sum(children_by_cohort(chains.values()).values()) for chains in apart)
    return before - sum(children_by_cohort(together).values())


def _reached(lineages: Collection[int], *, on: date) -> dict[int, Reached]:
    period = years_at_school(AcademicYear.of(on))
    scope = scope_of(period, by=Cut.NATION, within=None, filters=EVERYTHING, as_of=on, areas=None)
    stretches = known.stretches(scope)
    kin = Q(school__in=lineages) | Q(school__lineage__in=lineages)
    rows = list(scope.keyed(counting.by_entry(scope, counting.counted(scope).filter(kin), stretches)))
    return dict(reached_by_lineage(rows, known.known(scope, stretches, known.chains_in(rows))))
