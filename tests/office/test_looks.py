"""Every page that shows a clearance writes down whose was seen, and no other page does (rule 13)."""

import re
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from schools import models
from schools.volunteers.models import Clearance, ClearanceLook, Decision
from tests import factories
from tests.house import assert_none
from tests.office.conftest import NOW
from tests.test_audience import World, address_of, world  # noqa: F401  # a fixture
from tests.test_house import named_urls

REFERENCE = "ZQ-771-XK"
DAYS = {
    "applied_on": date(2019, 2, 3),
    "issued": date(2019, 3, 5),
    "decided_on": date(2019, 3, 7),
    "recheck_on": date(2031, 7, 9),
    "withdrawn_on": date(2019, 9, 11),
}
WITH_CLEARANCES = {"admin:volunteer-detail": "?clearances=1"}
"""What an address needs to show the clearances."""

CHOICES = re.compile(r"<select.*?</select>|<nav.*?</nav>|<details.*?</details>", re.DOTALL)
"""Parts of a page that offer every decision, of whomever."""


def ways(day: date) -> set[str]:
    """The day as pages and files write it."""
    return {
        day.isoformat(), f"{day.day} {day:%B %Y}", f"{day.day} {day:%b %Y}", f"{day:%d/%m/%Y}",
        f"{day:%b}. {day.day}, {day.year}", f"{day:%B} {day.day}, {day.year}",
    }  # fmt: skip


def shows(text: str) -> bool:
    """Whether the page says reference, a day or the decision of the made-up clearance; a chip says yes or no alone."""
    if REFERENCE in text or any(way in text for day in DAYS.values() for way in ways(day)):
        return True
    return re.search(r"\bNot clear\b(?! today| or signed off)", CHOICES.sub("", text)) is not None


@pytest.fixture
def seen(world: World) -> tuple[World, Client]:  # noqa: F811  # the fixture
    """The world, in which the clearances of two people are easily told from anything else; and a manager's office."""
    first = world.rows[models.Volunteer]
    assert isinstance(first, models.Volunteer)
    Clearance.objects.filter(volunteer__in=(first, world.volunteer)).update(
        decision=Decision.NOT_CLEAR, reference=REFERENCE, **DAYS
    )
    for clearance in Clearance.objects.filter(volunteer__in=(first, world.volunteer)):
        clearance.save()  # into the history
    run = world.table_run
    run.register, run.state, run.applied_at = "volunteers", "applied", NOW
    run.report = {"created": 0, "updated": 1, "unchanged": 0, "refused": [], "ignored": 0}
    run.save()
    fact = {"DBS issued 5 March 2019": [None, "not clear, decided on 7 March 2019"]}
    world.rows[models.ImportChange] = models.ImportChange.objects.create(
        run=run,
        kind="updated",
        register_id="",
        known_by=str(first.reference).lower(),
        name=str(first),
        fields=fact,
    )
    mail = world.rows[models.OutboxMessage]
    models.OutboxMessage.objects.filter(pk=mail.pk).update(
        kind="clearance-ends",
        key="clearance-ends:1:2031-07-09:7",
        subject="Your DBS ends on 9 July 2031",
        body=f"9 July 2031 {REFERENCE}",
    )
    manager = world.people["M"]
    assert manager is not None
    client = Client()
    client.force_login(manager)
    return world, client


@pytest.mark.slow
def test_every_page_that_shows_a_clearance_logs_the_look_and_no_other_does(seen: tuple[World, Client]) -> None:
    world, client = seen  # noqa: F811  # the fixture's value
    people = {world.rows[models.Volunteer].pk, world.volunteer.pk}
    wrong, logged = [], set()
    for name, pattern in named_urls():
        if name in {"account_logout", "admin:logout"} or name == "me":
            continue
        cache.clear()
        before = set(ClearanceLook.objects.values_list("pk", flat=True))
        answer = client.get(address_of(name, pattern, world) + WITH_CLEARANCES.get(name, ""))
        text = answer.getvalue().decode("utf-8", "replace") if answer.status_code == 200 else ""
        looks = ClearanceLook.objects.exclude(pk__in=before).filter(volunteer_number__in=people, by=world.people["M"])
        if shows(text) != looks.exists():
            wrong.append(f"{name}: {'shows a clearance' if shows(text) else 'shows none'}, {looks.count()} looks")
        if looks.exists():
            logged.add(name)
    assert_none(wrong, to_do="Log the look with look_at where the page shows a clearance, and nowhere else (rule 13).")
    assert logged == {
        "admin:held-request",
        "admin:schools_clearance_changelist",
        "admin:schools_clearance_change",
        "admin:schools_clearance_history",
        "admin:schools_clearance_simple_history",
        "admin:schools_importchange_change",
        "admin:import-run",
        "admin:volunteer-detail",
    }


def test_managers_read_the_log_by_either_name_and_coordinators_do_not(seen: tuple[World, Client]) -> None:
    world, client = seen  # noqa: F811  # as above
    client.get("/admin/schools/clearance/")
    address = "/admin/schools/clearancelook/"
    manager = world.people["M"]
    assert manager is not None
    for words in (str(world.volunteer), manager.name):
        assert str(world.volunteer) in client.get(address, {"q": words}).content.decode()
    assert str(world.volunteer) not in client.get(address, {"q": "Nobody"}).content.decode().partition("changelist-form")[2]
    of_one = client.get(address, {"volunteer_number": world.volunteer.pk})
    assert {look.volunteer_number for look in of_one.context["cl"].result_list} == {world.volunteer.pk}
    coordinator = world.people["C"]
    assert coordinator is not None
    client.force_login(coordinator)
    assert client.get(address).status_code == 403


def test_a_filtered_and_a_searched_list_log_whom_they_show(seen: tuple[World, Client]) -> None:
    world, client = seen  # noqa: F811  # as above
    for query in ({"q": str(world.volunteer)}, {"decision__exact": "not_clear", "q": str(world.volunteer)}):
        before = ClearanceLook.objects.count()
        client.get("/admin/schools/clearance/", query)
        assert ClearanceLook.objects.count() == before + 1
    client.get("/admin/schools/clearance/", {"q": str(world.volunteer), "decision__exact": "clear"})
    assert ClearanceLook.objects.count() == before + 1, "the list was empty"


def test_the_name_of_a_clearance_says_no_decision() -> None:
    assert str(factories.ClearanceFactory.build(volunteer=factories.VolunteerFactory.build(name="Sam"))) == "DBS of Sam"
