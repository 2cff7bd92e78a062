"""Calls in the office: the due list as a queue, each outcome, the next school, undo, colleagues, and what nobody may see."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from schools import models
from schools.messages.actions import deliver_due
from schools.office.schools import due_list
from schools.office.schools.forms.calls import CallForm
from schools.office.schools.views import calls
from schools.visits.actions.undoing import undo
from tests import factories
from tests.office.test_booking import a_form, ks1, post

pytestmark = pytest.mark.django_db

CALLS = "/admin/calls/"


def card_of(school: models.School) -> str:
    """The address of the school's card."""
    return f"/admin/school/{school.pk}/call/"


def booking_of(school: models.School, back: str) -> str:
    """The address by which a card books its school, and which leads back there."""
    return f"/admin/book/{school.pk}/?back={quote(back)}"


IN_PLACE = {"HX-Request": "true"}


@pytest.fixture
def schools(area: models.Area) -> list[models.School]:
    """Three schools that are due, in this order."""
    authority = factories.AreaAuthorityFactory(area=area).authority
    return [
        factories.SchoolFactory(authority=authority, name=name, phone=f"01539 72000{number}")
        for number, name in enumerate(("Ash", "Beck", "Croft"))
    ]


def press(office: Client, school: models.School, do: str, query: str = "", **boxes: Any) -> Any:
    data = {"do": do, "who": "Ruth", "note": "", "days": 7, "month": "", "seen": "", **boxes}
    return office.post(f"{card_of(school)}{query}", data, headers=IN_PLACE)


def test_the_card_has_the_phone_the_people_what_to_say_and_what_was_said_last(
    office: Client, schools: list[models.School], coordinator: models.User
) -> None:
    models.Contact.objects.create(school=schools[0], name="Ruth Bowness", role="Head teacher", phone="+441539720009")
    models.ContactLog.objects.create(
        school=schools[0], day=date(2026, 11, 2), how="phone", who="the office", note="After half-term.", by=coordinator
    )
    body = office.get(CALLS).content.decode()
    for words in (
        "01539 720000",
        "Ruth Bowness (Head teacher)",
        "After half-term.",
        "Hello, this is Cora Nwosu from",
        "3 to call",
    ):
        assert words in body
    assert 'name="who" value="Ruth Bowness (Head teacher)"' in body


def test_nobody_says_on_the_phone_that_we_never_came_while_an_outcome_is_awaited(
    office: Client, schools: list[models.School]
) -> None:
    assert "We have not been to your school yet." in office.get(card_of(schools[0])).content.decode()
    factories.SessionFactory(visit__school=schools[0], day=date(2026, 11, 23))
    body = office.get(card_of(schools[0])).content.decode()
    assert "We have not been to your school yet." not in body
    assert "have not met us so far" not in body
    assert "The outcome of Mon 23 November 2026 is not reported yet." in body
    for address in (f"/admin/school/{schools[0].pk}/", f"/admin/school/{schools[0].pk}/talk/"):
        assert "outcome not reported yet of Mon 23 November 2026" in office.get(address).content.decode()
    assert office.get(CALLS).context["school"] == schools[1]


@pytest.mark.parametrize("do", ["no-answer", "later", "wants", "not-this-year"])
def test_each_outcome_gives_way_to_the_next_school_and_is_undone_there(
    do: str, office: Client, schools: list[models.School]
) -> None:
    answer = press(office, schools[0], do, month="2027-01-01")
    assert answer.context["school"] == schools[1]
    assert answer.context["left"] == 2
    batch = answer.context["done"]
    assert f"Logged for Ash: {do.replace('-', ' ').split()[0]}"[:17] in batch.words.replace("call again", "later")
    back = office.post(card_of(schools[0]), {"do": "undo", "batch": batch.pk}, headers=IN_PLACE)
    assert back.context["school"] == schools[0]
    assert back.context["undone"]
    assert not models.ContactLog.objects.exists()
    assert office.get(CALLS).context["school"] == schools[0]


@pytest.mark.parametrize("do", ["no-answer", "later"])
@pytest.mark.parametrize("headers", [{}, IN_PLACE], ids=["page", "in place"])
def test_undoing_a_call_gives_back_what_was_typed(
    do: str, headers: dict[str, str], office: Client, schools: list[models.School], area: models.Area
) -> None:
    batch = press(office, schools[0], do, who="Ruth Bowness", note="They moved house.\nCall the head.").context["done"]
    undo = {"do": "undo", "batch": batch.pk}
    back = office.post(card_of(schools[0]), undo, headers=headers, follow=True)
    form = back.context["form"]
    assert (form["who"].value(), form["note"].value()) == ("Ruth Bowness", "They moved house.\nCall the head.")
    assert "Undone: nothing is logged." in back.content.decode()
    other = Client()
    other.force_login(factories.coordinator_of(area))
    for client, school in ((office, schools[1]), (other, schools[0])):
        assert "They moved house." not in client.get(f"{card_of(school)}?undone={batch.pk}").content.decode()


def test_a_school_with_newer_conversations_under_an_old_number_is_called_like_any_other(
    office: Client, schools: list[models.School], coordinator: models.User
) -> None:
    one_chain = {"chain": schools[0].pk, "lineage": schools[0].pk}
    before = factories.SchoolFactory(authority=schools[0].authority, name="Ash Infants", status="closed", **one_chain)
    models.School.objects.filter(pk=schools[0].pk).update(**one_chain)
    for school in (schools[0], before, before, before):
        models.ContactLog.objects.create(school=school, day=date(2026, 11, 2), how="phone", who="the office", by=coordinator)
    seen = office.get(card_of(schools[0])).context["seen"]
    assert press(office, schools[0], "no-answer", seen=seen).context["school"] == schools[1]
    assert models.ContactLog.objects.filter(school=schools[0]).count() == 2


def test_filters_and_order_stay_from_school_to_school_with_and_without_scripts(
    office: Client, schools: list[models.School]
) -> None:
    query = "?show=never&sort=name&turned=on&q=&near="
    assert office.get(f"{CALLS}{query}").context["school"] == schools[2]
    answer = press(office, schools[2], "no-answer", query)
    assert answer.context["school"] == schools[1]
    assert answer.context["filters"] == query[1:]
    data = {"do": "later", "who": "", "days": 7, "seen": ""}
    plain = office.post(f"{card_of(schools[1])}{query}", data)
    batch = models.Batch.objects.latest("pk")
    assert plain.headers["Location"] == f"{card_of(schools[0])}{query}&done={batch.pk}"
    body = office.get(plain.headers["Location"]).content.decode()
    assert "Logged for Beck: call again, ask again on Tue 1 December 2026." in body
    undone = office.post(f"{card_of(schools[1])}{query}", {"do": "undo", "batch": batch.pk})
    assert undone.headers["Location"] == f"{card_of(schools[1])}{query}&undone={batch.pk}"


def test_a_school_that_is_passed_over_comes_again_after_the_last(office: Client, schools: list[models.School]) -> None:
    assert office.get(f"{CALLS}?after={schools[0].pk}").context["school"] == schools[1]
    assert press(office, schools[2], "no-answer").context["school"] == schools[0]
    press(office, schools[0], "no-answer")
    answer = press(office, schools[1], "no-answer")
    assert answer.context["school"] is None
    assert "no school is left that nobody spoke with today" in answer.content.decode()


def test_whoever_has_read_what_was_said_under_another_number_of_the_school_logs_theirs_at_once(
    office: Client, schools: list[models.School], coordinator: models.User
) -> None:
    before = factories.SchoolFactory(status="closed", authority=schools[0].authority)
    models.School.objects.filter(pk__in=[before.pk, schools[0].pk]).update(chain=before.pk)
    for number in range(4):
        said = {"school": before, "day": date(2026, 11, 20), "how": "phone", "who": "Ruth", "note": f"No {number}"}
        models.ContactLog.objects.create(by=coordinator, **said)
    card = office.get(card_of(schools[0]))
    assert "No 3" in card.content.decode()
    assert press(office, schools[0], "no-answer", seen=card.context["seen"]).context["school"] == schools[1]
    assert models.ContactLog.objects.count() == 5


def test_whom_a_colleague_called_today_is_not_offered_and_the_open_card_says_so(
    office: Client, schools: list[models.School], area: models.Area
) -> None:
    card = office.get(CALLS)
    assert card.context["school"] == schools[0]
    colleague = Client()
    colleague.force_login(factories.coordinator_of(area, name="Gwen Powell"))
    press(colleague, schools[0], "no-answer", note="Engaged.")
    answer = press(office, schools[0], "no-answer")
    assert answer.context["school"] == schools[0]
    assert "Gwen Powell logged a conversation with Ash since you opened this" in answer.content.decode()
    assert models.ContactLog.objects.count() == 1
    again = press(office, schools[0], "no-answer", seen=answer.context["seen"])
    assert again.context["school"] == schools[1]
    assert models.ContactLog.objects.count() == 2
    fresh = office.get(card_of(schools[0])).content.decode()
    assert "logged a conversation with this school today" in fresh
    assert office.get(CALLS).context["school"] == schools[1]


def test_another_areas_school_is_never_shown_nor_logged_nor_undone(
    office: Client, schools: list[models.School], elsewhere: models.Area
) -> None:
    strange = factories.SchoolFactory(area=elsewhere, name="Strange")
    assert office.get(card_of(strange)).status_code == 404
    assert press(office, strange, "no-answer").status_code == 404
    other = Client()
    other.force_login(factories.coordinator_of(elsewhere))
    batch = press(other, strange, "no-answer").context["done"]
    assert office.post(card_of(strange), {"do": "undo", "batch": batch.pk}).status_code == 404
    answer = office.post(card_of(schools[0]), {"do": "undo", "batch": batch.pk})
    assert "There is no such call of yours" in answer.content.decode()
    assert office.get(f"{card_of(schools[0])}?done={batch.pk}").context["done"] is None
    assert models.ContactLog.objects.count() == 1


def test_what_was_typed_of_a_school_that_closed_meanwhile_is_kept(office: Client, schools: list[models.School]) -> None:
    models.School.objects.filter(pk=schools[0].pk).update(status="closed", closed=date(2026, 11, 23))
    refused = press(office, schools[0], "wants", note="any morning")
    assert refused.context["reasons"]
    assert "any morning" in refused.content.decode()
    logged = press(office, schools[0], "no-answer", note="the line is dead")
    assert logged.context["school"] == schools[1]
    assert "the line is dead" in models.ContactLog.objects.get(school=schools[0]).note
    undone = office.post(card_of(schools[0]), {"do": "undo", "batch": logged.context["done"].pk})
    assert undone.status_code == 200
    assert "the line is dead" in undone.content.decode()
    assert office.get(card_of(schools[0])).status_code == 404


def test_who_was_mailed_because_of_an_undone_call_is_named_to_be_spoken_with(
    office: Client, schools: list[models.School], now: datetime
) -> None:
    models.Contact.objects.create(school=schools[0], name="Ruth Bowness", email="ruth@ash.example.org")
    with time_machine.travel(now + timedelta(hours=2), tick=False):  # the quiet hours are over
        batch = press(office, schools[0], "wants", month="2027-01-01").context["done"]
        deliver_due(clock=lambda: timezone.now() + timedelta(seconds=66))
        [mailed] = mail.outbox
        answer = office.post(card_of(schools[0]), {"do": "undo", "batch": batch.pk})
    body = " ".join(answer.content.decode().split())
    assert "Undone: nothing is logged. 1 message had gone or could not be stopped." in body
    assert f"No mail corrects this, so speak with them: ruth@ash.example.org (“{mailed.subject}”)." in body
    assert not models.Visit.objects.exists()


@pytest.mark.parametrize("batch", ["x", "", "9" * 30, "0"])
def test_a_call_that_is_not_there_is_not_undone(batch: str, office: Client, schools: list[models.School]) -> None:
    answer = office.post(card_of(schools[0]), {"do": "undo", "batch": batch})
    assert "There is no such call of yours" in answer.content.decode()


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ({"note": "x" * 1801}, "Ensure this value has at most 1800 characters"),
        ({"days": "5"}, "Select a valid choice"),
        ({"days": ""}, "Choose when to call again."),
        ({"who": "x" * 151}, "Ensure this value has at most 150 characters"),
    ],
)
def test_what_is_wrong_is_said_on_the_same_card_and_what_was_typed_stays(
    boxes: dict[str, str], words: str, office: Client, schools: list[models.School]
) -> None:
    answer = press(office, schools[0], "later", **{"note": "They like us.", **boxes})
    assert answer.context["school"] == schools[0]
    assert words in answer.content.decode()
    assert boxes.get("note", "They like us.") in answer.content.decode()
    assert not models.ContactLog.objects.exists()


def test_a_nation_is_not_called_one_after_the_other(
    office: Client, schools: list[models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_list, "MOST_READ", 2)
    assert "too many schools to call" in office.get(CALLS).content.decode()
    assert office.get(card_of(schools[1])).context["school"] == schools[1]
    assert press(office, schools[1], "no-answer").context["school"] is None


def test_headings_sort_and_a_second_press_turns_the_order(office: Client, schools: list[models.School]) -> None:
    def shown(query: str) -> list[str]:
        return [line["school"].name for line in office.get(f"/admin/due/{query}").context["lines"]]

    def heading(query: str, words: str) -> dict[str, Any]:
        columns = office.get(f"/admin/due/{query}").context["headings"]
        return next(column for column in columns if column["words"] == words)

    name = heading("?show=all&page=1", "School")
    assert name["query"] == "show=all&sort=name"
    assert "sorted" not in name
    again = heading(f"?{name['query']}", "School")
    assert (again["sorted"], again["query"]) == ("ascending", "show=all&sort=name&turned=on")
    assert shown(f"?{name['query']}") == ["Ash", "Beck", "Croft"]
    assert shown(f"?{again['query']}") == ["Croft", "Beck", "Ash"]
    assert heading(f"?{again['query']}", "School")["sorted"] == "descending"
    assert heading("?sort=gain", "Pupils to gain")["sorted"] == "descending"
    assert 'aria-sort="descending"' in office.get("/admin/due/?sort=gain").content.decode()


def test_a_booking_that_began_at_a_call_leads_back_there_and_nowhere_else(office: Client, schools: list[models.School]) -> None:
    back = f"{card_of(schools[1])}?show=never"
    assert booking_of(schools[0], back) in office.get(f"{CALLS}?show=never").content.decode()
    data = a_form(office, schools[0], ks1())
    hidden = f'<input type="hidden" name="back" value="{back}">'
    assert hidden in office.get(f"/admin/book/{schools[0].pk}/", {"back": back}).content.decode()
    assert hidden in post(office, schools[0], data | {"back": back}, "check").content.decode()
    answer = post(office, schools[0], data | {"back": back}, "book")
    assert f"?back={quote(back, safe='')}&done=" in answer.headers["Location"], "beside the bar that undoes it"
    assert f'href="{back}">Go on where you were' in office.get(answer.headers["Location"]).content.decode()
    assert office.get(back).context["school"] == schools[1]
    visit = models.Visit.objects.get()
    for elsewhere in ("https://example.org/admin/", "//example.org/admin/", "javascript:alert(1)", "/accounts/logout/"):
        assert "Go on where you were" not in office.get(f"/admin/visit/{visit.pk}/", {"back": elsewhere}).content.decode()


def test_a_booking_leads_back_to_the_school_that_follows_and_not_to_those_passed_over(
    office: Client, schools: list[models.School]
) -> None:
    def goes_on(query: str) -> str:
        return str(office.get(f"{CALLS}{query}").context["go_on"])

    back = goes_on(f"?after={schools[0].pk}")
    post(office, schools[1], a_form(office, schools[1], ks1()) | {"back": back}, "book")
    assert models.Visit.objects.get().school == schools[1]
    assert office.get(back).context["school"] == schools[2]
    assert goes_on(f"?after={schools[0].pk}") == card_of(schools[0]), "from the last one to who was passed over"
    press(office, schools[0], "no-answer")
    alone = office.get(CALLS).context
    assert (alone["school"], alone["go_on"]) == (schools[2], f"{CALLS}?after={schools[2].pk}")
    assert office.get(alone["go_on"]).context["school"] == schools[2], "nobody has booked it yet, so it waits"
    post(office, schools[2], a_form(office, schools[2], ks1()) | {"back": alone["go_on"]}, "book")
    assert "Nobody is left to call" in office.get(alone["go_on"]).content.decode()


QUERIES = 32
"""Of a card: who signed in, the list with its filters (due), the school once more by itself, people, conversations."""


def test_a_card_asks_the_same_of_three_schools_and_of_six(
    office: Client,
    schools: list[models.School],
    coordinator: models.User,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    def add(number: int) -> None:
        models.Contact.objects.create(school=schools[0], name=f"Head {number}")
        models.ContactLog.objects.create(school=schools[0], day=date(2026, 11, 2), how="phone", who="the office", by=coordinator)

    add(0)
    office.get(CALLS, headers=IN_PLACE)
    with django_assert_num_queries(QUERIES):
        office.get(CALLS, headers=IN_PLACE)
    for number in range(1, 4):
        add(number)
        factories.SchoolFactory(authority=schools[0].authority, name=f"Dale {number}")
    with django_assert_num_queries(QUERIES):
        office.get(CALLS, headers=IN_PLACE)


def test_a_call_that_was_undone_on_another_device_in_that_moment_says_so(
    office: Client, schools: list[models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    press(office, schools[0], "no-answer")

    def by_two(batch: models.Batch, **given: Any) -> models.Batch:
        return undo(undo(batch, **given), **given)

    monkeypatch.setattr(calls, "undo", by_two)
    answer = office.post(card_of(schools[0]), {"do": "undo", "batch": models.Batch.objects.get().pk}, headers=IN_PLACE)
    assert "This was undone already." in answer.content.decode()
    assert not models.ContactLog.objects.exists()


@pytest.mark.parametrize(
    ("on", "january"),
    [(date(2026, 11, 28), 2027), (date(2027, 1, 4), 2027), (date(2027, 1, 14), 2027), (date(2027, 1, 15), 2028),
     (date(2027, 1, 28), 2028), (date(2027, 2, 1), 2028)],
)  # fmt: skip
def test_a_visit_in_january_is_wanted_in_the_next_one_from_the_middle_of_january_on(on: date, january: int) -> None:
    month = CallForm(on=on)["month"]
    assert month.initial == f"{january}-01-01"
    assert f'value="{january}-01-01" selected' in str(month)


def test_a_call_and_a_trust_lead_back_to_the_page_of_the_list_from_which_they_were_opened(
    office: Client, schools: list[models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_list, "A_PAGE", 1)
    models.School.objects.filter(pk=schools[1].pk).update(trust_code="2044", trust="Fell Trust")
    here = "/admin/due/?show=never&sort=name&page=2"
    body = unescape(office.get(here).content.decode())
    card = f"{card_of(schools[1])}?show=never&sort=name&page=2"
    assert body.count(f'"{card}"') == 2  # the link, and what opens in its place
    back = f"{here}#due-{schools[1].pk}"
    assert f'<a href="{back}">Who is due</a>' in unescape(office.get(card).content.decode())
    trust = re.search(r'href="(/admin/group/[^"]+)"', body)
    assert trust
    of_trust = office.get(trust[1])
    assert f'<a href="{back}">Who is due</a>' in unescape(of_trust.content.decode())
    typed = {"do": "no-answer", "who": "Ruth", "note": "", "days": 7, "month": "", "seen": "", "school": [schools[1].pk]}
    logged = office.post(of_trust.context["address"], typed)
    assert f'<a href="{back}">Who is due</a>' in unescape(office.get(logged.headers["Location"]).content.decode())
