"""Counting never multiplies: two people × two materials × seven year groups of two schools leave each list and figure right."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from schools import models
from schools.materials.models import MaterialUse
from schools.office.home import needs
from tests import factories
from tests.kept import kept_for_several_tests
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db

JOINED = (models.Session, models.Visit, models.Cover, models.Volunteer, models.School, models.Contact)
"""Lists whose filters and searches join the most: `.ci/run` looks at these, `.ci/full` and `bin/test` at each."""
TABLES = [
    pytest.param(one, marks=() if one in JOINED else pytest.mark.exhaustive, id=one.__name__)
    for one in admin.site._registry
    if one._meta.app_label == "schools"
]


def a_session_with_many(area: models.Area) -> models.Session:
    """Make a session to come, and one that was, each with everything that there can be many of."""
    host, guest = (factories.SchoolFactory(area=area, name=name, pupils=210) for name in ("Ashfield", "Birchwood"))
    visit = factories.VisitFactory(school=host)
    volunteers = [factories.able_volunteer(area, name=name) for name in ("Asha Bell", "Ben Cole")]
    materials = [models.Material.objects.create(name=name) for name in ("Leaflet", "Sticker")]
    made = [
        factories.SessionFactory(visit=visit, day=date(2026, 11, 26)),
        factories.SessionFactory(visit=visit, day=date(2026, 11, 19), delivered=True),
    ]
    for session in made:
        is_past = session.stage == "delivered"
        for volunteer in volunteers:
            factories.CoverFactory(session=session, volunteer=volunteer, state="attended" if is_past else "accepted")
        for material in materials:
            MaterialUse.objects.create(session=session, material=material, planned=10)
        for school in (host, guest):
            for group in range(7):
                # Of one year group nobody counted, so that the session is one of those partly counted.
                pupils = 20 if is_past and group else None
                factories.HeadcountFactory(session=session, school=school, year_group=group, expected=30, pupils=pupils)
        models.SafeguardingNotice.objects.create(
            session=session, told_at="2026-11-19T10:00Z", role_told="safeguarding lead", by=factories.manager()
        )
    for volunteer in volunteers:
        for kind in models.SessionType.objects.all()[:3]:
            models.SignOff.objects.update_or_create(
                volunteer=volunteer, session_type=kind, stage="trained", defaults={"day": date(2026, 1, 5)}
            )
        volunteer.areas.add(factories.AreaFactory(name=f"Beside {volunteer.pk}"))
    coming: models.Session = made[0]
    return coming


@pytest.fixture(scope="module")
def _kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    with kept_for_several_tests(django_db_blocker):
        with time_machine.travel(NOW, tick=False):
            kept = a_session_with_many(factories.AreaFactory(name="Cumberland")).pk
        yield kept


@pytest.fixture
def session(db: None, _kept: int) -> models.Session:
    """The session to come."""
    return models.Session.objects.get(pk=_kept)


@pytest.fixture
def area(session: models.Session) -> models.Area:
    """Its area."""
    return models.Area.objects.get(name="Cumberland")


def shown(client: Client, address: str) -> list[Any]:
    """The rows of a list's first page, which has all of them here; the number that it says is theirs."""
    changelist = client.get(address).context["cl"]
    rows = [row.pk for row in changelist.result_list]
    assert changelist.result_count == len(rows), address
    assert len(set(rows)) == len(rows), address
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("model", TABLES)
def test_no_list_shows_or_counts_a_row_twice_whatever_it_is_filtered_by(
    managers_office: Client, session: models.Session, model: Any
) -> None:
    address = reverse(f"admin:schools_{model._meta.model_name}_changelist")
    answer = managers_office.get(address)
    every = set(shown(managers_office, address))
    assert len(every) == model._default_manager.count()
    for spec in answer.context["cl"].filter_specs:
        for choice in list(spec.choices(answer.context["cl"])):
            query = choice["query_string"]
            assert set(shown(managers_office, f"{address}{query}")) <= every
    for words in ("Ash", "Ashfield", "Bell", "e"):
        assert set(shown(managers_office, f"{address}?q={words}")) <= every


def test_every_line_of_home_counts_the_rows_that_its_list_shows(managers_office: Client, session: models.Session) -> None:
    # Everything that can be to do with the one session is to do.
    models.Session.objects.filter(pk=session.pk).update(day="2026-11-20")
    lines = {line.need.key: line.number for line in managers_office.get("/admin/").context["lines"]}
    assert (lines["outcome"], lines["count"], lines["told"]) == (1, 1, 2)
    for need in needs.NEEDS:
        if not need.page:
            assert lines[need.key] == len(shown(managers_office, need.address)), need.key


def test_pages_and_figures_count_each_pupil_person_and_session_once(office: Client, session: models.Session) -> None:
    visit = session.visit
    (of_past, of_coming) = office.get(reverse("admin:visit-detail", args=[visit.pk])).context["days"]
    assert [row["expected"] for _, rows in (of_past, of_coming) for row in rows] == ["420", "420"]
    assert of_past[1][0]["counted"] == "240 and more"
    assert of_past[1][0]["people"] == ["Asha Bell (attended)", "Ben Cole (attended)"]

    day = office.get(reverse("admin:visit-day", args=[visit.pk, session.day])).context
    assert [str(row["volunteer"]) for row in day["people"]] == ["Asha Bell", "Ben Cole"]
    loads = {str(one.volunteer): (one.load, one.been_here) for one in [*day["can"], *day["cannot"]]}
    assert {load for load, _ in loads.values()} <= {2}

    weeks = office.get(f"{reverse('admin:calendar')}?day=2026-11-26").context["weeks"]
    assert sum(len(cell["entries"]) for week in weeks for cell in week) == 2
    assert len(office.get("/admin/").context["fortnight"]) == 1

    for name in ("bulk-confirm", "bulk-reassign"):
        (row,) = office.get(reverse(f"admin:{name}")).context["work"].rows
        assert row.pk == visit.pk
    (row,) = office.get(f"{reverse('admin:bulk-snow')}?day=2026-11-26").context["days"].open
    assert row.who == "Asha Bell, Ben Cole"

    due = {line["school"].name: line["last_visit"] for line in office.get(f"{reverse('admin:due')}?show=all").context["lines"]}
    assert due == {"Ashfield": date(2026, 11, 19), "Birchwood": date(2026, 11, 19)}
    volunteer = models.Volunteer.objects.get(name="Asha Bell")
    page = office.get(reverse("admin:volunteer-detail", args=[volunteer.pk])).context
    assert len(page["mornings"]) == 1
    assert [given.sessions for _, given in page["given"]] == [1, 1]


def test_who_is_told_is_told_once(office: Client, session: models.Session) -> None:
    second = factories.SessionFactory(visit=session.visit, day=session.day, starts=time(11, 0), ends=time(11, 30))
    for cover in session.covers.all():
        factories.CoverFactory(session=second, volunteer=cover.volunteer, news="assigned")
    session.covers.update(news="assigned")
    models.Session.objects.filter(pk__in=[session.pk, second.pk]).update(school_news="moved")
    (row,) = office.get(reverse("admin:tell")).context["rows"]
    assert len(row.school.sessions) == 2
    assert [(str(one.volunteer), len(one.covers)) for one in row.volunteers] == [("Asha Bell", 2), ("Ben Cole", 2)]
