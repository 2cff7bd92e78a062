"""Twenty people at once claim, give back, hand on, ask, assign and take off: no promise breaks and no answer is lost."""

from collections import Counter, defaultdict
from datetime import time
from itertools import pairwise

import pytest

from schools.models import Cover, Session, SessionType
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, VisitFactory, able_volunteer
from tests.processes import together
from tests.visits.racing import storm, take_each_others_place

PEOPLE = 20
ROUNDS = 12

pytestmark = pytest.mark.django_db(transaction=True)


def busy_morning() -> tuple[list[int], list[int]]:
    """Twenty volunteers and six visits of two sessions each, of which three begin at the same time."""
    area = AreaFactory()
    visits = [VisitFactory(school=SchoolFactory(area=area)) for _ in range(6)]
    for number, visit in enumerate(visits):
        hour = 9 if number < 3 else 10 + number
        SessionFactory(visit=visit, starts=time(hour, 0), ends=time(hour, 30))
        SessionFactory(visit=visit, starts=time(hour, 30), ends=time(hour, 59))
    return [able_volunteer(area, signs_in=True).pk for _ in range(PEOPLE)], [visit.pk for visit in visits]


def assert_every_promise_holds() -> None:
    holding = list(Cover.objects.holding().select_related("session__type"))
    presenting = Counter(cover.session_id for cover in holding if cover.role in {"lead", "presenter"})
    leads = Counter(cover.session_id for cover in holding if cover.role == "lead")
    for session in Session.objects.select_related("type"):
        assert presenting[session.pk] <= session.type.presenters
        assert leads[session.pk] <= 1
    times = defaultdict(list)
    for cover in holding:
        times[cover.volunteer_id].append((cover.session.starts, cover.session.ends))
    for held in times.values():
        assert all(first[1] <= second[0] for first, second in pairwise(sorted(held)))
    live = Counter(Cover.objects.live().values_list("session_id", "volunteer_id"))
    assert set(live.values()) <= {1}


def assert_no_answer_is_lost(done: list[tuple[str, int]]) -> None:
    """As many covers as were said to have changed have changed, in the history, in each way."""
    told: Counter[str] = Counter()
    for name, covers in done:
        told[name] += covers
    history = Cover.history.all()
    yes = ("claim", "claim half", "claim what was offered", "assign somebody", "replace")
    assert history.filter(state="accepted").count() == sum(told[name] for name in yes)
    assert history.filter(state="declined").count() == told["decline"]
    assert history.filter(state="withdrawn", gave_back=True).count() == told["give back"]
    assert history.filter(state="offered").count() == told["ask several"] + told["ask somebody"]
    # And what stands is what was said last.
    for cover in Cover.objects.all():
        last = cover.history.order_by("-history_id")[0]
        assert (last.state, last.role, last.gave_back) == (cover.state, cover.role, cover.gave_back)


def test_twenty_people_at_once_break_no_promise_and_lose_no_answer() -> None:
    people, visits = busy_morning()
    arguments = [(person, [other for other in people if other != person], visits, ROUNDS) for person in people]
    done = [one for answers in together(storm, arguments) for one in answers]
    assert [name for name, covers in done if covers < 0] == []
    assert_every_promise_holds()
    assert_no_answer_is_lost(done)
    # The storm was one: of each thing something was done.
    assert {name for name, covers in done if covers > 0} >= {"claim", "give back", "ask somebody", "replace", "take off"}


def test_two_who_take_each_others_place_at_once_do_not_wait_in_a_circle() -> None:
    area = AreaFactory()
    visit = VisitFactory(school=SchoolFactory(area=area))
    # One presenter is all that they need, so that every yes takes somebody's place.
    kind = SessionType.objects.get(slug="parents")
    sessions = [SessionFactory(visit=visit, type=kind, starts=time(hour, 0), ends=time(hour, 30)) for hour in (9, 10)]
    people = [able_volunteer(area, signs_in=True) for _ in range(4)]
    for session in sessions:
        Cover.objects.create(session=session, volunteer=people[0], role="presenter", state="accepted")
    wrong = together(take_each_others_place, [(person.pk, visit.pk, 15) for person in people])
    assert wrong == [[], [], [], []]
    assert_every_promise_holds()
    for session in sessions:
        assert Cover.objects.holding().filter(session=session).count() == 1
    # They did take each other's place, again and again.
    assert Cover.history.filter(state="withdrawn").count() > 8
