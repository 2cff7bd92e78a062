"""A trust or federation in the office: its schools together, one call about several of them, and what others may not see."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.directory.models import GroupKind
from schools.office.schools.views import groups
from schools.visits.actions.undoing import undo
from tests import factories

pytestmark = pytest.mark.django_db

TRUST = "/admin/group/england/trust/2044/"
FEDERATION = "/admin/group/england/federation/2044/"


def of_trust(name: str, **fields: Any) -> models.School:
    school: models.School = factories.SchoolFactory(name=name, trust_code="2044", trust="Fell Trust", **fields)
    return school


@pytest.fixture
def schools(area: models.Area, elsewhere: models.Area) -> list[models.School]:
    """Two schools of the trust in the coordinator's area; there are another one elsewhere and a closed one."""
    authority = factories.AreaAuthorityFactory(area=area).authority
    mine = [of_trust(name, authority=authority, phone="01539 720000") for name in ("Ash", "Beck")]
    of_trust("Closed", authority=authority, status="closed")
    of_trust("Far", area=elsewhere)
    factories.SchoolFactory(authority=authority, name="On its own")
    return mine


def names(answer: Any) -> list[str]:
    return [line.school.name for line in answer.context["lines"]]


def press(office: Client, do: str, *schools: models.School, **boxes: Any) -> Any:
    data = {"do": do, "who": "Ruth", "note": "", "days": 7, "month": "", "seen": "", "school": [school.pk for school in schools]}
    return office.post(TRUST, data | boxes)


def test_it_shows_the_groups_schools_of_ones_own_areas_with_due_visits_and_people(
    office: Client, schools: list[models.School]
) -> None:
    factories.SessionFactory(visit__school=schools[0], day=date(2024, 10, 2), delivered=True)
    factories.SessionFactory(visit__school=schools[1], day=date(2027, 1, 14))
    one_chain = {"chain": schools[1].pk, "lineage": schools[1].pk}
    before = of_trust("Beck Infants", status="closed", authority=schools[1].authority, **one_chain)
    models.School.objects.filter(pk=schools[1].pk).update(**one_chain)
    models.Contact.objects.create(school=before, name="Ida Fell")
    head = models.Contact.objects.create(school=schools[0], name="Ruth Bowness")
    head.also_at.add(schools[1])
    answer = office.get(TRUST)
    assert names(answer) == ["Ash", "Beck"]
    assert [[person.name for person in line.people] for line in answer.context["lines"]] == [
        ["Ruth Bowness"],
        ["Ida Fell", "Ruth Bowness"],
    ]
    assert answer.context["shared"] == [head]
    body = answer.content.decode()
    for words in ("Fell Trust", "2 schools that can be visited", "2 Oct 2024", "Thu 14 Jan 2027", "01539 720000"):
        assert words in body
    assert body.count('name="school"') == 2
    assert 'name="who" value="Ruth Bowness"' in body


def test_one_call_is_logged_for_the_ticked_schools_and_undone_in_one_press(office: Client, schools: list[models.School]) -> None:
    both = press(office, "later", *schools)
    assert models.ContactLog.objects.count() == 2
    page = office.get(both.headers["Location"])
    batch = page.context["done"]
    assert "Logged for 2 schools of Fell Trust: call again" in page.content.decode()
    assert office.post(TRUST, {"do": "undo", "batch": batch.pk}).headers["Location"] == f"{TRUST}?undone={batch.pk}"
    assert not models.ContactLog.objects.exists()
    press(office, "no-answer", schools[1])
    assert [log.school for log in models.ContactLog.objects.all()] == [schools[1]]


def test_undoing_a_call_gives_back_what_was_typed_and_which_schools_were_ticked(
    office: Client, schools: list[models.School]
) -> None:
    press(office, "no-answer", schools[1], who="Ruth of the trust", note="They moved house.")
    undone = office.post(TRUST, {"do": "undo", "batch": models.Batch.objects.get().pk}, follow=True)
    form = undone.context["form"]
    assert (form["who"].value(), form["note"].value()) == ("Ruth of the trust", "They moved house.")
    assert form.ticked == {schools[1].pk}
    assert "Undone: nothing is logged." in undone.content.decode()


def test_those_to_ask_now_are_ticked_and_not_who_is_booked_asked_or_waits(office: Client, schools: list[models.School]) -> None:
    authority = schools[0].authority
    booked, asking = (of_trust(name, authority=authority) for name in ("Booked", "Asking"))
    waiting = of_trust("Waiting", authority=authority, ask_again_on=date(2028, 9, 1))
    factories.SessionFactory(visit__school=booked, day=date(2027, 1, 14))
    factories.VisitFactory(school=asking, stage="requested")
    page = office.get(TRUST)
    assert page.context["form"].ticked == {school.pk for school in schools}
    assert page.content.decode().count(" checked") == 2
    called = press(office, "not-this-year", schools[0], waiting)
    waits = dict(models.School.objects.exclude(ask_again_on=None).values_list("name", "ask_again_on"))
    assert waits == {"Ash": date(2027, 8, 1), "Waiting": date(2028, 9, 1)}
    words = (
        "Logged for 2 schools of Fell Trust: not this school year, ask again on Sun 1 August 2027; 1 of them later, as before."
    )
    assert words in office.get(called.headers["Location"]).content.decode()


def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(office: Client, schools: list[models.School]) -> None:
    answer = press(office, "later", note="About next year.")
    assert "Tick at least one school." in answer.content.decode()
    assert "About next year." in answer.content.decode()
    far = models.School.objects.get(name="Far")
    for stranger in (far.pk, "nonsense", "9" * 30):
        answer = press(office, "later", schools[1], school=[schools[1].pk, stranger])
        body = answer.content.decode()
        assert "One of the schools is no longer in this list" in body
        assert body.count(" checked") == 1
    answer = press(office, "later", *schools, days="")
    assert "Choose when to call again." in answer.content.decode()
    assert not models.ContactLog.objects.exists()


def test_whoever_opens_the_page_after_a_conversation_under_another_number_logs_theirs_at_once(
    office: Client, schools: list[models.School]
) -> None:
    before = factories.SchoolFactory(status="closed", authority=schools[0].authority)
    models.School.objects.filter(pk__in=[before.pk, schools[0].pk]).update(chain=before.pk)
    said = {"school": before, "day": date(2026, 11, 20), "how": "phone", "who": "Ruth"}
    models.ContactLog.objects.create(by=factories.manager(), **said)
    press(office, "later", *schools, seen=office.get(TRUST).context["seen"])
    assert models.ContactLog.objects.count() == 1 + len(schools)


def test_of_a_conversation_that_a_colleague_logged_meanwhile_it_says_so_and_takes_a_second_press(
    office: Client, schools: list[models.School]
) -> None:
    shown = office.get(TRUST).context["seen"]
    assert shown is None
    colleague = factories.manager(name="Mary Manager")
    models.ContactLog.objects.create(school=schools[1], day=date(2026, 11, 24), how="phone", who="the head", by=colleague)
    answer = press(office, "later", *schools)
    assert "Mary Manager logged a conversation with Beck since you opened this" in answer.content.decode()
    press(office, "later", *schools, seen=answer.context["seen"])
    assert models.ContactLog.objects.count() == 3


def test_only_ones_own_call_is_undone(office: Client, schools: list[models.School]) -> None:
    press(office, "later", *schools)
    models.Batch.objects.update(by=factories.manager())
    answer = office.post(TRUST, {"do": "undo", "batch": models.Batch.objects.get().pk})
    assert "There is no such call of yours" in answer.content.decode()
    assert models.ContactLog.objects.count() == 2


def test_what_is_no_group_of_ones_schools_is_not_there(
    office: Client, schools: list[models.School], elsewhere: models.Area
) -> None:
    of_trust("Further", area=elsewhere, federation_code="8", federation="Far Federation")
    factories.SchoolFactory(authority=schools[0].authority, trust_code="0")
    for address in (
        FEDERATION,
        "/admin/group/england/federation/8/",
        "/admin/group/england/trust/0/",
        "/admin/group/wales/trust/2044/",
        "/admin/group/england/crowd/2044/",
    ):
        assert office.get(address).status_code == 404


def test_a_manager_sees_every_school_of_it(managers_office: Client, schools: list[models.School]) -> None:
    assert names(managers_office.get(TRUST)) == ["Ash", "Beck", "Far"]


def test_a_group_whose_schools_have_all_closed_says_so(office: Client, schools: list[models.School]) -> None:
    models.School.objects.update(status="closed")
    assert "None of its schools in your areas can be visited now" in office.get(TRUST).content.decode()


def test_the_newest_register_names_the_group(schools: list[models.School], office: Client) -> None:
    models.School.objects.filter(name="Beck").update(trust="Fell and Dale Trust", register_day=date(2026, 9, 1))
    models.School.objects.filter(name="Ash").update(register_day=date(2025, 9, 1))
    assert "Fell and Dale Trust" in office.get(TRUST).content.decode()


def test_the_due_list_and_a_schools_page_lead_there(office: Client, schools: list[models.School]) -> None:
    assert office.get("/admin/due/").content.decode().count(f'href="{TRUST}?back=') == 2
    assert f'href="{TRUST}"' in office.get(f"/admin/school/{schools[0].pk}/").content.decode()
    assert [group.kind for group in schools[0].groups] == [GroupKind.TRUST]


QUERIES = 21
"""Who signed in, the group, what is due of its schools, the people there and where else they are, what was said last."""


def test_it_asks_the_same_of_two_schools_and_of_six(
    office: Client, schools: list[models.School], django_assert_num_queries: Callable[[int], Any]
) -> None:
    models.Contact.objects.create(school=schools[0], name="Ruth Bowness")
    office.get(TRUST)
    with django_assert_num_queries(QUERIES):
        office.get(TRUST)
    for number in range(4):
        more = of_trust(f"Croft {number}", authority=schools[0].authority)
        models.Contact.objects.create(school=more, name=f"Head {number}")
    with django_assert_num_queries(QUERIES):
        assert len(names(office.get(TRUST))) == 6


def test_a_call_that_was_undone_on_another_device_in_that_moment_says_so(
    office: Client, schools: list[models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    press(office, "no-answer", *schools)

    def by_two(batch: models.Batch, **given: Any) -> models.Batch:
        return undo(undo(batch, **given), **given)

    monkeypatch.setattr(groups, "undo", by_two)
    page = office.post(TRUST, {"do": "undo", "batch": models.Batch.objects.get().pk}).content.decode()
    assert "This was undone already." in page
    assert not models.ContactLog.objects.exists()
