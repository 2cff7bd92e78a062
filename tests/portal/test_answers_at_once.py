"""Links from mails that are pressed at the same moment, in real processes: each has one outcome, and never on another time."""

from datetime import time

import pytest

from schools.models import Area, Cover, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, VisitFactory, able_volunteer, manager
from tests.portal.answering import press_in_turn, race
from tests.portal.links import path_to
from tests.processes import together

ROUNDS = 6

pytestmark = pytest.mark.django_db(transaction=True)


def sessions_in(area: Area) -> list[Session]:
    """A session of each of several schools, one after the other, so that none overlaps another."""
    return [
        SessionFactory(visit=VisitFactory(school=SchoolFactory(area=area)), starts=time(8 + number), ends=time(8 + number, 30))
        for number in range(ROUNDS)
    ]


def offered_to(volunteer: Volunteer, sessions: list[Session], purpose: str = "yes") -> list[str]:
    for session in sessions:
        CoverFactory(session=session, volunteer=volunteer, state="offered")
    return [path_to(volunteer, [session], purpose) for session in sessions]


@pytest.mark.exhaustive
def test_one_link_on_two_devices_at_once_is_one_answer_and_both_read_that_it_is_so() -> None:
    area = AreaFactory()
    asha = able_volunteer(area, signs_in=True)
    sessions = sessions_in(area)
    paths = offered_to(asha, sessions)
    assert together(press_in_turn, [(paths,), (paths,)]) == [[302] * ROUNDS] * 2
    assert list(Cover.objects.values_list("state", flat=True)) == ["accepted"] * ROUNDS
    assert Cover.history.filter(state="accepted").count() == ROUNDS
    paths = [path_to(asha, [session], "cannot") for session in sessions]
    assert together(press_in_turn, [(paths,), (paths,)]) == [[302] * ROUNDS] * 2
    assert list(Cover.objects.values_list("state", flat=True)) == ["withdrawn"] * ROUNDS
    assert Cover.history.filter(state="withdrawn").count() == ROUNDS


@pytest.mark.exhaustive
def test_the_last_place_goes_to_one_of_those_who_press_yes_at_once() -> None:
    area = AreaFactory()
    people = [able_volunteer(area, signs_in=True) for _ in range(3)]
    sessions = sessions_in(area)
    for session in sessions:
        CoverFactory(session=session, volunteer=able_volunteer(area))
    answers = together(press_in_turn, [(offered_to(person, sessions),) for person in people])
    for number, session in enumerate(sessions):
        assert sorted(answer[number] for answer in answers) == [302, 409, 409]
        assert Cover.objects.holding().filter(session=session).count() == 2


@pytest.mark.exhaustive
def test_a_yes_and_a_no_at_once_leave_one_answer() -> None:
    area = AreaFactory()
    asha = able_volunteer(area, signs_in=True)
    sessions = sessions_in(area)
    yes = offered_to(asha, sessions)
    no = [path_to(asha, [session], "no") for session in sessions]
    answers = together(press_in_turn, [(yes,), (no,)])
    assert {status for statuses in answers for status in statuses} <= {302, 409}
    for number, session in enumerate(sessions):
        latest = Cover.objects.filter(session=session).latest("pk")
        if answers[0][number] == 302:
            assert latest.state == "accepted"
        else:
            assert (latest.state, answers[1][number]) == ("declined", 302)


@pytest.mark.exhaustive
def test_a_yes_that_meets_a_move_is_never_a_yes_to_the_new_time() -> None:
    area = AreaFactory()
    asha = able_volunteer(area, signs_in=True)
    sessions = sessions_in(area)
    paths = offered_to(asha, sessions)
    ids = [session.visit_id for session in sessions]
    _, looks = together(race, [("answers", ids, paths, 0), ("moves", ids, [], manager().pk)])
    assert len(looks) == ROUNDS
    assert set(Cover.objects.values_list("state", flat=True)) == {"offered"}
