"""The people of a test: processes that are started, listened to and stopped (tests/live/people.py), and the rows they need."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.live.installation import PYTHON, ROOT, Installation


@dataclass
class Crowd:
    """Some people at the site."""

    site: Installation
    folder: Path
    """Where they write down what was confirmed."""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def come(self, kind: str, *, cookie: str = "", work: Any = (), pause: float = 0.0) -> None:
        """Let one more of them come."""
        self.folder.mkdir(exist_ok=True)
        number = len(self.processes) + 1
        file = self.folder / f"{number}.json"
        who = {"kind": kind, "port": self.site.port, "cookie": cookie, "work": list(work), "pause": pause, "number": number}
        file.write_text(json.dumps(who | {"journal": str(self.folder / f"{number}.lines")}))
        command = [PYTHON, "-m", "tests.live.people", str(file)]
        self.processes.append(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL))

    def lines(self, kind: str) -> list[dict[str, Any]]:
        """What they have written down until now of one kind: outcome, morning, talk, code, failed, refused or answers."""
        texts = [file.read_text() for file in sorted(self.folder.glob("*.lines"))]
        whole = [line for text in texts for line in text.rpartition("\n")[0].splitlines()]
        return [line for line in map(json.loads, whole) if kind in line]

    def outcomes(self) -> dict[int, tuple[str, int]]:
        """Key and pupils by session, of the outcomes that the site confirmed."""
        return {line["outcome"]: (line["key"], line["pupils"]) for line in self.lines("outcome")}

    def leave(self) -> None:
        """Let all of them finish what they have begun, and go. AssertionError where one was refused something."""
        for process in self.processes:
            process.terminate()
        ended = [process.wait(120) for process in self.processes]
        refused = self.lines("refused")
        assert refused == [], refused[:3]
        assert set(ended) <= {0}, "each of them came to an end"

    def kill(self) -> None:
        """Leave no process behind."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()


@contextmanager
def crowd(site: Installation, name: str) -> Iterator[Crowd]:
    """People who go when the test ends, however it ends."""
    people = Crowd(site, site.logs / name)
    try:
        yield people
    finally:
        people.kill()


def world(site: Installation, *calls: str, begin_at: int = 0) -> list[Any]:
    """What calls of functions of tests/live/world.py return, in a process of the site; `begin_at` as there."""
    call = f"import json; from tests.live.world import *; begin_at({begin_at}); print(json.dumps([{', '.join(calls)}]))"
    answers: list[Any] = json.loads(site.manage("shell", "-v0", "-c", call).splitlines()[-1])
    return answers


STORED = """
SELECT schools_session.id, key, pupils FROM schools_session
JOIN schools_outcomesubmission ON schools_outcomesubmission.session_id = schools_session.id
JOIN schools_headcount ON schools_headcount.session_id = schools_session.id WHERE stage = 'delivered'
"""
TWICE = "SELECT id FROM schools_historicalsession WHERE stage = 'delivered' GROUP BY id HAVING count(*) > 1"


def lost_outcomes(site: Installation, confirmed: dict[int, tuple[str, int]]) -> set[int]:
    """The sessions of which the site said that they are kept and that are not there; AssertionError for what is there twice."""
    rows = site.postgres.rows
    there = {session: (str(key), pupils) for session, key, pupils in rows(STORED)}
    lost = {session for session, kept in confirmed.items() if there.get(session) != kept}
    assert not lost & set(there), "what is there is what was sent"
    assert set(there) <= set(confirmed), "nothing is there that nobody sent"
    assert rows("SELECT count(*) FROM schools_outcomesubmission") == [(len(there),)], "each came in once"
    assert rows("SELECT DISTINCT version FROM schools_session WHERE stage = 'delivered'") == [(1,)], "and was stored once"
    assert rows(TWICE) == []
    return lost
