"""Links from mails that come too late: what became of what they ask for is said, and nothing else is answered by them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools.directory.models import Area
from schools.visits.actions.merging import merge_people, undo_merge
from schools.visits.answer_links import Purpose, question_about, token_of
from schools.visits.models import Cover, Session
from schools.volunteers.models import Volunteer
from tests.factories import CoverFactory, able_volunteer, coordinator_of, manager
from tests.portal.links import button_of, everything, heading_of, path_to, press
from tests.portal.pages import BEFORE, states, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("before")]


def moved_by(sessions: list[Session], **by: float) -> None:
    """Move the sessions, each as it is stored."""
    for session in Session.objects.filter(pk__in=[session.pk for session in sessions]):
        session.day += timedelta(days=by.get("days", 0))
        session.starts = session.starts.replace(minute=session.starts.minute + int(by.get("minutes", 0)))
        session.save()


@pytest.mark.parametrize("by", [{"days": 1}, {"minutes": 5}])
@pytest.mark.parametrize(("purpose", "then"), [("yes", "accepted"), ("no", "declined")])
def test_a_link_of_the_old_time_says_nothing_of_the_new_one_and_asks_again(
    asha: Volunteer, offered: list[Session], by: dict[str, float], purpose: str, then: str
) -> None:
    old = path_to(asha, offered, purpose)
    moved_by(offered, **by)
    refused = Client().post(old)
    assert refused.status_code == 409
    assert states(asha) == ["offered", "offered"]
    for page in (refused, Client().get(old)):
        assert "This has changed since our mail." in text_of(page)
        assert ("Fri 27 November 2026" if "days" in by else "9:20–9:45 am") in text_of(page)
        assert button_of(page) not in {"", old}
    page = Client().post(button_of(refused), follow=True)
    assert states(asha) == [then, then]
    assert "This has changed" not in text_of(page)


def test_what_moved_to_two_days_is_answered_day_by_day(asha: Volunteer, offered: list[Session]) -> None:
    old = path_to(asha, offered)
    moved_by(offered[1:], days=1)
    press(old)
    assert states(asha) == ["accepted", "offered"]
    press(old)
    assert states(asha) == ["accepted", "accepted"]


def test_what_was_moved_after_a_yes_asks_again_whoever_cant_make_it(asha: Volunteer, down: list[Session]) -> None:
    old = path_to(asha, down, "cannot")
    moved_by(down, days=1)
    Cover.objects.update(state="offered")
    page = Client().get(old)
    assert heading_of(page) == "Asha, can’t you take this?"
    assert Client().post(old).status_code == 409
    press(old)
    assert states(asha) == ["declined", "declined"]


def test_one_of_two_sessions_that_is_cancelled_leaves_the_other_to_be_asked_for(asha: Volunteer, offered: list[Session]) -> None:
    path = path_to(asha, offered)
    Session.objects.filter(pk=offered[0].pk).update(stage="cancelled", cancelled_code="school")
    page = Client().get(path)
    assert "KS2 assembly" not in text_of(page)
    assert Client().post(path).status_code == 409
    press(path)
    assert states(asha) == ["offered", "accepted"]


STATES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "cancelled": ("This will not take place", {}, {"stage": "cancelled", "cancelled_code": "school"}),
    "unneeded": ("You need not answer any more", {"state": "withdrawn"}, {}),
    "off": ("You’re no longer down for this", {"state": "withdrawn", "answered_at": BEFORE}, {}),
    "refused": ("Watching does not fit this time", {"state": "declined", "role": "observer", "ended_by": "office"}, {}),
    "asked": ("You asked to watch this", {"state": "asked", "role": "observer"}, {}),
    "reported": (
        "How it went has been reported", {"state": "attended"}, {"stage": "delivered", "went_ahead": "yes", "recorded_at": BEFORE}
    ),
}  # fmt: skip


@pytest.mark.parametrize("purpose", ["yes", "no", "cannot"])
@pytest.mark.parametrize("stands", STATES)
def test_whatever_became_of_it_the_page_says_so_and_nothing_can_be_pressed(
    asha: Volunteer, offered: list[Session], area: Area, stands: str, purpose: str
) -> None:
    path = path_to(asha, offered, purpose)
    heading, of_cover, of_session = STATES[stands]
    if "ended_by" in of_cover:
        of_cover = {**of_cover, "ended_by": coordinator_of(area)}
    Cover.objects.update(**of_cover)
    Session.objects.update(**of_session)
    before = everything()
    for page in (Client().get(path), Client().post(path)):
        assert heading_of(page) == heading
        assert button_of(page) == ""
    assert everything() == before


def test_whoever_handed_it_on_reads_so_without_a_name(asha: Volunteer, down: list[Session], area: Area) -> None:
    ben = able_volunteer(area, signs_in=True, name="Ben Okoro")
    theirs = path_to(asha, down, "cannot")
    for cover in Cover.objects.filter(volunteer=asha):
        CoverFactory(session=cover.session, volunteer=ben, state="offered", role="lead", instead_of=cover)
    press(path_to(ben, down))
    assert states(ben) == ["accepted", "accepted"]
    page = Client().get(theirs)
    assert heading_of(page) == "Somebody else goes instead of you"
    assert "Ben" not in text_of(page)


def test_a_session_that_is_gone_leaves_nothing_to_answer(asha: Volunteer, offered: list[Session]) -> None:
    path = path_to(asha, offered)
    Cover.objects.all().delete()
    assert heading_of(Client().get(path)) == "There is nothing to answer any more"
    assert heading_of(Client().post(path)) == "There is nothing to answer any more"


@pytest.mark.parametrize(("hour", "minute", "is_over"), [(9, 50, False), (10, 59, False), (11, 0, True), (23, 0, True)])
def test_a_link_ends_with_the_last_session_and_what_has_ended_before_is_left_out(
    asha: Volunteer, down: list[Session], hour: int, minute: int, is_over: bool
) -> None:
    path = path_to(asha, down, "cannot")
    with time_machine.travel(BEFORE.replace(day=26, hour=hour, minute=minute)):
        page = Client().get(path)
        assert (heading_of(page) == "The time for this has passed") is is_over
        assert (button_of(page) == "") is is_over
        assert Client().post(path).status_code == 409
        if not is_over:
            press(path)
    assert states(asha) == ["accepted", "accepted" if is_over else "withdrawn"]


@pytest.mark.parametrize("why", ["left", "inactive", "erased", "address", "merged", "nonsense", "cut", "another's"])
def test_a_link_that_is_good_for_nothing_says_the_same_whatever_the_reason(
    asha: Volunteer, offered: list[Session], area: Area, why: str
) -> None:
    path = path_to(asha, offered)
    assert asha.user
    user = type(asha.user).objects.filter(pk=asha.user.pk)
    if why == "left":
        Volunteer.objects.filter(pk=asha.pk).update(status="left")
    elif why == "inactive":
        user.update(is_active=False)
    elif why == "erased":
        user.update(email=f"erased-{asha.user.pk}@erased.invalid")
    elif why == "address":
        user.update(email="other@example.org")
    elif why == "merged":
        Volunteer.objects.filter(pk=asha.pk).update(user=None)
    elif why == "another's":
        ben = able_volunteer(area, signs_in=True)
        assert ben.user
        question = question_about(offered, volunteer=asha.pk, purpose=Purpose.YES)
        path = reverse("answer", args=[token_of(question, ben.user)])
    else:
        path = "/answer/yes.1.2/" if why == "nonsense" else f"{path[:-4]}/"
    pages = [Client().get(path), Client().post(path), Client().get("/answer/nonsense/")]
    assert {page.status_code for page in pages} == {404}
    assert {page.content for page in pages} == {pages[-1].content}
    assert heading_of(pages[0]) == "This link does not work"
    assert states(asha) == ["offered", "offered"]


def test_a_link_follows_somebody_who_was_entered_twice_and_keeps_their_sign_in(
    asha: Volunteer, offered: list[Session], area: Area
) -> None:
    path = path_to(asha, offered)
    double = able_volunteer(area, name="Asha Roa")
    merge = merge_people(double, asha, chosen=["user"], mark=None, by=manager(), now=BEFORE)
    assert heading_of(press(path)) == "You’re down for this"
    assert states(double) == ["accepted", "accepted"]
    Cover.objects.filter(volunteer=double).update(state="offered")
    undo_merge(merge, by=manager(), now=BEFORE)
    assert Client().get(path).status_code == 200


def test_a_link_does_not_follow_to_an_entry_with_another_sign_in(asha: Volunteer, offered: list[Session], area: Area) -> None:
    path = path_to(asha, offered)
    double = able_volunteer(area, signs_in=True, name="Asha Roa")
    merge_people(double, asha, chosen=[], mark=None, by=manager(), now=BEFORE)
    assert (Client().get(path).status_code, Client().post(path).status_code) == (404, 404)
    assert states(double) == ["offered", "offered"]
