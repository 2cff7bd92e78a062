"""Two people at once: the last place, two halls at the same time, and no waiting in a circle."""

from datetime import time

import pytest

from schools.models import Batch, Cover, Session
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, VisitFactory, able_volunteer, manager
from tests.processes import together
from tests.visits.racing import claim_and_give_back, claim_in_turn, remove_in_turn, replace_in_turn

ROUNDS = 12
FEW = 5

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_place_goes_to_exactly_one_person_each_time() -> None:
    area = AreaFactory()
    first = able_volunteer(area)
    volunteers = [able_volunteer(area, signs_in=True) for _ in range(4)]
    visits = [VisitFactory(school=SchoolFactory(area=area)) for _ in range(ROUNDS)]
    # One after the other, so that no session overlaps another.
    sessions = [
        SessionFactory(visit=visit, starts=time(8 + number, 0), ends=time(8 + number, 30)) for number, visit in enumerate(visits)
    ]
    for session in sessions:
        CoverFactory(session=session, volunteer=first)
    ids = [session.pk for session in sessions]

    answers = together(claim_in_turn, [(volunteer.pk, ids) for volunteer in volunteers])

    for number, session in enumerate(sessions):
        assert Cover.objects.holding().filter(session=session).count() == 2
        refusals = [answer[number] for answer in answers if answer[number]]
        assert len(refusals) == 3
        assert set(refusals) == {f"{session} has all the people it needs now. Choose another session."}


def test_who_drops_out_is_replaced_by_exactly_one_of_two_at_once() -> None:
    area = AreaFactory()
    leaving, *others = (able_volunteer(area) for _ in range(3))
    by = manager()
    sessions = [
        SessionFactory(visit__school=SchoolFactory(area=area), starts=time(8 + number, 0), ends=time(8 + number, 30))
        for number in range(FEW)
    ]
    for session in sessions:
        CoverFactory(session=session, volunteer=leaving)
    ids = [session.pk for session in sessions]

    answers = together(replace_in_turn, [(leaving.pk, other.pk, ids, by.pk) for other in others])

    for number, session in enumerate(sessions):
        assert Cover.objects.holding().filter(session=session).count() == 1
        (refusal,) = (answer[number] for answer in answers if answer[number])
        assert "Look at the day again" in refusal
    assert Batch.objects.count() == FEW


def test_one_person_is_never_in_two_halls_at_the_same_time() -> None:
    area = AreaFactory()
    volunteer = able_volunteer(area, signs_in=True)
    pairs = []
    for number in range(ROUNDS):
        times = {"starts": time(8 + number, 0), "ends": time(8 + number, 30)}
        pairs.append([SessionFactory(visit__school=SchoolFactory(area=area), **times).pk for _ in range(2)])
    here, there = ([pair[side] for pair in pairs] for side in (0, 1))

    answers = together(claim_in_turn, [(volunteer.pk, here), (volunteer.pk, there)])

    for number, pair in enumerate(pairs):
        assert Cover.objects.holding().filter(session__in=pair, volunteer=volunteer).count() == 1
        refusals = [answer[number] for answer in answers if answer[number]]
        assert len(refusals) == 1
        assert "Choose somebody who is free then." in refusals[0]


def test_two_who_take_away_the_two_sessions_of_a_visit_leave_it_one() -> None:
    by = manager()
    visits = [VisitFactory(school=SchoolFactory(area=AreaFactory())) for _ in range(ROUNDS)]
    pairs = [[SessionFactory(visit=visit, starts=time(hour), ends=time(hour, 30)).pk for hour in (9, 11)] for visit in visits]
    early, late = ([pair[side] for pair in pairs] for side in (0, 1))

    answers = together(remove_in_turn, [(early, by.pk), (late, by.pk)])

    assert [visit.sessions.count() for visit in visits] == [1] * ROUNDS
    for refusals in zip(*answers, strict=True):
        assert sorted(refusals) == ["", "It is the only session of this visit. Cancel the visit instead."]


@pytest.mark.exhaustive
def test_claiming_and_giving_back_the_same_days_ends_with_nobody_on_them_and_no_deadlock() -> None:
    area = AreaFactory()
    visit = VisitFactory(school=SchoolFactory(area=area))
    for hour in (9, 10, 11):
        SessionFactory(visit=visit, starts=time(hour, 0), ends=time(hour, 30))
    volunteers = [able_volunteer(area, signs_in=True) for _ in range(4)]

    answers = together(claim_and_give_back, [(volunteer.pk, visit.pk, ROUNDS) for volunteer in volunteers])

    assert not Cover.objects.live().exists()
    assert {reason for answer in answers for reason in answer if "all the people it needs" not in reason} == set()
    for session in Session.objects.all():
        lived = Cover.objects.filter(session=session)
        assert lived.count() == sum(ROUNDS - len(answer) for answer in answers)
