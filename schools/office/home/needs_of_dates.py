"""What needs somebody of dates that were offered to schools: the lines of home, and the filters of their list."""

from schools.office.frame.need_registry import Need
from schools.visits.models import OfferedDates

NEEDS_OF_DATES: tuple[Need, ...] = (
    Need(
        key="dates-short",
        model=OfferedDates,
        rows=lambda offered, on: offered.waiting_to_be_booked(on=on).filter(is_short=True),
        since="answered_at",
        singular="school chose a date for which too few people are left",
        plural="schools chose a date for which too few people are left",
        in_filter="Too few people left",
    ),
    Need(
        key="dates-unread",
        model=OfferedDates,
        rows=lambda offered, on: offered.without_reader(on=on),
        since="offered_at",
        singular="school has nobody there who can open the dates that it was offered",
        plural="schools have nobody there who can open the dates that they were offered",
        in_filter="Nobody there can open them",
    ),
    Need(
        key="dates-none",
        model=OfferedDates,
        rows=lambda offered, on: offered.without_a_date(on=on),
        since="answered_at",
        singular="school has chosen none of the dates that it was offered",
        plural="schools have chosen none of the dates that they were offered",
        in_filter="None was chosen",
    ),
)
"""In the order of home."""
