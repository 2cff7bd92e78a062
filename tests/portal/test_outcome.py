"""Telling how it went, correcting it, and that a child said something."""

import re
from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from schools.accounts.models import Role
from schools.delivery.models import OutcomeSubmission
from schools.directory.models import Area
from schools.materials.models import KitLine, Material, MaterialUse
from schools.programme.models import SessionType
from schools.visits.models import Cover, Headcount, SafeguardingNotice, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory, able_volunteer, user_with
from tests.portal.pages import AFTER, BEFORE, client_of, day_url, morning_at, opened, school_in, text_of, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(name="Cumberland", duty_phone="+441228606060")
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, name="Asha Rahman", user=user_with(Role.VOLUNTEER, name="Asha Rahman"))


@pytest.fixture
def ben(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Ben Okoro")


@pytest.fixture
def session(asha: Volunteer, ben: Volunteer, area: Area) -> Session:
    return morning_at(school_in(area), asha, ben)[0]


def pupils(session: Session, year_group: int = 5) -> int | None:
    return Headcount.objects.get(session=session, year_group=year_group).pupils


@time_machine.travel(AFTER)
def test_boxes_start_empty_and_the_expected_number_stands_beside_as_text(asha: Volunteer, session: Session) -> None:
    client = client_of(asha)
    boxes = opened(client, session)
    assert {name: value for name, value in boxes.items() if name.startswith("pupils_") or name == "adults"} == {
        **{f"pupils_{session.visit.school_id}_{group}": None for group in range(7)},
        "adults": None,
    }
    page = text_of(client.get(day_url(session)))
    assert "expected 30" in page
    assert 'value="30"' not in page
    assert 'inputmode="numeric"' in page
    assert "same as expected" not in page.lower()
    assert "If a child tells you something" in page


@time_machine.travel(AFTER)
def test_an_outcome_is_stored_and_shown_with_a_way_to_correct_it(asha: Volunteer, session: Session) -> None:
    answer = client_of(asha).post(day_url(session), typed(session, adults="2"), follow=True)
    assert answer.redirect_chain == [(day_url(session, "day-reported"), 302)]
    page = text_of(answer)
    for words in ("Stored. Thank you.", "How it went", "Year 5", "28", "Asha and Ben", "Correct it", "until Thu 10 December"):
        assert words in page, words
    session.refresh_from_db()
    assert (session.stage, session.adults, session.version, pupils(session)) == ("delivered", 2, 1, 28)
    assert set(Cover.objects.filter(session=session).values_list("state", flat=True)) == {"attended"}


@time_machine.travel(AFTER)
def test_history_names_the_person_who_stored_it(asha: Volunteer, session: Session) -> None:
    client_of(asha).post(day_url(session), typed(session))
    assert session.history.first().history_user == asha.user
    assert Headcount.objects.get(session=session).history.first().history_user == asha.user


@time_machine.travel(AFTER)
def test_posted_twice_it_is_one_outcome_and_success_both_times(asha: Volunteer, session: Session) -> None:
    client, said = client_of(asha), typed(session)
    for _ in range(2):
        assert client.post(day_url(session), said)["Location"] == day_url(session, "day-reported")
    assert OutcomeSubmission.objects.count() == 1
    session.refresh_from_db()
    assert session.version == 1


@time_machine.travel(AFTER)
def test_the_second_person_sees_what_differs_and_may_correct_it(asha: Volunteer, ben: Volunteer, session: Session) -> None:
    client_of(asha).post(day_url(session), typed(session))
    theirs = client_of(ben)
    answer = theirs.post(day_url(session), typed(session, **{f"pupils_{session.visit.school_id}_5": "29"}))
    page = text_of(answer)
    assert "Asha reported this session already" in page
    assert '<td data-label="Stored">28</td>' in page
    assert '<td data-label="You said">29</td>' in page
    assert "Rahman" not in page
    assert pupils(session) == 28

    again: dict[str, Any] = {}
    for name, value in answer.context["again"]:
        again.setdefault(name, []).append(value)
    assert theirs.post(day_url(session), again)["Location"] == day_url(session, "day-reported")
    assert pupils(session) == 29
    session.refresh_from_db()
    assert (session.version, session.recorded_by) == (2, asha.user)


@time_machine.travel(AFTER)
def test_a_correction_opens_with_what_is_stored(asha: Volunteer, ben: Volunteer, session: Session) -> None:
    client = client_of(asha)
    client.post(day_url(session), typed(session, adults="2", there=[asha.pk]))
    boxes = opened(client, session)
    assert (boxes[f"pupils_{session.visit.school_id}_5"], boxes["adults"], boxes["version"]) == (28, 2, 1)
    assert boxes["missed"] == list(Cover.objects.filter(session=session, volunteer=ben).values_list("pk", flat=True))
    said = typed(session, version="1", **{f"pupils_{session.visit.school_id}_5": "27"})
    assert client.post(day_url(session), said).status_code == 302
    assert pupils(session) == 27


@time_machine.travel(AFTER)
def test_two_tabs_do_not_overwrite_each_other(asha: Volunteer, session: Session) -> None:
    client = client_of(asha)
    client.post(day_url(session), typed(session))
    field = f"pupils_{session.visit.school_id}_5"
    client.post(day_url(session), typed(session, version="1", **{field: "27"}))
    page = text_of(client.post(day_url(session), typed(session, version="1", **{field: "26"})))
    assert "changed this outcome after you opened it" in page
    assert pupils(session) == 27


def test_after_14_days_the_page_says_who_can_still_correct_it(asha: Volunteer, session: Session) -> None:
    with time_machine.travel(AFTER):
        client_of(asha).post(day_url(session), typed(session))
    with time_machine.travel(AFTER + timedelta(days=15)):
        client = client_of(asha)
        assert "can be corrected here for 14 days" in text_of(client.get(day_url(session)))
        said = typed(session, version="1", **{f"pupils_{session.visit.school_id}_5": "27"})
        assert "14 days" in text_of(client.post(day_url(session), said))
        assert "Correct it</a>" not in text_of(client.get(day_url(session, "day-reported")))
    assert pupils(session) == 28


@time_machine.travel(BEFORE)
def test_before_the_day_there_is_no_form_and_nothing_is_stored(asha: Volunteer, session: Session) -> None:
    client = client_of(asha)
    assert "starts on Thu 26 November 2026 at 9:15 am" in text_of(client.get(day_url(session)))
    assert "Tell us how it went afterwards" in text_of(client.post(day_url(session), typed(session)))
    session.refresh_from_db()
    assert session.stage == "scheduled"
    assert client.get(day_url(session, "day-reported")).status_code == 302


@pytest.mark.parametrize("number", ["1001", "-1", "lots", "2.5", "9" * 30])
@time_machine.travel(AFTER)
def test_a_number_that_cannot_be_right_is_refused_and_everything_typed_stays(
    number: str, asha: Volunteer, session: Session
) -> None:
    field = f"pupils_{session.visit.school_id}_5"
    page = text_of(client_of(asha).post(day_url(session), typed(session, adults="3", **{field: number})))
    assert "Nothing is stored yet" in page
    words = "9:15–9:45 am: Year 5: give a whole number from 0 to 1,000, or leave the box empty."
    assert f'<a href="#id_s{session.pk}-{field}">{words}</a>' in page
    assert f'value="{number}"' in page
    assert 'value="3"' in page
    assert pupils(session) is None


@time_machine.travel(AFTER)
def test_every_mistake_is_in_the_summary_at_once(asha: Volunteer, session: Session) -> None:
    field = f"pupils_{session.visit.school_id}_5"
    page = text_of(client_of(asha).post(day_url(session), typed(session, went_ahead="", adults="many", **{field: "x"})))
    assert f'href="#id_s{session.pk}-went_ahead_0"' in page
    assert 'href="#id_adults"' in page
    assert f'href="#id_s{session.pk}-{field}"' in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize("key", ["", "no key"])
@time_machine.travel(AFTER)
def test_a_form_without_its_key_asks_to_be_opened_again(key: str, asha: Volunteer, session: Session) -> None:
    page = text_of(client_of(asha).post(day_url(session), typed(session, key=key)))
    assert "This form has lost its place." in page
    assert pupils(session) is None


@time_machine.travel(AFTER)
def test_a_session_that_did_not_go_ahead(asha: Volunteer, session: Session) -> None:
    said = typed(session, went_ahead="no", cancelled_code="illness")
    client = client_of(asha)
    assert "did not go ahead, but gave a number" in text_of(client.post(day_url(session), said))
    said[f"s{session.pk}-pupils_{session.visit.school_id}_5"] = ""
    page = text_of(client.post(day_url(session), said, follow=True))
    assert "it did not go ahead" in page
    assert "Illness" in page
    session.refresh_from_db()
    assert (session.stage, session.cancelled_code) == ("cancelled", "illness")


@time_machine.travel(AFTER)
def test_guests_stand_with_their_school_and_other_year_groups_can_be_added(asha: Volunteer, session: Session) -> None:
    guest = SchoolFactory(name="Little <b>Guest</b> {{ 7 }}")
    HeadcountFactory(session=session, school=guest, year_group=5, expected=9)
    client = client_of(asha)
    page = text_of(client.get(day_url(session)))
    assert "Year 5, Little &lt;b&gt;Guest&lt;/b&gt; {{ 7 }}" in page
    assert "Another year group was there" in page
    said = {f"pupils_{guest.pk}_5": "8", f"pupils_{session.visit.school_id}_4": "12"}
    client.post(day_url(session), typed(session, **said))
    counted = Headcount.objects.filter(session=session).values_list("school", "year_group", "pupils")
    assert set(counted) == {(session.visit.school_id, 5, 28), (session.visit.school_id, 4, 12), (guest.pk, 5, 8)}


@time_machine.travel(AFTER)
def test_materials_are_asked_for_and_stored(asha: Volunteer, session: Session) -> None:
    cards = Material.objects.create(name="Cards <i>")
    KitLine.objects.create(session_type=session.type, material=cards, quantity=1, per="pupil")
    client = client_of(asha)
    assert "Cards &lt;i&gt;" in text_of(client.get(day_url(session)))
    client.post(day_url(session), typed(session, **{f"arrived_{cards.pk}": "30", f"used_{cards.pk}": "28"}))
    use = MaterialUse.objects.get()
    assert (use.planned, use.arrived, use.used) == (30, 30, 28)


@time_machine.travel(AFTER)
def test_a_parents_workshop_counts_adults_alone(asha: Volunteer, session: Session) -> None:
    session.headcounts.all().delete()
    Session.objects.filter(pk=session.pk).update(type=SessionType.objects.get(slug="parents"))
    client = client_of(asha)
    assert not [name for name in opened(client, session) if name.startswith("pupils")]
    parents = {"version": "", "went_ahead": "yes", "adults": "14"}
    client.post(day_url(session), {"key": str(uuid4()), **{f"s{session.pk}-{name}": value for name, value in parents.items()}})
    session.refresh_from_db()
    assert (session.stage, session.adults) == ("delivered", 14)


@pytest.mark.parametrize("how_many", [1, 3])
@time_machine.travel(AFTER)
def test_the_form_costs_nine_queries_however_many_year_groups(
    how_many: int, asha: Volunteer, session: Session, django_assert_num_queries: Any
) -> None:
    for group in range(how_many):
        HeadcountFactory(session=session, year_group=group)
        KitLine.objects.create(
            session_type=session.type, material=Material.objects.create(name=f"Thing {group}"), quantity=1, per="pupil"
        )
    client = client_of(asha)
    with django_assert_num_queries(9):
        client.get(day_url(session))


def morning(session: Session, name: str) -> str:
    return reverse(name, kwargs={"visit_id": session.visit_id, "day": session.day})


@time_machine.travel(AFTER)
def test_that_somebody_was_told_is_a_role_and_a_time_and_can_be_repeated(
    asha: Volunteer, ben: Volunteer, session: Session
) -> None:
    client = client_of(asha)
    said = {"session": session.pk, "role_told": "the school’s safeguarding lead", "day": "2026-11-26", "at": "10:40"}
    page = text_of(client.post(morning(session, "told"), said, follow=True))
    assert "We have written down when you told the school’s safeguarding lead." in page
    assert "You told the school’s safeguarding lead, Thu 26 November 2026, 10:40 am." in page
    client.post(morning(session, "told"), {**said, "role_told": "the duty phone", "at": "10:55"})
    assert SafeguardingNotice.objects.filter(session=session, by=asha.user).count() == 2
    # What one person told is not the other's to read.
    assert "10:40 am" not in text_of(client_of(ben).get(morning(session, "morning")))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"role_told": "Mrs Ellwood about Tom"}, "Select a valid choice"),
        ({"role_told": ""}, "Say whom you told."),
        ({"at": "12:01"}, "still to come"),
        ({"day": "2026-11-25"}, "before Thu 26 November 2026"),
        ({"at": "25:00"}, "Give the time, like 10:40."),
        ({"day": "2026-02-30"}, "Give the day"),
        ({"session": "999999"}, "Choose one of these sessions."),
        ({"session": ""}, "Say in which session."),
    ],
)
@time_machine.travel(AFTER)
def test_what_cannot_be_is_refused(wrong: dict[str, str], words: str, asha: Volunteer, session: Session) -> None:
    said = {"session": session.pk, "role_told": "999", "day": "2026-11-26", "at": "10:40", **wrong}
    assert words in text_of(client_of(asha).post(morning(session, "told"), said))
    assert not SafeguardingNotice.objects.exists()


@time_machine.travel(AFTER)
def test_somebody_put_on_the_session_after_the_form_was_opened_is_not_stored_as_absent(
    asha: Volunteer, ben: Volunteer, area: Area, session: Session
) -> None:
    client = client_of(asha)
    shown = opened(client, session)["shown"]
    late = CoverFactory(session=session, volunteer=able_volunteer(area), role="trainee")
    client.post(day_url(session), typed(session, shown=shown, there=[asha.pk]))
    states = dict(Cover.objects.filter(session=session).values_list("volunteer", "state"))
    assert states == {asha.pk: "attended", ben.pk: "absent", late.volunteer_id: "attended"}


@time_machine.travel(AFTER)
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, "Nobody is down for this session. If you know how it went, tell your coordinator."),
        ({"stage": "cancelled", "cancelled_code": "school"}, "This session was cancelled."),
        ({"stage": "delivered", "went_ahead": "yes"}, "We have been told how this session went."),
    ],
)
def test_others_are_not_said_to_be_on_a_session_that_nobody_is_down_for(
    state: dict[str, str], words: str, asha: Volunteer, session: Session
) -> None:
    SessionFactory(visit=session.visit, type=session.type, day=session.day, starts=time(13), ends=time(14), **state)
    page = text_of(client_of(asha).get(day_url(session)))
    assert words in page
    assert not re.search("Others (are|were) on", page)
