"""A number of pupils that is far from the roll is asked about once where the office types it: for a session, a guest, a roll."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.core.periods import Period
from schools.reach.actions import close, sign_off
from tests import factories
from tests.browsing import saved
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db


def thirty_on_roll(area: models.Area, name: str) -> models.School:
    school: models.School = factories.SchoolFactory(area=area, name=name)
    models.Roll.objects.create(school=school, academic_year=2026, year_group=4, pupils=30, source="coordinator")
    return school


@pytest.fixture
def session(area: models.Area) -> models.Session:
    made: models.Session = factories.SessionFactory(visit__school=thirty_on_roll(area, "Ashfield"))
    factories.HeadcountFactory(session=made, year_group=4, expected=28)
    return made


def expected(session: models.Session, school: models.School) -> int | None:
    return session.headcounts.filter(school=school, year_group=4).values_list("expected", flat=True).first()


def test_a_slip_of_the_finger_is_asked_about_and_stored_once_somebody_is_sure(office: Client, session: models.Session) -> None:
    school = session.visit.school
    address, box = f"/admin/session/{session.pk}/edit/", f"n{school.pk}_4"
    typed: dict[str, Any] = {"do": "store", "language": "en", f"come{school.pk}": ["4"], box: "300"}
    page = saved(office, address, typed).content.decode()
    assert "300? 30 are on roll. If it is right, tick the box; if not, change the number." in page
    assert f'value="{box}=300"' in page
    assert expected(session, school) == 28
    other = saved(office, address, {**typed, box: "3000", "sure": f"{box}=300"})
    assert other.status_code == 200  # sure of another number
    assert saved(office, address, {**typed, "sure": f"{box}=300"}).status_code == 302
    assert expected(session, school) == 300
    assert saved(office, address, typed).status_code == 302  # what is stored is asked no more


def test_a_guests_number_is_asked_about_too(office: Client, session: models.Session, area: models.Area) -> None:
    guest = thirty_on_roll(area, "Little Beck")
    address, box = f"/admin/visit/{session.visit_id}/guests/?school={guest.pk}", f"s{session.pk}_4"
    typed = {"do": "store", f"s{session.pk}_come": "4", box: "300"}
    assert "300? 30 are on roll." in saved(office, address, typed).content.decode()
    assert expected(session, guest) is None
    assert saved(office, address, {**typed, "sure": f"{box}=300"}).status_code == 302
    assert expected(session, guest) == 300


def test_a_session_of_the_next_school_year_is_asked_about_by_the_rolls_of_that_year(
    office: Client, session: models.Session, area: models.Area
) -> None:
    models.Session.objects.update(day=date(2027, 10, 14))
    guest = thirty_on_roll(area, "Little Beck")
    for school, pupils in ((session.visit.school, 61), (guest, 62)):
        models.Roll.objects.create(school=school, academic_year=2027, year_group=4, pupils=pupils, source="coordinator")
    assert "61 on roll" in office.get(f"/admin/session/{session.pk}/edit/").content.decode()
    typed: dict[str, Any] = {"do": "store", "language": "en", f"come{session.visit.school_id}": ["4"]}
    typed[f"n{session.visit.school_id}_4"] = "61"
    assert saved(office, f"/admin/session/{session.pk}/edit/", typed).status_code == 302
    form = office.get(f"/admin/visit/{session.visit_id}/guests/?school={guest.pk}").context["form"]
    assert form[f"s{session.pk}_4"].initial == 62


ROLL = "/admin/schools/roll/"


def typed_roll(school: models.School, pupils: int, **other: Any) -> dict[str, Any]:
    return {"school": str(school.pk), "academic_year": "2026", "year_group": "4", "pupils": str(pupils), **other}


@pytest.mark.parametrize(("source", "year"), [("register", 2026), ("register", 2025), ("coordinator", 2025), ("list", 2026)])
def test_a_roll_far_from_the_registers_or_the_year_before_is_asked_about_and_stored_once_somebody_is_sure(
    source: str, year: int, office: Client, area: models.Area
) -> None:
    school = factories.SchoolFactory(area=area)
    models.Roll.objects.create(school=school, academic_year=year, year_group=4, pupils=30, source=source)
    rolls = school.rolls.filter(academic_year=2026, year_group=4, source="coordinator")
    page = office.post(f"{ROLL}add/", typed_roll(school, 300)).content.decode()
    assert "300? 30 are on roll. If it is right, tick the box; if not, change the number." in page
    assert 'value="pupils=300"' in page
    assert not rolls.exists()
    assert "3,000? 30 are on roll." in office.post(f"{ROLL}add/", typed_roll(school, 3000, sure="pupils=300")).content.decode()
    assert office.post(f"{ROLL}add/", typed_roll(school, 300, sure="pupils=300")).status_code == 302
    assert rolls.get().pupils == 300


def test_a_roll_like_the_known_one_or_of_which_nothing_is_known_is_not_asked_about(office: Client, area: models.Area) -> None:
    unknown = factories.SchoolFactory(area=area, pupils=None)
    assert office.post(f"{ROLL}add/", typed_roll(unknown, 300)).status_code == 302
    school = thirty_on_roll(area, "Ashfield")
    models.Roll.objects.update(academic_year=2025)
    assert office.post(f"{ROLL}add/", typed_roll(school, 33)).status_code == 302


def test_a_roll_that_was_a_slip_is_put_right_without_a_question_and_stored_again_without_one(
    office: Client, area: models.Area
) -> None:
    school = factories.SchoolFactory(area=area)
    models.Roll.objects.create(school=school, academic_year=2026, year_group=4, pupils=30, source="register")
    slip = models.Roll.objects.create(school=school, academic_year=2026, year_group=4, pupils=300, source="coordinator")
    address = f"{ROLL}{slip.pk}/change/"
    again = {"academic_year": "2026", "year_group": "4"}
    assert saved(office, address, {**again, "pupils": "300"}).status_code == 302  # what is stored is asked no more
    assert "400? 30 are on roll." in saved(office, address, {**again, "pupils": "400"}).content.decode()
    assert saved(office, address, {**again, "pupils": "31"}).status_code == 302
    slip.refresh_from_db()
    assert slip.pupils == 31


def test_a_roll_on_which_a_signed_off_return_rests_is_changed_by_managers_alone_and_that_is_written_down(
    office: Client, area: models.Area
) -> None:
    school, managers_office = factories.SchoolFactory(area=area, pupils=210), Client()
    roll = models.Roll.objects.create(school=school, academic_year=2025, year_group=5, source="coordinator", pupils=30)
    by = factories.manager()
    managers_office.force_login(by)
    close(sign_off(area, Period.parse("2025/26"), by=by, now=NOW), by=by, now=NOW)
    typed = {"school": school.pk, "academic_year": 2025, "year_group": 5, "pupils": 31}
    change, add = f"{ROLL}{roll.pk}/change/", {**typed, "year_group": 4}
    for address, data in ((change, typed), (f"{ROLL}add/", add)):
        assert "is signed off" in saved(office, address, data).content.decode()
    assert office.post(f"{ROLL}{roll.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(models.Roll.objects.values_list("pupils", flat=True)) == [30]
    assert saved(managers_office, change, typed).status_code == 302
    assert models.Roll.objects.get().pupils == 31
    assert models.Drift.objects.get().because == f"Pupils on roll at {school} in 2025/26"
    assert managers_office.post(f"{ROLL}{roll.pk}/delete/", {"post": "yes"}).status_code == 302
    assert [drift.by for drift in models.Drift.objects.all()] == [by, by]
