"""Twenty people at once claim, give back, hand on, ask, assign, take off and move: no promise breaks and no answer is lost."""

from collections import Counter, defaultdict
from datetime import date, datetime, time
from itertools import pairwise
from math import dist

import pytest

from schools.models import Batch, Cover, Session, SessionType
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, VisitFactory, able_volunteer, manager
from tests.processes import together
from tests.visits.racing import DAYS, storm, take_each_others_place

PEOPLE, COORDINATORS = 16, 4
ROUNDS = 12
MOST_STORMS = 6
DONE_IN_A_STORM = {"claim", "give back", "ask somebody", "take off", "drop out", "move"}

OF_A_MOVE = ("moved", "ask_again", "dropped")
"""What somebody is told when a session moves: a change of a cover that nobody on it made."""

pytestmark = pytest.mark.django_db(transaction=True)


def busy_mornings() -> tuple[list[int], list[int]]:
    """Volunteers, and six visits of two sessions each, twenty kilometres apart.

    Two people are down for three of them, one after the other on one day: wherever one goes a little, it comes near the others.
    """
    area = AreaFactory()
    places = [{"easting": 300_000 + 20_000 * number, "northing": 520_000} for number in range(6)]
    visits = [VisitFactory(school=SchoolFactory(area=area, **place)) for place in places]
    for number, visit in enumerate(visits):
        hour = (9, 11, 13, 9, 11, 13)[number]
        SessionFactory(visit=visit, day=DAYS[number // 3], starts=time(hour, 0), ends=time(hour, 30))
        SessionFactory(visit=visit, day=DAYS[number // 3], starts=time(hour, 30), ends=time(hour, 59))
    people = [able_volunteer(area, signs_in=True).pk for _ in range(PEOPLE)]
    for session in Session.objects.filter(visit__in=visits[:3]):
        for person in people[:2]:
            Cover.objects.create(session=session, volunteer_id=person, role="presenter", state="accepted")
    return people, [visit.pk for visit in visits]


def assert_every_promise_holds() -> None:
    holding = list(Cover.objects.holding().select_related("session__type", "session__visit__school"))
    presenting = Counter(cover.session_id for cover in holding if cover.role in {"lead", "presenter"})
    leads = Counter(cover.session_id for cover in holding if cover.role == "lead")
    for session in Session.objects.select_related("type"):
        assert presenting[session.pk] <= session.type.presenters
        assert leads[session.pk] <= 1
    held = defaultdict(list)
    for cover in holding:
        held[cover.volunteer_id, cover.session.day].append(cover)
    for covers in held.values():
        for first, second in pairwise(sorted(covers, key=lambda cover: cover.session.starts)):
            assert first.session.ends <= second.session.starts
            assert has_time_for_the_way(first.session, second.session) or first.override_note or second.override_note
    live = Counter(Cover.objects.live().values_list("session_id", "volunteer_id"))
    assert set(live.values()) <= {1}


def has_time_for_the_way(first: Session, second: Session) -> bool:
    """Rule 7, computed once more: straight line × 1.3 at 45 km/h and a quarter of an hour."""
    here, there = ((school.easting or 0, school.northing or 0) for school in (first.visit.school, second.visit.school))
    if here == there:
        return True
    there_are = datetime.combine(date.min, second.starts) - datetime.combine(date.min, first.ends)
    return there_are.total_seconds() / 60 >= dist(here, there) / 1000 * 1.3 / 45 * 60 + 15


def assert_no_answer_is_lost(done: list[tuple[str, int]], *, held_before: int) -> None:
    """As many covers as were said to have changed have changed, in the history, in each way."""
    told: Counter[str] = Counter()
    for name, covers in done:
        told[name] += covers
    history = Cover.history.exclude(news__in=OF_A_MOVE)
    yes = ("claim", "claim half", "claim what was offered", "assign somebody", "drop out")
    assert history.filter(state="accepted").count() == held_before + sum(told[name] for name in yes)
    assert history.filter(state="declined").count() == told["decline"]
    assert history.filter(state="withdrawn", gave_back=True).count() == told["give back"] + told["drop out"]
    assert history.filter(state="offered").count() == told["ask several"] + told["ask somebody"]
    # Each change by a move stands in what can be undone of it. Besides them, who was down before a move is dropped where somebody
    # else took the place before they answered.
    changes = [change for batch in Batch.objects.filter(kind="move") for change in batch.changes if change["table"] == "cover"]
    by_moves = Counter((change["pk"], change["after"]["news"]) for change in changes)
    became = Counter(Cover.history.filter(news__in=OF_A_MOVE).values_list("id", "news"))
    assert by_moves <= became
    for cover, news in became - by_moves:
        assert news == "dropped"
        assert Cover.history.filter(id=cover, news="ask_again").exists()
    # And what stands is what was said last.
    for cover in Cover.objects.all():
        last = cover.history.order_by("-history_id")[0]
        assert (last.state, last.role, last.gave_back) == (cover.state, cover.role, cover.gave_back)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_twenty_people_at_once_break_no_promise_and_lose_no_answer() -> None:
    people, visits = busy_mornings()
    held_before = Cover.objects.count()
    arguments = [("volunteer", person, [other for other in people if other != person], visits, ROUNDS) for person in people]
    arguments += [("coordinator", manager().pk, people, visits, ROUNDS) for _ in range(COORDINATORS)]
    assert len(arguments) == 20
    done: list[tuple[str, int]] = []
    # Who meets whom is chance: it goes on until of each thing something was done, and moves let some stay, asked some again, and
    # dropped some.
    for _ in range(MOST_STORMS):
        done += [one for answers in together(storm, arguments) for one in answers]
        assert [name for name, covers in done if covers < 0] == []
        assert_every_promise_holds()
        assert_no_answer_is_lost(done, held_before=held_before)
        did = {name for name, covers in done if covers > 0}
        became = set(Cover.history.values_list("news", flat=True))
        if did >= DONE_IN_A_STORM and became >= set(OF_A_MOVE):
            return
    pytest.fail(f"{MOST_STORMS} storms, and no {sorted(DONE_IN_A_STORM - did)}, {sorted(set(OF_A_MOVE) - became)}.")


@pytest.mark.exhaustive
def test_two_who_take_each_others_place_at_once_do_not_wait_in_a_circle() -> None:
    area = AreaFactory()
    visit = VisitFactory(school=SchoolFactory(area=area))
    # One presenter is all that they need, so that every yes takes somebody's place.
    kind = SessionType.objects.get(slug="parents")
    sessions = [SessionFactory(visit=visit, type=kind, starts=time(hour, 0), ends=time(hour, 30)) for hour in (9, 10)]
    people = [able_volunteer(area, signs_in=True) for _ in range(4)]
    for session in sessions:
        Cover.objects.create(session=session, volunteer=people[0], role="presenter", state="accepted")
    for _ in range(MOST_STORMS):
        assert together(take_each_others_place, [(person.pk, visit.pk, 15) for person in people]) == [[], [], [], []]
        assert_every_promise_holds()
        for session in sessions:
            assert Cover.objects.holding().filter(session=session).count() == 1
        # Until they did take each other's place, again and again.
        if Cover.history.filter(state="withdrawn").count() > 8:
            return
    pytest.fail("They hardly ever took each other's place.")
