"""What of a period is counted: everything, or only certain types, channels, languages, year groups or sectors."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from schools.core.nations import Language, Nation
from schools.core.words import joined
from schools.core.year_groups import YEAR_GROUPS, year_group_name
from schools.directory.models import Sector
from schools.programme.models import Channel, SessionType


@dataclass(frozen=True)
class Filters:
    """Values of which one must fit, kind by kind; an empty kind lets everything through.

    A headcount has its own year group and its own school's sector; a session has its host's sector, and the year groups of
    its headcounts. So a row of a cut by kind says the same as the table filtered to that kind.
    """

    types: frozenset[str] = frozenset()
    """Slugs of session types."""
    channels: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    year_groups: frozenset[int] = frozenset()
    sectors: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is filtered at all."""
        return any(getattr(self, field.name) for field in fields(self))

    def types_among(self, types: Collection[SessionType]) -> list[SessionType]:
        """Those of the session types that are let through."""
        return [
            one
            for one in types
            if (not self.types or one.slug in self.types) and (not self.channels or one.channel in self.channels)
        ]

    def groups(self, types: Sequence[SessionType]) -> frozenset[int]:
        """The year groups whose pupils could have been reached: those asked for, of the types asked for."""
        groups = frozenset(YEAR_GROUPS)
        if self.types:
            groups &= {group for one in types if one.slug in self.types for group in one.year_groups}
        return groups & self.year_groups if self.year_groups else groups

    def words(self, types: Sequence[SessionType]) -> list[str]:
        """What is filtered, a few words for each kind; empty where nothing is."""
        names = {one.slug: one.name for one in types}
        said = (
            joined((names.get(slug, slug) for slug in sorted(self.types)), last="or"),
            joined((Channel(one).label for one in sorted(self.channels)), last="or"),
            joined((Language(one).label for one in sorted(self.languages)), last="or"),
            joined((year_group_name(group, Nation.ENGLAND) for group in sorted(self.year_groups)), last="or"),
            joined((f"{Sector(one).label} schools" for one in sorted(self.sectors)), last="or"),
        )
        return [words for words in said if words]


EVERYTHING = Filters()
