"""What of a period is counted: everything, or only certain session types, channels, languages, year groups or sectors."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from schools.core.nations import Language
from schools.core.words import joined
from schools.core.year_groups import YEAR_GROUPS, year_group_anywhere
from schools.directory.models import Sector
from schools.directory.models.deprivation import fifth_name
from schools.programme.models import Channel, SessionType


@dataclass(frozen=True)
class Filters:
    """The values that are let through, kind by kind; an empty kind lets everything through.

    A headcount is filtered by its own year group and by the sector of its own school; a session by the sector of its host and by
    the year groups of its headcounts or, where it has none, by those of its type that its host teaches. So a row of a cut by kind
    has the same figures as the table filtered to that kind.
    """

    types: frozenset[str] = frozenset()
    """Slugs of session types."""
    channels: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    year_groups: frozenset[int] = frozenset()
    sectors: frozenset[str] = frozenset()
    fifths: frozenset[int] = frozenset()
    """Fifths of deprivation, each of its nation; filtered as sectors are."""

    def __bool__(self) -> bool:
        """Return whether anything is filtered at all."""
        return any(getattr(self, field.name) for field in fields(self))

    def types_among(self, types: Collection[SessionType]) -> list[SessionType]:
        """Return the session types that are let through."""
        return [
            session_type
            for session_type in types
            if (not self.types or session_type.slug in self.types)
            and (not self.channels or session_type.channel in self.channels)
        ]

    def groups(self, types: Sequence[SessionType]) -> frozenset[int]:
        """Return the year groups whose pupils could have been reached: those asked for, of the session types asked for."""
        groups = frozenset(YEAR_GROUPS)
        if self.types:
            groups &= {group for session_type in types if session_type.slug in self.types for group in session_type.year_groups}
        return groups & self.year_groups if self.year_groups else groups

    def words(self, types: Sequence[SessionType]) -> list[str]:
        """Return the filters in words, a few words for each kind; empty where nothing is filtered."""
        names = {session_type.slug: session_type.name for session_type in types}
        kinds = (
            joined((names.get(slug, slug) for slug in sorted(self.types)), last="or"),
            joined((Channel(channel).label for channel in sorted(self.channels)), last="or"),
            joined((Language(language).label for language in sorted(self.languages)), last="or"),
            joined((year_group_anywhere(group) for group in sorted(self.year_groups)), last="or"),
            joined((f"{Sector(sector).label} schools" for sector in sorted(self.sectors)), last="or"),
            joined((fifth_name(fifth) for fifth in sorted(self.fifths)), last="or"),
        )
        return [words for words in kinds if words]


EVERYTHING = Filters()
