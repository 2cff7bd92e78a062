"""Somebody clever: links that are tried on other pages, forms that are edited to be about others, and the same sent again."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.school_portal.urls import urlpatterns
from tests.planning.moving import offered_to_move
from tests.planning.offering import path_to as dates_path
from tests.school_portal import changing
from tests.school_portal.asking import open_the_door
from tests.school_portal.asking import typed as typed_to_ask
from tests.school_portal.every_page import DEAD, NOW, every_page
from tests.school_portal.visits import BEFORE, a_guest, a_visit, boxes_of, every_row, path_of, sent, took_place

pytestmark = pytest.mark.django_db

OF_ITS_OWN = {"school-dates": "dates", "school-contact-confirm": "contact to confirm", "ask-confirm": "to confirm"}
"""The pages whose links are of another kind than those of a visit, each with a page on which its link stands."""


@pytest.mark.slow
def test_a_link_of_one_kind_opens_no_page_of_another_whatever_is_tried() -> None:
    with time_machine.travel(NOW, tick=False):
        pages, client = every_page(), Client()
        links = {"school-visit": "visit", **OF_ITS_OWN}
        tokens = {kind: pages[name].rstrip("/").rpartition("/")[2] for kind, name in links.items()}
        before, tried = every_row(), 0
        patterns: list[Any] = list(urlpatterns)
        for pattern in patterns:
            names = pattern.pattern.converters
            own = pattern.name if pattern.name in OF_ITS_OWN else "school-visit"
            for token in (token for kind, token in tokens.items() if "token" in names and kind != own):
                path = reverse(str(pattern.name), kwargs={"token": token, **({"item_id": 1} if "item_id" in names else {})})
                data = {"do": "choose", "half_day": "2026-12-15-morning", "given_by": "Eve", "parking": "x"}
                assert {look(path).status_code for look in (client.get, client.head)} == {404}, path
                assert client.post(path, data).status_code in {404, 405}, path
                tried += 1
        assert tried == 3 * len([each for each in patterns if "token" in each.pattern.converters])
        assert every_row() == before
        assert DEAD in pages


def test_a_form_that_is_edited_to_be_about_another_school_or_visit_changes_nothing_there() -> None:
    with time_machine.travel(BEFORE, tick=False):
        mine, other = a_visit(), a_visit()
        guest = a_guest(mine)
        of_host, of_others = (visit.sessions.order_by("pk")[0] for visit in (mine, other))
        edited = {f"expected-{session.pk}-5": "7" for session in (of_host, of_others)}
        edited |= {f"room-{of_host.pk}": "Hall", "lead": "Eve", "parking": "x", "arrival": "x", "parents": "2026-11-20"}
        path = path_of(mine, guest)
        boxes = boxes_of(Client().get(path))
        assert not edited.keys() & boxes.keys(), "none of them is a box of the guest's"
        shown = {f"shown-{name}": "" for name in edited}
        answer = Client().post(path, {**boxes, **edited, **shown, "given_by": "Eve"})
        assert (answer.status_code, "“Eve” is not kept" in answer.content.decode()) == (200, True)
        assert not models.SchoolAnswer.objects.exists()
        host = path_of(mine)
        there = {f"expected-{of_others.pk}-5": "7", f"room-{of_others.pk}": "Hall", "roll-5": "7", "counted-5": "7"}
        assert Client().post(host, {**boxes_of(Client().get(host)), **there, "given_by": "Eve"}).status_code == 302
        for do in ("numbers", "questions", "nobody", "call_off", "cancel", "choose", "nonsense"):
            assert Client().post(host, {**there, "do": do, "given_by": "Eve"}).status_code == 409, do
        assert not models.SchoolAnswer.objects.exists()
        assert not models.SchoolAlarm.objects.exists()


def boxes_on(address: str) -> dict[str, str]:
    """What a browser would send of the only form of a page that nobody has touched."""
    form: Any = Client().get(address).context["form"]
    boxes = {field.html_name: str(field.value() or "") for field in form}
    return {**boxes, **dict(getattr(form, "shown", [])), "do": form.do, "given_by": "Pat Head"}


def _prepared(visit: models.Visit) -> tuple[str, dict[str, str]]:
    path = path_of(visit)
    return path, {**boxes_of(Client().get(path)), "parking": "By the gate", "given_by": "Pat Head"}


def _roll(visit: models.Visit) -> tuple[str, dict[str, str]]:
    path = f"{path_of(visit)}roll/"
    return path, {**boxes_on(path), "roll-5": "31"}


def _named(visit: models.Visit) -> tuple[str, dict[str, str]]:
    path = f"{path_of(visit)}contact/"
    return path, {**boxes_on(path), "name": "Sam Hill", "role": "bursar", "email": "sam@fern.example.org"}


def _cancelled(visit: models.Visit) -> tuple[str, dict[str, str]]:
    path = changing.change_path(visit)
    return path, {**changing.boxes(path), "why": "staff", "given_by": "Pat Head"}


def _another_day(visit: models.Visit) -> tuple[str, dict[str, str]]:
    path = changing.change_path(visit)
    named = {"day_1": "2027-01-12", "part_1": "morning", "why": "clash", "given_by": "Pat Head"}
    return path, {**changing.boxes(path, "move"), **named}


@pytest.mark.parametrize("form", [_prepared, _roll, _named, _cancelled, _another_day])
def test_what_is_sent_again_by_the_back_button_is_kept_once(form: Callable[..., Any]) -> None:
    with time_machine.travel(changing.NOW, tick=False):
        path, typed = form(a_visit(day=changing.FAR))
        assert Client().post(path, typed).status_code == 302
        before = every_row()
        assert Client().post(path, typed).status_code in {302, 409}
        assert every_row() == before


def _answered(visit: models.Visit) -> tuple[str, dict[str, str]]:
    took_place(visit)
    path = path_of(visit)
    typed = {"again": "yes", "comment": "Thank you.\nThe bell rang.", "given_by": "Pat Head"}
    return path, {**boxes_of(Client().get(path), "questions"), **typed}


def _dates(visit: models.Visit) -> tuple[str, dict[str, str]]:
    row = offered_to_move(visit)
    return dates_path(row), {"do": "none", "day_1": "2027-01-12", "part_1": "afternoon", "given_by": "Pat Head"}


def _asked(visit: models.Visit) -> tuple[str, dict[str, Any]]:
    open_the_door()
    return reverse("ask-school", args=[visit.school.pk]), typed_to_ask()


@pytest.mark.parametrize("form", [_cancelled, _another_day, _answered, _dates, _asked])
def test_what_is_pressed_twice_on_a_slow_line_is_kept_once_and_thanked_both_times(form: Callable[..., Any]) -> None:
    with time_machine.travel(changing.NOW, tick=False):
        path, typed = form(a_visit(day=changing.FAR))
        answers: list[Any] = [Client().post(path, typed)]
        before = every_row()
        answers.append(Client().post(path, typed))
        assert [answer.status_code for answer in answers] == [302, 302]
        assert answers[0].url == answers[1].url
        assert every_row() == before


def test_of_two_tabs_the_one_that_stood_open_since_the_office_cancelled_changes_nothing() -> None:
    with time_machine.travel(changing.NOW, tick=False):
        visit = a_visit(day=changing.FAR)
        tabs = [form(visit) for form in (_prepared, _roll, _named, _another_day)]
        visit.sessions.update(stage="cancelled", cancelled_code="weather")
        models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="weather")
        before = every_row()
        for path, typed in tabs:
            assert Client().post(path, typed).status_code == 409, path
        assert every_row() == before


def test_where_nobody_at_the_school_has_an_address_nothing_leads_to_its_page_and_no_page_fails() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        path = path_of(visit)
        models.Contact.objects.filter(school=visit.school).update(email="")
        assert Client().get(path).status_code == 404
        assert Client().post(path, {"do": "prepare", "parking": "x", "given_by": "Pat Head"}).status_code == 404
        models.Contact.objects.filter(school=visit.school).delete()
        assert Client().get(path).status_code == 404
        assert not models.SchoolAnswer.objects.exists()
        assert sent(path_of(a_visit()), parking="By the gate").status_code == 302


@pytest.mark.slow
def test_no_page_for_schools_has_a_script_or_what_the_policy_forbids_and_each_form_has_its_button() -> None:
    with time_machine.travel(NOW, tick=False):
        for name, path in every_page().items():
            answer = Client().get(path)
            if "html" not in answer.headers["Content-Type"]:
                continue
            page = answer.content.decode()
            for forbidden in ("<script", " onclick=", " onsubmit=", " style=", "javascript:"):
                assert forbidden not in page, (name, forbidden)
            assert page.count("<form") <= page.count('type="submit"') + page.count("<button"), name
            assert page.count("<h1") == 1, name
