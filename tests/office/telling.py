"""What the tests of *Tell these people* share: an agreed visit with a guest, the page, its boxes, and what home counts."""

import re
from datetime import date

from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from schools import models
from tests import factories

TELL = reverse("admin:tell")
TOMORROW = date(2026, 11, 25)
SOON = "It begins soon, so the mail may be read too late: phone them as well."
MADE_OF = ("session", "cover", "guest")


def agreed(area: models.Area, day: date = TOMORROW, **names: str) -> models.Session:
    """An agreed visit whose host and guest have addresses; the guest comes."""
    host, guest = (factories.SchoolFactory(area=area, name=names.get(name, name.title())) for name in ("ashfield", "fern"))
    stage = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2)}
    made: models.Session = factories.SessionFactory(visit__school=host, day=day, **stage)
    factories.HeadcountFactory(session=made, school=guest, year_group=3, expected=20)
    for school in (host, guest):
        address = f"office{school.pk}@example.org"
        models.Contact.objects.create(school=school, name="Fay Office", email=address, phone="+441539720001")
    return made


def read(office: Client, path: str = TELL) -> str:
    return " ".join(strip_tags(office.get(path).content.decode()).split())


def boxes(office: Client, path: str = TELL) -> dict[str, list[str]]:
    """The values of the tick boxes, by their names."""
    body = office.get(path).content.decode()
    return {name: found for name in MADE_OF if (found := re.findall(rf'name="{name}" value="([^"]+)"', body))}


def on_home(office: Client) -> int:
    numbers: dict[str, int] = {line.need.key: line.number for line in office.get("/admin/").context["lines"]}
    return numbers["tell"]
