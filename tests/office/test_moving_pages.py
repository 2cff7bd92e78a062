"""Moving a visit, telling people, undoing, snow and the other bulk work, on the office's pages without scripts."""

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.words import long_day
from schools.office.home import needs
from tests import factories
from tests.browsing import hidden
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db

THURSDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)


@pytest.fixture
def session(area: models.Area) -> models.Session:
    made: models.Session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, name="Ashfield"))
    return made


def to_tell(client: Client) -> int:
    numbers: dict[str, int] = {line.need.key: line.number for line in client.get("/admin/").context["lines"]}
    return numbers["tell"]


def test_a_move_that_is_pressed_twice_is_done_once_and_leads_to_the_same_bar(office: Client, session: models.Session) -> None:
    address = f"/admin/visit/{session.visit_id}/move/"
    typed = {"sessions": [session.pk], "day": "2026-11-27", "starts": "", "do": "look"}
    looked = hidden(office.post(address, typed).content.decode())
    first, again = (office.post(address, {**looked, **typed, "do": "move"}, follow=True) for _ in range(2))
    assert "It was moved there already, so nothing was moved twice." in again.content.decode()
    assert again.redirect_chain == first.redirect_chain
    assert models.Batch.objects.count() == 1


def test_a_visit_is_moved_after_a_look_and_people_are_told_until_ticked(
    office: Client, area: models.Area, session: models.Session
) -> None:
    stays, drops = (
        factories.able_volunteer(area, name="Asha Bell", phone="+441539720001"),
        factories.able_volunteer(area, name="Ben Cole"),
    )
    for volunteer in (stays, drops):
        factories.CoverFactory(session=session, volunteer=volunteer)
    models.Away.objects.create(volunteer=drops, first_day=FRIDAY, last_day=FRIDAY)
    address = f"/admin/visit/{session.visit_id}/move/"
    assert "Ashfield" in office.get(address).content.decode()
    typed = {"sessions": [session.pk], "day": "2026-11-27", "starts": ""}
    body = office.post(address, {**typed, "do": "look"}).content.decode()
    for words in (
        "Of the people on it, 1 is asked again and 1 drops out. Nobody is mailed, 3 to be phoned.",
        "Are asked again",
        "Asha Bell",
        "Drop out",
        "Ben Cole is away on Fri 27 November 2026",
    ):
        assert words in body
    session.refresh_from_db()
    assert session.day == THURSDAY

    moved = office.post(address, {**hidden(body), **typed, "do": "move"}, follow=True)
    session.refresh_from_db()
    assert session.day == FRIDAY
    body = moved.content.decode()
    for words in ("Undo this", "is now on Fri 27 November 2026", "720001", "Ben Cole", "can you come then?"):
        assert words in body
    assert to_tell(office) == 1

    ticks = {name: re.findall(rf'name="{name}"\s+value="([^"]*)"', body) for name in ("cover", "session")}
    assert (len(ticks["cover"]), len(ticks["session"])) == (2, 1)
    office.post(f"/admin/tell/?visit={session.visit_id}", {"cover": ticks["cover"]})
    assert to_tell(office) == 1
    office.post("/admin/tell/", ticks)
    assert to_tell(office) == 0
    assert models.Cover.objects.exclude(told_at=NOW).count() == 0


def test_whoever_is_on_several_sessions_of_a_move_is_said_once_in_the_words_of_the_nation(
    office: Client, coordinator: models.User
) -> None:
    area = factories.AreaFactory(name="Borders", region__nation="scotland")
    models.AreaCoordinator.objects.create(user=coordinator, area=area)
    first = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, nation="scotland"), day=THURSDAY)
    workshop = models.SessionType.objects.get(slug="workshop-5-6")
    second = factories.SessionFactory(visit=first.visit, type=workshop, day=THURSDAY, starts=time(10), ends=time(11))
    asha = factories.able_volunteer(area, name="Asha Bell")
    for session in (first, second):
        factories.CoverFactory(session=session, volunteer=asha)
    models.Away.objects.create(volunteer=asha, first_day=FRIDAY, last_day=FRIDAY)
    typed = {"do": "look", "sessions": [first.pk, second.pk], "day": "2026-11-27", "starts": ""}
    body = office.post(f"/admin/visit/{first.visit_id}/move/", typed).content.decode()
    assert body.count("Asha Bell is away on Fri 27 November 2026") == 1
    assert "presenter: P4–P7 assembly and P6–P7 workshop" in body


def test_the_day_that_is_to_come_is_ticked_first_and_not_one_that_nobody_reported(
    office: Client, session: models.Session
) -> None:
    factories.SessionFactory(visit=session.visit, day=date(2026, 11, 19))
    form = office.get(f"/admin/visit/{session.visit_id}/move/").context["form"]
    assert form.initial == {"sessions": [str(session.pk)], "day": "2026-11-26"}


def test_where_nobody_at_the_school_is_known_it_says_where_to_add_somebody(office: Client, session: models.Session) -> None:
    models.Session.objects.update(school_news="moved")
    assert "Nobody to ring is written down." in office.get(reverse("admin:tell")).content.decode()
    models.Contact.objects.create(school=session.visit.school, name="Hetty Moss", phone="+441539720001")
    body = office.get(reverse("admin:tell")).content.decode()
    assert "Nobody to ring is written down." not in body
    assert 'href="tel:+441539720001"' in body


def test_each_button_copies_the_words_beside_it(office: Client, session: models.Session, area: models.Area) -> None:
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=session.day)
    models.Session.objects.update(school_news="moved")
    body = office.get(reverse("admin:tell")).content.decode()
    texts, buttons = re.findall(r'<pre id="([^"]+)"', body), re.findall(r'data-copies="([^"]+)"', body)
    assert texts == buttons
    assert len(texts) == len(set(texts)) == 2


def test_what_became_news_after_the_page_was_opened_stays_to_be_told(office: Client, session: models.Session) -> None:
    cover = factories.CoverFactory(session=session, news="assigned")
    models.Cover.objects.filter(pk=cover.pk).update(news="cancelled")
    office.post("/admin/tell/", {"cover": [f"{cover.pk}:assigned:2026-11-26T09:15"]})
    assert to_tell(office) == 1


def test_who_was_told_a_day_that_was_changed_again_is_still_to_be_told(
    office: Client, area: models.Area, session: models.Session
) -> None:
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area))
    address = f"/admin/visit/{session.visit_id}/move/"

    def moves_to(day: str) -> dict[str, list[str]]:
        typed = {"sessions": [session.pk], "day": day, "starts": ""}
        look = office.post(address, {**typed, "do": "look"}).content.decode()
        body = office.post(address, {**hidden(look), **typed, "do": "move"}, follow=True).content.decode()
        return {name: re.findall(rf'name="{name}"\s+value="([^"]*)"', body) for name in ("cover", "session")}

    friday, monday = moves_to("2026-11-27"), moves_to("2026-11-30")
    page = office.post("/admin/tell/", friday, follow=True).content.decode()
    assert "Nothing was written down by this press" in page
    assert "is now on Mon 30 November 2026" in page
    assert to_tell(office) == 1
    office.post("/admin/tell/", monday)
    assert to_tell(office) == 0


def test_a_move_that_cannot_be_done_or_read_says_why(office: Client, session: models.Session) -> None:
    address = f"/admin/visit/{session.visit_id}/move/"
    for data, words in (
        ({"sessions": [session.pk], "day": "2026-11-26"}, "where it stands already"),
        ({"sessions": [], "day": "2026-11-27"}, "Tick at least one session"),
        ({"sessions": [session.pk], "day": ""}, "Give the new day"),
        ({"sessions": [session.pk], "day": "2026-11-27", "starts": "23:45"}, "past midnight"),
    ):
        assert words in office.post(address, {"do": "look", **data}).content.decode()
    seen = {"do": "move", "sessions": [session.pk], "day": "2026-11-27", "starts": "", "seen": "of another look"}
    assert "Look at it once more" in office.post(address, seen).content.decode()
    session.refresh_from_db()
    assert session.day == THURSDAY


def test_the_look_in_place_is_the_part_that_changes_with_what_keeps_it_from_being_moved(
    office: Client, session: models.Session
) -> None:
    address = f"/admin/visit/{session.visit_id}/move/"

    def part(**typed: Any) -> str:
        said = {"do": "look", "sessions": [session.pk], "day": "2026-11-27", "starts": "", **typed}
        body = office.post(address, said, headers={"HX-Request": "true"}).content.decode()
        return body.partition('<div id="move-look">')[2].partition("</form>")[0]

    assert "Nobody is on it. Nobody is mailed, 1 to be phoned." in part()
    assert 'value="move"' in part()
    for typed, words in (({"day": ""}, "Give the new day"), ({"day": "2026-11-26"}, "where it stands already")):
        assert words in part(**typed)
        assert 'value="move"' not in part(**typed)
    assert "autofocus" not in part(day=""), "the box in which they type keeps the focus"


def test_who_moves_a_visit_that_somebody_else_has_just_moved_sees_that_first(
    office: Client, session: models.Session, area: models.Area
) -> None:
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="Asha Bell"))
    address = f"/admin/visit/{session.visit_id}/move/"
    typed = {"sessions": [session.pk], "day": "2026-11-27", "starts": ""}
    looks = [hidden(office.post(address, {**typed, "do": "look"}).content.decode()) for _ in range(2)]
    monday = {**typed, "day": "2026-11-30"}
    first = hidden(office.post(address, {**monday, "do": "look"}).content.decode())
    assert office.post(address, {**first, **monday, "do": "move"}).status_code == 302
    second = office.post(address, {**looks[1], **typed, "do": "move"})
    body = second.content.decode()
    assert "Look at it once more before you move it." in body
    assert "instead of Mon 30 November 2026" in " ".join(body.split())
    assert 'value="2026-11-27"' in body, "what was typed is still there"
    session.refresh_from_db()
    assert session.day == date(2026, 11, 30)
    assert office.post(address, {**hidden(body), **typed, "do": "move"}).status_code == 302
    session.refresh_from_db()
    assert session.day == FRIDAY


def test_snow_of_one_authority_is_undone_and_home_is_clean(
    office: Client, area: models.Area, session: models.Session, elsewhere: models.Area
) -> None:
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area))
    other = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), starts=time(11, 0), ends=time(11, 30))
    strange = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    address = f"{reverse('admin:bulk-snow')}?day=2026-11-26&authority={session.visit.school.authority_id}"
    body = office.get(address).content.decode()
    assert str(strange.visit.school) not in body
    assert str(other.visit.school) not in body
    done = office.post(address, {"row": [session.pk], "code": "weather", "note": "snow", "do": "go"}, follow=True)
    assert "Undo this" in done.content.decode()
    stages = dict(models.Session.objects.values_list("pk", "stage"))
    assert stages == {session.pk: "cancelled", other.pk: "scheduled", strange.pk: "scheduled"}
    assert to_tell(office) == 1

    office.post(reverse("admin:batch", args=[models.Batch.objects.get().pk]), {"do": "undo"})
    assert to_tell(office) == 0
    assert models.Visit.objects.get(pk=session.visit_id).stage == "planned"


def test_exactly_what_was_looked_at_is_done_or_it_is_looked_at_again(office: Client, session: models.Session) -> None:
    address = reverse("admin:bulk-confirm")
    said = {"row": [session.visit_id], "agreed_on": "2026-11-23", "agreed_with": "offices"}
    body = office.post(address, {**said, "do": "look"}).content.decode()
    models.Visit.objects.update(stage="cancelled", cancelled_code="school")
    assert "Look at them once more" in office.post(address, {**hidden(body), "do": "go"}).content.decode()
    assert not models.Batch.objects.exists()


def test_a_coordinator_who_was_named_since_the_look_stays_until_somebody_has_seen_it(
    office: Client, area: models.Area, session: models.Session
) -> None:
    ours, theirs = (factories.coordinator_of(area, name=name) for name in ("Cal Dunn", "Dee Ellis"))
    address = reverse("admin:bulk-reassign")
    body = office.post(address, {"row": [session.visit_id], "to": ours.pk, "do": "look"}).content.decode()
    models.Visit.objects.update(coordinator=theirs)
    body = office.post(address, {**hidden(body), "do": "go"}).content.decode()
    assert "Look at them once more" in body
    assert models.Visit.objects.get().coordinator == theirs
    body = office.post(address, {"row": [session.visit_id], "to": ours.pk, "do": "look"}).content.decode()
    assert "Dee Ellis" in body
    office.post(address, {**hidden(body), "do": "go"})
    assert models.Visit.objects.get().coordinator == ours


def test_visits_are_confirmed_and_reassigned_in_bulk(office: Client, area: models.Area, session: models.Session) -> None:
    colleague = factories.coordinator_of(area, name="Cal Dunn")
    address = reverse("admin:bulk-confirm")
    assert (
        "Say who agreed"
        in office.post(address, {"row": [session.visit_id], "agreed_on": "2026-11-23", "do": "look"}).content.decode()
    )
    said = {"row": [session.visit_id], "agreed_on": "2026-11-23", "agreed_with": "offices"}
    body = office.post(address, {**said, "do": "look"}).content.decode()
    assert "Ashfield" in body
    assert "Undo this" in office.post(address, {**hidden(body), "do": "go"}, follow=True).content.decode()
    assert models.Visit.objects.get().stage == "confirmed"
    office.post(reverse("admin:bulk-reassign"), {"row": [session.visit_id], "to": colleague.pk, "do": "go"})
    assert models.Visit.objects.get().coordinator == colleague


def test_a_manager_hands_an_area_over_after_a_look(managers_office: Client, area: models.Area, coordinator: models.User) -> None:
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, name="Ashfield"), visit__coordinator=coordinator)
    to = factories.coordinator_of(name="Cal Dunn")
    said = {"area": area.pk, "leaving": coordinator.pk, "to": to.pk, "from_day": "2026-11-25"}
    address = reverse("admin:bulk-hand-over")
    body = managers_office.post(address, {**said, "do": "look"}).content.decode()
    assert "Visits that go along: 1" in body
    assert "Ashfield" in body
    managers_office.post(address, {**hidden(body), "do": "go"})
    assert models.Visit.objects.get().coordinator == to


def test_a_hand_over_that_would_be_refused_is_refused_before_the_look(
    managers_office: Client, area: models.Area, coordinator: models.User
) -> None:
    said = {"area": area.pk, "leaving": coordinator.pk, "to": coordinator.pk, "from_day": "2026-11-25", "do": "look"}
    body = managers_office.post(reverse("admin:bulk-hand-over"), said).content.decode()
    assert "Choose two people: who leaves and who takes the area over." in body
    assert "Visits that go along" not in body


def test_who_was_on_sessions_without_an_outcome_is_asked(office: Client, area: models.Area, session: models.Session) -> None:
    models.Session.objects.update(day=date(2026, 11, 19))
    volunteer = factories.able_volunteer(area, signs_in=True)
    factories.CoverFactory(session=session, volunteer=volunteer)
    address = reverse("admin:bulk-chase")
    body = office.post(address, {"row": [session.pk], "do": "look"}).content.decode()
    asked_of = office.post(address, {**hidden(body), "do": "go"}, follow=True).content.decode()
    assert "Asked 1 person how it went." in asked_of
    with time_machine.travel(NOW + timedelta(minutes=2)):
        later = office.post(address, {**hidden(body), "do": "go"}, follow=True).content.decode()
    assert "Nobody is left to be asked by mail: they were asked today" in later


def test_a_former_areas_coordinator_sees_but_does_not_change(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    school = factories.SchoolFactory(area=elsewhere)
    done = factories.SessionFactory(visit__school=school, delivered=True, area=area, day=date(2026, 11, 3))
    coming = factories.SessionFactory(visit=done.visit)
    body = office.get(f"/admin/visit/{done.visit_id}/").content.decode()
    assert "is in another area now" in body
    assert school.name in body
    assert f'href="/admin/school/{school.pk}/"' not in body, "that page would not be there"
    assert "Move it" not in body
    said = {"do": "cancel", "cancel-code": "weather", "cancel-note": ""}
    assert "is in another area now" in office.post(f"/admin/visit/{done.visit_id}/", said).content.decode()
    coming.refresh_from_db()
    assert coming.stage == "scheduled"


def test_a_session_that_a_colleague_has_moved_meanwhile_is_not_cancelled_unread(office: Client, area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    address = f"/admin/session/{session.pk}/"
    body = office.get(address).content.decode()
    models.Session.objects.filter(pk=session.pk).update(day=session.day + timedelta(days=7))
    refused = office.post(address, {**hidden(body), "do": "cancel", "cancel-code": "weather"}).content.decode()
    assert f"was moved to {long_day(session.day + timedelta(days=7))}" in refused
    session.refresh_from_db()
    assert session.stage == "scheduled"
    assert office.post(address, {**hidden(refused), "do": "cancel", "cancel-code": "weather"}).status_code == 302
    session.refresh_from_db()
    assert session.stage == "cancelled"


def test_news_asks_the_same_of_one_visit_and_of_three(office: Client, area: models.Area, django_assert_num_queries: Any) -> None:
    def a_moved_session() -> None:
        moved = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), school_news="moved")
        models.Contact.objects.create(school=moved.visit.school, name="Pat Head", phone="+441539720002")
        factories.CoverFactory(session=moved, news="moved")

    a_moved_session()
    office.get("/admin/tell/")
    with django_assert_num_queries(17):
        office.get("/admin/tell/")
    for _ in range(2):
        a_moved_session()
    with django_assert_num_queries(17):
        assert office.get("/admin/tell/").context["number"] == 6


def test_two_people_on_three_sessions_are_one_visit_to_tell(area: models.Area, session: models.Session) -> None:
    for hour in (10, 11):
        factories.SessionFactory(visit=session.visit, starts=time(hour, 0), ends=time(hour, 30))
    volunteers = [factories.able_volunteer(area) for _ in range(2)]
    for one in session.visit.sessions.all():
        for group in range(7):
            factories.HeadcountFactory(session=one, year_group=group, expected=10)
        for volunteer in volunteers:
            factories.CoverFactory(session=one, volunteer=volunteer, news="assigned")
    need = next(need for need in needs.NEEDS if need.key == "tell")
    assert need.of_user(factories.coordinator_of(area), on=NOW.date()).count() == 1
