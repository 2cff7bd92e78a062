"""Speakout in the race: `python -m tests.bench.peers.speakout`, on the national demo or on an empty database, which it fills."""

from collections.abc import Iterator
from typing import Any

from tests.bench.charity import set_up
from tests.bench.peers.race import Size, System, race


def size() -> Size:
    """How much there is."""
    from schools.models import Cover, School, Session, Visit, Volunteer

    return Size(*(model.objects.count() for model in (Volunteer, School, Visit, Session, Cover)))


def fill(_size: Size) -> None:
    """Load the national demo, by which the size of all is set."""
    from django.core.management import call_command

    call_command("demo", size="national")


def pages() -> Iterator[tuple[str, Any, str]]:
    """Its nearest pages."""
    from django.urls import reverse

    from tests.bench.pages import _signed_in, _uncovered

    manager, volunteer = _signed_in("manager@example.org"), _signed_in("volunteer@example.org")
    session = _uncovered("manager@example.org")
    yield "list", manager, "/admin/schools/visit/"
    yield "calendar", manager, "/admin/calendar/"
    yield "detail", manager, reverse("admin:visit-detail", args=[session.visit_id])
    yield "own shifts", volunteer, "/"


if __name__ == "__main__":
    set_up()
    race(System("Speakout", size, fill, pages))
