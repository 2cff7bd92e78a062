"""Whether the installation is well: one registry of checks for the doctor, the office's page, home, and `/ready/`.

Slices, and rooms of the office, declare their own checks, which are registered when the program starts (schools/apps.py).
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from threading import Lock, Thread
from time import monotonic

from django.db import connections

from schools.core.clocks import Clock

logger = logging.getLogger(__name__)

DATABASE = "database"
"""The check without which most others cannot look."""
WITHIN = 3.0
"""Seconds after which `/ready/` says no, whatever the checks are still waiting for."""
KEPT = 5.0
"""Seconds for which an answer is given again."""
GIVEN_UP = 15.0
"""Seconds after which checks that hang are left to themselves and others are started."""
HANGING = 45.0
"""Seconds after which a look at another machine counts as a fault; a name server that is away is given up after 30."""


class Level(Enum):
    """How it is."""

    WELL = "well"
    NOTE = "note"
    """Not set up, or not to be looked at from here: nothing is broken."""
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """What a check saw: how it is, and a sentence, which for a fault says what to do."""

    level: Level
    sentence: str

    @classmethod
    def well(cls, sentence: str) -> "Finding":
        """Return that all is well."""
        return cls(Level.WELL, sentence)

    @classmethod
    def note(cls, sentence: str) -> "Finding":
        """Return that there is nothing to be well or not."""
        return cls(Level.NOTE, sentence)

    @classmethod
    def fault(cls, sentence: str) -> "Finding":
        """Return that something has to be done."""
        return cls(Level.FAULT, sentence)

    @property
    def is_fault(self) -> bool:
        """Whether something has to be done."""
        return self.level is Level.FAULT


@dataclass(frozen=True)
class Check:
    """One question about the installation. Its look is cheap, and changes nothing."""

    name: str
    words: str
    """What is looked at, as the page shows it: “The database”."""
    look: Callable[[datetime], Finding]
    """Takes the time now. What it raises is a fault."""
    kept: float = KEPT
    """Seconds for which what it saw is shown again; a fault never longer than KEPT, so that its end is seen soon."""
    needs_database: bool = True
    apart: bool = False
    """It may wait for another machine, so a thread of its own looks, and pages show what was seen last."""
    on_home: bool = True
    """False where home has a line for it already."""


Findings = list[tuple[Check, Finding]]

NOT_YET = Finding.note("It is being looked at. Ask again in a moment.")
HANGS = Finding.fault(f"What it asks has not answered for {HANGING:.0f} seconds. See to what stands behind it.")
NO_DATABASE = Finding.fault("Nobody could look, because the database does not answer.")


class Watch:
    """The checks, and what each of them saw a moment ago in this process."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._seen: dict[str, tuple[float, Finding]] = {}
        self._apart: dict[str, tuple[float, Thread]] = {}
        self._faults: list[str] = []
        self._lock = Lock()
        self._looking: tuple[float, Thread] | None = None
        self._ready: tuple[float, bool] | None = None

    def register(self, checks: Iterable[Check]) -> None:
        """Add checks; one of the same name is replaced."""
        self._checks |= {check.name: check for check in checks}

    def forget(self) -> None:
        """Look at everything anew the next time."""
        self._seen, self._ready, self._looking = {}, None, None

    def findings(self, *, now: datetime, anew: bool = False) -> Findings:
        """Return what each check saw, at most so many seconds ago as it is kept; `anew`: now, however long that takes."""
        findings: Findings = []
        is_away = False
        for check in self._checks.values():
            if is_away and check.needs_database:
                findings.append((check, NO_DATABASE))
                continue
            finding = self._finding(check, now=now, anew=anew)
            is_away = is_away or (check.name == DATABASE and finding.is_fault)
            findings.append((check, finding))
        self._log(findings)
        return findings

    def faults_for_home(self, *, now: datetime) -> Findings:
        """Return the faults that home has no other line for."""
        return [(check, finding) for check, finding in self.findings(now=now) if finding.is_fault and check.on_home]

    def is_ready(self, *, clock: Clock) -> bool:
        """Return whether there is no fault. Answers within seconds, also while the database hangs."""
        with self._lock:
            if self._ready and monotonic() - self._ready[0] < KEPT:
                return self._ready[1]
            if not self._looking or not self._looking[1].is_alive() or monotonic() - self._looking[0] > GIVEN_UP:
                thread = Thread(target=self._look, args=(clock,), daemon=True, name="health")
                self._looking = (monotonic(), thread)
                thread.start()
            thread = self._looking[1]
        thread.join(WITHIN)
        return not thread.is_alive() and self._ready is not None and self._ready[1]

    def _look(self, clock: Clock) -> None:
        """Look at everything in a thread with a connection of its own."""
        try:
            is_well = not any(finding.is_fault for _, finding in self.findings(now=clock()))
            self._ready = (monotonic(), is_well)
        finally:
            connections.close_all()

    def _finding(self, check: Check, *, now: datetime, anew: bool) -> Finding:
        seen = self._seen.get(check.name)
        if seen and not anew and monotonic() - seen[0] < (min(check.kept, KEPT) if seen[1].is_fault else check.kept):
            return seen[1]
        if not check.apart or anew:
            return self._keep(check, now)
        since, thread = self._apart.get(check.name, (monotonic(), None))
        if thread is not None and thread.is_alive():
            return HANGS if monotonic() - since > HANGING else (seen[1] if seen else NOT_YET)
        thread = Thread(target=self._look_apart, args=(check, now), daemon=True, name=check.name)
        self._apart[check.name] = (monotonic(), thread)
        thread.start()
        return seen[1] if seen else NOT_YET

    def _look_apart(self, check: Check, now: datetime) -> None:
        """Look in a thread with connections of its own."""
        try:
            self._keep(check, now)
        finally:
            connections.close_all()

    def _keep(self, check: Check, now: datetime) -> Finding:
        try:
            finding = check.look(now)
        except Exception as error:  # a check that breaks must not take the others with it
            logger.debug("The check %s broke", check.name, exc_info=True)
            finding = Finding.fault(f"Looking at it failed ({type(error).__name__}). The log of this process may say more.")
        self._seen[check.name] = (monotonic(), finding)
        return finding

    def _log(self, findings: Findings) -> None:
        """Write a line when what is wrong has changed."""
        faults = [check.name for check, finding in findings if finding.is_fault]
        if faults == self._faults:
            return
        self._faults = faults
        for check, finding in findings:
            if finding.is_fault:
                logger.warning("Not well: %s: %s", check.name, finding.sentence)
        if not faults:
            logger.warning("All is well again")


watch = Watch()
"""The one of this process."""
