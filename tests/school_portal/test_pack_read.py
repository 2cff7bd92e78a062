"""“We have read this”: a button of the school, whose answer stands in the office."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.school_portal.views import packs
from tests.factories import manager
from tests.processes import together
from tests.school_portal.answering import say_in_turn
from tests.school_portal.visits import BEFORE, a_guest, a_visit, path_of


@pytest.fixture
def visit(db: None) -> Iterator[models.Visit]:
    with time_machine.travel(BEFORE, tick=False):
        yield a_visit()


def read(path: str, by: str = "Jo Bloggs") -> int:
    return Client().post(f"{path}pack/", {"do": "read", "given_by": by}).status_code


def answers() -> list[tuple[str, str, str]]:
    rows = models.SchoolAnswer.objects.filter(item="pack").order_by("pk")
    return list(rows.values_list("school__name", "given_by", "state"))


def test_it_is_said_once_with_a_name_and_the_page_says_by_whom(visit: models.Visit) -> None:
    path = path_of(visit)
    nameless = Client().post(f"{path}pack/", {"do": "read", "given_by": ""})
    assert "Your name: say who you are" in nameless.content.decode()
    assert answers() == []
    assert [read(path), read(path, "Sam"), read(path_of(visit, a_guest(visit)), "Gus")] == [302] * 3
    assert answers() == [("Fern Primary", "Jo Bloggs", "taken"), ("Moss Infants", "Gus", "taken")]
    page = Client().get(f"{path}pack/").content.decode()
    assert "Jo Bloggs has read this, on Tue 24 November 2026." in page
    assert "We have read this" not in page


def test_the_name_stays_where_it_was_sent_too_often_or_by_a_button_that_is_gone(
    visit: models.Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = f"{path_of(visit)}pack/"
    models.PackItem.objects.create(
        session_type=models.SessionType.objects.get(slug="ks2-assembly"), title="Plan", words="A song."
    )
    gone = Client().post(pack, {"do": "gone", "given_by": "Jo Bloggs"})
    monkeypatch.setattr(packs, "reasons_to_wait", lambda _: ["Wait ten minutes."])
    too_often = Client().post(pack, {"do": "read", "given_by": "Jo Bloggs"})
    letter = Client().post(pack, {"do": "letter"})
    assert [each.status_code for each in (gone, too_often, letter)] == [409, 429, 429]
    assert ['value="Jo Bloggs"' in each.content.decode() for each in (gone, too_often, letter)] == [True, True, False]
    assert not any("Your name: say who you are" in each.content.decode() for each in (gone, too_often, letter))


def test_where_there_is_nothing_to_read_nobody_is_asked_whether_they_have(visit: models.Visit) -> None:
    pack = f"{path_of(visit)}pack/"
    assert "We have read this" not in Client().get(pack).content.decode()
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    models.PackItem.objects.create(session_type=kind, title="Plan of it", words="We begin with a song.")
    assert "We have read this" in Client().get(pack).content.decode()


def test_it_stands_in_the_office_and_waits_for_nobody(visit: models.Visit, client: Client) -> None:
    read(path_of(visit))
    client.force_login(manager())
    page = client.get(reverse("admin:visit-detail", args=[visit.pk])).content.decode()
    assert "Fern Primary has read what it gets beforehand: Jo Bloggs," in " ".join(page.split())
    assert "What the school said" not in page
    number = str(models.SchoolAnswer.objects.get().pk)
    client.post(reverse("admin:visit-detail", args=[visit.pk]), {"do": "undo-take", "answer": number})
    assert answers() == [("Fern Primary", "Jo Bloggs", "taken")]


def test_of_a_visit_that_is_off_or_over_nobody_says_so(visit: models.Visit) -> None:
    path = path_of(visit)
    models.Visit.objects.update(stage="cancelled", cancelled_code="weather")
    assert read(path) == 409
    models.Visit.objects.update(stage="confirmed", cancelled_code="")
    visit.sessions.update(stage="delivered", went_ahead="yes", recorded_at=BEFORE)
    assert read(path) == 409
    assert answers() == []
    assert "We have read this" not in Client().get(f"{path}pack/").content.decode()


@pytest.mark.exhaustive
@pytest.mark.django_db(transaction=True)
def test_colleagues_who_say_so_at_the_same_moment_have_said_it_once() -> None:
    with time_machine.travel(BEFORE, tick=False):
        paths = [f"{path_of(a_visit())}pack/" for _ in range(6)]
    said = [[{"do": "read", "given_by": name}] * 6 for name in ("Jo", "Sam", "Kim")]
    assert together(say_in_turn, [(paths, each) for each in said]) == [[302] * 6] * 3
    assert models.SchoolAnswer.objects.filter(item="pack").count() == 6
