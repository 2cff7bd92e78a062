"""A host cancels its visit by its own page: at once, until five school days before, by the same verb as the office."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.errors import RuleBroken
from schools.school_portal.views.visits import MOST_POSTS
from schools.visits.actions import cancel_visit
from schools.visits.actions.editing import change_site
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.rules import Slot, slot_of
from tests.factories import AreaFactory, able_volunteer, coordinator_of, manager
from tests.news import NEWS, tell, tell_and_send
from tests.school_portal.changing import FAR, LATE, NOW, a_far_visit, boxes, cancel, change_path, pressed, text_of
from tests.school_portal.taking import office_of
from tests.school_portal.visits import a_guest, a_visit, every_row, path_of, took_place

pytestmark = pytest.mark.django_db

KINDS = (*NEWS, "school-change")


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def visit() -> models.Visit:
    return a_far_visit()


def readers() -> set[str]:
    return {address for each in mail.outbox for address in each.to}


def as_it_is(visit: models.Visit) -> tuple[str, str, set[str]]:
    row = models.Visit.objects.get(pk=visit.pk)
    return row.stage, row.cancelled_code, set(row.sessions.values_list("stage", flat=True))


def test_in_the_same_step_the_host_names_what_would_do_and_the_office_sees_it_as_a_wish(visit: models.Visit) -> None:
    path = change_path(visit)
    wrong = cancel(path, day_1="2026-12-25", part_1="morning")
    assert wrong.status_code == 409
    assert "that is a bank holiday" in " ".join(wrong.content.decode().split())
    assert as_it_is(visit)[0] == "confirmed"
    assert cancel(path, day_1="2027-01-12", part_1="afternoon").status_code == 302
    assert as_it_is(visit)[0] == "cancelled"
    change = models.SchoolChange.objects.get()
    assert (change.what, change.half_days) == ("cancel", ["2027-01-12-afternoon"])
    for address in (path, path_of(visit)):
        assert "Tue 12 January 2027, afternoon" in text_of(address)
    assert "It would like us to come on one of these instead" in change_page(visit)
    tell_and_send(NOW, kinds=("school-change",))
    [letter] = [str(each.body) for each in mail.outbox if "cancelled our visit by its own page" in str(each.body)]
    assert "It would like us to come on one of these instead:\n\n- Tue 12 January 2027, afternoon" in letter


def change_page(visit: models.Visit) -> str:
    """The page of the visit in the office."""
    return office_of(visit).get(reverse("admin:visit-detail", args=[visit.pk])).content.decode()


def test_a_look_shows_what_would_happen_and_does_nothing(visit: models.Visit) -> None:
    path = change_path(visit)
    before = every_row()
    for _ in range(3):
        assert Client().head(path).status_code == 200
        text = text_of(path)
    assert "Thu 10 December 2026" in text
    assert "until Thu 3 December 2026" in text
    assert "cancelled at once, and nobody comes" in text
    assert "Not for a worry about a child: phone" in text
    assert Client().get(f"{path}?do=cancel&why=staff&given_by=Jo").status_code == 200
    assert every_row() == before
    assert "/change/" in text_of(path_of(visit))


def test_it_is_cancelled_at_once_as_the_office_would_and_everybody_is_told(visit: models.Visit) -> None:
    guest = a_guest(visit)
    assert cancel(change_path(visit), note="A trip to the sea.").status_code == 302
    assert as_it_is(visit) == ("cancelled", "school", {"cancelled"})
    row = models.Visit.objects.get(pk=visit.pk)
    assert row.cancelled_note == "Staff are missing"
    assert row.history.latest().history_user is None
    change = models.SchoolChange.objects.get()
    assert (change.what, change.why, change.note, change.given_by, change.day) == (
        "cancel", "staff", "A trip to the sea.", "Jo Bloggs", FAR,
    )  # fmt: skip
    assert change.access
    assert change.access.last_used_at == NOW
    batch = models.Batch.objects.get()
    assert (batch.kind, batch.by, change.batch) == ("cancel", None, batch)
    tell_and_send(NOW, kinds=KINDS)
    volunteer, coordinator = models.Volunteer.objects.get(name="Cleo Way"), visit.coordinator
    assert coordinator
    theirs = {"office@fern.example.org", "office@moss.example.org", volunteer.mail_address, coordinator.email}
    assert readers() == theirs
    assert len(mail.outbox) == len(theirs)
    assert guest.pk != visit.school_id
    assert not any("A trip to the sea" in str(each.body) or "Jo Bloggs" in str(each.body) for each in mail.outbox)
    assert not any("another day with you" in str(each.body) for each in mail.outbox), (
        "nobody looks for one the school did not want"
    )
    assert tell_and_send(NOW + timedelta(minutes=5), kinds=KINDS) == 0


def test_the_page_says_afterwards_who_cancelled_it_and_a_guest_is_not_told_who(visit: models.Visit) -> None:
    guest = a_guest(visit)
    cancel(change_path(visit))
    for path in (change_path(visit), path_of(visit)):
        assert "Jo Bloggs cancelled it here: Tue 24 November 2026, 10:00 am. If that is not right, phone us." in text_of(path)
    for path in (change_path(visit, guest), path_of(visit, guest)):
        assert "Jo Bloggs" not in text_of(path)
        assert "This visit was cancelled" in text_of(path)


def test_twice_and_by_a_colleague_it_is_one_cancellation_and_nobody_is_told_twice(visit: models.Visit) -> None:
    path = change_path(visit)
    typed = {**boxes(path), "why": "wish", "given_by": "Sam"}
    assert cancel(path).status_code == 302
    tell_and_send(NOW, kinds=KINDS)
    number = len(mail.outbox)
    assert Client().post(path, typed).status_code == 302
    assert tell_and_send(NOW + timedelta(minutes=5), kinds=KINDS) == 0
    assert len(mail.outbox) == number
    assert models.SchoolChange.objects.get().given_by == "Jo Bloggs"
    assert Client().post(path, {"do": "cancel"}).status_code == 409


@pytest.mark.parametrize("more", [{"day_1": "2027-01-12"}, {"note": "Ring first."}])
def test_what_the_second_who_cancels_adds_is_shown_back_and_not_lost(visit: models.Visit, more: dict[str, str]) -> None:
    path = change_path(visit)
    typed = {**boxes(path), "why": "wish", "given_by": "Sam", **more}
    assert cancel(path).status_code == 302
    answer = Client().post(path, typed)
    assert (answer.status_code, set(more.values()) <= {words for _, words in answer.context["not_stored"]}) == (409, True)
    assert "Jo Bloggs has cancelled this visit already: nobody comes." in answer.content.decode()


def test_where_the_office_was_first_the_page_says_what_is_true(visit: models.Visit) -> None:
    path = change_path(visit)
    typed = {**boxes(path, "move"), "day_1": "2027-01-12", "why": "staff", "note": "The hall is wet.", "given_by": "Jo"}
    cancel_visit(visit, code="weather", note="", by=manager(), now=NOW)
    answer = Client().post(path, typed)
    assert answer.status_code == 409
    assert "This visit was cancelled already: nobody comes." in answer.content.decode()
    not_stored = [("A day that would do", "2027-01-12"), ("When that day", "In the morning")]
    assert answer.context["not_stored"][:2] == not_stored, "nothing that was typed is lost"
    assert ("Anything to know", "The hall is wet.") in answer.context["not_stored"]
    assert "The hall is wet." in answer.content.decode()
    assert not models.SchoolChange.objects.exists()
    assert as_it_is(visit)[1] == "weather"


def test_what_was_moved_since_it_was_read_is_not_cancelled_until_it_was_read_again(visit: models.Visit) -> None:
    path, by = change_path(visit), manager()
    typed = {**boxes(path), "why": "staff", "note": "Sorry.", "given_by": "Jo"}
    to = {each.pk: Slot(FAR + timedelta(days=7), slot_of(each).starts, slot_of(each).ends) for each in visit.sessions.all()}
    move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)
    answer = Client().post(path, typed)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "This visit has changed since you opened the page." in shown
    assert "Thu 17 December 2026" in shown
    assert "Sorry." in shown, "nothing that was typed is lost"
    assert as_it_is(visit)[0] == "confirmed"
    again = {**typed, "seen": dict(answer.context["forms"]["cancel"].shown)["seen"]}
    assert Client().post(path, again).status_code == 302
    assert as_it_is(visit)[0] == "cancelled"


def test_after_the_cut_off_the_page_says_whom_to_phone_and_takes_nothing(
    visit: models.Visit, at_ten: time_machine.Traveller
) -> None:
    path = change_path(visit)
    typed = {**boxes(path), "why": "staff", "note": "Sorry.", "given_by": "Jo"}
    at_ten.move_to(datetime(2026, 12, 3, 23, 59, tzinfo=UTC), tick=False)
    assert "Cancel the visit" in text_of(path)
    at_ten.move_to(LATE, tick=False)
    late = "Until Thu 3 December 2026 you could move or cancel it here. Now it is by phone. Phone Cora Nwosu: 07700 900456."
    assert late in text_of(path)
    assert "<form" not in text_of(path)
    answer = Client().post(path, typed)
    assert answer.status_code == 409
    assert late in " ".join(answer.content.decode().split())
    assert "Sorry." in answer.content.decode(), "nothing that was typed is lost"
    assert as_it_is(visit)[0] == "confirmed"
    assert not models.SchoolChange.objects.exists()


def test_while_the_coordinator_is_away_it_names_who_stands_in_at_that_school(
    visit: models.Visit, at_ten: time_machine.Traveller
) -> None:
    at_ten.move_to(LATE, tick=False)
    area = models.Area.objects.get()
    away: dict[str, Any] = {"coordinator": visit.coordinator, "from_day": date(2026, 12, 1), "to_day": date(2026, 12, 6)}
    stranger = coordinator_of(AreaFactory(), name="Stan Far", phone="+447700900789")
    row = models.StandIn.objects.create(stand_in=stranger, **away)
    assert "Phone Cora Nwosu: 07700 900456." in text_of(change_path(visit))
    models.StandIn.objects.filter(pk=row.pk).update(stand_in=coordinator_of(area, name="Nia Near", phone="+447700900111"))
    assert "Phone Nia Near: 07700 900111." in text_of(change_path(visit))
    models.StandIn.objects.filter(pk=row.pk).update(stand_in=manager(name="Max Over", phone="+447700900222"))
    assert "Phone Max Over: 07700 900222." in text_of(change_path(visit))
    models.StandIn.objects.all().delete()
    models.User.objects.filter(name="Cora Nwosu").update(is_active=False)
    assert "Phone Nia Near: 07700 900111." in text_of(change_path(visit)), "she coordinates the area"
    models.AreaCoordinator.objects.all().delete()
    assert "Phone us: 01228 606060." in text_of(change_path(visit))


@pytest.mark.parametrize("state", ["guest", "no day", "begun", "over", "declined", "off for guests", "off"])
def test_where_there_is_nothing_to_cancel_it_says_so(state: str, at_ten: time_machine.Traveller) -> None:
    visit = a_far_visit() if state in {"guest", "declined"} else a_visit()
    school, words = visit.school, ""
    match state:
        case "guest":
            school, words = a_guest(visit), "Your pupils are guests there: phone us, and the school where the visit is."
        case "no day":
            visit.sessions.all().delete()
            models.Visit.objects.update(stage="requested", agreed_on=None)
            words = "No day is agreed, so there is nothing to move or to cancel."
        case "off for guests" | "off":
            school = a_guest(visit) if state == "off for guests" else visit.school
            visit.sessions.update(stage="cancelled", cancelled_code="weather")
            words = "This visit was cancelled already: nobody comes."
        case "begun":
            visit.sessions.filter(type__slug="ks2-assembly").update(day=date(2026, 11, 20), stage="delivered", went_ahead="yes")
            visit.sessions.filter(stage="scheduled").update(day=FAR)
            words = "Now it is by phone."
        case "over":
            took_place(visit)
            at_ten.move_to(LATE, tick=False)
            words = "This visit is over"
        case _:
            models.Visit.objects.update(stage="declined", agreed_on=None)
            words = "This visit was cancelled already: nobody comes."
    path = change_path(visit, school)
    assert words in text_of(path)
    before = every_row()
    answer = Client().post(path, {"do": "cancel", "why": "staff", "given_by": "Jo", "seen": "x"})
    assert answer.status_code == 409
    assert words in " ".join(answer.content.decode().split())
    assert every_row() == before


def test_a_name_and_a_reason_are_needed_and_nothing_that_was_typed_is_lost(visit: models.Visit) -> None:
    answer = cancel(change_path(visit), by="", why="", note="The hall is wet.")
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert "Why: choose what comes nearest." in shown
    assert "Your name: say who you are" in shown
    assert "The hall is wet." in shown
    assert cancel(change_path(visit), why="because").status_code == 200
    assert Client().post(change_path(visit), {"do": "explode"}).status_code == 409
    assert as_it_is(visit)[0] == "confirmed"


def test_home_says_so_at_once_and_the_coordinator_undoes_it_by_one_click(visit: models.Visit) -> None:
    cancel(change_path(visit), note="A trip.")
    office = office_of(visit)
    line = next(line for line in office.get("/admin/").context["lines"] if line.need.key == "school-cancelled")
    assert [row.pk for row in office.get(line.address).context["cl"].queryset] == [visit.pk]
    page = office.get(f"/admin/visit/{visit.pk}/").content.decode()
    assert "Jo Bloggs did so on Tue 24 November 2026 at 10:00 am: Staff are missing." in " ".join(page.split())
    assert "A trip." in page
    undo = f"/admin/batch/{models.Batch.objects.get().pk}/"
    assert undo in page
    assert office.post(undo, {"do": "undo"}).status_code == 302
    assert as_it_is(visit) == ("confirmed", "", {"scheduled"})
    assert "That was taken back in the office since." in office.get(f"/admin/visit/{visit.pk}/").content.decode()
    lines = {line.need.key: line.number for line in office.get("/admin/").context["lines"]}
    assert lines["school-cancelled"] == 0
    assert tell(NOW, kinds=("school-change",)) == 0, "what was taken back before it went out is never told"
    assert "Jo Bloggs" not in text_of(change_path(visit))
    assert cancel(change_path(visit), by="Sam").status_code == 302
    assert as_it_is(visit)[0] == "cancelled"
    assert models.SchoolChange.objects.count() == 2


def test_what_the_host_cancelled_comes_back_at_the_site_where_it_was(visit: models.Visit) -> None:
    site = models.Site.objects.create(school=visit.school, name="Lower Site", postcode="CA1 2AB")
    visit.sessions.update(site=site)
    assert "Lower Site, CA1 2AB" in text_of(change_path(visit))
    cancel(change_path(visit))
    with pytest.raises(RuleBroken, match="Nothing is to come on that day"):
        change_site(visit.sessions.all()[0], None, seen=site.pk, by=manager(), now=NOW)
    assert undo(models.Batch.objects.get(), by=manager(), now=NOW).left_alone == []
    assert set(visit.sessions.values_list("stage", "site")) == {("scheduled", site.pk)}


def test_who_was_told_that_it_is_off_is_told_that_it_takes_place_after_all(visit: models.Visit) -> None:
    cancel(change_path(visit))
    tell_and_send(NOW, kinds=KINDS)
    mail.outbox.clear()
    office_of(visit).post(f"/admin/batch/{models.Batch.objects.get().pk}/", {"do": "undo"})
    tell_and_send(NOW + timedelta(minutes=5), kinds=KINDS)
    subjects = {str(each.subject) for each in mail.outbox}
    assert subjects
    assert all("after all" in subject for subject in subjects)


def test_a_coordinator_of_another_area_sees_neither_the_batch_nor_the_change(visit: models.Visit) -> None:
    cancel(change_path(visit))
    stranger = Client()
    stranger.force_login(coordinator_of(AreaFactory(), name="Stan Far"))
    assert stranger.get(f"/admin/batch/{models.Batch.objects.get().pk}/").status_code == 404
    assert stranger.post(f"/admin/visit/{visit.pk}/", {"do": "change-seen", "change": "1"}).status_code == 404
    assert not models.SchoolChange.objects.exclude(seen_at=None).exists()


def test_somebody_who_saw_to_it_takes_it_from_home_and_can_put_it_back(visit: models.Visit) -> None:
    cancel(change_path(visit))
    office, page = office_of(visit), f"/admin/visit/{visit.pk}/"

    def number() -> int:
        lines = {line.need.key: int(line.number) for line in office.get("/admin/").context["lines"]}
        return lines["school-cancelled"]

    assert number() == 1
    assert office.post(page, pressed("change-seen")).status_code == 302
    assert (number(), tell(NOW, kinds=("school-change",))) == (0, 0)
    assert office.post(page, pressed("change-not-seen")).status_code == 302
    assert number() == 1


def test_in_the_quiet_hours_the_coordinator_is_mailed_the_next_morning(
    visit: models.Visit, at_ten: time_machine.Traveller
) -> None:
    night = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
    at_ten.move_to(night, tick=False)
    cancel(change_path(visit))
    assert tell(night, kinds=("school-change",)) == 0
    assert tell(night + timedelta(hours=10), kinds=("school-change",)) == 1
    assert tell(night + timedelta(days=9), kinds=("school-change",)) == 0


def test_figures_of_closed_days_stay_as_they_are(visit: models.Visit) -> None:
    path = change_path(visit)
    models.ClosedPeriod.objects.create(area=models.Area.objects.get(), first_day=date(2026, 12, 1), last_day=date(2026, 12, 31))
    answer = cancel(path)
    assert answer.status_code == 409
    assert "The figures of these days are closed already" in answer.content.decode()
    assert as_it_is(visit)[0] == "confirmed"


def test_one_person_sends_so_often_and_no_more_and_a_dead_link_is_dead_here_too(visit: models.Visit) -> None:
    path = change_path(visit)
    unnamed = boxes(path)
    for _ in range(MOST_POSTS):
        assert Client().post(path, unnamed).status_code == 200
    refused = cancel(path, note="The hall is wet.")
    assert refused.status_code == 429
    assert "Wait ten minutes, or phone us." in refused.content.decode()
    assert "The hall is wet.</textarea>" in refused.content.decode()
    assert Client().get(path).status_code == 200
    cache.clear()
    models.SchoolAccess.objects.update(generation=7)
    for answer in (Client().get(path), Client().post(path, {"do": "cancel"})):
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
    assert Client().get("/school/nonsense/change/").status_code == 404
    assert as_it_is(visit)[0] == "confirmed"


def test_who_has_no_mail_stands_under_whom_to_tell(visit: models.Visit) -> None:
    able_volunteer(name="Nobody Else")
    cancel(change_path(visit))
    page = office_of(visit).get(f"/admin/tell/?visit={visit.pk}").content.decode()
    assert "Asha Rahman" in page
