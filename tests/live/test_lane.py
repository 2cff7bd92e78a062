"""Ten people ask for figures at once, each of which takes long: whoever else asks for a page is answered as ever."""

from collections.abc import Iterator
from threading import Thread

import psycopg
import pytest

from schools.running.processes import PROCESSES
from tests.live.crowd import world
from tests.live.installation import Installation, eventually

PEOPLE = 10
TAKES_LONG = "LOCK TABLE schools_subscription IN ACCESS EXCLUSIVE MODE"
"""The page of reach looks there, and no other page does: it is not done until the lock is gone."""


@pytest.fixture(scope="module")
def live(made: Installation) -> Iterator[Installation]:
    made.start(next(process for process in PROCESSES if process.name == "web"), web_workers=3)
    eventually(lambda: made.ask("/live/") == 200)
    yield made
    made.kill_all()


def test_nobody_waits_for_ten_people_who_want_figures_and_each_of_them_gets_theirs(live: Installation) -> None:
    *managers, reporters = world(live, *["office()"] * PEOPLE, "reporters(1, 1)", begin_at=700_000)
    volunteer = reporters[0][0]
    statuses: list[int] = []

    def look(cookie: str) -> None:
        statuses.append(live.page("/admin/reach/", cookie=cookie)[0])

    people = [Thread(target=look, args=(manager["cookie"],)) for manager in managers]
    with psycopg.connect(host=str(live.postgres.home), user="speakout", dbname="speakout") as other:
        other.execute(TAKES_LONG)
        for person in people:
            person.start()
        # Without a lane, three of them would keep the three processes, and nobody would hear anything.
        eventually(lambda: len(statuses) >= PEOPLE - 1)
        assert statuses == [429] * (PEOPLE - 1)
        assert [live.page("/", cookie=volunteer)[0] for _ in range(20)] == [200] * 20
        other.rollback()
    for person in people:
        person.join()
    assert statuses[-1] == 200
    for manager in managers:
        eventually(lambda manager=manager: live.page("/admin/reach/", cookie=manager["cookie"])[0] == 200)  # type: ignore[misc]  # mypy infers no lambda with defaults
