"""Calling a day off on one page: what is on it, whom that tells, what became of each visit and what stays."""

import re
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from schools import models
from schools.visits.actions import cancel_visit
from tests import factories
from tests.office.conftest import NOW
from tests.office.test_held_pages import agreed, words

pytestmark = pytest.mark.django_db

DAY, NEXT = date(2026, 11, 27), date(2026, 11, 28)
PAGE = "/admin/bulk/cancel-day/"
AT_TEN = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)


def ticked(body: str) -> list[str]:
    return [value for value, rest in re.findall(r'name="row"\s+value="([^"]+)"([^>]*)>', body) if "checked" in rest]


def opened(client: Client, more: str = "") -> str:
    return client.get(f"{PAGE}?day={DAY}{more}").content.decode()


def called_off(client: Client, rows: list[str], more: str = "", **typed: Any) -> HttpResponse:
    posted = {"row": rows, "code": "weather", "note": "", "becomes": "postponed", "do": "go", **typed}
    answer: Any = client.post(f"{PAGE}?day={DAY}{more}", posted, follow=True)
    return answer  # type: ignore[no-any-return]  # the test client has a type of its own


def test_everything_of_the_day_is_ticked_and_whom_it_tells_stands_beside_it(office: Client, area: models.Area) -> None:
    session = agreed(area, "Ashfield")
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="Olwen Lee", phone="+447400123456"))
    agreed(area, "Birch")
    page = opened(office)
    assert len(ticked(page)) == 2
    shown = words(page)
    assert "6 messages by e-mail" in shown
    assert "Olwen Lee 07400 123456 has no e-mail address here" in shown
    assert not models.Batch.objects.exists()
    assert set(models.Session.objects.values_list("stage", flat=True)) == {"scheduled"}


def test_one_button_calls_all_off_and_the_page_says_what_became_of_each(office: Client, area: models.Area) -> None:
    for name in ("Ashfield", "Birch"):
        agreed(area, name)
    done = called_off(office, ticked(opened(office)))
    shown = words(done.content.decode())
    assert "✓ Called off 2 visits of Fri 27 November 2026." in shown
    assert "6 messages wait until 8:51:00 am. Undo it before, and nobody hears of it." in shown
    assert "What became of them 2 called off. 2 to book again." in shown
    visit = models.Visit.objects.get(school__name="Birch")
    assert f"/admin/book/{visit.school_id}/?replaces={visit.pk}" in done.content.decode()
    assert set(models.Visit.objects.values_list("stage", flat=True)) == {"cancelled"}
    office.post(reverse("admin:batch", args=[models.Batch.objects.get().pk]), {"do": "undo"})
    assert set(models.Visit.objects.values_list("stage", flat=True)) == {"confirmed"}
    assert not models.OutboxMessage.objects.exists()
    assert len(ticked(opened(office))) == 2


@pytest.mark.parametrize("is_only", [True, False])
def test_what_was_called_off_for_good_before_does_not_come_back_beside_the_rest(
    office: Client, area: models.Area, is_only: bool
) -> None:
    visit = factories.VisitFactory(school__area=area, stage="cancelled", cancelled_code="weather")
    dropped = factories.SessionFactory(visit=visit, cancelled=True, for_good=True)
    afternoon = {"starts": time(13), "ends": time(13, 30), "room": "Library"}
    lost = dropped if is_only else factories.SessionFactory(visit=visit, cancelled=True, **afternoon)
    booking = office.get(f"/admin/book/{visit.school_id}/?replaces={visit.pk}").context["booking"]
    assert [session["room"] for session in booking.sessions.initial] == [lost.room]


def test_cancelled_for_good_is_not_to_be_booked_again(office: Client, area: models.Area) -> None:
    agreed(area, "Ashfield")
    done = words(called_off(office, ticked(opened(office)), becomes="cancelled").content.decode())
    assert "No other day is looked for" in done
    assert "to book again." not in done
    assert models.Session.objects.get().for_good
    assert "?needs=rebook" not in office.get("/admin/").content.decode()


def test_it_counts_as_to_book_again_what_home_lists(office: Client, area: models.Area) -> None:
    lost, home = agreed(area, "Ashfield"), "/admin/schools/visit/?needs=rebook"
    days = [factories.SessionFactory(visit=lost.visit, day=day) for day in (date(2026, 11, 26), date(2026, 11, 30))]
    called_off(office, [str(lost.pk)])

    def to_book_again() -> bool:
        page = opened(office)
        listed = list(office.get(home).context["cl"].queryset)
        assert ("1 to book again." in words(page)) is (f"/admin/visit/{lost.visit_id}/add/" in page) is (listed == [lost.visit])
        return bool(listed)

    assert not to_book_again(), "its session of the next week makes it good"
    assert "another session makes it good" in words(opened(office))
    models.Session.objects.filter(pk=days[1].pk).update(day=date(2026, 11, 25))
    assert to_book_again()
    factories.SessionFactory(visit=lost.visit, day=date(2026, 12, 3))
    assert not to_book_again(), "sessions were added"


def test_booked_again_and_called_off_too_it_is_to_book_again_and_the_pages_say_so(office: Client, area: models.Area) -> None:
    lost = agreed(area, "Ashfield").visit
    called_off(office, ticked(opened(office)))
    again = factories.SessionFactory(visit__school=lost.school, visit__replaces=lost, day=date(2026, 12, 3)).visit
    assert f"Booked again, {again.reference}" in words(opened(office))
    assert "1 to book again" not in words(opened(office))
    cancel_visit(again, code="weather", note="", by=factories.manager(), now=NOW)
    shown = words(opened(office))
    assert "1 called off. 1 to book again." in shown
    assert f"Booked again, {again.reference}, which was called off too" in shown
    facts = words(office.get(reverse("admin:visit-detail", args=[lost.pk])).content.decode())
    assert f"{again.reference}, which was called off too: book that visit again" in facts
    assert "Made good by" not in facts
    assert "Book it again" in office.get(reverse("admin:visit-detail", args=[again.pk])).content.decode()
    models.Visit.objects.filter(pk=again.pk).update(stage="declined", cancelled_code="")
    facts = words(office.get(reverse("admin:visit-detail", args=[lost.pk])).content.decode())
    assert f"{again.reference}, which the school declined; if it wants to after all, it is booked again from that page" in facts
    assert "book that visit again" not in facts


def test_what_is_under_way_or_reported_stays_with_a_sentence_and_the_rest_is_called_off(
    office: Client, area: models.Area, coordinator: models.User
) -> None:
    begun, coming, reported = agreed(area, "Ashfield"), agreed(area, "Birch"), agreed(area, "Cedar")
    models.Session.objects.exclude(pk=begun.pk).update(starts=time(13), ends=time(13, 30))
    rows = ticked(opened(office))
    with time_machine.travel(AT_TEN, tick=False):
        office.force_login(coordinator)
        page = opened(office)
        assert ticked(page) == [str(coming.pk), str(reported.pk)]
        assert "It began at 9:15 am, so it stays." in words(page)
        # The page was opened before: all three are ticked, and one is reported meanwhile.
        models.Session.objects.filter(pk=reported.pk).update(stage="delivered", went_ahead="yes", recorded_at=AT_TEN)
        done = words(called_off(office, rows).content.decode())
    assert "Not called off: Ashfield, Fri 27 November 2026: It began at 9:15 am" in done
    assert "Cedar, Fri 27 November 2026: It was reported how it went" in done
    stages = dict(models.Session.objects.values_list("visit__school__name", "stage"))
    assert stages == {"Ashfield": "scheduled", "Birch": "cancelled", "Cedar": "delivered"}


def test_after_the_act_nothing_is_ticked_so_that_a_second_click_takes_nothing_more(office: Client, area: models.Area) -> None:
    agreed(area, "Ashfield")
    rows = ticked(opened(office))
    agreed(area, "Booked since")
    done = called_off(office, rows).content.decode()
    assert ticked(done) == []
    assert "Booked since" in done
    again = words(called_off(office, rows).content.decode())
    assert "It was called off already." in again
    assert models.Batch.objects.count() == 1
    assert "Tick at least one visit" in words(called_off(office, []).content.decode())


def test_some_schools_are_unticked_and_the_look_tells_of_the_others_alone(office: Client, area: models.Area) -> None:
    agreed(area, "Ashfield")
    birch = agreed(area, "Birch")
    posted = {"row": [str(birch.pk)], "code": "illness", "note": "", "do": "look"}
    look = office.post(f"{PAGE}?day={DAY}", posted).content.decode()
    assert ticked(look) == [str(birch.pk)]
    assert "3 messages by e-mail" in words(look)
    assert "Ashfield Person" not in words(look).partition("Who is told what")[2]


@pytest.mark.parametrize(("do", "number"), [("untick", 0), ("tick", 2)])
def test_ticking_all_or_none_keeps_what_is_typed(office: Client, area: models.Area, do: str, number: int) -> None:
    agreed(area, "Ashfield")
    row = agreed(area, "Birch").pk
    typed = {"row": [str(row)], "becomes": "cancelled", "code": "illness", "note": "The heating is broken.", "do": do}
    answer = office.post(f"{PAGE}?day={DAY}", typed)
    assert len(ticked(answer.content.decode())) == number
    form = answer.context["form"]
    assert [form[name].value() for name in ("becomes", "code", "note")] == ["cancelled", "illness", "The heating is broken."]
    assert not models.Batch.objects.exists()
    unfinished = office.post(f"{PAGE}?day={DAY}", {"code": "", "do": do})
    assert unfinished.context["refusals"] == []


def test_days_and_authorities_are_chosen(office: Client, area: models.Area) -> None:
    first = agreed(area, "Ashfield")
    second = agreed(area, "Birch")
    models.Session.objects.filter(pk=second.pk).update(day=NEXT)
    assert ticked(opened(office)) == [str(first.pk)]
    assert len(ticked(opened(office, f"&until={NEXT}"))) == 2
    only = f"&until={NEXT}&authority={second.visit.school.authority_id}"
    assert ticked(opened(office, only)) == [str(second.pk)]
    assert "up to 14 days in all" in opened(office, "&until=2027-11-27")
    done = called_off(office, [str(second.pk)], only)
    assert "Called off 1 visit of Fri 27 November 2026 – Sat 28 November 2026." in words(done.content.decode())
    assert models.Session.objects.get(pk=first.pk).stage == "scheduled"


def test_a_chosen_authority_stays_chosen_on_a_day_on_which_it_has_nothing(office: Client, area: models.Area) -> None:
    chosen, other = agreed(area, "Ashfield"), agreed(area, "Birch")
    chosen_id, other_id = (str(session.visit.school.authority_id) for session in (chosen, other))
    models.Session.objects.filter(pk=chosen.pk).update(day=NEXT)

    def boxes(page: str) -> dict[str, bool]:
        inputs = re.findall(r'name="authority"\s+value="(\d+)"([^>]*)>', page)
        return {value: "checked" in rest for value, rest in inputs}

    empty = opened(office, f"&authority={chosen_id}")
    assert boxes(empty) == {chosen_id: True, other_id: False}
    assert ticked(empty) == []
    models.Session.objects.filter(pk=other.pk).update(day=NEXT)
    assert boxes(opened(office, f"&authority={chosen_id}")) == {chosen_id: True}, "alone, it can still be unticked"
    assert boxes(opened(office)) == {}
    assert ticked(office.get(f"{PAGE}?day={NEXT}&authority={chosen_id}").content.decode()) == [str(chosen.pk)]


def test_a_visit_of_another_area_is_neither_named_nor_touched(
    office: Client, area: models.Area, elsewhere: models.Area, coordinator: models.User
) -> None:
    agreed(area, "Ashfield")
    theirs = agreed(elsewhere, "Far Primary")
    models.Session.objects.filter(pk=theirs.pk).update(area=area)  # it was held in this area once, and is not theirs to call off
    assert "Far Primary" not in opened(office)
    for more in (f"&area={elsewhere.pk}", f"&authority={theirs.visit.school.authority_id}"):
        assert office.get(f"{PAGE}?day={DAY}{more}").status_code == 404
    models.Session.objects.filter(pk=theirs.pk).update(area=None)
    for do in ("go", "look"):
        assert office.post(f"{PAGE}?day={DAY}", {"row": str(theirs.pk), "code": "weather", "do": do}).status_code == 404
    assert set(models.Session.objects.values_list("stage", flat=True)) == {"scheduled"}


def test_a_manager_has_to_say_where_before_everything_is_ticked(managers_office: Client, area: models.Area) -> None:
    agreed(area, "Ashfield")
    assert ticked(opened(managers_office)) == []
    assert len(ticked(opened(managers_office, f"&area={area.pk}"))) == 1


def test_home_leads_to_the_day(office: Client, area: models.Area) -> None:
    agreed(area, "Ashfield")
    home = office.get("/admin/").content.decode()
    assert f'action="{PAGE}"' in home
    assert 'name="day" id="id_day_off" value="2026-11-24"' in " ".join(home.split())


@pytest.mark.parametrize("many", [1, 3])
def test_the_page_asks_the_same_of_one_visit_and_of_three(
    many: int, office: Client, area: models.Area, django_assert_num_queries: Any
) -> None:
    for number in range(many):
        agreed(area, f"School {number}")
    opened(office)
    with django_assert_num_queries(155):
        opened(office)
