"""People who store outcomes and repeat, with the same key, what got no answer, until the site says that it is kept."""

import json
import subprocess
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

TOKEN = "k" * 32
"""What the cookie and the header of the guard against forged forms have in common."""
PATIENCE = 8
"""Seconds after which an answer counts as none."""
MOST_TRIES = 500
"""Of one outcome; far more than a change of servers needs."""

WORLD = """
import json
from datetime import time, timedelta
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from schools.models import Cover, Headcount, Session, SessionType, Visit
from tests.factories import AreaFactory, VisitFactory, able_volunteer
from tests.portal.pages import school_in
call_command("migrate", verbosity=0)
call_command("createcachetable")
area, kind = AreaFactory(), SessionType.objects.get(slug="ks2-assembly")
yesterday = timezone.localdate() - timedelta(1)
people = []
for number in range({people}):
    person = able_volunteer(area, signs_in=True, name=f"Person {{number}}")
    client = Client()
    client.force_login(person.user)
    visit = VisitFactory(school=school_in(area, name=f"School {{number}}"))
    sessions = Session.objects.bulk_create(
        Session(visit=visit, type=kind, day=yesterday - timedelta(nth // 8), starts=time(8 + nth % 8), ends=time(8 + nth % 8, 30))
        for nth in range({sessions})
    )
    covers = Cover.objects.bulk_create(Cover(session=session, volunteer=person, state="accepted") for session in sessions)
    Headcount.objects.bulk_create(
        Headcount(session=session, school=visit.school, year_group=5, expected=30) for session in sessions
    )
    work = [(session.pk, visit.school_id, cover.pk) for session, cover in zip(sessions, covers)]
    people.append((client.cookies["sessionid"].value, work))
print(json.dumps(people))
"""
"""The tables, and people with sessions that nobody has reported yet: a cookie each, and session, school and cover."""


@dataclass
class Confirmed:
    """What the site said is kept: key and pupils by session, and which of it was sent more than once."""

    kept: dict[int, tuple[str, int]] = field(default_factory=dict)
    repeated: set[int] = field(default_factory=set)
    statuses: dict[str, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


@dataclass
class Writer:
    """One of them."""

    port: int
    cookie: str
    work: list[tuple[int, int, int]]
    confirmed: Confirmed
    stop: Event

    def start(self) -> Thread:
        """Begin, in a thread of its own."""
        thread = Thread(target=self._write)
        thread.start()
        return thread

    def _write(self) -> None:
        while self.work and not self.stop.is_set():
            session, school, cover = self.work.pop()
            key, pupils, tries = str(uuid4()), 10 + session % 50, 0
            data = {
                "key": key, "version": "", "went_ahead": "yes", "cancelled_code": "", "count_basis": "counted",
                "pupils_are": "new", "adults": "2", f"pupils_{school}_5": pupils, "attended": cover, "shown": cover,
            }  # fmt: skip
            # What was begun is brought to its end, also after the signal to stop.
            while not self._is_kept(f"/sessions/{session}/outcome/", data):
                tries += 1
                assert tries < MOST_TRIES, self.confirmed.statuses
                time.sleep(0.2)
            with self.confirmed.lock:
                self.confirmed.kept[session] = (key, pupils)
                if tries:
                    self.confirmed.repeated.add(session)

    def _is_kept(self, path: str, data: dict[str, Any]) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {
            "Host": "speakout.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1",
            "Referer": "https://speakout.example.org/", "Accept": "application/json", "X-CSRFToken": TOKEN,
            "Cookie": f"sessionid={self.cookie}; csrftoken={TOKEN}", "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        try:
            connection.request("POST", path, urlencode(data), headers)
            answer = connection.getresponse()
            status, text = str(answer.status), answer.read()
        except (OSError, HTTPException) as error:
            status, text = type(error).__name__, b""
        finally:
            connection.close()
        with self.confirmed.lock:
            self.confirmed.statuses[status] = self.confirmed.statuses.get(status, 0) + 1
        assert not status.startswith("4"), text[:500]
        return status == "200" and bool(json.loads(text).get("kept"))


def world(command: list[str], environment: dict[str, str], *, people: int, sessions: int) -> list[tuple[str, Any]]:
    """People's cookies and their work, stored by the site's own code."""
    script = WORLD.format(people=people, sessions=sessions)
    done = subprocess.run([*command, "shell", "-v0", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    people_with_work: list[tuple[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return people_with_work
