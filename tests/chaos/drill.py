"""Playing a fault: when it was seen, when all was well again, and what was lost or done twice by then."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.machine import SetTime, SmallDisk
from tests.live.crowd import Crowd, lost_outcomes
from tests.live.installation import Installation, eventually

MINUTE = 60.0
MONITOR = 10.0
"""Seconds after which a monitor takes no answer for a no: where all web processes wait for the database, none is there for it."""
CALM = 4.0
"""Seconds for which people use the site undisturbed between two faults."""


@dataclass
class Drill:
    """The site, what can be broken beside its processes, and what was seen so far."""

    site: Installation
    ids: Callable[[], dict[str, int]]
    """The process behind each name that runs."""
    disk: SmallDisk
    site_time: SetTime
    database_time: SetTime
    manager: str = ""
    """The cookie of somebody who sees faults on home."""
    confirmed: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Key and pupils of every outcome that the site confirmed, by session."""
    trouble: list[tuple[float, float]] = field(default_factory=list)
    """From when until when pages may have failed."""
    lines: list[str] = field(default_factory=list)
    """What to print at the end."""

    def is_well(self) -> bool:
        """Whether the site says so to a monitor, which waits so long."""
        return self.site.page("/ready/", seconds=MONITOR)[0] == 200

    def home(self) -> str:
        """What a manager reads on home; blank where it fails."""
        return self.site.page("/admin/", cookie=self.manager)[1]

    def play(
        self,
        name: str,
        begin: Callable[[], Any],
        end: Callable[[], Any],
        *,
        home: str = "",
        is_seen: bool = True,
        lasts: float = 5.0,
    ) -> None:
        """Begin a fault and end it. AssertionError where it was not seen within a minute, or all not well a minute after its end.

        `home`: words that home shows. `is_seen`: False where the site needs nobody, so that `/ready/` has nothing to say.
        """
        began = time.time()
        shown = "not to be seen"
        begin()
        try:
            if is_seen:
                eventually(lambda: not self.is_well(), seconds=MINUTE)
                shown = f"{time.time() - began:.0f} s"
            if home:
                eventually(lambda: home in self.home(), seconds=began + MINUTE - time.time())
            time.sleep(lasts)
        finally:
            end()
        ended = time.time()
        eventually(self.is_well, seconds=MINUTE)
        eventually(lambda: self.site.ask("/accounts/login/") == 200, seconds=ended + MINUTE - time.time())
        if home:
            eventually(lambda: self.home() and home not in self.home(), seconds=ended + MINUTE - time.time())
        well = time.time()
        self.trouble.append((began, well))
        self.lines.append(f"{name:<45}{shown:>16}{well - ended:>8.0f} s")
        time.sleep(CALM)

    def failures_in_calm(self, people: Crowd) -> list[dict[str, Any]]:
        """Pages that failed although nothing was broken while they were asked for."""
        return [
            line
            for line in people.lines("failed")
            if not any(began <= line["ended"] and line["began"] <= ended for began, ended in self.trouble)
        ]

    def check_outcomes(self, people: Crowd) -> None:
        """AssertionError where a confirmed outcome is missing, or one was stored twice."""
        self.confirmed |= people.outcomes()
        assert lost_outcomes(self.site, self.confirmed) == set()

    def check_mail(self) -> None:
        """AssertionError where a message neither went out once nor waits for a person."""
        eventually(lambda: self.site.unsent() == self._expired(), seconds=3 * MINUTE)
        copies = self.site.mail.copies
        rows = self.site.postgres.rows("SELECT message_id, sent_at IS NULL FROM schools_outboxmessage WHERE message_id <> ''")
        assert {copies[name] for name, is_stopped in rows if not is_stopped} <= {1}, "each went out once"
        assert {copies[name] for name, is_stopped in rows if is_stopped} <= {0, 1}, (
            "what a person decides about left once at most"
        )
        assert set(copies) <= {name for name, _ in rows}, "nothing went out that is not in the outbox"

    def _expired(self) -> int:
        """Codes that were of no use any more before they could go out."""
        waiting = "SELECT count(*) FROM schools_outboxmessage WHERE sent_at IS NULL AND stopped_at IS NULL AND expires_at < %s"
        return int(self.site.postgres.rows(waiting, self.site_time.now)[0][0])
