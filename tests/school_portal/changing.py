"""What the tests of the page share by which a host changes its visit."""

from datetime import UTC, date, datetime
from typing import Any

from django.test import Client

from schools import models
from schools.office.bookings.as_read import to_post
from schools.visits.rules.school_changes import OFFERED, change_as_shown, wish_with_answer
from tests.factories import CoverFactory, able_volunteer
from tests.school_portal.visits import a_visit, path_of

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""A Tuesday in term."""
FAR = date(2026, 12, 10)
"""The Thursday of the visit: it can be changed until Thursday 3 December."""
LATE = datetime(2026, 12, 4, 10, 0, tzinfo=UTC)
"""The day after that."""


def a_far_visit(**fields: Any) -> models.Visit:
    """The visit of the other tests, some weeks ahead; one of those who go signs in."""
    made = a_visit(**{"day": FAR, **fields})
    for session in made.sessions.all():
        CoverFactory(session=session, volunteer=models.Volunteer.objects.filter(name="Cleo Way").first() or cleo())
    return made


def cleo() -> models.Volunteer:
    return able_volunteer(name="Cleo Way", signs_in=True)


def change_path(visit: models.Visit, school: models.School | None = None) -> str:
    return f"{path_of(visit, school)}change/"


def boxes(path: str, do: str = "cancel") -> dict[str, str]:
    """What a browser would send of the form that nobody has touched."""
    form = Client().get(path).context["forms"][do]
    return {**{field.html_name: str(field.value() or "") for field in form}, **dict(form.shown), "do": do}


def cancel(path: str, *, by: str = "Jo Bloggs", why: str = "staff", **typed: str) -> Any:
    """Open the page, choose why, and cancel."""
    return Client().post(path, {**boxes(path), "why": why, "given_by": by, **typed})


def as_read(*changes: models.SchoolChange) -> dict[int, str]:
    """What somebody in the office has read who opens the page of the visit now."""
    rows = models.SchoolChange.objects.filter(pk__in=[each.pk for each in changes])
    offered = set(models.OfferedDates.objects.of_moves().filter(state="open").values_list("visit_id", flat=True))
    return {each.pk: change_as_shown(each) + (OFFERED if each.visit_id in offered else "") for each in rows}


def pressed(do: str) -> dict[str, str]:
    """What the button of the office posts whose page shows the one change there is."""
    change = models.SchoolChange.objects.get()
    (shown,) = as_read(change).values()
    return {"do": do, "change": to_post(change.pk, wish_with_answer(change) if do == "change-not-seen" else shown)}


def text_of(path: str) -> str:
    return " ".join(Client().get(path).content.decode().split())


def ask(path: str, *days: str, by: str = "Jo Bloggs", why: str = "clash", **typed: str) -> Any:
    """Open the page, name half-days such as “2027-01-12-afternoon”, and ask for them."""
    named: dict[str, str] = {}
    for number in range(1, 4):
        key = days[number - 1] if number <= len(days) else ""
        named[f"day_{number}"], named[f"part_{number}"] = key[:10], key[11:] or "morning"
    return Client().post(path, {**boxes(path, "move"), **named, "why": why, "given_by": by, **typed})


def take_back(path: str, by: str = "Jo Bloggs") -> Any:
    """Open the page, and ask for no other day any more."""
    seen = Client().get(path).context["page"].seen
    return Client().post(path, {"do": "take-back", "seen": seen, "given_by": by})
