"""Telling of a whole visit day in one form: all of its sessions at once, or some of them; alone, with a partner, and late."""

from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools.delivery.models import OutcomeSubmission
from schools.directory.models import School
from schools.materials.models import KitLine, Material, MaterialUse
from schools.programme.models import SessionType
from schools.visits.models import Cover, Headcount, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, CoverFactory, HeadcountFactory, SessionFactory, able_volunteer
from tests.portal.pages import (
    AFTER,
    BEFORE,
    client_of,
    day_url,
    morning_at,
    opened,
    said_of,
    school_in,
    text_of,
    typed,
    whole_day,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Volunteer:
    return able_volunteer(AreaFactory(duty_phone="+441228606060"), signs_in=True, name="Asha Rahman")


@pytest.fixture
def ben(asha: Volunteer) -> Volunteer:
    return able_volunteer(asha.areas.get(), signs_in=True, name="Ben Okoro")


@pytest.fixture
def sessions(asha: Volunteer, ben: Volunteer) -> list[Session]:
    """An assembly at 9:15 and a workshop at 10:00, both Asha's and Ben's."""
    return morning_at(school_in(asha.areas.get()), asha, ben)


def sends(client: Client, session: Session, data: dict[str, Any]) -> Any:
    return client.post(day_url(session), data, headers={"accept": "application/json"})


def again_of(pairs: Any) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return data


def counted(*sessions: Session) -> list[int | None]:
    return [Headcount.objects.get(session=session, year_group=5).pupils for session in sessions]


@time_machine.travel(AFTER)
def test_a_morning_is_told_once_and_what_is_stored_is_shown(asha: Volunteer, sessions: list[Session]) -> None:
    data = whole_day(sessions, "28", "31", adults="3", note="The screen was too small.", differed="room")
    answer = client_of(asha).post(day_url(sessions[0]), data, follow=True)
    assert answer.redirect_chain == [(day_url(sessions[0], "day-reported"), 302)]
    assert counted(*sessions) == [28, 31]
    for session in sessions:
        session.refresh_from_db()
        stored = (session.stage, session.adults, session.outcome_note, session.differed, session.version)
        assert stored == ("delivered", 3, "The screen was too small.", "room", 1)
    page = text_of(answer)
    assert page.count("The screen was too small.") == 1  # what is the same for all sessions is said once
    assert "Next: what comes next for you" in page
    assert "Correct it" in page


@time_machine.travel(AFTER)
@pytest.mark.parametrize(("before", "after"), [("0", ""), ("", "0"), ("0", "3"), ("3", "0")])
def test_a_nought_and_nobody_counted_are_corrected_to_each_other(
    before: str, after: str, asha: Volunteer, sessions: list[Session]
) -> None:
    client, url = client_of(asha), day_url(sessions[0])
    client.post(url, whole_day(sessions, "28", "31", adults=before))
    versions = {f"s{session.pk}-version": "1" for session in sessions}
    client.post(url, whole_day(sessions, "28", "31", adults=after) | versions)
    for session in sessions:
        session.refresh_from_db()
        assert session.adults == (int(after) if after else None)


@time_machine.travel(AFTER)
def test_after_one_morning_the_next_untold_one_is_the_next_thing(asha: Volunteer, sessions: list[Session]) -> None:
    earlier = morning_at(school_in(asha.areas.get(), name="Hillside"), asha, day=AFTER.date() - timedelta(days=2))
    page = text_of(client_of(asha).post(day_url(sessions[0]), whole_day(sessions, "28", "31"), follow=True))
    assert "Next: tell us of Hillside, Tue 24 November" in page
    assert day_url(earlier[0]) in page


@time_machine.travel(AFTER)
def test_one_wrong_number_and_nothing_of_the_day_is_stored(asha: Volunteer, sessions: list[Session]) -> None:
    page = text_of(client_of(asha).post(day_url(sessions[0]), whole_day(sessions, "28", "2O")))
    assert "10:00–11:00 am: Year 5: give a whole number" in page
    assert 'value="28"' in page
    assert counted(*sessions) == [None, None]
    assert not OutcomeSubmission.objects.exists()


@time_machine.travel(AFTER)
def test_a_session_can_wait_but_something_has_to_be_told(asha: Volunteer, sessions: list[Session]) -> None:
    first, second = sessions
    client = client_of(asha)
    nothing = {"key": str(uuid4()), **said_of(first, went_ahead="later"), **said_of(second, went_ahead="later")}
    nothing |= {f"s{session.pk}-pupils_{session.visit.school_id}_5": "" for session in sessions}
    assert "Say of one session at least how it went." in text_of(client.post(day_url(first), nothing))
    counted_anyway = whole_day(sessions, "28", "31") | {f"s{second.pk}-went_ahead": "later"}
    assert "You counted here. Say whether it went ahead" in text_of(client.post(day_url(first), counted_anyway))
    page = text_of(
        client.post(day_url(first), whole_day(sessions, "28", "") | {f"s{second.pk}-went_ahead": "later"}, follow=True)
    )
    assert "One session is still to be told." in page
    assert counted(first, second) == [28, None]
    second.refresh_from_db()
    assert second.stage == "scheduled"
    assert client.post(day_url(first), typed(second)).status_code == 302
    assert counted(first, second) == [28, 28]


@time_machine.travel(AFTER)
def test_when_a_partner_told_of_one_session_either_can_be_kept_and_the_rest_is_stored(
    asha: Volunteer, ben: Volunteer, sessions: list[Session]
) -> None:
    first, second = sessions
    bands = Material.objects.create(name="Bands")
    for session in sessions:
        KitLine.objects.create(session_type=session.type, material=bands, quantity=1, per="pupil")
    used = f"used_{bands.pk}"
    client_of(ben).post(day_url(first), typed(first, **{f"pupils_{first.visit.school_id}_5": "25", used: "25"}))
    client = client_of(asha)
    answer = sends(client, first, whole_day(sessions, "28", "31", **{used: "50"}))
    refusal = answer.json()
    assert answer.status_code == 409
    assert refusal["differs"] == [{"what": "9:15–9:45 am: Year 5", "stored": "25", "said": "28"}]
    assert counted(first, second) == [25, None]
    assert sends(client, first, again_of(refusal["rest"])).json()["kept"]
    assert counted(first, second) == [25, 31]
    assert list(MaterialUse.objects.order_by("session__starts").values_list("used", flat=True)) == [25, 25]
    mine = again_of(sends(client, first, whole_day(sessions, "28", "31", **{used: "50"})).json()["again"])
    assert sends(client, first, mine).json()["kept"]
    assert counted(first, second) == [28, 31]
    assert list(MaterialUse.objects.order_by("session__starts").values_list("used", flat=True)) == [25, 25]


@time_machine.travel(AFTER)
def test_without_scripts_the_page_offers_the_same_two_ways(asha: Volunteer, ben: Volunteer, sessions: list[Session]) -> None:
    first, second = sessions
    client_of(ben).post(day_url(first), typed(first, **{f"pupils_{first.visit.school_id}_5": "25"}))
    client = client_of(asha)
    answer = client.post(day_url(first), whole_day(sessions, "28", "31"))
    assert "Keep what is stored, and store the rest" in text_of(answer)
    assert client.post(day_url(first), again_of(answer.context["rest"])).status_code == 302
    assert counted(first, second) == [25, 31]


@time_machine.travel(AFTER)
def test_a_later_version_replaces_the_earlier_one_and_one_that_arrives_late_changes_nothing(
    asha: Volunteer, sessions: list[Session]
) -> None:
    first, second = sessions
    client = client_of(asha)
    early = whole_day(sessions, "5", "6")
    late = whole_day(sessions, "25", "") | {f"s{second.pk}-went_ahead": "later", "replaces": early["key"]}
    assert sends(client, first, late).json()["kept"]
    assert sends(client, first, early).json()["kept"]  # answered as received, because a later version is there
    assert counted(first, second) == [25, None]
    last = whole_day(sessions, "26", "31") | {"replaces": f"{early['key']} {late['key']}"}
    for _ in range(2):
        assert sends(client, first, last).json()["kept"]
    assert counted(first, second) == [26, 31]
    first.refresh_from_db()
    assert first.version == 2


@time_machine.travel(AFTER)
def test_a_session_that_was_moved_meanwhile_is_named_and_the_others_can_be_stored(
    asha: Volunteer, sessions: list[Session]
) -> None:
    first, second = sessions
    address, data = day_url(first), whole_day(sessions, "28", "31")
    Session.objects.filter(pk=second.pk).update(day=second.day + timedelta(days=1))
    client = client_of(asha)
    page = text_of(client.post(address, data))
    assert "This session was moved to Fri 27 November 2026." in page
    assert 'value="31"' in page  # nothing that was typed is lost
    refusal = client.post(address, data, headers={"accept": "application/json"}).json()
    assert not refusal["kept"]
    assert sends(client, first, again_of(refusal["rest"])).json()["kept"]
    assert counted(first, second) == [28, None]


@time_machine.travel(AFTER)
def test_a_session_that_was_cancelled_meanwhile_is_named_and_the_others_can_be_stored(
    asha: Volunteer, sessions: list[Session]
) -> None:
    first, second = sessions
    Session.objects.filter(pk=second.pk).update(stage="cancelled", cancelled_code="school")
    client, data = client_of(asha), whole_day(sessions, "28", "31")
    page = text_of(client.post(day_url(first), data))
    assert "10:00–11:00 am: This session was cancelled." in page
    assert 'value="31"' in page
    assert counted(first, second) == [None, None]
    assert sends(client, first, again_of(sends(client, first, data).json()["rest"])).json()["kept"]
    assert counted(first, second) == [28, None]


@time_machine.travel(AFTER)
def test_somebody_taken_off_one_session_reads_what_they_had_counted_there(asha: Volunteer, sessions: list[Session]) -> None:
    first, second = sessions
    data = whole_day(sessions, "28", "31")
    Cover.objects.filter(session=second, volunteer=asha).update(state="withdrawn")
    client = client_of(asha)
    page = text_of(client.post(day_url(first), data))
    assert "You are no longer on one of these sessions. Tell your coordinator what you counted there: 31." in page
    assert sends(client, first, again_of(sends(client, first, data).json()["rest"])).json()["kept"]
    assert counted(first, second) == [28, None]


@time_machine.travel(AFTER)
def test_a_session_that_came_to_the_day_after_the_form_was_opened_waits(asha: Volunteer, sessions: list[Session]) -> None:
    data = whole_day(sessions, "28", "31")
    added = SessionFactory(visit=sessions[0].visit, type=sessions[1].type, day=sessions[0].day, starts=time(11), ends=time(12))
    CoverFactory(session=added, volunteer=asha, state="accepted")
    assert client_of(asha).post(day_url(added), data).status_code == 302
    added.refresh_from_db()
    assert (counted(*sessions), added.stage) == ([28, 31], "scheduled")


@time_machine.travel(AFTER)
def test_sessions_of_others_are_read_only_and_never_stored(asha: Volunteer, ben: Volunteer, sessions: list[Session]) -> None:
    first, second = sessions
    Cover.objects.filter(session=second, volunteer=asha).delete()
    client = client_of(asha)
    page = text_of(client.get(day_url(first)))
    assert "Others are on this session; they tell us of it." in page
    assert f"s{second.pk}-went_ahead" not in page
    client.post(day_url(first), whole_day(sessions, "28", "31"))
    assert counted(first, second) == [None, None]
    stranger = able_volunteer(asha.areas.get(), signs_in=True)
    assert client_of(stranger).get(day_url(first)).status_code == 404
    assert client_of(stranger).get(day_url(first, "day-reported")).status_code == 404


@time_machine.travel(AFTER)
def test_whether_the_pupils_are_the_same_again_is_asked_only_after_an_earlier_session_of_the_type(
    asha: Volunteer, sessions: list[Session]
) -> None:
    client = client_of(asha)
    assert "Were these pupils new?" not in text_of(client.get(day_url(sessions[0])))
    SessionFactory(visit__school=sessions[0].visit.school, type=sessions[1].type, day=AFTER.date() - timedelta(days=30))
    assert text_of(client.get(day_url(sessions[0]))).count("Were these pupils new?") == 1


@time_machine.travel(AFTER)
@pytest.mark.parametrize(("chain", "times"), [(None, 0), (4321, 1)])
def test_an_earlier_session_under_another_register_number_of_the_school_is_one_of_the_same_school(
    asha: Volunteer, sessions: list[Session], chain: int | None, times: int
) -> None:
    before = SessionFactory(type=sessions[1].type, day=AFTER.date() - timedelta(days=30)).visit.school
    School.objects.filter(pk__in=(before.pk, sessions[0].visit.school_id)).update(chain=chain)
    assert text_of(client_of(asha).get(day_url(sessions[0]))).count("Were these pupils new?") == times


@time_machine.travel(AFTER)
def test_why_not_has_no_preset(asha: Volunteer, sessions: list[Session]) -> None:
    client, pupils = client_of(asha), f"pupils_{sessions[0].visit.school_id}_5"
    page = text_of(client.post(day_url(sessions[0]), typed(sessions[0], went_ahead="no", **{pupils: ""})))
    assert "Say why it did not go ahead." in page
    assert "It did go ahead" not in page


@time_machine.travel(AFTER)
def test_materials_are_told_once_and_shared_out_over_the_sessions(asha: Volunteer, sessions: list[Session]) -> None:
    bands, puppet = Material.objects.create(name="Bands"), Material.objects.create(name="Puppet", kind="equipment")
    for session in sessions:
        KitLine.objects.create(session_type=session.type, material=bands, quantity=1, per="pupil")
        KitLine.objects.create(session_type=session.type, material=puppet, quantity=1, per="session")
    once = {f"arrived_{bands.pk}": "61", f"used_{bands.pk}": "50", f"arrived_{puppet.pk}": "1", f"used_{puppet.pk}": "1"}
    client = client_of(asha)
    client.post(day_url(sessions[0]), whole_day(sessions, "28", "31", **once))
    uses = MaterialUse.objects.order_by("material__name", "session__starts").values_list("material__name", "arrived", "used")
    assert list(uses) == [("Bands", 31, 25), ("Bands", 30, 25), ("Puppet", 1, 1), ("Puppet", 1, 1)]
    boxes = opened(client, sessions[0])
    assert {name: boxes[name] for name in once} == {name: int(value) for name, value in once.items()}
    # A correction that leaves them alone leaves each session as it is.
    MaterialUse.objects.filter(session=sessions[0], material=bands).update(used=40)
    MaterialUse.objects.filter(session=sessions[1], material=bands).update(used=10)
    versions = {f"s{session.pk}-version": "1" for session in sessions}
    client.post(day_url(sessions[0]), whole_day(sessions, "29", "31", **once, **versions))
    assert counted(*sessions) == [29, 31]
    assert [use.used for use in MaterialUse.objects.filter(material=bands).order_by("session__starts")] == [40, 10]


@time_machine.travel(AFTER)
def test_who_was_there_for_a_part_is_stored_session_by_session(asha: Volunteer, ben: Volunteer, sessions: list[Session]) -> None:
    missed = Cover.objects.get(session=sessions[1], volunteer=ben)
    client_of(asha).post(day_url(sessions[0]), whole_day(sessions, "28", "31", missed=[missed.pk]))
    states = Cover.objects.filter(volunteer=ben).order_by("session__starts").values_list("state", flat=True)
    assert list(states) == ["attended", "absent"]
    page = text_of(client_of(asha).get(day_url(sessions[0], "day-reported")))
    assert page.count("Not there") == 1


@time_machine.travel(AFTER)
def test_a_mixed_class_is_kept_as_one_number_and_marked_as_spread(asha: Volunteer, sessions: list[Session]) -> None:
    first = sessions[0]
    HeadcountFactory(session=first, year_group=4, expected=10)
    client, box = client_of(asha), f"pupils_{first.visit.school_id}_5"
    one = typed(first, mixed="30", mixed_of=["4"], **{box: ""})
    assert "Tick the year groups of the mixed class: two or more." in text_of(client.post(day_url(first), one))
    client.post(day_url(first), typed(first, mixed="20", mixed_of=["4", "5"], **{box: "8"}))
    first.refresh_from_db()
    assert first.mixed_classes == [{"school": first.visit.school_id, "shares": {"4": 5, "5": 15}}]
    assert first.count_basis == "spread"
    pupils = Headcount.objects.filter(session=first).order_by("year_group").values_list("pupils", flat=True)
    assert list(pupils) == [5, 23]
    boxes = opened(client, first)
    assert (boxes["mixed"], boxes["mixed_of"], boxes[box]) == (20, [4, 5], 8)
    page = text_of(client.get(day_url(first, "day-reported")))
    assert "Year 4 and Year 5 together: 20" in page
    assert "spread" in page


@time_machine.travel(AFTER)
def test_a_number_far_from_the_expected_one_is_asked_about_once_and_the_answer_is_kept(
    asha: Volunteer, sessions: list[Session]
) -> None:
    first = sessions[0]
    client, box = client_of(asha), f"pupils_{first.visit.school_id}_5"
    page = text_of(client.post(day_url(first), typed(first, **{box: "900"})))
    assert "900? We expected about 30." in page
    assert f'name="s{first.pk}-sure"' in page
    assert counted(first) == [None]
    of_another_number = typed(first, **{box: "900", "sure": f"{box}=90"})
    assert "900? We expected about 30." in text_of(client.post(day_url(first), of_another_number))
    client.post(day_url(first), typed(first, **{box: "900", "sure": f"{box}=900"}))
    first.refresh_from_db()
    assert (counted(first), first.sure_of) == ([900], [[first.visit.school_id, 5, 900]])
    # What is stored is not asked about again.
    assert client.post(day_url(first), typed(first, version="1", adults="3", **{box: "900"})).status_code == 302


@pytest.mark.parametrize("how_many", [1, 3])
@pytest.mark.parametrize("name", ["day-outcome", "day-reported"])
@time_machine.travel(AFTER)
def test_the_pages_of_a_day_cost_the_same_of_one_session_and_of_three(
    name: str, how_many: int, asha: Volunteer, ben: Volunteer, django_assert_num_queries: Any
) -> None:
    visit = morning_at(school_in(asha.areas.get()), asha, ben)[0].visit
    visit.sessions.exclude(starts=time(9, 15)).delete()
    sessions = [visit.sessions.get()]
    for number in range(how_many - 1):
        kind = SessionType.objects.get(slug="workshop-5-6")
        made = SessionFactory(visit=visit, type=kind, day=sessions[0].day, starts=time(10 + number), ends=time(11 + number))
        for group in range(3):
            HeadcountFactory(session=made, year_group=group, expected=30)
        for volunteer in (asha, ben):
            CoverFactory(session=made, volunteer=volunteer, state="accepted")
        sessions.append(made)
    material = Material.objects.create(name="Bands")
    KitLine.objects.create(session_type=sessions[0].type, material=material, quantity=1, per="pupil")
    client = client_of(asha)
    if name == "day-reported":
        client.post(day_url(sessions[0]), typed(sessions[0]))
    with django_assert_num_queries({"day-outcome": 9, "day-reported": 8}[name]):
        assert client.get(day_url(sessions[0], name)).status_code == 200


@time_machine.travel(AFTER)
def test_a_bookmark_of_a_sessions_form_leads_to_the_days(asha: Volunteer, sessions: list[Session]) -> None:
    client, session = client_of(asha), sessions[1]
    assert client.get(f"/sessions/{session.pk}/outcome/")["Location"] == f"{day_url(session)}#session-{session.pk}"
    reported = client.get(f"/sessions/{session.pk}/")["Location"]
    assert reported == f"{day_url(session, 'day-reported')}#session-{session.pk}"
    assert client.get(reported)["Location"] == reverse("morning", args=[session.visit_id, session.day])


@time_machine.travel(BEFORE)
def test_on_the_first_day_with_nothing_there_is_no_form(asha: Volunteer, sessions: list[Session]) -> None:
    assert "Not yet" in text_of(client_of(asha).get(day_url(sessions[0])))
    assert client_of(asha).get(f"/mornings/999999/{sessions[0].day}/outcome/").status_code == 404
