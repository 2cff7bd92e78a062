"""What needs somebody of what schools change by their own pages: the lines of home, and the filters of the list of visits."""

from schools.office.frame.need_registry import Need
from schools.visits.models import ChangeWhat, Visit
from schools.visits.queries import outstanding

NEEDS_OF_CHANGES: tuple[Need, ...] = (
    Need(
        key="school-cancelled",
        model=Visit,
        rows=lambda visits, on: outstanding.with_changes(visits, ChangeWhat.CANCEL),
        since=outstanding.first_change(ChangeWhat.CANCEL),
        singular="school cancelled its visit by its own page",
        plural="schools cancelled their visits by their own pages",
        in_filter="Cancelled by the school’s page",
    ),
    Need(
        key="school-move",
        model=Visit,
        rows=lambda visits, on: outstanding.with_changes(visits, ChangeWhat.MOVE),
        since=outstanding.first_change(ChangeWhat.MOVE),
        singular="school asks for another day for its visit",
        plural="schools ask for another day for their visits",
        in_filter="Another day asked for",
    ),
)
"""In the order of home."""
