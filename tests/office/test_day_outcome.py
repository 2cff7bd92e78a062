"""How a morning of three sessions went, on one page: one tick for all, each with what is wrong beside it, nothing lost."""

from datetime import date, time
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.periods import Period
from schools.reach.actions.publishing import publish
from tests import factories
from tests.office.conftest import NOW
from tests.portal.pages import day_url, said_of, whole_day

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 23)


@pytest.fixture
def sessions(area: models.Area) -> list[models.Session]:
    """Three of the day before, with 30 children of Year 5 expected in each, and Asha on all of them."""
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area, name="Ashfield Primary"))
    asha = factories.able_volunteer(area, name="Asha Rao")
    made: list[models.Session] = [
        factories.SessionFactory(visit=visit, day=DAY, starts=time(hour), ends=time(hour, 30)) for hour in (9, 10, 11)
    ]
    for session in made:
        factories.HeadcountFactory(session=session, expected=30)
        factories.CoverFactory(session=session, volunteer=asha)
    return made


def report(office: Client, sessions: list[models.Session], *pupils: str, **other: Any) -> Any:
    """Send the day's form with the tick for all sessions, in which nothing is said of a single one."""
    typed = whole_day(sessions, *pupils, all_went_ahead="yes")
    typed |= {f"s{session.pk}-went_ahead": "" for session in sessions}
    return office.post(day_url(sessions[0], "admin:day-outcome"), typed | other)


def counted() -> list[int | None]:
    return list(models.Headcount.objects.order_by("session__starts").values_list("pupils", flat=True))


def stages() -> list[str]:
    return list(models.Session.objects.order_by("starts").values_list("stage", flat=True))


def test_one_tick_says_of_all_that_they_went_ahead_but_for_what_is_said_otherwise(
    office: Client, sessions: list[models.Session]
) -> None:
    otherwise = {f"s{sessions[1].pk}-went_ahead": "no", f"s{sessions[1].pk}-cancelled_code": "school"}
    answer = report(office, sessions, "28", "", "31", **otherwise)
    assert answer.headers["Location"] == day_url(sessions[0], "admin:visit-day")
    assert stages() == ["delivered", "cancelled", "delivered"]
    assert counted() == [28, None, 31]


def test_without_the_tick_nothing_is_taken_for_said(office: Client, sessions: list[models.Session]) -> None:
    answer = report(office, sessions, "28", "29", "31", all_went_ahead="")
    assert answer.content.decode().count("Say whether it went ahead: yes, partly or no.") >= 3
    assert stages() == ["scheduled"] * 3


def test_what_is_wrong_stands_beside_its_session_and_nothing_that_was_typed_is_lost(
    office: Client, sessions: list[models.Session]
) -> None:
    note = "The projector was slow."
    answer = report(office, sessions, "28", "2O", "300", note=note)
    assert answer.status_code == 200
    form = answer.context["form"]
    box = f"pupils_{sessions[0].visit.school_id}_5"
    assert [list(part.errors) for part in form.parts] == [[], [box], [box]]
    assert "300? We expected about 30." in form.parts[2].errors[box][0]
    body = answer.content.decode()
    assert all(f'value="{number}"' in body for number in ("28", "2O", "300"))
    assert note in body
    assert [part["went_ahead"].value() for part in form.parts] == ["yes"] * 3
    assert 'id="id_all_went_ahead" checked' in " ".join(body.split())
    assert (stages(), counted()) == (["scheduled"] * 3, [None] * 3)
    sure = {f"s{sessions[2].pk}-sure": f"{box}=300"}
    assert report(office, sessions, "28", "20", "300", **sure).status_code == 302
    assert counted() == [28, 20, 300]


def test_where_a_session_was_told_before_the_rest_is_stored_with_its_own_share_of_the_materials(
    office: Client, sessions: list[models.Session]
) -> None:
    bands, puppet = models.Material.objects.create(name="Bands"), models.Material.objects.create(name="Puppet", kind="equipment")
    for material, per in ((bands, "pupil"), (puppet, "session")):
        models.KitLine.objects.create(session_type=sessions[0].type, material=material, quantity=1, per=per)
    later = {f"s{session.pk}-went_ahead": "later" for session in sessions[1:]}
    assert report(office, sessions, "25", "", "", **{f"used_{bands.pk}": "20"}, **later).status_code == 302
    answer = report(office, sessions, "28", "29", "31", **{f"used_{bands.pk}": "60", f"used_{puppet.pk}": "1"})
    rest = QueryDict(mutable=True)
    for name, value in answer.context["rest"]:
        rest.appendlist(name, value)
    assert (rest[f"used_{bands.pk}"], rest[f"used_{puppet.pk}"]) == ("40", "1")
    assert office.post(day_url(sessions[0], "admin:day-outcome"), dict(rest.lists())).status_code == 302
    assert counted() == [25, 29, 31]
    uses = models.MaterialUse.objects.order_by("material__name", "session__starts").values_list("material__name", "used")
    assert list(uses) == [("Bands", 20), ("Bands", 20), ("Bands", 20), ("Puppet", 1), ("Puppet", 1)]


def test_the_day_and_the_visit_lead_to_the_form_once_the_day_has_come(office: Client, sessions: list[models.Session]) -> None:
    way = f'href="{day_url(sessions[0], "admin:day-outcome")}"'
    pages = [day_url(sessions[0], "admin:visit-day"), reverse("admin:visit-detail", args=[sessions[0].visit_id])]
    assert [way in office.get(page).content.decode() for page in pages] == [True, True]
    report(office, sessions, "28", "29", "31")
    assert [way in office.get(page).content.decode() for page in pages] == [True, False], "the day leads to correcting it"
    models.Session.objects.update(day=date(2026, 12, 3), stage="scheduled", went_ahead="")
    coming = reverse("admin:visit-day", args=[sessions[0].visit_id, date(2026, 12, 3)])
    assert "how it went" not in office.get(coming).content.decode()


def test_a_day_on_which_a_session_was_cancelled_before_counts_as_told_once_the_others_are(
    office: Client, sessions: list[models.Session]
) -> None:
    models.Session.objects.filter(pk=sessions[0].pk).update(stage="cancelled", cancelled_code="school")
    day = day_url(sessions[0], "admin:visit-day")
    assert "Record how it went" in office.get(day).content.decode()
    report(office, sessions[1:], "29", "31")
    assert stages() == ["cancelled", "delivered", "delivered"]
    assert "Correct how it went" in office.get(day).content.decode()


def test_the_tick_is_there_for_several_of_which_one_at_least_was_not_told(office: Client, sessions: list[models.Session]) -> None:
    address = day_url(sessions[0], "admin:day-outcome")
    assert "All 3 went ahead" in office.get(address).content.decode()
    report(office, sessions, "28", "29", "31")
    assert "went ahead, but for" not in office.get(address).content.decode()


def test_a_session_alone_is_told_as_before(office: Client, sessions: list[models.Session]) -> None:
    for session in sessions[1:]:
        session.delete()
    address = day_url(sessions[0], "admin:day-outcome")
    page = office.get(address)
    assert "went ahead, but for" not in page.content.decode()
    key = str(page.context["form"].whole_day["key"].value())
    assert office.post(address, {"key": key, **said_of(sessions[0])}).status_code == 302
    assert counted() == [28]


def test_the_form_asks_the_same_of_two_sessions_and_of_three(
    office: Client, sessions: list[models.Session], django_assert_num_queries: Any
) -> None:
    address = day_url(sessions[0], "admin:day-outcome")
    models.Session.objects.filter(pk=sessions[2].pk).update(day=date(2026, 11, 20))
    office.get(address)
    with django_assert_num_queries(13):
        assert len(office.get(address).context["form"].parts) == 2
    models.Session.objects.update(day=DAY)
    with django_assert_num_queries(13):
        assert len(office.get(address).context["form"].parts) == 3


def test_whoever_reports_a_day_that_was_published_reads_that_it_was(office: Client, sessions: list[models.Session]) -> None:
    address, words = day_url(sessions[0], "admin:day-outcome"), "What was published rests on this day: 2025/26."
    assert "was published" not in office.get(address).content.decode()
    publish(Period.parse("2025/26"), by=factories.manager(), now=NOW)
    assert "was published" not in office.get(address).content.decode()
    models.Session.objects.update(day=date(2026, 5, 4))
    assert words in office.get(address.replace("2026-11-23", "2026-05-04")).content.decode()


def test_only_what_lies_in_a_signed_off_return_has_no_form_and_says_why(
    office: Client, area: models.Area, sessions: list[models.Session]
) -> None:
    guest = factories.SchoolFactory(area=factories.AreaFactory(name="Furness"), name="Beech Primary")
    factories.HeadcountFactory(session=sessions[1], school=guest)
    models.ClosedPeriod.objects.create(area=models.Area.objects.get(name="Furness"), first_day=DAY, last_day=DAY)
    page = office.get(day_url(sessions[0], "admin:day-outcome"))
    assert [part.session for part in page.context["form"].parts] == [sessions[0], sessions[2]]
    assert "The return of Furness for Mon 23 November 2026 to Mon 23 November 2026 is signed off." in page.content.decode()


@pytest.mark.parametrize("left", [3, 1])
def test_where_every_session_has_left_the_day_what_was_typed_is_named_where_they_are_now(
    office: Client, sessions: list[models.Session], left: int
) -> None:
    typed = whole_day(sessions, *("28", "30", "30"), differed="The hall was cold.")
    for session in sessions[left:]:
        session.covers.all().delete()
        session.delete()
    models.Session.objects.update(day=date(2026, 11, 26))
    answer = office.post(day_url(sessions[0], "admin:day-outcome"), typed, follow=True)
    assert answer.redirect_chain == [(f"/admin/visit/{sessions[0].visit_id}/2026-11-26/", 302)]
    page = " ".join(answer.content.decode().split())
    assert "Nothing is stored." in page
    assert f"{sessions[0].name} was moved to Thu 26 November 2026, 9:00–9:30 am. The numbers typed for it: 28." in page
    assert "You wrote: “The hall was cold.”" in page
    assert page.count("The numbers typed for it: 30.") == 2
    assert page.count("A session was taken out since you opened this form.") == len(sessions) - left
    assert counted() == [None] * left


def test_where_no_session_is_left_what_was_typed_is_named_on_the_page_of_the_visit_or_of_its_school(
    office: Client, sessions: list[models.Session], elsewhere: models.Area
) -> None:
    visit, address = sessions[0].visit, day_url(sessions[0], "admin:day-outcome")
    typed = whole_day(sessions, "28", "29", "31")
    models.Cover.objects.all().delete()
    for session in sessions:
        session.delete()
    answer = office.post(address, typed, follow=True)
    assert answer.redirect_chain == [(f"/admin/visit/{visit.pk}/", 302)]
    page = " ".join(answer.content.decode().split())
    for number in ("28", "29", "31"):
        assert f"A session was taken out since you opened this form. The numbers typed for it: {number}." in page
    visit.delete()
    answer = office.post(address, typed, follow=True)
    assert answer.redirect_chain == [(f"/admin/school/{visit.school_id}/", 302)]
    page = " ".join(answer.content.decode().split())
    assert f"Nothing is stored. Visit {visit.reference} was taken back since you opened this form." in page
    assert "The numbers typed for it: 29." in page
    assert office.get(address).status_code == 404
    assert office.post(address, {"key": "x"}).status_code == 404
    theirs = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    assert office.post(day_url(theirs, "admin:day-outcome").replace(str(theirs.day), "2026-11-01"), typed).status_code == 404


def test_what_was_typed_for_a_session_that_has_left_the_day_is_named_and_nothing_is_stored(
    office: Client, sessions: list[models.Session]
) -> None:
    models.Session.objects.filter(pk=sessions[2].pk).update(day=date(2026, 11, 20))
    answer = report(office, sessions, "28", "29", "31")
    page = " ".join(answer.content.decode().split())
    assert "was moved to another day or taken out since you opened it, so nothing is stored yet" in page
    assert "The numbers typed for it: 31." in page
    assert 'value="28"' in page
    assert counted() == [None, None, None]
    assert report(office, sessions[:2], "28", "29").status_code == 302
    assert counted() == [28, 29, None]


def test_who_was_put_on_a_session_that_had_nobody_after_the_form_was_opened_is_not_stored_as_absent(
    office: Client, sessions: list[models.Session], area: models.Area
) -> None:
    models.Cover.objects.all().delete()
    page = office.get(day_url(sessions[0], "admin:day-outcome")).content.decode()
    assert 'name="shown"' in page
    late = factories.CoverFactory(session=sessions[0], volunteer=factories.able_volunteer(area))
    assert report(office, sessions, "28", "29", "31", shown="", there=[]).status_code == 302
    late.refresh_from_db()
    assert late.state == "attended"
