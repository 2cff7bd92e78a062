"""A session at a Scottish school is called what Scotland calls it on the pages of the office too."""

from datetime import date, time

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from tests import factories
from tests.materials.stores import a_material, received, store_in

PASSED = date(2026, 11, 3)


@pytest.fixture
def area(db: None) -> models.Area:
    made: models.Area = factories.AreaFactory(name="Borders", region__name="Scotland", region__nation="scotland")
    return made


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, nation="scotland", name="Elm Primary School")
    return made


def delivered(school: models.School, area: models.Area, *, pupils: int = 30) -> models.Session:
    place = {"area": area, "region": area.region, "authority": school.authority}
    session: models.Session = factories.SessionFactory(visit__school=school, day=PASSED, delivered=True, **place)
    factories.HeadcountFactory(session=session, expected=pupils, pupils=pupils, **place)
    return session


def text_of(office: Client, address: str) -> str:
    answer = office.get(address)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def test_what_looks_wrong(office: Client, school: models.School, area: models.Area) -> None:
    session = delivered(school, area, pupils=34)
    models.Roll.objects.create(school=school, academic_year=2026, year_group=5, pupils=30, source="coordinator")
    overdue = factories.SessionFactory(visit__school=school, day=date(2026, 11, 2))
    person = factories.VolunteerFactory(name="Asha Rao")
    for starts in (time(9), time(9, 15)):
        at_once = factories.SessionFactory(visit__school=school, day=date(2026, 12, 1), starts=starts, ends=time(10))
        factories.CoverFactory(session=at_once, volunteer=person)
    page = text_of(office, reverse("admin:doubts"))
    for words in (
        "34 pupils of P6 in sessions of P4–P7 assembly",
        "nobody is written down who was there: P4–P7 assembly needs 2",
        "P4–P7 assembly: It was to be on",
        "and for P4–P7 assembly at Elm Primary School, which overlap",
    ):
        assert words in page, (words, session, overdue)
    assert "KS2" not in page


@pytest.mark.parametrize("figure", ["attendances", "pupils_reached", "sessions_delivered"])
def test_what_is_behind_a_figure(figure: str, office: Client, school: models.School, area: models.Area) -> None:
    delivered(school, area)
    lines = text_of(office, f"{reverse('admin:reach-behind')}?period=2026/27&by=area&cell=total&figure={figure}").partition(
        "<tbody>"
    )
    assert "P4–P7 assembly" in lines[2]
    assert "KS2" not in lines[2]


def test_what_a_session_lacks(office: Client, school: models.School, area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=school, day=date(2026, 11, 27))
    factories.HeadcountFactory(session=session, expected=30)
    sticker = a_material()
    received(store_in(area), sticker, 10)
    models.KitLine.objects.create(session_type=session.type, material=sticker, quantity=1, per="pupil")
    assert "9:15 am · P4–P7 assembly" in text_of(office, reverse("admin:shortages"))


def test_what_a_volunteer_has_not_told(office: Client, school: models.School, area: models.Area) -> None:
    volunteer = factories.able_volunteer(area)
    factories.CoverFactory(volunteer=volunteer, session__visit__school=school, session__day=PASSED)
    assert "Elm Primary School</a>: P4–P7 assembly" in text_of(office, reverse("admin:volunteer-detail", args=[volunteer.pk]))


def test_a_move_past_midnight_is_refused(office: Client, school: models.School) -> None:
    session = factories.SessionFactory(visit__school=school)
    typed = {"do": "look", "sessions": session.pk, "day": "2026-11-27", "starts": "23:50"}
    page = office.post(reverse("admin:visit-move", args=[session.visit_id]), typed).content.decode()
    assert "P4–P7 assembly would run past midnight" in page


def test_what_a_volunteer_is_signed_off_for(office: Client, area: models.Area, school: models.School) -> None:
    volunteer = factories.able_volunteer(area, signs_in=True)
    signs_in = Client()
    assert volunteer.user
    signs_in.force_login(volunteer.user)
    pages = ((office, reverse("admin:volunteer-detail", args=[volunteer.pk])), (signs_in, reverse("me")))
    for browser, address in pages:
        page = text_of(browser, address)
        assert "P6–P7 workshop" in page
        assert "Year 5–6 workshop" not in page
    volunteer.areas.add(factories.AreaFactory())
    for browser, address in pages:
        assert "Year 5–6 workshop or P6–P7 workshop" in text_of(browser, address)


def test_what_was_used(office: Client, school: models.School, area: models.Area) -> None:
    sticker = a_material()
    session = delivered(school, area)
    models.MaterialUse.objects.create(session=session, material=sticker, used=25)
    assert "<td>P4–P7 assembly</td>" in text_of(office, f"{reverse('admin:materials-used')}?period=2026/27")
    file = b"".join(office.get(f"{reverse('admin:materials-used-csv')}?period=2026/27")).decode()
    assert "Borders,KS2 assembly,Sticker" in file


def test_what_is_filtered_is_named_as_both_kinds_of_nations_name_it(
    office: Client, school: models.School, area: models.Area
) -> None:
    delivered(school, area)
    page = text_of(office, "/admin/reach/?period=2026/27&year_groups=5")
    assert "This is a part: Year 5 or P6" in page
    assert "Year 5 or P6" in text_of(office, "/admin/due/")
    answer = office.get("/admin/reach/csv/?period=2026/27&year_groups=5")
    assert "_year-5-or-p6_" in answer["Content-Disposition"]
