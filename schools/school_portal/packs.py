"""What a school gets beforehand of its visit: the plans of the sessions, materials to look at, pages for parents, the letter."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.words import long_day
from schools.programme.models import PackItem, PackKind, SessionType
from schools.school_portal.queries import Opened
from schools.visits.models import CALLED_OFF_STAGES, SchoolAnswer, SessionStage
from schools.visits.queries.school_answers import pack_read
from schools.visits.rules.letters import reasons_not_to_make_letter
from schools.visits.rules.school_answers import reasons_not_to_prepare
from schools.volunteers.queries import schools_may_read_names

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


class PackPage:
    """What the page shows to one school of one visit at a moment; it writes nothing."""

    def __init__(self, link: Opened, *, now: datetime) -> None:
        self.link = link
        self.now = now

    @property
    def on(self) -> date:
        """The day."""
        return timezone.localdate(self.now)

    @property
    def is_cancelled(self) -> bool:
        """Whether the visit does not take place, or none of the school’s sessions does."""
        return self.link.visit.stage in CALLED_OFF_STAGES or not self.types

    @property
    def types(self) -> list[SessionType]:
        """The types of the school’s sessions, in the order of the visit; what was cancelled is left out."""
        held = [each.type for each in self.link.sessions if each.stage != SessionStage.CANCELLED]
        return list(dict.fromkeys(held))

    @cached_property
    def of_types(self) -> list[PackOfType]:
        """What there is of each type; one query."""
        rows = list(PackItem.objects.without_files().filter(session_type__in=self.types))
        nation = self.link.visit.school.nation
        return [PackOfType(each.name_in(nation), [row for row in rows if row.session_type_id == each.pk]) for each in self.types]

    def file(self, item: int) -> PackItem | None:
        """Return the text or file with the bytes of its file; None where the visit has no such file."""
        return PackItem.objects.with_file().filter(pk=item, session_type__in=self.types).first()

    @cached_property
    def has_letters(self) -> bool:
        """Whether the charity makes letters of assurance."""
        return schools_may_read_names()

    @cached_property
    def no_letter(self) -> list[str]:
        """Why there is no letter for this school; empty where it can be opened."""
        link = self.link
        return reasons_not_to_make_letter(link.visit, link.sessions, school=link.school.pk, on=self.on)

    @cached_property
    def read(self) -> SchoolAnswer | None:
        """Who at the school has read it; None: nobody has said so."""
        return pack_read(self.link.visit.pk, self.link.school.pk)

    @property
    def read_words(self) -> str:
        """Who has read it, and when; "" where nobody has said so."""
        if self.read is None:
            return ""
        day = long_day(timezone.localdate(self.read.at))
        return _("%(name)s has read this, on %(day)s.") % {"name": self.read.given_by, "day": day}

    @property
    def asks_whether_read(self) -> bool:
        """Whether the page has the button for who has read it: there is something to read, and the visit is to come."""
        has_something = self.has_letters or any(each.items for each in self.of_types)
        return self.read is None and has_something and not reasons_not_to_prepare(self.link.visit, self.link.sessions, on=self.on)
