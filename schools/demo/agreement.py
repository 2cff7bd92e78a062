"""The agreement of the made-up charity's volunteers."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from schools.volunteers.models import Accepted, Agreement, Volunteer

TEXT = """\
I come on time, thirty minutes before the first session, and say at once when I can’t make it.

I keep what children say to myself, except that I tell the school’s safeguarding lead, at once, when a child may be at risk.

I never write down a child’s name, take a picture in a school, or stay alone with a child.

Before I come, the school may read my full name and that I am clear to work with children.

I bring the materials back as I got them, and tell how each session went on the same day.
"""


def accept_for(volunteers: Iterable[Volunteer], *, on: date) -> None:
    """Store the agreement's first version, unless it is there, and its acceptance by each volunteer on the day they joined."""
    agreement, _ = Agreement.objects.get_or_create(
        version=1, defaults={"from_day": date(2020, 9, 1), "text": TEXT, "names_to_schools": True}
    )
    Accepted.objects.bulk_create(
        (
            Accepted(volunteer=volunteer, agreement=agreement, at=datetime.combine(volunteer.joined or on, time(12), tzinfo=UTC))
            for volunteer in volunteers
        ),
        batch_size=500,
    )
