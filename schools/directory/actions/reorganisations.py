"""Storing the known reorganisations between stored authorities, the days on which these closed and opened, and their areas."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from schools.directory.actions.holdings import unneeded_areas
from schools.directory.models import Area, AreaAuthority, Authority, Reorganisation
from schools.directory.reorganisations import REORGANISATIONS


@dataclass
class PendingReorganisations:
    """The known facts that are not stored yet."""

    reorganisations: list[Reorganisation] = field(default_factory=list)
    authorities: dict[int, Authority] = field(default_factory=dict)
    """Authorities whose first or last day is to be written, by id."""

    def __bool__(self) -> bool:
        """Return whether there is anything to write."""
        return bool(self.reorganisations or self.authorities)


def pending_reorganisations() -> PendingReorganisations:
    """Return what `keep_reorganisations` would write; nothing is changed."""
    codes = {code for old, new, _ in REORGANISATIONS for code in (old, new)}
    authorities = {authority.gss: authority for authority in Authority.objects.filter(gss__in=codes)}
    known = set(Reorganisation.objects.values_list("old_id", "new_id"))
    pending = PendingReorganisations()
    for old_gss, new_gss, day in REORGANISATIONS:
        old, new = authorities.get(old_gss), authorities.get(new_gss)
        if old and new and (old.pk, new.pk) not in known:
            pending.reorganisations.append(Reorganisation(old=old, new=new, day=day))
        if old:
            _lifetime(pending, old, closed=day - timedelta(days=1))
        if new:
            _lifetime(pending, new, opened=day)
    return pending


def _lifetime(
    pending: PendingReorganisations, authority: Authority, *, opened: date | None = None, closed: date | None = None
) -> None:
    """Set a day that is blank; a day that somebody entered stays, and a day that contradicts it is not set."""
    days = authority.opened or opened, authority.closed or closed
    if days == (authority.opened, authority.closed) or (days[0] and days[1] and days[1] < days[0]):
        return
    authority.opened, authority.closed = days
    pending.authorities[authority.pk] = authority


def keep_reorganisations() -> None:
    """Store the known reorganisations inside the caller's transaction; a second call changes nothing."""
    pending = pending_reorganisations()
    Reorganisation.objects.bulk_create(pending.reorganisations)
    Authority.objects.bulk_update(list(pending.authorities.values()), ["opened", "closed"])


@dataclass(frozen=True)
class Succession:
    """Which authorities followed which, by GSS codes: the stored reorganisations, and the known ones that are not stored yet."""

    pairs: tuple[tuple[date, str, str], ...]
    """First day, the authority before, the one after; in order."""

    @classmethod
    def known(cls) -> "Succession":
        """Return what is known, in one query."""
        rows = Reorganisation.objects.exclude(old__gss=None).exclude(new__gss=None).order_by()
        stored = [(day, str(old), str(new)) for old, new, day in rows.values_list("old__gss", "new__gss", "day")]
        pairs = {pair[1:] for pair in stored}
        stored += [(day, old, new) for old, new, day in REORGANISATIONS if (old, new) not in pairs]
        return cls(tuple(sorted(stored)))

    def first_predecessors(self) -> dict[str, str]:
        """Return the predecessor of each authority, the first by day and code where it has several."""
        return {new: old for _, old, new in reversed(self.pairs)}

    def followers(self) -> dict[str, set[str]]:
        """Return the authorities that followed each."""
        result: defaultdict[str, set[str]] = defaultdict(set)
        for _, old, new in self.pairs:
            result[old].add(new)
        return dict(result)


def last_areas() -> dict[int, int]:
    """Return the area that holds each authority, or held it last, by ids."""
    rows = AreaAuthority.objects.order_by().values_list("authority_id", "area_id", "to_day")
    # The holding that lasts longest comes last; one without an end comes after all others.
    in_order = sorted(rows, key=lambda row: (row[2] is None, row[2] or date.min, row[1]))
    return {authority_id: area_id for authority_id, area_id, _ in in_order}


def follow_predecessors() -> None:
    """Let authorities join the area of the one they followed, where nobody decided otherwise, inside the caller's transaction.

    Nobody decided where only areas hold it that imports made by themselves, and that nobody coordinates or works in yet.
    """
    ids = dict(Authority.objects.exclude(gss=None).order_by().values_list("gss", "pk"))
    held: defaultdict[int, list[AreaAuthority]] = defaultdict(list)
    for row in AreaAuthority.objects.select_related("area").order_by("pk"):
        held[row.authority_id].append(row)
    automatic = {row.area_id for rows in held.values() for row in rows if row.area.automatic}
    if not automatic:
        return
    areas = last_areas()
    left: set[int] = set()
    for new, old in _in_order(Succession.known().first_predecessors()):
        rows, target = held.get(ids.get(new, 0), []), areas.get(ids.get(old, 0))
        elsewhere = {row.area_id for row in rows} - {target}
        if target and elsewhere and elsewhere <= automatic and elsewhere <= _unused(elsewhere):
            AreaAuthority.objects.filter(pk__in=[row.pk for row in rows]).update(area=target)
            areas[ids[new]] = target
            left |= elsewhere
    empty = left - set(AreaAuthority.objects.filter(area__in=left).values_list("area_id", flat=True))
    Area.objects.filter(pk__in=unneeded_areas(empty)).delete()


def _in_order(predecessors: dict[str, str]) -> Sequence[tuple[str, str]]:
    """Return pairs of an authority and its predecessor, those that came first before those that followed them."""

    def steps(gss: str) -> int:
        number, seen = 0, {gss}
        while (before := predecessors.get(gss)) and before not in seen:
            number, gss = number + 1, before
            seen.add(gss)
        return number

    return sorted(predecessors.items(), key=lambda pair: (steps(pair[0]), pair))


FROZEN_ON = {"session", "headcount"}
"""Tables whose rows keep an area although nobody works in it any more."""


def _unused(area_ids: Collection[int]) -> set[int]:
    return unneeded_areas(area_ids, but_for=FROZEN_ON)
