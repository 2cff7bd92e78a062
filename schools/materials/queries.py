"""Questions about things taken to sessions: what to bring."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from django.db.models import prefetch_related_objects

from schools.materials.models import Kind, KitLine, Material, Per
from schools.visits.models import Session

PUPILS_IN_CLASS = 30
"""A kit line "per class" is needed once for so many pupils, or a part of them."""


@dataclass(frozen=True)
class KitItem:
    """How much of a material to bring; `quantity` None: nobody knows how many will be there.

    `at_least`: some of those who will be there are not known, so it may be more.
    """

    material: Material
    quantity: int | None
    at_least: bool = False


def kit_for(*sessions: Session) -> list[KitItem]:
    """What to bring to the sessions together, by name of the material; two queries, however many sessions.

    Things that are used up are added over the sessions; equipment comes back, so the session that needs most decides.
    """
    prefetch_related_objects(list(sessions), "headcounts")
    lines = KitLine.objects.filter(session_type__in={session.type_id for session in sessions}).select_related("material")
    items: dict[int, KitItem] = {}
    for line in lines.order_by("material__name", "material"):
        together: Callable[..., int] = sum if line.material.kind == Kind.CONSUMABLE else max
        for session in sessions:
            if session.type_id == line.session_type_id:
                needed = _needed(line, session)
                known = items.get(line.material_id)
                items[line.material_id] = needed if known is None else _both(known, needed, together)
    return list(items.values())


def _both(one: KitItem, other: KitItem, together: Callable[..., int]) -> KitItem:
    known = [item.quantity for item in (one, other) if item.quantity is not None]
    unsure = one.at_least or other.at_least or len(known) == 1
    return KitItem(one.material, together(known) if known else None, at_least=unsure)


def _needed(line: KitLine, session: Session) -> KitItem:
    """What one session needs by one kit line, rounded up to whole pieces."""
    if line.per == Per.SESSION:
        return KitItem(line.material, line.quantity)
    if line.per == Per.ADULT:
        return KitItem(line.material, None if session.adults is None else line.quantity * session.adults)
    expected = [headcount.expected for headcount in session.headcounts.all()]
    known = [pupils for pupils in expected if pupils is not None]
    if not known:
        return KitItem(line.material, None)
    groups = sum(known) if line.per == Per.PUPIL else ceil(sum(known) / PUPILS_IN_CLASS)
    return KitItem(line.material, line.quantity * groups, at_least=len(known) < len(expected))
