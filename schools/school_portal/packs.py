"""What a school gets beforehand of its visit: the plans of the sessions, materials to look at, pages for parents."""

from dataclasses import dataclass
from datetime import date

from schools.programme.models import PackItem, PackKind, SessionType
from schools.school_portal.queries import Opened
from schools.visits.models import SessionStage, VisitStage

KINDS = list(PackKind)


@dataclass(frozen=True)
class PackOfType:
    """What there is of one session type."""

    name: str
    items: list[PackItem]
    """Without the bytes of their files."""

    @property
    def by_kind(self) -> list[tuple[PackKind, list[PackItem]]]:
        """The kinds of which there is something, plans first, each with its texts and files."""
        of_kinds = [(kind, [item for item in self.items if item.kind == kind]) for kind in KINDS]
        return [(kind, items) for kind, items in of_kinds if items]


@dataclass(frozen=True)
class PackPage:
    """What the page shows to one school of one visit; it writes nothing."""

    link: Opened
    on: date

    @property
    def is_cancelled(self) -> bool:
        """Whether the visit does not take place, or none of the school’s sessions does."""
        return self.link.visit.stage in {VisitStage.CANCELLED, VisitStage.DECLINED} or not self.types

    @property
    def types(self) -> list[SessionType]:
        """The types of the school’s sessions, in the order of the visit; what was cancelled is left out."""
        held = [each.type for each in self.link.sessions if each.stage != SessionStage.CANCELLED]
        return list(dict.fromkeys(held))

    @property
    def of_types(self) -> list[PackOfType]:
        """What there is of each type; one query."""
        rows = list(PackItem.objects.without_files().filter(session_type__in=self.types))
        nation = self.link.visit.school.nation
        return [PackOfType(each.name_in(nation), [row for row in rows if row.session_type_id == each.pk]) for each in self.types]

    def file(self, item: int) -> PackItem | None:
        """Return the text or file with the bytes of its file; None where the visit has no such file."""
        return PackItem.objects.with_file().filter(pk=item, session_type__in=self.types).first()
