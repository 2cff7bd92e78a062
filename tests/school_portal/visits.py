"""What the tests of the pages for schools share: a visit with a host, a guest and people, and the links to it."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.apps import apps
from django.core import mail
from django.test import Client
from django.urls import reverse

from schools import models
from schools.directory.accesses import access_of, token_of
from schools.directory.models import AccessPurpose
from tests.factories import (
    AreaFactory,
    CoverFactory,
    HeadcountFactory,
    SchoolFactory,
    SessionFactory,
    VisitFactory,
    able_volunteer,
    coordinator_of,
)

BEFORE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Tuesday, two days before the visit."""
DAY = date(2026, 11, 26)
AFTER = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
"""The morning after."""


def a_visit(*, day: date = DAY, **fields: Any) -> models.Visit:
    """An agreed visit with an assembly and a workshop, two people on it, and pupils of the host in each."""
    area = AreaFactory(duty_phone="+441228606060")
    school = SchoolFactory(area=area, name="Fern Primary")
    contact = models.Contact.objects.create(school=school, name="Pat Head", email="office@fern.example.org")
    coordinator = coordinator_of(area, name="Cora Nwosu", phone="+447700900456")
    wanted = {
        "school": school,
        "contact": contact,
        "coordinator": coordinator,
        "stage": "confirmed",
        "agreed_on": date(2026, 11, 2),
    }
    visit: models.Visit = VisitFactory(**(wanted | fields))
    for number, name in enumerate(("ks2-assembly", "workshop-5-6")):
        kind = models.SessionType.objects.get(slug=name)
        booked = SessionFactory(visit=visit, day=day, type=kind, starts=time(9 + number), ends=time(9 + number, 45))
        HeadcountFactory(session=booked, year_group=5, expected=30)
    for person in (able_volunteer(area, name="Asha Rahman"), able_volunteer(area, name="Ben Okri")):
        for session in visit.sessions.all():
            CoverFactory(session=session, volunteer=person)
    return visit


def a_parents_workshop(**fields: Any) -> models.Visit:
    """An agreed visit with a workshop for parents and nothing for pupils; two people on it."""
    visit = a_visit(**fields)
    visit.sessions.order_by("starts")[0].delete()
    models.Headcount.objects.filter(session__visit=visit).delete()
    visit.sessions.update(type=models.SessionType.objects.get(slug="parents"))
    return visit


def a_guest(visit: models.Visit) -> models.School:
    """Another school, whose Year 4 comes to the first session; somebody there has an address."""
    guest: models.School = SchoolFactory(name="Moss Infants", authority=visit.school.authority)
    models.Contact.objects.create(school=guest, name="Gus Guest", email="office@moss.example.org")
    HeadcountFactory(session=visit.sessions.order_by("starts")[0], school=guest, year_group=4, expected=12)
    return guest


def took_place(visit: models.Visit, *, pupils: int | None = 28) -> None:
    """Let all of it be reported: so many of Year 5 were there."""
    visit.sessions.update(stage="delivered", went_ahead="yes", recorded_at=AFTER)
    models.Headcount.objects.filter(session__visit=visit).update(pupils=pupils)


def access_at(school: models.School) -> models.SchoolAccess:
    contact = models.Contact.objects.at([school]).order_by("pk")[0]
    return access_of(contact, AccessPurpose.VISITS, on=BEFORE.date())


def path_of(visit: models.Visit, school: models.School | None = None) -> str:
    """The path of the link that mails about the visit carry to the school; the host's if none is said."""
    school = school or visit.school
    return reverse("school-visit", args=[token_of(access_at(school), visit.pk, school.pk)])


def boxes_of(answer: Any, do: str = "prepare") -> dict[str, str]:
    """What a browser would send of a form that nobody has touched."""
    form = answer.context["forms"][do]
    boxes = {field.html_name: "" if field.value() in {None, False} else str(field.value()) for field in form}
    boxes.pop("agrees", None)
    return {**boxes, **dict(getattr(form, "shown", [])), "do": do}


def sent(path: str, client: Client | None = None, /, *, do: str = "prepare", by: str = "Jo Bloggs", **typed: str) -> Any:
    """Open the page, type into some of its boxes, and send it; “-” in a box's name is “_” here."""
    client = client or Client()
    boxes = boxes_of(client.get(path), do)
    names = {name.replace("-", "_"): name for name in boxes}
    said = {names.get(name, name): words for name, words in typed.items()}
    return client.post(path, {**boxes, "given_by": by, **said})


def every_row() -> dict[str, list[Any]]:
    """A dump of every table."""
    tables = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return {str(model): list(model._base_manager.order_by("pk").values_list()) for model in tables}


def letters() -> list[str]:
    return [str(each.body) for each in mail.outbox]
