"""The parts of both gates, and their runner: `.ci/run` checks every change, `.ci/full` all of it before an issue is resolved.

A part is a name, a sentence and shell commands; its output goes to var/ci/NAME.log and is shown when it fails. Parts of one stage
run at the same time. To add a part, add a line to `FULL` (or to `RUN`, which has ten minutes on two cores for all its parts).
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "var" / "ci"
ENVIRONMENT = {**os.environ, "PYTHONPYCACHEPREFIX": str(LOGS / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
"""Compiled once: a process that compiles all again takes 1.1 s of CPU to set Django up instead of 0.4, and tests start many."""
COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed)\b")


@dataclass(frozen=True)
class Part:
    """Something that passes or fails by itself: its commands run in the checkout, and the first that fails ends it."""

    name: str
    what: str
    commands: str
    is_filler: bool = False
    """Takes the CPU that others leave: it begins with its stage at low priority, and the stages after it do not wait for it."""


LOW_PRIORITY = """
renice -n 10 $$ >/dev/null
[ ! -w /proc/$$/autogroup ] || echo 10 >/proc/$$/autogroup  # without it Linux gives each part of a gate the same share
"""


@dataclass
class Run:
    """A part that was started, and how it ended."""

    part: Part
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    minutes: float = 0
    status: int | None = None

    @property
    def log(self) -> Path:
        """The file with everything that the part printed."""
        return LOGS / f"{self.part.name}.log"

    @property
    def counts(self) -> str:
        """What pytest counted, of all its runs together; blank where the part runs no tests."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if re.search(r" in [\d.]+s\b", line)]
        counted: Counter[str] = Counter()
        for number, word in COUNTS.findall("\n".join(lines)):
            counted[word] += int(number)
        return ", ".join(f"{number} {word}" for word, number in counted.items())

    def end(self, status: int) -> None:
        """Note how the part ended and tell it; show its output when it failed."""
        self.status, self.minutes = status, (time.monotonic() - self.started) / 60
        if status:
            print(self.log.read_text(errors="replace"))
        outcome = "FAILED" if status else "passed"
        print(f"== {self.part.name} {outcome} in {self.minutes:.1f} min  {self.counts}".rstrip(), flush=True)


WORKERS = (os.cpu_count() or 2) + 1
"""One more than there are cores: while a test waits for its database or its browser, another one goes on."""


def pytest_on(database: str, arguments: str) -> str:
    """Return the command that runs pytest on SQLite or PostgreSQL, each time with a new database."""
    started = "bin/test" if database == "sqlite" else ".ci/with-postgres .venv/bin/python -m pytest --dist worksteal"
    return f"{started} --quiet -n {WORKERS} {arguments}"


def benchmark(name: str, arguments: str = "") -> Part:
    """Return the part that runs tests/bench/NAME.py on a database of its own; a benchmark fails where a ratio is missed."""
    command = f"AS_INSTALLED=on .ci/with-postgres .venv/bin/python -m tests.bench.{name} {arguments}".rstrip()
    return Part(f"bench-{name.replace('_', '-')}", f"the benchmark tests/bench/{name}.py on PostgreSQL", command)


NATIONAL = Part(
    "bench-national",
    "the benchmarks tests/bench/reporting.py, publishing.py and reach.py on PostgreSQL, on one charity of ten years",
    """
    AS_INSTALLED=on .ci/with-postgres bash -uc '
        missed=0
        for name in reporting publishing reach; do .venv/bin/python -m tests.bench.$name || missed=1; done
        exit $missed
    '
    """,
)
SEARCH_ON_SQLITE = Part(
    "bench-search-sqlite",
    "the benchmark tests/bench/search.py on SQLite",
    "SPEAKOUT_DATABASE_URL=sqlite:///var/ci/search.sqlite3 .venv/bin/python -m tests.bench.search",
)
QUICK = "--hypothesis-profile=quick"
LINT = Part("lint", "style of code and templates, and who may import whom", "make --silent lint")
TYPES = Part("types", "mypy, strict", "make --silent types")
MIGRATIONS = Part(
    "migrations",
    "models and migrations agree, and each migration can be rolled out beside the version before",
    """
    .venv/bin/python manage.py makemigrations --check --dry-run
    .ci/with-postgres .venv/bin/python .ci/lint-migrations
    """,
)
PRODUCTION = Part(
    "production",
    "the checks of production's settings, and its static files",
    # Throw-away values: nothing is mailed. The check asks the database what it can do.
    """
    export DJANGO_SETTINGS_MODULE=speakout.settings.production
    export SPEAKOUT_SECRET_KEY="$(.venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(60))')"
    export SPEAKOUT_ALLOWED_HOSTS=speakout.example.org
    export SPEAKOUT_MAIL_URL=smtp+tls://speakout:throw-away@mail.example.org
    export SPEAKOUT_MAIL_FROM=speakout@example.org
    export SPEAKOUT_STAFF_SECOND_FACTOR=true
    .ci/with-postgres bash -euc '
        .venv/bin/python manage.py check --deploy --fail-level WARNING
        .venv/bin/python manage.py collectstatic --noinput --verbosity 0
    '
    """,
)
COLLECTED = Part(
    "collected",
    "every test can be collected; they are compiled once, for all processes that run them",
    ".venv/bin/python -m pytest --quiet --collect-only -p no:xdist >/dev/null",
)
POSTGRES = Part(
    "postgres",
    "the suite on PostgreSQL without the tests that take longest",
    pytest_on("postgres", f"{QUICK} -m 'not (long or exhaustive)'"),
)
SQLITE = Part(
    "sqlite",
    "the same on SQLite without what is slow or made up, what uses no database, and the pages, which the browser opens there",
    pytest_on(
        "sqlite",
        f"{QUICK} -m 'not (long or slow or once or exhaustive or hypothesis)' --ignore=tests/office --ignore=tests/portal",
    ),
)
BROWSER = Part(
    "browser",
    "the browser tests, on SQLite, each in one way, without those that take longest",
    pytest_on("sqlite", f"{QUICK} -m 'not (long or exhaustive)' tests/e2e"),
)
OF_MESSAGES = "tests/visits/test_messages_model.py"
PLAYED_AT_LENGTH = "tests/e2e/phones/test_outbox.py tests/e2e/phones/test_histories.py"
WHOLE_BROWSER = Part(
    "browser",
    "all browser tests, on SQLite, but for those of soak-phone",
    pytest_on("sqlite", f"tests/e2e {' '.join(f'--ignore={file}' for file in PLAYED_AT_LENGTH.split())}"),
)

BENCHMARKS = (
    *map(benchmark, ("export_reach", "export_sessions", "import_schools", "import_volunteers", "previews", "stock", "search")),
    # Half of what a nation has tells the same in half the time: `FLAT` in it holds that memory does not grow with the file.
    benchmark("import_postcodes", "--rows 1000000"),
    benchmark("messages", "--rounds 5"),
    benchmark("message_log", "--rounds 5"),
    SEARCH_ON_SQLITE,
    NATIONAL,
)
BACKUPS = ".ci/with-postgres .ci/backups\nSPEAKOUT_DATABASE_URL=sqlite:///var/ci/backups.sqlite3 .ci/backups"
CHECKS = (LINT, TYPES, MIGRATIONS, PRODUCTION, COLLECTED)
RUN = (
    (LINT, replace(TYPES, is_filler=True), MIGRATIONS, PRODUCTION, COLLECTED),  # it takes longest, and one core
    (POSTGRES,),
    (BROWSER, replace(SQLITE, is_filler=True)),  # a browser waits now and then, SQLite's tests compute
)
FULL = (
    CHECKS,
    # While these run the machine does nothing else; the parts after them do not mind some work beside them.
    *((part,) for part in BENCHMARKS),
    # Made-up examples are few here, as in `.ci/run`: the soak makes many of them.
    (
        Part("postgres", "the whole suite on PostgreSQL", pytest_on("postgres", QUICK)),
        Part(
            "soak-messages",
            "a thousand histories of bookings and their mail, on SQLite, other ones each time",
            # Apart from the others of its file: among them two of its three tests wait in one process, one behind the other.
            "\n".join(
                pytest_on("sqlite", f"-rP --hypothesis-profile=soak {OF_MESSAGES} -k '{which}'")
                for which in ("not knows_what_is_so", "knows_what_is_so")
            ),
            is_filler=True,  # made-up examples know no time, and much of what follows waits more than it computes
        ),
    ),
    (
        Part(
            "sqlite",
            "the whole suite on SQLite, but for the tests that the soak runs there",
            pytest_on("sqlite", "-m 'not hypothesis'"),
        ),
    ),
    (WHOLE_BROWSER,),
    (
        Part(
            "soak",
            "the other tests with made-up examples on SQLite, with more of them and other ones each time",
            pytest_on("sqlite", f"-m hypothesis --hypothesis-profile=soak --durations=5 --ignore={OF_MESSAGES}"),
            is_filler=True,
        ),
        Part(
            "soak-phone",
            "5,000 histories of the phone's outbox with a made-up network, and 200 of phones against the site behind a bad line",
            # A test that stands still for 40 minutes is ended, and its log says where it stood.
            pytest_on(
                "sqlite",
                "-rP -o faulthandler_timeout=2400 -o faulthandler_exit_on_timeout=true --hypothesis-profile=soak"
                f" {PLAYED_AT_LENGTH}",
            ),
        ),
    ),
    (
        Part(
            "live",
            "real processes with production's settings: the database restarts, workers are killed",
            ".venv/bin/python -m pytest --quiet tests/live",
        ),
    ),
    (
        Part(
            "chaos",
            "everything breaks in turn while twenty people use the site; the nights on which clocks change",
            ".ci/chaos",
        ),
    ),
    (
        Part("backups", "upgrade from 0.2.0, backup, destroy, restore, compare, and the way back, on both databases", BACKUPS),
        Part("page", "live behind the proxy by the commands of docs/operations.md alone", ".ci/page"),
        Part("failover", "the primary dies while outcomes are stored, and its replica is promoted", ".ci/failover"),
    ),
)
GATES = {"run": RUN, "full": FULL}


def start(part: Part) -> Run:
    """Start the commands of a part in a group of processes of their own."""
    print(f"== {part.name}: {part.what}", flush=True)
    commands = LOW_PRIORITY + part.commands if part.is_filler else part.commands
    with (LOGS / f"{part.name}.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    return Run(part, process)


def wait_for(awaited: Collection[Run], running: Iterable[Run]) -> None:
    """Wait until the awaited have ended; note of everything that is running when it ends."""
    while any(run.status is None for run in awaited):
        for run in running:
            if run.status is None and (status := run.process.poll()) is not None:
                run.end(status)
        time.sleep(0.2)


def run_stages(stages: Iterable[Iterable[Part]], *, stop_at_failure: bool) -> list[Run]:
    """Run the parts of each stage at the same time, stage by stage; whoever stops the gate stops them too."""
    runs: list[Run] = []
    try:
        for stage in stages:
            started = [start(part) for part in stage]
            runs += started
            wait_for([run for run in started if not run.part.is_filler], runs)
            if stop_at_failure and any(run.status for run in runs):
                break
        wait_for(runs, runs)
    finally:
        for run in runs:
            if run.process.poll() is None:
                os.killpg(run.process.pid, signal.SIGTERM)
                run.process.wait()
    return runs


def table(runs: Iterable[Run]) -> str:
    """Return a line for each part: name, outcome, minutes, counts."""
    rows = [(run.part.name, "FAILED" if run.status else "passed", f"{run.minutes:.1f}", run.counts) for run in runs]
    return "\n".join(
        f"{name:<24}{outcome:<9}{minutes:>7}  {counts}".rstrip()
        for name, outcome, minutes, counts in [("part", "outcome", "minutes", "counts"), *rows]
    )


def chosen(gate: str, names: list[str]) -> list[list[Part]]:
    """Return the stages of the gate with the parts that are named; all where none is.

    Where no part has the name, it means all whose name begins so (`bench`).
    """
    known = [part.name for stage in GATES[gate] for part in stage]
    meant = {part for name in names for part in known if part == name or (name not in known and part.startswith(name))}
    stages = [[part for part in stage if not names or part.name in meant] for stage in GATES[gate]]
    if wrong := [name for name in names if not any(part.startswith(name) for part in known)]:
        sys.exit(f".ci/{gate}: there is no part {', '.join(wrong)}. There are: {', '.join(known)}.")
    return [stage for stage in stages if stage]


def main() -> int:
    """Run a gate: `gates.py run|full [--list] [PART ...]`."""
    parser = argparse.ArgumentParser(description="Run the parts of a gate, or those that are named.")
    parser.add_argument("gate", choices=GATES)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--list", action="store_true", help="say which parts there are")
    asked = parser.parse_args()
    stages = chosen(asked.gate, asked.parts)
    if asked.list:
        print("\n".join(f"{part.name:<24}{part.what}" for stage in stages for part in stage))
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    runs = run_stages(stages, stop_at_failure=asked.gate == "run")
    print(f"\n{table(runs)}\n{(time.monotonic() - began) / 60:.1f} minutes together")
    failed = [run for run in runs if run.status]
    for run in failed:
        print(f"CI FAILED at: {run.part.name} (exit {run.status}); its output: {run.log.relative_to(ROOT)}", flush=True)
    if not failed:
        print("CI passed." if not asked.parts else "These parts passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
