"""Each fault in turn while twenty people use the site; then everything that was confirmed is there, once."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest

from tests.chaos.drill import MINUTE, Drill
from tests.live.crowd import Crowd, crowd, world
from tests.live.installation import eventually
from tests.mail_server import CUT, TAKE_AND_CUT

OFFICE_PAGES = ["/admin/", "/admin/reach/", "/admin/running/"]
PORTAL_PAGES = ["/", "/open/", "/me/"]


@pytest.fixture(scope="module")
def people(drill: Drill) -> Iterator[tuple[Crowd, dict[str, int]]]:
    """Twenty people, who stay until the last test; and the volunteers who take mornings, by their cookies."""
    calls = ("reporters(8, 400)", "takers(4, 90)", "office()", "addresses(2)")
    reporters, takers, office, addresses = world(drill.site, *calls)
    drill.manager = office["cookie"]
    with crowd(drill.site, "people") as made:
        for cookie, work in reporters:
            made.come("report", cookie=cookie, work=work, pause=1.5)
        for cookie in takers["people"]:
            made.come("take", cookie=cookie, work=takers["work"], pause=3)
        for _ in range(2):
            made.come("talk", cookie=office["cookie"], work=[office["school"]], pause=2)
            made.come("read", cookie=office["cookie"], work=OFFICE_PAGES, pause=2)
            made.come("read", cookie=reporters[0][0], work=PORTAL_PAGES, pause=2)
        for address in addresses:
            made.come("sign in", work=[address], pause=25)
        assert len(made.processes) == 20
        eventually(lambda: len(made.outcomes()) > 8)
        yield made, takers["people"]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("name", ["mail", "heavy", "clock", "web"])
def test_a_process_that_is_killed_is_there_again(drill: Drill, name: str) -> None:
    before = drill.ids()[name]
    kill = partial(os.kill, before, signal.SIGKILL)

    def is_back() -> None:
        eventually(lambda: drill.ids().get(name, before) != before, seconds=MINUTE)

    drill.play(f"{name} is killed", kill, is_back, is_seen=False)


@pytest.mark.usefixtures("people")
def test_the_database_is_killed_and_comes_back(drill: Drill) -> None:
    drill.play("the database is killed", drill.site.postgres.kill, drill.site.postgres.start)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("name", "step", "answer"),
    [
        ("mail is refused for now", "rcpt", "450 later"),
        ("mail: cut before the text", "data", CUT),
        ("mail is refused for good", "rcpt", "550 5.7.1 nothing from you"),
        ("mail: cut after the text was taken", "text", TAKE_AND_CUT),
    ],
)
def test_the_mail_server_refuses_or_breaks_off(drill: Drill, name: str, step: str, answer: str) -> None:
    def refuse() -> None:
        drill.site.mail.plan = lambda at: answer if at == step else None
        drill.site.write_mail(name, 3)
        tried = "SELECT count(*) FROM schools_outboxmessage WHERE subject LIKE %s AND last_error <> ''"
        eventually(lambda: drill.site.postgres.rows(tried, f"{name}%") == [(3,)], seconds=2 * MINUTE)

    drill.play(name, refuse, partial(answer_as_usual, drill), is_seen=False)
    is_for_good = step == "text" or answer.startswith("5")
    stopped = "SELECT count(*) FROM schools_outboxmessage WHERE subject LIKE %s AND stopped_at IS NOT NULL"
    assert drill.site.postgres.rows(stopped, f"{name}%") == [(3 if is_for_good else 0,)]
    if is_for_good:
        eventually(lambda: "refused for good" in drill.home(), seconds=MINUTE)


def answer_as_usual(drill: Drill) -> None:
    """Let the mail server take everything."""
    drill.site.mail.plan = lambda _: None


@pytest.mark.usefixtures("people")
def test_the_mail_server_is_not_there(drill: Drill) -> None:
    def refuse() -> None:
        drill.site.mail.plan = lambda step: CUT if step == "connect" else None
        drill.site.write_mail("not there", 5)

    drill.play("the mail server is not there", refuse, partial(answer_as_usual, drill), home="The mail server is not there")


@pytest.mark.usefixtures("people")
def test_the_mail_server_is_slow_and_then_silent(drill: Drill) -> None:
    def be_slow(_: str) -> None:
        time.sleep(1)

    goes_on = Event()

    def be_silent(step: str) -> None:
        if step == "text":
            goes_on.wait(2 * MINUTE)

    def fall_silent() -> None:
        drill.site.mail.plan = be_silent
        drill.site.write_mail("silent", 6)

    def answer() -> None:
        answer_as_usual(drill)
        goes_on.set()

    def begin_slowly() -> None:
        drill.site.mail.plan = be_slow
        drill.site.write_mail("slow", 4)

    drill.play("the mail server is slow", begin_slowly, partial(answer_as_usual, drill), is_seen=False)
    drill.play("the mail server is silent", fall_silent, answer, home="Nobody sends it")


@pytest.mark.usefixtures("people")
def test_the_disk_is_full(drill: Drill) -> None:
    def make_room() -> None:
        drill.disk.make_room()
        # What systemd does with Restart=on-failure, as docs/operations.md has it, where the database gave up.
        if not drill.site.postgres.is_running():
            drill.lines.append("The database had stopped, because its disk was full.")
            drill.site.postgres.start()

    drill.play("the disk is full", drill.disk.fill, make_room, home="MB are free at", lasts=15)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("hours", [1, -1])
def test_the_time_of_the_machine_is_set_wrong(drill: Drill, hours: int) -> None:
    wrong = partial(drill.site_time.set_ahead, timedelta(hours=hours))
    right = partial(drill.site_time.set_ahead, timedelta(0))
    name = f"the time is set {'ahead' if hours > 0 else 'back'} by an hour"
    drill.play(name, wrong, right, home="seconds apart", lasts=10)


def test_at_the_end_everything_confirmed_is_there_once(drill: Drill, people: tuple[Crowd, dict[str, int]]) -> None:
    everybody, takers = people
    time.sleep(3)
    everybody.leave()
    drill.check_outcomes(everybody)
    check_talks(drill, everybody)
    check_mornings(drill, everybody, takers)
    drill.check_mail()
    assert drill.failures_in_calm(everybody) == []
    counts = {kind: len(everybody.lines(kind)) for kind in ("outcome", "talk", "morning", "code")}
    again = sum(line["tries"] > 0 for kind in ("outcome", "morning") for line in everybody.lines(kind))
    mails = sum(drill.site.mail.copies.values())
    drill.lines.append(f"{counts}, {again} of them sent again, {mails} mails; nothing lost, nothing twice")


def check_talks(drill: Drill, people: Crowd) -> None:
    """Each confirmed conversation is there once; one without an answer once at most."""
    rows = drill.site.postgres.rows("SELECT note, count(*) FROM schools_contactlog GROUP BY note")
    there: dict[str, Any] = dict(rows)
    talks = people.lines("talk")
    assert [line for line in talks if line["is_confirmed"] and there.get(line["talk"]) != 1] == []
    assert set(there.values()) <= {1}
    assert set(there) <= {line["talk"] for line in talks}


def check_mornings(drill: Drill, people: Crowd, takers: dict[str, int]) -> None:
    """Each morning has one of those who wanted it: whoever was told that it is theirs."""
    told = {(line["morning"], takers[line["by"]]) for line in people.lines("morning") if line["is_mine"]}
    assert len({morning for morning, _ in told}) == len(told), "nobody else was told so"
    rows = drill.site.postgres.rows(
        "SELECT DISTINCT visit_id, volunteer_id FROM schools_cover JOIN schools_session ON schools_session.id = session_id"
        " WHERE state = 'accepted' AND volunteer_id = ANY(%s)", list(takers.values()),
    )  # fmt: skip
    assert set(rows) == told
