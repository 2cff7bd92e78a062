"""People at the site, each a process of its own that knows nothing but HTTP: `python -m tests.live.people FILE`.

They do one thing again and again until a signal tells them to stop, and write down what the site confirmed, a line each. What got
no answer is sent again as a phone does, with the same key, where there is a key; what has none is sent once. The file says who
they are: kind, port, cookie, work, journal, pause.
"""

import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

TOKEN = "k" * 32
"""What the cookie and the header of the guard against forged forms have in common."""
PATIENCE = {"read": 60.0}
"""Seconds after which an answer counts as none; scripts wait for less than a browser does."""
OF_SCRIPTS = 8.0
DAY = 86_400
MOST_TRIES = 1_000
"""Of one thing; far more than any fault needs."""
NO_ANSWER = 0
TURN, TURN_SECONDS = 429, 2.0
"""What says that others are before us, and when to come again, as the page says it to a browser."""
ACCEPTS = {"report": "application/json"}
"""Who reports is a phone's script; everybody else opens pages."""


class Refused(Exception):
    """An answer that repeating cannot mend."""


class Person:
    """One of them."""

    def __init__(self, who: dict[str, Any]) -> None:
        self.kind, self.port, self.cookie, self.work, self.pause = (
            who[name] for name in ("kind", "port", "cookie", "work", "pause")
        )
        self.address = f"192.0.2.{who['number']}"
        self.journal = Path(who["journal"]).open("a", encoding="utf-8")  # noqa: SIM115  # open as long as we live
        self.answers: Counter[str] = Counter()
        self.goes_on = True
        signal.signal(signal.SIGTERM, self._told_to_stop)

    def _told_to_stop(self, *_: object) -> None:
        self.goes_on = False

    def note(self, **what: Any) -> None:
        """Write a line down, for good: the test reads it while we go on."""
        self.journal.write(json.dumps(what) + "\n")
        self.journal.flush()

    def ask(self, path: str, data: dict[str, Any] | None = None) -> tuple[int, str, str]:
        """Return status, text and where it leads; NO_ANSWER for a broken line."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE.get(self.kind, OF_SCRIPTS))
        headers = {
            "Host": "speakout.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": self.address,
            "Referer": "https://speakout.example.org/", "Accept": ACCEPTS.get(self.kind, "text/html"), "X-CSRFToken": TOKEN,
            "Cookie": f"csrftoken={TOKEN}" + (f"; sessionid={self.cookie}" if self.cookie else ""),
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        try:
            connection.request("POST" if data else "GET", path, urlencode(data, doseq=True) if data else None, headers)
            answer = connection.getresponse()
            status, text, leads_to = answer.status, answer.read().decode(), answer.headers.get("Location", "")
        except (OSError, HTTPException):
            status, text, leads_to = NO_ANSWER, "", ""
        finally:
            connection.close()
        self.answers[str(status)] += 1
        return status, text, leads_to

    def until_answered(self, path: str, data: dict[str, Any]) -> tuple[int, str, str, int]:
        """Send it again and again, and return the first answer that is no failure of the site, and how often it was repeated."""
        for tries in range(MOST_TRIES):
            status, text, leads_to = self.ask(path, data)
            if status != NO_ANSWER and status < 500:
                return status, text, leads_to, tries
            time.sleep(0.2)
        raise Refused(f"{path}: {self.answers}")

    def live(self) -> None:
        """Do the one thing until told to stop, or until there is no more to do."""
        for do in KINDS[self.kind](self):
            if not self.goes_on:
                break
            do()
            time.sleep(self.pause)
        self.note(answers=self.answers)


TOO_MANY = "Too many failed login attempts."
"""What the form says to an address for which too many codes were asked."""

type Things = Iterator[Callable[[], None]]


def report(person: Person) -> Things:
    """Store outcomes: session, school and cover of each are the work."""

    def store(session: int, school: int, cover: int) -> None:
        key, pupils = str(uuid4()), 10 + session % 50
        data = {
            "key": key, "version": "", "went_ahead": "yes", "cancelled_code": "", "count_basis": "counted",
            "pupils_are": "new", "adults": "2", f"pupils_{school}_5": pupils, "attended": cover, "shown": cover,
        }  # fmt: skip
        status, text, _, tries = person.until_answered(f"/sessions/{session}/outcome/", data)
        if status != 200 or not json.loads(text).get("kept"):
            raise Refused(f"session {session}: {status} {text[:500]}")
        person.note(outcome=session, key=key, pupils=pupils, tries=tries)

    for session, school, cover in reversed(person.work):
        yield lambda session=session, school=school, cover=cover: store(session, school, cover)  # type: ignore[misc]  # mypy infers no lambda with defaults


def take(person: Person) -> Things:
    """Take open mornings, for which others press the button too: visit, day and sessions of each are the work."""

    def press(visit: int, day: str, sessions: list[int]) -> None:
        status, _, leads_to, tries = person.until_answered(f"/open/{visit}/{day}/", {"sessions": sessions})
        if status == 302 and not leads_to.startswith(f"/mornings/{visit}/"):
            raise Refused(f"{leads_to} after taking the morning {visit}")
        person.note(morning=visit, by=person.cookie, is_mine=status == 302, tries=tries)

    for visit, day, sessions in person.work:
        yield lambda visit=visit, day=day, sessions=sessions: press(visit, day, sessions)  # type: ignore[misc]  # mypy infers no lambda with defaults


def talk(person: Person) -> Things:
    """Log conversations of yesterday with a school, in the office. Its form has no key: each is sent once, whatever comes back.

    Today might still be tomorrow for the site: just after midnight, while its clock is set back.
    """

    def log() -> None:
        key, yesterday = str(uuid4()), time.strftime("%Y-%m-%d", time.localtime(time.time() - DAY))
        talk = {"day": yesterday, "how": "phone", "who": "The office", "note": key}
        data = {"do": "talk"} | {f"talk-{name}": value for name, value in talk.items()}
        status, text, _ = person.ask(f"/admin/school/{person.work[0]}/talk/", data)
        if 200 <= status < 500 and status != 302:
            raise Refused(f"a conversation: {status} {text[:2000]}")
        person.note(talk=key, is_confirmed=status == 302)

    while True:
        yield log


def sign_in(person: Person) -> Things:
    """Ask for a code by e-mail, which is a mail each time: an address is the work."""

    def ask() -> None:
        status, text, leads_to = person.ask("/accounts/login/", {"login": person.work[0], "password": "", "code": "1"})
        # Where the time was set back, those of the hour to come count: too many by the network, or too many for the address.
        is_limited = status == 429 or TOO_MANY in text
        if 200 <= status < 500 and status != 302 and not is_limited:
            raise Refused(f"a code: {status} {text[text.find('<main') :][:1500]}")
        person.note(code=person.work[0], is_confirmed=status == 302 and "code" in leads_to)

    while True:
        yield ask


def read(person: Person) -> Things:
    """Open pages, and write down when one failed."""

    def look(path: str) -> None:
        began = time.time()
        status = person.ask(path)[0]
        if status == TURN:
            time.sleep(TURN_SECONDS)
            return
        if 300 <= status < 500:
            raise Refused(f"{path}: {status}")
        if status != 200:
            person.note(failed=path, status=status, began=began, ended=time.time())

    while True:
        for path in person.work:
            yield lambda path=path: look(path)  # type: ignore[misc]  # mypy infers no lambda with defaults


KINDS = {"report": report, "take": take, "talk": talk, "sign in": sign_in, "read": read}


def main() -> int:
    """Live as the file says; 1 where the site refused something that it should not refuse."""
    person = Person(json.loads(Path(sys.argv[1]).read_text()))
    try:
        person.live()
    except Refused as refused:
        person.note(refused=str(refused), answers=person.answers)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
