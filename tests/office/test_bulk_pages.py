"""Many at once, where there are more rows than a page shows, several areas, or everything is meant."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.office.bookings import bulk
from tests import factories
from tests.browsing import hidden

pytestmark = pytest.mark.django_db


def booked(area: models.Area, name: str, *, hour: int = 9) -> models.Session:
    made: models.Session = factories.SessionFactory(
        visit__school=factories.SchoolFactory(area=area, name=name), starts=time(hour, 0), ends=time(hour, 30)
    )
    return made


def test_of_more_than_a_page_shows_it_says_how_many_are_left(
    office: Client, area: models.Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ashfield", "Birchwood", "Copse End"):
        booked(area, name)
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)
    for name in ("bulk-confirm", "bulk-reassign"):
        body = office.get(reverse(f"admin:{name}")).content.decode()
        assert "The first 2 are here, and 1 more after them." in body
        assert "Copse End" not in body
    monkeypatch.setattr(bulk, "MOST_ROWS", 3)
    assert "after them" not in office.get(reverse("admin:bulk-confirm")).content.decode()


@pytest.mark.parametrize(("name", "queries"), [("bulk-confirm", 12), ("bulk-reassign", 12)])
def test_a_coordinators_page_asks_as_many_questions_of_two_visits_as_of_seven(
    name: str, queries: int, office: Client, area: models.Area, django_assert_num_queries: Any
) -> None:
    address = reverse(f"admin:{name}")
    for number in range(2):
        booked(area, f"School {number}")
    office.get(address)
    with django_assert_num_queries(queries):
        assert "School 1" in office.get(address).content.decode()
    for number in range(2, 7):
        booked(area, f"School {number}")
    with django_assert_num_queries(queries):
        assert "School 6" in office.get(address).content.decode()


def test_the_look_at_a_hand_over_counts_the_visits_that_it_does_not_list(
    managers_office: Client, area: models.Area, coordinator: models.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ashfield", "Birchwood", "Copse End"):
        booked(area, name)
    models.Visit.objects.update(coordinator=coordinator)
    words = {"do": "look", "area": area.pk, "leaving": coordinator.pk, "to": factories.manager().pk, "from_day": "2026-11-26"}
    address = reverse("admin:bulk-hand-over")
    assert "not listed" not in managers_office.post(address, words).content.decode()
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)
    body = managers_office.post(address, words).content.decode()
    assert "Visits that go along: 3" in body
    assert "And 1 more, which is not listed here." in body


def test_a_manager_chooses_one_area_of_many(
    managers_office: Client, area: models.Area, elsewhere: models.Area, coordinator: models.User
) -> None:
    booked(area, "Ashfield")
    booked(elsewhere, "Far Primary")
    for name, more in (("bulk-confirm", ""), ("bulk-reassign", ""), ("bulk-snow", "day=2026-11-26&")):
        address = reverse(f"admin:{name}")
        both = managers_office.get(f"{address}?{more}").content.decode()
        assert "Ashfield" in both
        assert "Far Primary" in both
        one = managers_office.get(f"{address}?{more}area={elsewhere.pk}").content.decode()
        assert "Ashfield" not in one
        assert "Far Primary" in one


def test_that_none_waits_at_all_is_said_only_where_nothing_narrows_the_page(managers_office: Client, area: models.Area) -> None:
    waits, agreed, empty = booked(area, "Ashfield"), booked(area, "Birchwood"), factories.AreaFactory(name="Moors")
    models.Visit.objects.filter(pk=agreed.visit_id).update(stage="confirmed", agreed_on=date(2026, 11, 20))
    path, none = reverse("admin:bulk-confirm"), "No planned visit is waiting"

    def shown(query: str) -> str:
        return " ".join(managers_office.get(f"{path}{query}").content.decode().split())

    ticked = shown(f"?row={agreed.visit_id}")
    assert "None of those that you ticked is here." in ticked
    assert none not in ticked
    of_area = shown(f"?area={empty.pk}")
    assert "Nothing of Moors is here." in of_area
    assert none not in of_area
    models.Visit.objects.filter(pk=waits.visit_id).update(stage="confirmed", agreed_on=date(2026, 11, 20))
    assert none in shown("")


def test_a_coordinator_of_one_area_has_nothing_to_choose_and_cannot_look_into_another(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    booked(area, "Ashfield")
    booked(elsewhere, "Far Primary")
    body = office.get(f"{reverse('admin:bulk-confirm')}?area={elsewhere.pk}").content.decode()
    assert "Ashfield" in body
    assert "Far Primary" not in body
    assert 'name="area"' not in body


@pytest.mark.parametrize(
    ("name", "typed"),
    [("bulk-confirm", {"agreed_on": "2026-11-23", "agreed_with": "offices"}), ("bulk-reassign", {"to": "Nia Jones"})],
)
def test_a_second_click_is_answered_like_the_first_and_changes_nothing_more(
    name: str, typed: dict[str, Any], office: Client, area: models.Area
) -> None:
    nia = factories.coordinator_of(area, name="Nia Jones")
    ashfield, birchwood, copse = (booked(area, school) for school in ("Ashfield", "Birchwood", "Copse End"))
    if "to" in typed:
        models.Visit.objects.filter(pk=copse.visit_id).update(coordinator=nia)
    typed = {key: nia.pk if value == "Nia Jones" else value for key, value in typed.items()}
    address = reverse(f"admin:{name}")
    body = office.post(address, {"everything": "on", **typed, "do": "look"}).content.decode()
    first, second = (office.post(address, {**hidden(body), "do": "go"}) for _click in range(2))
    batch = models.Batch.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == f"{reverse('admin:bulk')}?done={batch.pk}"

    models.Visit.objects.filter(pk=ashfield.visit_id).update(coordinator=None, stage="planned", agreed_on=None, agreed_with="")
    assert (
        "Some of these rows were changed since you looked." in office.post(address, {**hidden(body), "do": "go"}).content.decode()
    )
    assert models.Batch.objects.get() == batch
    assert birchwood.visit_id in {change["pk"] for change in batch.changes}


def test_a_second_click_on_handing_over_is_answered_like_the_first_unless_somebody_else_was_meant(
    managers_office: Client, area: models.Area, coordinator: models.User
) -> None:
    models.Visit.objects.filter(pk=booked(area, "Ashfield").visit_id).update(coordinator=coordinator)
    to, other = factories.coordinator_of(name="Cal Dunn"), factories.coordinator_of(name="Dee Else")
    address, said = reverse("admin:bulk-hand-over"), {"area": area.pk, "leaving": coordinator.pk, "from_day": "2026-11-25"}
    typed = {**said, "to": to.pk, "do": "go"}
    first, second = (managers_office.post(address, typed) for _click in range(2))
    batch = models.Batch.objects.get()
    assert first.headers["Location"] == second.headers["Location"] == f"{reverse('admin:bulk')}?done={batch.pk}"
    refusal = "does not coordinate Cumberland on Wed 25 November 2026"
    models.AreaCoordinator.objects.create(area=area, user=other)
    assert refusal in managers_office.post(address, {**typed, "to": other.pk}).content.decode()
    models.AreaCoordinator.objects.filter(user=to, area=area).delete()
    assert refusal in managers_office.post(address, typed).content.decode(), "it is not so any more"
    assert models.Batch.objects.get() == batch


def test_a_second_click_on_asking_how_it_went_is_answered_like_the_first_while_its_messages_wait(
    office: Client, area: models.Area
) -> None:
    able = factories.able_volunteer
    mailed, second, phoned = (booked(area, name, hour=hour) for hour, name in ((9, "Ashfield"), (11, "Birchwood"), (12, "Copse")))
    models.Session.objects.update(day="2026-11-19")
    for session in (mailed, second):
        factories.CoverFactory(session=session, volunteer=able(area, name=f"Of {session.pk}", signs_in=True))
    factories.CoverFactory(session=mailed, volunteer=able(area, name="No Mail"))
    address = reverse("admin:bulk-chase")

    def looked(*rows: models.Session) -> dict[str, Any]:
        ticked = {"row": [row.pk for row in rows], "do": "look"}
        return {**hidden(office.post(address, ticked).content.decode()), "row": ticked["row"], "do": "go"}

    with time_machine.travel(datetime(2026, 11, 24, 9, tzinfo=UTC), tick=False) as clock:
        office.post(address, looked(second))
        posted = looked(mailed, second)
        first, again = (office.post(address, posted) for _click in range(2))
        batch = models.Batch.objects.latest("pk")
        assert models.Batch.objects.count() == 2
        assert first.headers["Location"] == again.headers["Location"] == f"{reverse('admin:bulk')}?done={batch.pk}"
        factories.CoverFactory(session=phoned, volunteer=able(area, name="By Phone"))
        more = office.post(address, {**posted, "row": [mailed.pk, second.pk, phoned.pk], "looked": ""})
        assert more.status_code == 200, "of another session nobody was asked"
        clock.shift(120)
        assert "Nobody is left to be asked by mail" in office.post(address, posted).content.decode()


def test_everything_is_ticked_with_one_box(office: Client, area: models.Area) -> None:
    for name in ("Ashfield", "Birchwood"):
        booked(area, name)
    address = reverse("admin:bulk-confirm")
    said = {"everything": "on", "agreed_on": "2026-11-23", "agreed_with": "offices"}
    body = office.post(address, {**said, "do": "look"}).content.decode()
    assert "2 ticked" in body
    # What came in between was not looked at, so it is not confirmed with them.
    booked(area, "Copse End")
    office.post(address, {**hidden(body), "do": "go"})
    stages = dict(models.Visit.objects.values_list("school__name", "stage"))
    assert stages == {"Ashfield": "confirmed", "Birchwood": "confirmed", "Copse End": "planned"}


def test_outcomes_of_all_that_are_shown_are_asked_for_with_one_box(office: Client, area: models.Area) -> None:
    volunteer = factories.able_volunteer(area, signs_in=True)
    for hour in (9, 11):
        past = booked(area, f"School {hour}", hour=hour)
        models.Session.objects.filter(pk=past.pk).update(day="2026-11-19")
        factories.CoverFactory(session=past, volunteer=volunteer)
    address = reverse("admin:bulk-chase")
    body = office.post(address, {"everything": "on", "do": "look"}).content.decode()
    assert "2 ticked" in body
    office.post(address, {**hidden(body), "do": "go"})
    mail = models.OutboxMessage.objects.get()
    assert all(f"School {hour}" in mail.body for hour in (9, 11)), "one mail a person asks about both"


def test_the_look_and_the_bar_say_from_when_on_people_are_asked_who_are_asked_at_night(office: Client, area: models.Area) -> None:
    past = booked(area, "Ashfield")
    models.Session.objects.filter(pk=past.pk).update(day="2026-11-19")
    factories.CoverFactory(session=past, volunteer=factories.able_volunteer(area, signs_in=True))
    address = reverse("admin:bulk-chase")
    with time_machine.travel(datetime(2026, 11, 24, 23, 0, tzinfo=UTC), tick=False):
        body = office.post(address, {"everything": "on", "do": "look"}).content.decode()
        assert "from Wed 25 November 2026 at 7:30 am on: nobody is written to before" in " ".join(body.split())
        done = office.post(address, {**hidden(body), "do": "go"}, follow=True).content.decode()
        assert "1 message waits until Wed 25 November 2026 at 7:30 am: nobody is written to before." in " ".join(done.split())


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "tomorrow", "", "٢٠٢٦-١١-٢٦", "9" * 5000])
def test_a_day_that_does_not_exist_is_today(office: Client, day: str) -> None:
    assert "Tue 24 November 2026" in office.get(reverse("admin:bulk-snow"), {"day": day}).content.decode()


def test_a_day_of_snow_leaves_a_window_that_stays_open_longer(office: Client, area: models.Area) -> None:
    online = models.SessionType.objects.get(slug="online-ks2")
    school = factories.SchoolFactory(area=area, name="Ashfield")
    for name, until in (("Open on", date(2026, 12, 4)), ("Of the day", date(2026, 11, 26))):
        visit = factories.VisitFactory(school=factories.SchoolFactory(area=area, authority=school.authority, name=name))
        factories.SessionFactory(visit=visit, type=online, day=date(2026, 11, 26), until_day=until)
    body = office.get(f"{reverse('admin:bulk-snow')}?day=2026-11-26").content.decode()
    assert "Open on" not in body
    assert "Of the day" in body
    assert "the school by itself" in body


def test_those_who_have_to_be_asked_read_each_session_in_the_words_of_its_nation(
    office: Client, coordinator: models.User
) -> None:
    area = factories.AreaFactory(name="Borders", region__nation="scotland")
    models.AreaCoordinator.objects.create(user=coordinator, area=area)
    school = factories.SchoolFactory(area=area, nation="scotland", name="Elm Primary School")
    session = factories.SessionFactory(visit__school=school, day=date(2026, 11, 19), starts=time(9), ends=time(9, 30))
    body = office.get(reverse("admin:bulk-chase")).content.decode()
    assert "Elm Primary School: P4–P7 assembly, Thu 19 November 2026, 9:00–9:30 am" in body
    assert str(factories.CoverFactory(session=session)).endswith("on P4–P7 assembly, Thu 19 November 2026, 9:00–9:30 am")
