"""Open sessions, saying yes and no, giving back."""

import re
from datetime import time
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from schools.directory.models import Area
from schools.visits.models import Cover, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, CoverFactory, SessionFactory, able_volunteer
from tests.portal.pages import AFTER, BEFORE, client_of, morning_at, school_in, states, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rahman")


def url(session: Session, name: str = "take") -> str:
    return reverse(name, kwargs={"visit_id": session.visit_id, "day": session.day})


@time_machine.travel(BEFORE)
def test_open_shows_the_mornings_of_my_areas_with_who_is_there(asha: Volunteer, area: Area) -> None:
    morning_at(school_in(area, name="Needs One"), able_volunteer(area, name="Ben Okoro"))
    morning_at(school_in(area, name="Full School"), able_volunteer(area), able_volunteer(area))
    morning_at(school_in(AreaFactory(), name="Elsewhere"))
    page = text_of(client_of(asha).get("/open/"))
    assert "1 visit that you may take" in page
    assert "Needs One" in page
    assert "with Ben" in page
    assert "Okoro" not in page
    assert "Full School" not in page
    assert "Elsewhere" not in page


@time_machine.travel(BEFORE)
def test_nothing_open_says_so(asha: Volunteer) -> None:
    assert "Nothing in your areas needs you just now." in text_of(client_of(asha).get("/open/"))


@pytest.mark.parametrize("how_many", [1, 3])
@time_machine.travel(BEFORE)
def test_open_costs_eight_queries_however_many_mornings(
    how_many: int, asha: Volunteer, area: Area, django_assert_num_queries: Any
) -> None:
    for _ in range(how_many):
        morning_at(school_in(area), able_volunteer(area))
    client = client_of(asha)
    with django_assert_num_queries(8):
        client.get("/open/")


@time_machine.travel(BEFORE)
def test_yes_puts_me_on_the_whole_morning(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area))
    client = client_of(asha)
    page = text_of(client.get(url(one)))
    assert "Take this morning?" in page
    assert page.count("checked") == 2
    answer = client.post(url(one), {"sessions": [one.pk, two.pk]}, follow=True)
    assert answer.redirect_chain == [(url(one, "morning"), 302)]
    assert "You’re down for this. Thank you." in text_of(answer)
    assert states(asha) == ["accepted", "accepted"]


@time_machine.travel(BEFORE)
def test_a_box_unticked_splits_the_morning(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area))
    client_of(asha).post(url(one), {"sessions": [two.pk]})
    assert list(Cover.objects.values_list("session", "state")) == [(two.pk, "accepted")]


@time_machine.travel(BEFORE)
def test_no_box_ticked_is_refused_with_what_to_do(asha: Volunteer, area: Area) -> None:
    one, _ = morning_at(school_in(area))
    page = text_of(client_of(asha).post(url(one), {}))
    assert "Tick at least one session." in page
    assert 'href="#id_sessions_0"' in page
    assert not Cover.objects.exists()


@time_machine.travel(BEFORE)
def test_a_claim_that_lost_reads_one_plain_sentence(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area))
    client = client_of(asha)
    client.get(url(one))
    for session in (one, two):
        for other in (able_volunteer(area), able_volunteer(area)):
            CoverFactory(session=session, volunteer=other)
    page = text_of(client.post(url(one), {"sessions": [one.pk]}))
    assert page.count("has all the people it needs now") == 1
    assert "See what else is open" in page
    assert states(asha) == []
    assert "has all the people it needs now" in text_of(client.get(url(one)))


@time_machine.travel(BEFORE)
def test_a_session_cancelled_meanwhile_is_said_plainly(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area))
    Session.objects.filter(pk=two.pk).update(stage="cancelled", cancelled_code="school")
    page = text_of(client_of(asha).post(url(one), {"sessions": [one.pk, two.pk]}))
    assert "moved or cancelled while you looked" in page
    assert states(asha) == []


@pytest.mark.parametrize("answer", ["yes", "no"])
@time_machine.travel(BEFORE)
def test_a_session_moved_meanwhile_is_shown_at_its_new_time_and_asked_for_again(answer: str, asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha, state="offered")
    client = client_of(asha)

    def press(page: Any) -> Any:
        boxes = re.findall(r'name="shown" value="([^"]+)"', text_of(page))
        return client.post(url(one), {"sessions": [one.pk, two.pk], "shown": boxes} | ({"no": "1"} if answer == "no" else {}))

    page = client.get(url(one))
    Session.objects.filter(pk=two.pk).update(starts=time(11), ends=time(12))
    page = press(page)
    assert "This was moved to Thu 26 November 2026, 11:00 am–12:00 pm. Say for that time whether you can come." in text_of(page)
    assert states(asha) == ["offered", "offered"]
    assert press(page).status_code == 302
    assert states(asha) == (["accepted"] if answer == "yes" else ["declined"]) * 2


@time_machine.travel(BEFORE)
def test_a_morning_of_another_area_is_not_found_unless_it_was_offered(asha: Volunteer) -> None:
    one, two = morning_at(school_in(AreaFactory()))
    client = client_of(asha)
    assert client.get(url(one)).status_code == 404
    assert client.post(url(one), {"sessions": [one.pk]}).status_code == 404
    assert states(asha) == []
    for session in (one, two):
        CoverFactory(session=session, volunteer=asha, state="offered", role="lead")
    assert "Could you take this?" in text_of(client.get(url(one)))
    client.post(url(one), {"sessions": [one.pk, two.pk]})
    assert states(asha) == ["accepted", "accepted"]
    assert set(Cover.objects.values_list("role", flat=True)) == {"lead"}


@time_machine.travel(BEFORE)
def test_a_no_to_an_offer_is_fine(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha, state="offered")
    answer = client_of(asha).post(url(one), {"sessions": [one.pk, two.pk], "no": "1"}, follow=True)
    assert "A no is fine." in text_of(answer)
    assert states(asha) == ["declined", "declined"]


@time_machine.travel(BEFORE)
def test_i_cant_make_it_gives_the_morning_back_after_asking(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha)
    client = client_of(asha)
    assert "You can’t make it?" in text_of(client.get(url(one, "give-back")))
    assert states(asha) == ["accepted", "accepted"]
    answer = client.post(url(one, "give-back"), {"sessions": [one.pk, two.pk]}, follow=True)
    assert "Thank you for telling us." in text_of(answer)
    assert states(asha) == ["withdrawn", "withdrawn"]
    assert client.get(url(one, "morning")).status_code == 404


@time_machine.travel(BEFORE)
def test_part_of_a_morning_can_be_given_back(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha)
    client_of(asha).post(url(one, "give-back"), {"sessions": [two.pk]})
    assert states(asha) == ["accepted", "withdrawn"]


@time_machine.travel(AFTER.replace(day=27))
def test_a_day_that_has_passed_is_not_given_back(asha: Volunteer, area: Area) -> None:
    one, _ = morning_at(school_in(area), asha)
    assert client_of(asha).post(url(one, "give-back"), {"sessions": [one.pk]}).status_code == 404
    assert states(asha) == ["accepted", "accepted"]


@pytest.mark.parametrize(("stage", "marked"), [("planned", True), ("confirmed", False)])
@time_machine.travel(BEFORE)
def test_what_the_school_has_not_agreed_to_is_marked_where_people_are_asked(
    stage: str, marked: bool, asha: Volunteer, area: Area
) -> None:
    sessions = morning_at(school_in(area))
    session = sessions[0]
    session.visit.stage, session.visit.agreed_on = stage, session.day if stage == "confirmed" else None
    session.visit.save()
    client = client_of(asha)
    for address in ("/open/", url(session)):
        assert ("The school hasn’t agreed yet." in text_of(client.get(address))) is marked
    client.post(url(session), {"sessions": [one.pk for one in sessions]})
    assert ("The school hasn’t agreed yet." in text_of(client.get(url(session, "morning")))) is marked


@time_machine.travel(BEFORE)
def test_who_was_asked_again_after_giving_back_and_said_yes_can_give_back_once_more(asha: Volunteer, area: Area) -> None:
    session, *_ = morning_at(school_in(area))
    client, it = client_of(asha), {"sessions": [session.pk]}
    for _ in range(2):
        client.post(url(session), it)
        assert states(asha).count("accepted") == 1
        assert "Thank you for telling us." in text_of(client.post(url(session, "give-back"), it, follow=True))
        assert "accepted" not in states(asha)


@time_machine.travel(BEFORE)
def test_a_yes_and_a_cannot_make_it_that_are_pressed_twice_are_answered_as_done(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area))
    client, both = client_of(asha), {"sessions": [one.pk, two.pk]}
    for _ in range(2):
        page = client.post(url(one), both, follow=True)
        assert page.redirect_chain == [(url(one, "morning"), 302)]
        assert "You’re down for this. Thank you." in text_of(page)
    for words in ("You’re no longer down for", "You’re no longer down for this. There is nothing more that you need to do."):
        page = client.post(url(one, "give-back"), both, follow=True)
        assert page.redirect_chain == [("/", 302)]
        assert words in text_of(page)
    assert states(asha) == ["withdrawn", "withdrawn"]


@time_machine.travel(BEFORE)
def test_a_no_that_is_pressed_twice_is_not_told_about_oneself(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha, state="offered")
    client, no = client_of(asha), {"sessions": [one.pk, two.pk], "no": ""}
    client.post(url(one), no)
    page = text_of(client.post(url(one), no))
    assert "You have answered this already, or it has changed since." in page
    assert "Asha Rahman has" not in page


def too_late(asha: Volunteer, session: Session, area: Area, *, why: str) -> None:
    """What happens between the page and the press."""
    if why == "away":
        asha.aways.create(first_day=session.day, last_day=session.day)
    elif why == "not free":
        asha.availabilities.create(weekday=(session.day.weekday() + 1) % 7, part="morning")
    elif why == "lapsed":
        asha.clearances.update(recheck_on=session.day)
    elif why == "paused":
        Volunteer.objects.filter(pk=asha.pk).update(status="paused")
    elif why == "conflict":
        asha.conflicts.create(school=session.visit.school)
    elif why == "sign-off":
        asha.sign_offs.all().delete()
    else:
        at = {"day": session.day, "starts": session.starts, "ends": session.ends}
        CoverFactory(session=SessionFactory(visit__school=school_in(area), **at), volunteer=asha)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("away", "You told us that you are away on Thu 26 November 2026. Change that under Me first, if you can come."),
        ("not free", "You told us that you can’t usually come on Thursday mornings."),
        ("lapsed", "We have no DBS decision of yours that is clear on Thu 26 November 2026. Phone your coordinator"),
        ("paused", "We have you down as paused. Only active volunteers take sessions"),
        ("conflict", "We have written down that you don’t go to"),
        ("sign-off", "You are not signed off for “KS2 assembly” on that day."),
        ("elsewhere", "Phone your coordinator if you would rather come here."),
    ],
)
@time_machine.travel(BEFORE)
def test_a_refusal_speaks_to_the_volunteer_and_not_about_them(asha: Volunteer, area: Area, why: str, words: str) -> None:
    one, _ = morning_at(school_in(area))
    CoverFactory(session=one, volunteer=asha, state="offered")
    client = client_of(asha)
    client.get(url(one))
    too_late(asha, one, area, why=why)
    page = text_of(client.post(url(one), {"sessions": [one.pk]}))
    assert words in page
    assert f"{asha} is" not in page
    assert "in the note" not in page
    assert states(asha).count("accepted") == (1 if why == "elsewhere" else 0)


@time_machine.travel(BEFORE)
def test_who_is_down_for_a_part_takes_the_rest_with_one_press(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area))
    CoverFactory(session=one, volunteer=asha, state="accepted")
    CoverFactory(session=two, volunteer=asha, state="offered")
    client = client_of(asha)
    form = client.get(url(one)).context["form"]
    assert form.initial["sessions"] == [two.pk]
    stale = {"sessions": [one.pk, two.pk]}
    assert client.post(url(one), stale).status_code == 302, "a page of before ticks both"
    assert states(asha) == ["accepted", "accepted"]
    assert client.get(url(one)).headers["Location"] == url(one, "morning")


@pytest.mark.parametrize(("answer", "leads_to"), [({}, "/mornings/"), ({"no": "1"}, "/")])
@time_machine.travel(BEFORE)
def test_an_answer_in_another_area_that_is_pressed_twice_is_the_same_answer(
    asha: Volunteer, answer: dict[str, str], leads_to: str
) -> None:
    (one, _two) = morning_at(school_in(AreaFactory()), asha, state="offered")
    client = client_of(asha)
    sent = {"sessions": list(one.visit.sessions.values_list("pk", flat=True)), **answer}
    for _ in range(2):
        answered = client.post(url(one), sent)
        assert answered.status_code == 302
        assert answered.headers["Location"].startswith(leads_to)
    assert set(states(asha)) == {"declined" if answer else "accepted"}
    Cover.objects.all().delete()
    assert client.post(url(one), sent).status_code == 404


@time_machine.travel(BEFORE)
def test_a_part_that_is_given_back_twice_is_given_back_once_and_said_so(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha)
    client = client_of(asha)
    for _ in range(2):
        assert client.post(url(one, "give-back"), {"sessions": [one.pk], "why": "unwell"}).status_code == 302
    assert set(Cover.objects.filter(volunteer=asha).values_list("session", "state")) == {
        (one.pk, "withdrawn"),
        (two.pk, "accepted"),
    }


@time_machine.travel(BEFORE)
def test_who_gave_a_part_back_elsewhere_and_gives_all_back_is_not_told_that_all_is_done(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha)
    client = client_of(asha)
    client.post(url(one, "give-back"), {"sessions": [one.pk], "why": "unwell"})
    stale = client.post(url(one, "give-back"), {"sessions": [one.pk, two.pk], "why": "unwell"})
    assert "A session was moved or cancelled while you looked." in text_of(stale)
    assert states(asha) == ["withdrawn", "accepted"]
    assert client.post(url(one, "give-back"), {"sessions": [two.pk], "why": "unwell"}).status_code == 302
    assert states(asha) == ["withdrawn", "withdrawn"]


@time_machine.travel(BEFORE)
def test_what_was_offered_is_taken_in_its_role_and_what_is_open_beside_it_as_presenter(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area))
    CoverFactory(session=two, volunteer=asha, state="offered", role="trainee")
    client_of(asha).post(url(one), {"sessions": [one.pk, two.pk]})
    assert dict(Cover.objects.values_list("session", "role")) == {one.pk: "presenter", two.pk: "trainee"}
    assert states(asha) == ["accepted", "accepted"]
