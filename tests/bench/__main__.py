"""All benchmarks, one after the other, and one table of every number with its goal: `python -m tests.bench [NAME ...]`.

Each runs on SQLite and on PostgreSQL, on databases of its own in a temporary folder; the national ones share theirs. That takes
hours; names choose some, `--on sqlite` or `--on postgresql` one of the databases. What a benchmark prints goes to the terminal as
it comes. Exits 1 where a goal is missed, or a benchmark fails.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NATIONAL = ("reporting", "publishing", "reach")
"""They share a charity of ten years."""
DEMO = ("startup", "pages", "load")
"""They share the national demo; the first takes nothing but an empty database, and makes it."""
ALONE = (
    *("export_reach", "export_sessions", "import_schools", "import_volunteers", "import_postcodes", "previews", "stock"),
    *("search", "messages", "message_log", "years"),
)
"""Each fills a scratch database, or an empty one."""
VENDORS = ("sqlite", "postgresql")
ON_ONE = {"years": "postgresql"}
"""Benchmarks that only one of the databases can answer."""
WAYS = {("pages", "sqlite"): (" --statistics none", " --statistics full")}
"""Pages have to keep their goals with statistics of SQLite and without."""
GOAL = re.compile(r"^(?P<name>.+?)[:,] (?P<cost>.*?)\((?P<goal>at (?:most|least) [^)]+)\)(?P<rest>.*)$")


@dataclass(frozen=True)
class Line:
    """A number with its goal, as a benchmark printed it."""

    benchmark: str
    vendor: str
    name: str
    cost: str
    goal: str
    kept: bool


def lines(benchmark: str, vendor: str, output: str) -> Iterator[Line]:
    """Yield the numbers that have a goal; those without are for people who read the whole output."""
    for text in output.splitlines():
        if match := GOAL.match(text):
            cost = f"{match['cost'].strip()} {match['rest'].replace('MISSED', '').strip(' ,;')}".strip()
            yield Line(benchmark, vendor, match["name"], cost, match["goal"], "MISSED" not in text)


def command(benchmarks: tuple[str, ...], vendor: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs the benchmarks on one database, and its environment."""
    calls = [f"{name}{way}" for name in benchmarks for way in WAYS.get((name, vendor), ("",))]
    each = "; ".join(f'echo "== {call}"; {sys.executable} -m tests.bench.{call} || echo "FAILED {call}"' for call in calls)
    if vendor == "postgresql":
        return [".ci/with-postgres", "bash", "-uc", each], {**os.environ, "AS_INSTALLED": "on"}
    url = f"sqlite:///{folder}/{benchmarks[0]}.sqlite3"
    return ["bash", "-uc", each], {**os.environ, "SPEAKOUT_DATABASE_URL": url}


def run(benchmarks: tuple[str, ...], vendor: str, folder: Path) -> Iterator[Line]:
    """Run the benchmarks, show what they print, and yield their numbers."""
    words, environment = command(benchmarks, vendor, folder)
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        assert process.stdout is not None
        name = benchmarks[0]
        for text in process.stdout:
            print(text, end="", flush=True)
            if text.startswith("== "):
                name = text[3:].strip()
            elif text.startswith("FAILED "):
                yield Line(name, vendor, "it ran to its end with every goal kept", "no", "yes", kept=False)
            yield from lines(name, vendor, text)
    if process.returncode:
        yield Line(name, vendor, "its database could be made", "no", "yes", kept=False)


def table(numbers: list[Line]) -> str:
    """Return the numbers as a table, those that miss their goal marked."""
    rows = [("benchmark", "database", "what is measured", "cost", "goal", "")]
    rows += [(row.benchmark, row.vendor, row.name, row.cost, row.goal, "" if row.kept else "MISSED") for row in numbers]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def chosen(names: list[str]) -> list[tuple[str, ...]]:
    """Return the benchmarks with these names, those that share a database together; all where none is named."""
    known = [*((name,) for name in ALONE), DEMO, NATIONAL]
    if wrong := set(names) - {name for group in known for name in group}:
        sys.exit(f"There is no benchmark {', '.join(sorted(wrong))}. There are: {', '.join((*ALONE, *DEMO, *NATIONAL))}.")
    groups = [tuple(name for name in group if not names or name in names) for group in known]
    return [group for group in groups if group]


def main() -> None:
    """Run what was chosen, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--on", choices=VENDORS)
    options = parser.parse_args()
    numbers: list[Line] = []
    with tempfile.TemporaryDirectory() as name:
        for benchmarks in chosen(options.names):
            for vendor in (options.on,) if options.on else VENDORS:
                if ON_ONE.get(benchmarks[0], vendor) == vendor:
                    numbers += run(benchmarks, vendor, Path(name))
    print(f"\n{table(numbers)}")
    sys.exit(0 if all(row.kept for row in numbers) else 1)


if __name__ == "__main__":
    main()
