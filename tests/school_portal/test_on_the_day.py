"""On the day: the phone comes first, and one press tells whoever looks after the visit and everybody who is on the way."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from schools import models
from schools.visits.actions import cancel_visit
from schools.visits.queries.school_changes import person_to_phone
from schools.visits.rules.school_alarms import MOST_ALARMS
from tests.factories import AreaFactory, CoverFactory, able_volunteer, coordinator_of, manager
from tests.news import drafts, tell, tell_and_send
from tests.school_portal.visits import DAY, a_guest, a_visit, every_row, path_of, took_place

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 11, 25, 21, 0, tzinfo=UTC)
"""The evening before, in the quiet hours."""
MORNING = datetime(2026, 11, 26, 8, 40, tzinfo=UTC)
"""Twenty minutes before the first session."""
KINDS = ("school-alarm", "morning-alarm")


@pytest.fixture(autouse=True)
def morning() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


@pytest.fixture
def visit() -> models.Visit:
    made = a_visit()
    CoverFactory(session=made.sessions.order_by("starts")[0], volunteer=able_volunteer(name="Cleo Way", signs_in=True))
    return made


def press(path: str, do: str, by: str = "Jo Bloggs") -> Any:
    return Client().post(path, {"do": do, "given_by": by})


def address_of(visit: models.Visit) -> str:
    assert visit.coordinator
    return visit.coordinator.email


def buttons(path: str) -> list[str]:
    page = Client().get(path).context["page"]
    return [do for do, _words in page.alarm_buttons]


def test_from_the_evening_before_until_midnight_the_phone_comes_first_and_there_is_what_can_be_said(visit: models.Visit) -> None:
    path = path_of(visit)
    shown = {}
    for day, hour in ((25, 16), (25, 17), (26, 8), (26, 9), (26, 14), (27, 8)):
        with time_machine.travel(datetime(2026, 11, day, hour, 31, tzinfo=UTC), tick=False):
            page = Client().get(path).content.decode()
            first = page.index("Whom to phone") < page.index("26 Nov")
            shown[day, hour] = (first, buttons(path))
    assert shown == {
        (25, 16): (False, []),
        (25, 17): (True, ["call_off"]),
        (26, 8): (True, ["nobody", "call_off"]),
        (26, 9): (True, ["nobody", "call_off"]),
        (26, 14): (True, ["nobody"]),
        (27, 8): (False, []),
    }


def test_one_press_tells_the_coordinator_and_everybody_on_the_way_at_any_hour(visit: models.Visit) -> None:
    path = path_of(visit)
    with time_machine.travel(EVENING, tick=False):
        assert press(path, "call_off").status_code == 302
        assert press(path, "call_off", by="Sam").status_code == 302
        assert "Called off: Jo Bloggs said so at" in Client().get(path).content.decode()
        assert tell_and_send(EVENING, kinds=KINDS) == 2
        assert tell_and_send(EVENING + timedelta(minutes=5), kinds=KINDS) == 0
    office, way = sorted(mail.outbox, key=lambda each: each.subject)
    assert (office.subject, office.to) == ("Called off by the school: Fern Primary, Thu 26 November 2026", [address_of(visit)])
    assert "Nothing is cancelled yet" in office.body
    assert way.subject == "Don’t set out: Fern Primary, Thu 26 November 2026"
    assert way.body.startswith("Hello Cleo,")
    alarm = models.SchoolAlarm.objects.get()
    assert (alarm.what, alarm.day, alarm.given_by, alarm.over_at) == ("call_off", DAY, "Jo Bloggs", None)
    visit.refresh_from_db()
    assert visit.stage == "confirmed"
    assert set(visit.sessions.values_list("stage", flat=True)) == {"scheduled"}


def test_who_stands_in_for_the_coordinator_is_told_too(visit: models.Visit) -> None:
    other = coordinator_of(models.Area.objects.get(), name="Dee Stand")
    assert visit.coordinator
    models.StandIn.objects.create(coordinator=visit.coordinator, stand_in=other, from_day=DAY, to_day=DAY)
    press(path_of(visit), "nobody")
    assert {draft.to for draft in drafts("school-alarm", MORNING)} == {address_of(visit), other.email}


@pytest.mark.parametrize("how", ["has left", "never anybody", "has left, and nobody has an address", "does not see it"])
def test_where_nobody_looks_after_the_visit_managers_are_told(visit: models.Visit, how: str) -> None:
    boss, path = manager(name="Max Over"), path_of(visit)
    address = boss.email
    manager(name="Gone Over", is_active=False)
    if how == "never anybody":
        models.Visit.objects.update(coordinator=None)
        models.AreaCoordinator.objects.all().delete()
    models.AreaCoordinator.objects.filter(user=visit.coordinator).delete()
    models.User.objects.filter(name="Cora Nwosu").update(is_active=how == "does not see it")
    if how.endswith("address"):
        models.User.objects.filter(pk=boss.pk).update(email="")
    press(path, "nobody")
    assert [draft.to for draft in drafts("school-alarm", MORNING)] == ([] if how.endswith("address") else [address])
    assert len(drafts("morning-alarm", MORNING)) == 1, "whoever is on the way, and no manager"


def test_managers_hear_nothing_where_somebody_looks_after_the_visit(visit: models.Visit) -> None:
    manager(name="Max Over")
    press(path_of(visit), "nobody")
    assert [draft.to for draft in drafts("school-alarm", MORNING)] == [address_of(visit)]


def whom(path: str) -> str:
    """Whom the page says to phone."""
    page = " ".join(Client().get(path).content.decode().split())
    return page.partition('aria-labelledby="call"')[2].partition("</section>")[0]


def test_while_the_coordinator_is_away_or_gone_the_page_says_whom_to_phone_as_the_page_of_changes_does(
    visit: models.Visit,
) -> None:
    area, path = models.Area.objects.get(), path_of(visit)
    away: dict[str, Any] = {"coordinator": visit.coordinator, "from_day": DAY, "to_day": DAY}
    stranger = coordinator_of(AreaFactory(), name="Stan Far", phone="+447700900789")
    near = coordinator_of(area, name="Nia Near", phone="+447700900111")
    row = models.StandIn.objects.create(stand_in=stranger, **away)

    def says(name: str, words: str) -> None:
        shown = whom(path)
        for each in (name, words):
            assert each in shown, shown
        assert not [other for other in {"Cora Nwosu", "Stan Far", "Nia Near", "Max Over"} - {name} if other in shown]
        fresh = models.Visit.objects.select_related("school", "coordinator").get(pk=visit.pk)
        person = person_to_phone(fresh, on=DAY)
        assert (person.name if person else "") == ("" if name.startswith("tel:") else name)

    says("Cora Nwosu", "tel:+44-7700-900456")
    models.StandIn.objects.filter(pk=row.pk).update(stand_in=near)
    says("Nia Near", "tel:+44-7700-900111")
    models.StandIn.objects.filter(pk=row.pk).update(stand_in=manager(name="Max Over", phone="+447700900222"))
    says("Max Over", "tel:+44-7700-900222")
    models.AreaCoordinator.objects.filter(user=visit.coordinator).update(from_day=DAY + timedelta(days=1))
    says("Nia Near", "tel:+44-7700-900111")
    models.AreaCoordinator.objects.filter(user=visit.coordinator).update(from_day=None)
    models.User.objects.filter(name="Cora Nwosu").update(is_active=False)
    says("Nia Near", "tel:+44-7700-900111")
    models.StandIn.objects.all().delete()
    models.Visit.objects.update(coordinator=None)
    says("Nia Near", f"mailto:{near.email}")
    models.AreaCoordinator.objects.all().delete()
    says("tel:+44-1228-606060", "On the day")


def test_where_nobody_looks_after_the_visit_and_no_number_is_known_there_is_an_address(visit: models.Visit) -> None:
    path = path_of(visit)
    models.Visit.objects.update(coordinator=None)
    models.AreaCoordinator.objects.all().delete()
    models.Area.objects.update(duty_phone="")
    models.Charity.objects.update(reply_to="office@kind.example.org")
    assert "mailto:office@kind.example.org" in whom(path)


def test_what_was_a_mistake_is_told_to_those_who_had_heard_and_to_nobody_else(visit: models.Visit) -> None:
    path = path_of(visit)
    press(path, "nobody")
    assert tell_and_send(MORNING, kinds=["morning-alarm"]) == 1
    assert press(path, "here", by="Sam").status_code == 302
    assert press(path, "here", by="Sam").status_code == 302
    alarm = models.SchoolAlarm.objects.get()
    assert (alarm.over_at, alarm.over_by) == (MORNING, "Sam")
    mail.outbox.clear()
    assert tell_and_send(MORNING + timedelta(minutes=1), kinds=KINDS) == 1
    assert [each.subject for each in mail.outbox] == ["The school has seen you: Fern Primary, Thu 26 November 2026"]
    assert tell_and_send(MORNING + timedelta(minutes=2), kinds=KINDS) == 0


def test_what_was_taken_back_before_it_went_out_is_never_told(visit: models.Visit) -> None:
    path = path_of(visit)
    press(path, "nobody")
    assert tell(MORNING, kinds=KINDS) == 2
    press(path, "here")
    assert tell_and_send(MORNING, kinds=KINDS) == 0
    assert not models.OutboxMessage.objects.filter(kind__in=KINDS).exists()


def test_said_again_before_the_correction_went_out_only_what_is_true_goes(visit: models.Visit) -> None:
    path = path_of(visit)
    press(path, "nobody")
    assert tell_and_send(MORNING, kinds=["morning-alarm"]) == 1
    press(path, "here")
    assert tell(MORNING, kinds=["morning-alarm"]) == 1
    press(path, "nobody")
    assert tell_and_send(MORNING, kinds=["morning-alarm"]) == 1
    press(path, "here")
    assert tell_and_send(MORNING, kinds=["morning-alarm"]) == 1
    says = "The school says that nobody has come: Fern Primary, Thu 26 November 2026"
    assert [each.subject for each in mail.outbox] == [says, says, says.replace("says that nobody has come", "has seen you")]


def test_said_again_after_it_was_taken_back_it_is_told_again_but_not_for_ever(visit: models.Visit) -> None:
    path = path_of(visit)
    for _ in range(MOST_ALARMS):
        assert press(path, "nobody").status_code == 302
        assert press(path, "here").status_code == 302
    refused = press(path, "nobody")
    assert refused.status_code == 409
    assert "Phone us now." in refused.content.decode()
    assert models.SchoolAlarm.objects.count() == MOST_ALARMS


def test_who_sends_it_gives_a_name_and_nothing_is_stored_without(visit: models.Visit) -> None:
    answer = press(path_of(visit), "nobody", by="")
    assert answer.status_code == 200
    assert "Your name: say who you are" in answer.content.decode()
    assert not models.SchoolAlarm.objects.exists()


def test_the_enter_key_tells_nobody_and_the_page_asks_for_a_button_and_keeps_the_name(visit: models.Visit) -> None:
    path = path_of(visit)
    before = every_row()
    assert 'value="which"' in Client().get(path).content.decode().partition('name="do"')[2].partition(">")[0]
    answer = press(path, "which")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Nobody is told yet. Press the button that says what is so." in page
    assert 'value="Jo Bloggs"' in page
    assert every_row() == before
    nameless = press(path, "which", by="").content.decode()
    assert "Press the button that says what is so." in nameless
    assert "Your name: say who you are" in nameless


def test_the_enter_key_of_a_page_that_was_left_open_says_that_there_is_nothing_to_send(
    visit: models.Visit, morning: time_machine.Traveller
) -> None:
    morning.move_to(MORNING + timedelta(days=1))
    answer = press(path_of(visit), "which")
    assert answer.status_code == 409
    assert 'value="which"' not in answer.content.decode()


@pytest.mark.exhaustive
def test_looks_change_no_row_and_no_get_says_anything(visit: models.Visit) -> None:
    path = path_of(visit)
    press(path, "nobody")
    before = every_row()
    for _ in range(50):
        Client().get(path, {"do": "call_off", "given_by": "Scanner"})
        Client().head(path)
    assert every_row() == before


def test_a_guest_has_the_phone_and_no_button(visit: models.Visit) -> None:
    path = path_of(visit, a_guest(visit))
    assert buttons(path) == []
    assert press(path, "call_off").status_code == 409
    assert not models.SchoolAlarm.objects.exists()


@pytest.mark.parametrize("how", ["cancelled", "reported", "online", "online with somebody on the screen", "the day after"])
def test_where_nobody_is_on_the_way_nothing_can_be_said(visit: models.Visit, how: str, morning: time_machine.Traveller) -> None:
    path = path_of(visit)
    if how == "cancelled":
        cancel_visit(visit, code="weather", note="", by=manager(), now=MORNING)
    elif how == "reported":
        took_place(visit)
    elif how.startswith("online"):
        online = models.SessionType.objects.get(slug="online-ks2")
        models.SessionType.objects.filter(pk=online.pk).update(presenters=0 if how == "online" else 1)
        visit.sessions.update(type=online)
    else:
        morning.move_to(MORNING + timedelta(days=1))
    assert buttons(path) == []
    for do in ("nobody", "call_off", "here", "on"):
        assert press(path, do).status_code == 409
    assert not models.SchoolAlarm.objects.exists()


def test_of_a_visit_of_two_days_it_is_about_the_day_that_it_is(visit: models.Visit) -> None:
    models.Session.objects.filter(pk=visit.sessions.order_by("starts")[1].pk).update(day=DAY + timedelta(days=1))
    path = path_of(visit)
    press(path, "nobody")
    with time_machine.travel(MORNING + timedelta(hours=10), tick=False):
        assert buttons(path) == ["call_off"]
        press(path, "call_off")
    days = models.SchoolAlarm.objects.order_by("pk").values_list("what", "day")
    assert list(days) == [("nobody", DAY), ("call_off", DAY + timedelta(days=1))]


def test_who_heard_that_it_was_called_off_is_not_reminded_of_tomorrow(visit: models.Visit) -> None:
    evening = EVENING.replace(hour=18)
    assert len(drafts("evening", evening)) == 1
    with time_machine.travel(evening, tick=False):
        press(path_of(visit), "call_off")
    assert drafts("evening", evening) == []


@pytest.mark.parametrize(("minutes", "told"), [(0, 1), (30, 1), (75, 0)], ids=["to come", "begun", "theirs has ended"])
def test_once_the_office_has_cancelled_it_the_news_tell_that_and_the_alarm_says_no_more(
    visit: models.Visit, morning: time_machine.Traveller, minutes: int, told: int
) -> None:
    press(path_of(visit), "call_off")
    now = MORNING + timedelta(minutes=minutes)
    morning.move_to(now)
    cancel_visit(visit, code="school", note="", by=manager(), now=now)
    assert not visit.sessions.scheduled().exists()
    assert [draft for kind in KINDS for draft in drafts(kind, now)] == []
    assert len(drafts("mornings", now)) == told


def test_a_volunteer_reads_it_on_their_pages(visit: models.Visit) -> None:
    cleo = models.Volunteer.objects.get(name="Cleo Way")
    browser = Client()
    assert cleo.user
    browser.force_login(cleo.user)
    models.Agreement.objects.all().delete()
    morning = reverse("morning", args=[visit.pk, DAY])
    assert "must call this off" not in browser.get(morning).content.decode()
    press(path_of(visit), "call_off")
    for address in (morning, reverse("home")):
        assert "The school says that it must call this off." in browser.get(address).content.decode()
    press(path_of(visit), "on")
    assert "must call this off" not in browser.get(morning).content.decode()


class TestInTheOffice:
    """What stands in the office."""

    @pytest.fixture
    def office(self, visit: models.Visit) -> Client:
        client = Client()
        assert visit.coordinator
        client.force_login(visit.coordinator)
        return client

    def page(self, office: Client, visit: models.Visit) -> str:
        return office.get(reverse("admin:visit-detail", args=[visit.pk])).content.decode()

    def needs(self, office: Client) -> list[Any]:
        return list(office.get("/admin/schools/visit/?needs=alarm").context["cl"].queryset)

    def test_it_is_on_home_and_on_the_visit_with_whom_to_phone_until_somebody_sees_to_it(
        self, visit: models.Visit, office: Client
    ) -> None:
        assert self.needs(office) == []
        models.Volunteer.objects.filter(name="Cleo Way").update(phone="+447700900123")
        press(path_of(visit), "call_off")
        tell_and_send(MORNING, kinds=["morning-alarm"])
        assert self.needs(office) == [visit]
        page = self.page(office, visit)
        for words in ("The school says: it must call off 26 November 2026",
                      "Jo Bloggs said so on Thu 26 November 2026 at 8:40 am", "07700 900123",
                      "Phone these people", 'href="#cancel-visit"'):  # fmt: skip
            assert words in page, words
        assert '<option value="school" selected>' in page
        alarm = models.SchoolAlarm.objects.get()
        address = reverse("admin:visit-detail", args=[visit.pk])
        assert office.post(address, {"do": "saw-to", "alarm": alarm.pk}).status_code == 302
        assert self.needs(office) == []
        assert "Cora Nwosu saw to it at 8:40 am." in Client().get(path_of(visit)).content.decode()
        (line,) = office.get(address).context["alarms"]
        assert office.post(address, {"do": "not-seen", "alarm": line.to_post}).status_code == 302
        assert self.needs(office) == [visit]
        press(path_of(visit), "on")
        assert self.needs(office) == []
        assert "Jo Bloggs took it back" in self.page(office, visit)

    def test_a_cancelled_or_reported_day_needs_nobody_any_more(self, visit: models.Visit, office: Client) -> None:
        press(path_of(visit), "nobody")
        assert self.needs(office) == [visit]
        took_place(visit)
        assert self.needs(office) == []

    def test_a_stranger_does_not_see_to_it(self, visit: models.Visit) -> None:
        press(path_of(visit), "nobody")
        stranger = Client()
        stranger.force_login(coordinator_of(AreaFactory(), name="Else"))
        address = reverse("admin:visit-detail", args=[visit.pk])
        answer = stranger.post(address, {"do": "saw-to", "alarm": models.SchoolAlarm.objects.get().pk})
        assert answer.status_code == 404
        assert models.SchoolAlarm.objects.get().seen_at is None


def test_what_is_nonsense_is_refused(visit: models.Visit) -> None:
    assert press(path_of(visit), "alarm").status_code == 409
    assert press("/school/nonsense/", "nobody").status_code == 404
    assert not models.SchoolAlarm.objects.filter(day=date(2026, 11, 26)).exists()
