"""How long and how much memory a national import takes, against a floor measured in the same run.

Run as `python -m tests.bench.import_schools [FILE] [--links FILE] [--rounds N]`, on whatever database the settings name; it makes
a scratch database beside that one and drops it again. FILE is a national register (GIAS) and --links its file of links; without
them invented files of the same shape are made. The floor is csv.DictReader over the files and `bulk_create` of the same schools,
links and columns, nothing else: no check, no comparison, no authority, no history, no chains. django-import-export gets a part of
the same rows in the same run, as it comes and (for information) in its bulk mode. Prints the ratios; exit 1
where one misses its floor.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench.alone import Measure, emptied, measured, scratch_database
from tests.bench.import_floors import by_import_export, floor
from tests.bench.register_files import CHANGES, changed, made_file, made_links, part

MOST = {
    "first import": 2.0,
    "first import with links": 2.0,
    "unchanged import with links": 1.0,
    f"import with {CHANGES:,} changes": 1.2,
    "preview of a first import": 1.5,
    f"preview of {CHANGES:,} changes": 1.5,
}
"""Each divided by its floor."""
LEAST_FASTER, MOST_MEGABYTES = 10.0, 200


def imported(path: Path, links: Path | None = None) -> int:
    """The import itself; how many schools it has seen."""
    from datetime import UTC, datetime

    from schools.directory.actions import import_register

    now = datetime.now(UTC)
    report = import_register(path, links=links, day=now.date(), now=now)
    return report.created + report.updated + report.unchanged


def previewed(path: Path, links: Path | None = None) -> int:
    """What the import would do; how many schools it has seen."""
    from datetime import UTC, datetime

    from schools.directory.actions import preview_register

    report = preview_register(path, links=links, day=datetime.now(UTC).date())
    return report.created + report.updated + report.unchanged


@dataclass
class Results:
    """What was measured: ratios by name, each round's."""

    ratios: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    megabytes: float = 0.0

    def add(self, name: str, work: Measure, lowest: Measure) -> None:
        """Divide by the floor of the same round."""
        if work.rows != lowest.rows:
            sys.exit(f"{name}: {work.rows:,} schools, and the floor has {lowest.rows:,}: they cannot be compared.")
        self.ratios[name].append(work.seconds / lowest.seconds)
        if name not in {FASTER, IN_BULK}:
            self.megabytes = max(self.megabytes, work.megabytes)

    def told(self) -> bool:
        """Print each; whether all of them keep their floor."""
        rows = [(f"{name} ÷ floor", median(self.ratios[name]), most, "") for name, most in MOST.items()]
        rows.append(("peak memory", self.megabytes, MOST_MEGABYTES, " MB"))
        for name, value, most, unit in rows:
            print(f"{name}: {value:.2f}{unit} (at most {most}{unit}){'' if value <= most else '  MISSED'}")
        faster = median(self.ratios[FASTER])
        print(f"{FASTER}: {faster:.1f} (at least {LEAST_FASTER}){'' if faster >= LEAST_FASTER else '  MISSED'}")
        print(f"{IN_BULK}: {median(self.ratios[IN_BULK]):.1f}")
        return all(value <= most for _, value, most, _ in rows) and faster >= LEAST_FASTER


FASTER = "django-import-export ÷ our import of the same rows"
IN_BULK = "django-import-export in bulk, without checks, differences and history ÷ our import of the same rows"


def measure(path: Path, links: Path, folder: Path, *, rounds: int) -> bool:
    """Print each ratio; whether all of them keep their floor.

    In each round floors and imports run one after the other and are compared with each other; the middle round counts, so that
    a machine that is busy for a while judges neither of them.
    """
    later, some = changed(path, folder), part(path, folder)
    results = Results()
    with_changes, of_changes = f"import with {CHANGES:,} changes", f"preview of {CHANGES:,} changes"
    for _ in range(rounds):
        emptied()
        lowest = measured(floor, path)
        emptied()
        results.add("preview of a first import", measured(previewed, path), lowest)
        results.add("first import", measured(imported, path), lowest)
        emptied()
        lowest_with_links = measured(floor, path, links)
        emptied()
        results.add("first import with links", measured(imported, path, links), lowest_with_links)
        results.add("unchanged import with links", measured(imported, path, links), lowest_with_links)
        results.add(of_changes, measured(previewed, later), lowest)
        results.add(with_changes, measured(imported, later), lowest)
        emptied()
        ours = measured(imported, some)
        emptied()
        results.add(FASTER, measured(by_import_export, some), ours)
        emptied()
        results.add(IN_BULK, measured(partial(by_import_export, quickest=True), some), ours)
    print(f"{lowest.rows:,} schools, {rounds} rounds; the last floor took {lowest.seconds:.2f} s")
    return results.told()


def main() -> None:
    """Measure on a scratch database of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument("--links", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with scratch_database(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = measure(options.file or made_file(folder), options.links or made_links(folder), folder, rounds=options.rounds)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
