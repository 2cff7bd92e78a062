"""The sessions of a visit, by the kind of school, with their times and expected pupils."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time
from random import Random

from schools.demo.made_schools import MadeSchool
from schools.directory.models import Sector

MINUTES = {"ks1-assembly": 20, "ks2-assembly": 30, "workshop-2": 45, "workshop-5-6": 60, "send": 45, "parents": 60}
ONLINE_MINUTES = {"online-ks1": 20, "online-ks2": 30}
WORKSHOP_TIMES = (time(9, 15), time(10, 45), time(13), time(14, 10))
LARGEST_CLASS = 32


@dataclass(frozen=True)
class Planned:
    """A planned session: its type, the number of its day in the visit (from 0), its time, and expected pupils by year group."""

    slug: str
    day: int
    starts: time
    expected: dict[int, int] = field(hash=False)
    again: bool = False
    online: bool = False

    @property
    def ends(self) -> time:
        """The end, after the usual minutes of the type."""
        minutes = self.starts.hour * 60 + self.starts.minute + (ONLINE_MINUTES if self.online else MINUTES)[self.slug]
        return time(minutes // 60, minutes % 60)


def for_school(made: MadeSchool, year: int, rng: Random) -> list[Planned]:
    """Plan the sessions of one visit in the academic year; sessions of one day have the same `day`, counted from 0."""
    groups = {group: made.pupils(year, group) for group in made.school.year_groups}
    if made.school.sector == Sector.SPECIAL:
        return [Planned("send", day, time(10), groups, again=day > 0) for day in range(3)]
    if rng.random() < 0.1:
        return _online(groups)
    plan = _assemblies(groups)
    if 5 in groups and rng.random() < 0.7:
        # Assemblies come first; in a big school the workshops fill a day of their own.
        classes = [(group, part) for group in (5, 6) for part in _classes(groups[group])]
        one_day = len(classes) <= 3 and rng.random() < 0.6
        times = WORKSHOP_TIMES[1:] if one_day else WORKSHOP_TIMES
        plan += [
            Planned("workshop-5-6", 0 if one_day else 1, starts, {group: pupils})
            for starts, (group, pupils) in zip(times, classes, strict=False)
        ]
    elif 5 not in groups:
        parts = _classes(groups[2])
        plan += [Planned("workshop-2", 0, starts, {2: pupils}) for starts, pupils in zip(WORKSHOP_TIMES[1:], parts, strict=False)]
    if rng.random() < 0.06:
        plan.append(Planned("parents", 0, time(17, 30), {}))
    return plan


def _assemblies(groups: dict[int, int]) -> list[Planned]:
    young = {group: pupils for group, pupils in groups.items() if group <= 2}
    older = {group: pupils for group, pupils in groups.items() if group >= 3}
    return [
        Planned(slug, 0, starts, expected)
        for slug, starts, expected in (("ks1-assembly", time(9, 15), young), ("ks2-assembly", time(9, 45), older))
        if expected
    ]


def _online(groups: dict[int, int]) -> list[Planned]:
    return [
        Planned(slug, 0, starts, {group: pupils for group, pupils in groups.items() if group in wanted}, online=True)
        for slug, starts, wanted in (("online-ks1", time(9, 30), range(3)), ("online-ks2", time(10, 15), range(3, 7)))
        if groups.keys() & set(wanted)
    ]


def _classes(pupils: int) -> Sequence[int]:
    count = -(-pupils // LARGEST_CLASS)
    each, left = divmod(pupils, count)
    return [each + (position < left) for position in range(count)]
