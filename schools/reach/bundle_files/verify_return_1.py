"""Check a folder of a closed return: `python3 verify.py` in it counts its figures again and says of each whether it is equal.

It needs Python 3.10 or newer and nothing else. It was written apart from the program that made the files, straight from the
definitions. It reads sessions.csv (a line for each school in each session), lines.csv (the same lines with their row in
figures.csv), schools.csv, rolls.csv and others. It ends with 0 where all is equal, else with 1.
"""

import csv
import hashlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

GROUPS = range(7)
say = print


class Count(NamedTuple):
    """Pupils of one school and year group in one session; None: nobody counted."""

    row: str
    session: str
    school: str
    chain: str
    lineage: str
    kind: str
    year: int
    group: int
    pupils: int | None
    again: bool
    basis: str
    stretch: str


def main(folder: Path) -> int:
    """Check everything in the folder; return the number of differences."""
    wrong = checksums(folder)
    try:
        wrong += Return(folder).differences()
    except (OSError, KeyError, ValueError, IndexError) as error:
        wrong.append(f"The files cannot be read as they were written: {error!r}")
    for sentence in wrong:
        say("NOT EQUAL: " + sentence)
    say(f"{len(wrong)} differences." if wrong else "Everything is equal.")
    return len(wrong)


def checksums(folder: Path) -> list[str]:
    """Return a sentence for each file that is not the one in the list of checksums."""
    wrong: list[str] = []
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        path = folder / name
        if not path.is_file():
            wrong.append(name + " is missing.")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            wrong.append(name + " is not the file that was signed: another SHA-256.")
    return wrong


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the lines of a CSV file, each by its columns; none where there is no such file."""
    path = folder / (name + ".csv")
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def largest(numbers: Iterable[int]) -> int:
    """Return the largest number, 0 where there is none."""
    return max(numbers, default=0)


def number(cell: str) -> int | None:
    """Return the number in the cell; None where it is blank."""
    return int(cell) if cell else None


def one_decimal(numerator: int, denominator: int) -> str:
    """Return the quotient with one decimal, halves rounded up."""
    tenths = (20 * numerator + denominator) // (2 * denominator)
    return f"{tenths // 10}.{tenths % 10}"


def percent(part: int, whole: int | None) -> str:
    """Return the share in percent, blank where the whole is 0 or not known."""
    return one_decimal(100 * part, whole) if whole else ""


def academic_year(day: str) -> int:
    """Return the year in which the academic year of a day begins."""
    return int(day[:4]) - (1 if day[5:7] < "08" else 0)


class Range:
    """At least, about and at most how many pupils some counts are."""

    def __init__(self, counts: Iterable[Count], facts: "Return") -> None:
        self.facts = facts
        self.counts = [count for count in counts if count.pupils is not None]
        self.by_class: defaultdict[Any, list[Count]] = defaultdict(list)
        self.by_year: defaultdict[Any, list[Count]] = defaultdict(list)
        self.chains: defaultdict[str, set[str]] = defaultdict(set)
        for count in self.counts:
            self.by_year[count.chain, count.year].append(count)
            self.by_class[count.chain, count.year, count.group].append(count)
            self.chains[count.lineage].add(count.chain)
        self.years = sorted({count.year for count in self.counts})
        self.cohorts = {year - group for year in self.years for group in GROUPS}

    def counted(self, counts: Iterable[Count]) -> int:
        """Return the largest single headcount that somebody counted class by class."""
        return largest(count.pupils or 0 for count in counts if count.basis == "counted")

    def about(self, chain: str, year: int, group: int) -> int:
        """Return about how many pupils of a class: the most of one session type, never more than the roll allows."""
        mine = self.by_class.get((chain, year, group), [])
        most = 0
        for kind in {count.kind for count in mine}:
            of_kind = [count for count in mine if count.kind == kind]
            series = self.facts.types[kind]["series"] == "yes"
            groups: defaultdict[str, int] = defaultdict(int)
            for count in of_kind:
                if count.again or series:
                    groups[count.session] += count.pupils or 0
            new = sum(count.pupils or 0 for count in of_kind if not (count.again or series))
            most = max(most, new, largest(groups.values()))
        return self.capped(most, chain, year, group)

    def capped(self, pupils: int, chain: str, year: int, group: int) -> int:
        """Return the pupils, but not more than the exact roll, or than the largest headcount if that is more."""
        roll = self.facts.rolls.get((chain, year, group))
        return pupils if roll is None else min(pupils, max(roll, self.counted(self.by_class.get((chain, year, group), []))))

    def low_of(self, counts: list[Count]) -> int:
        """Return at least how many pupils of one chain and year these counts are."""
        by_group = sum(self.counted(count for count in counts if count.group == group) for group in GROUPS)
        totals: defaultdict[Any, int] = defaultdict(int)
        for count in counts:
            if count.basis == "spread":
                totals[count.session, count.school] += count.pupils or 0
        return max(by_group, largest(totals.values()))

    def stretches(self, lineage: str, year: int) -> list[list[Count]]:
        """Return the counts of a lineage's year, apart by the days on which its schools merged or split."""
        parts: defaultdict[str, list[Count]] = defaultdict(list)
        for chain in self.chains[lineage]:
            for count in self.by_year.get((chain, year), []):
                parts[count.stretch].append(count)
        return list(parts.values())

    def largest_stretch(self, lineage: str, year: int, group: int) -> int:
        """Return the pupils of one year group in the stretch with most of them."""
        return largest(
            sum(
                self.counted(count for count in part if count.chain == chain and count.group == group)
                for chain in self.chains[lineage]
            )
            for part in self.stretches(lineage, year)
        )

    def low(self) -> int:
        """Return at least how many pupils."""
        total = 0
        for lineage, chains in self.chains.items():
            for year in self.years:
                whole = [
                    sum(self.low_of([count for count in part if count.chain == chain]) for chain in chains)
                    for part in self.stretches(lineage, year)
                ]
                total += max(largest(whole), sum(self.largest_stretch(lineage, year, group) for group in GROUPS))
        return total

    def over_years(self, of: Callable[[int, int], int]) -> int:
        """Return the sum over all cohorts of the number `of` the year group in which the cohort was in the year with most."""
        return sum(largest(of(year, year - k) for year in self.years if year - k in GROUPS) for k in self.cohorts)

    def children_low(self) -> int:
        """Return at least how many children over the years."""
        return self.over_years(lambda year, group: sum(self.largest_stretch(lineage, year, group) for lineage in self.chains))

    def pupils_of(self, chain: str, year: int) -> int:
        """Return about how many pupils of a chain and year, never fewer than at least."""
        return max(sum(self.about(chain, year, group) for group in GROUPS), self.low_of(self.by_year.get((chain, year), [])))

    def pupils(self) -> int:
        """Return about how many pupils."""
        return sum(self.pupils_of(chain, year) for chains in self.chains.values() for chain in chains for year in self.years)

    def children(self) -> int:
        """Return about how many children over the years."""
        return sum(self.over_years(partial(self.about_in, chains)) for chains in self.chains.values())

    def about_in(self, chains: set[str], year: int, group: int) -> int:
        """Return about how many pupils of a year group in some chains."""
        return sum(self.about(chain, year, group) for chain in chains)

    def high(self, uncounted: set[Any]) -> tuple[int, bool]:
        """Return at most how many pupils, and whether there may be more; `uncounted` are the classes that nobody counted."""
        classes = set(self.by_class) | uncounted
        total = 0
        for chain, year in {(chain, year) for chain, year, _ in classes}:
            most = 0
            for group in GROUPS:
                everybody = sum(count.pupils or 0 for count in self.by_class.get((chain, year, group), []))
                if (chain, year, group) in uncounted:
                    everybody += self.facts.rolls.get((chain, year, group), 0)
                most += max(self.about(chain, year, group), self.capped(everybody, chain, year, group))
            total += max(most, self.pupils_of(chain, year))
        return total, any(of_class not in self.facts.rolls for of_class in uncounted)


class Return:
    """The files of a return, and its figures counted again."""

    def __init__(self, folder: Path) -> None:
        self.figures = read(folder, "figures")
        self.sessions = read(folder, "sessions")
        self.lines = read(folder, "lines")
        self.schools = {line["school"]: line for line in read(folder, "schools")}
        self.types = {line["session_type"]: line for line in read(folder, "session_types")}
        self.of_pupils = {kind for kind, line in self.types.items() if line["audience"] == "pupils"}
        self.elsewhere = read(folder, "elsewhere")
        self.unreported = read(folder, "unreported")
        self.rolls = {
            (line["chain"], int(line["academic_year"]), int(line["year_group"])): int(line["pupils"])
            for line in read(folder, "rolls")
        }
        self.held = [(line, self.lines[place]) for place, line in enumerate(self.sessions[: len(self.lines)])]
        self.counts = [count for line, more in self.held for count in self.counts_in(line, more)]
        self.counts_elsewhere = [self.count_elsewhere(line) for line in self.elsewhere if line["year_group"]]

    def differences(self) -> list[str]:
        """Return a sentence for each figure that is not what the lines say."""
        if not self.lines and self.sessions:
            say("The schools were not kept when this return was signed off: only attendances can be counted again.")
            return self.compare(self.figures[-1], "the whole area", self.sums())
        if [line["line"] for line in self.lines] != [str(place) for place in range(1, len(self.sessions) + 1)]:
            return ["lines.csv does not have the lines of sessions.csv."]
        wrong: list[str] = []
        for place, figures in enumerate(self.figures, start=1):
            row = str(place) if place < len(self.figures) else ""
            wrong += self.compare(figures, f"row {row}" if row else "the whole area", self.row(row))
        return wrong

    def compare(self, figures: dict[str, str], where: str, counted: dict[str, str]) -> list[str]:
        """Return a sentence for each figure that differs."""
        wrong = [
            f"figures.csv, {where}, {name}: it says {figures[name]!r}, counted again it is {value!r}."
            for name, value in counted.items()
            if figures[name] != value
        ]
        say(f"{where}: {len(counted) - len(wrong)} of {len(counted)} figures are equal")
        return wrong

    def sums(self) -> dict[str, str]:
        """Return the figures that need the session lines alone."""
        seats = [(line, sum(int(line[f"pupils_{group}"] or 0) for group in GROUPS)) for line in self.sessions]
        return {
            "attendances": str(sum(pupils for _, pupils in seats)),
            "attendances_estimated": str(sum(pupils for line, pupils in seats if line["count_basis"] != "counted")),
        }

    def counts_in(self, line: dict[str, str], more: dict[str, str]) -> list[Count]:
        """Return the counts of a line of sessions.csv; none of a session for adults."""
        kind, school, year = line["session_type"], self.schools[more["school"]], academic_year(line["day"])
        if kind not in self.of_pupils:
            return []
        return [
            Count(
                more["row"], more["session"], more["school"], school["chain"], school["lineage"], kind, year,
                int(group), number(line[f"pupils_{group}"]), line["pupils_are"] == "again", line["count_basis"], more["stretch"],
            )
            for group in line["year_groups"].split()
        ]  # fmt: skip

    def count_elsewhere(self, line: dict[str, str]) -> Count:
        """Return a count of a school of the area that lay elsewhere then."""
        school = self.schools[line["school"]]
        return Count(
            "", line["session"], line["school"], school["chain"], school["lineage"], line["session_type"],
            int(line["academic_year"]), int(line["year_group"]), number(line["pupils"]), line["pupils_are"] == "again",
            line["count_basis"], "",
        )  # fmt: skip

    def row(self, row: str) -> dict[str, str]:
        """Return the figures of a row; those of the whole area where it is blank."""
        counts = [count for count in self.counts if not row or count.row == row]
        hosts = [(line, more) for line, more in self.held if more["host_row"] and (not row or more["host_row"] == row)]
        return {**self.pupils(row, counts, hosts), **self.visits(row, counts, hosts), **self.beside(row)}

    def pupils(self, row: str, counts: list[Count], hosts: list[Any]) -> dict[str, str]:
        """Return the figures of pupils."""
        whole = Range(counts, self)
        most, is_open = whole.high(self.uncounted(row, counts, hosts))
        online = [count for count in counts if self.types[count.kind]["channel"] == "online"]
        in_person = [count for count in counts if self.types[count.kind]["channel"] != "online"]
        return {
            "attendances": str(sum(count.pupils or 0 for count in counts)),
            "attendances_estimated": str(sum(count.pupils or 0 for count in counts if count.basis != "counted")),
            "pupils_reached": str(whole.pupils()),
            "pupils_reached_low": str(whole.low()),
            "pupils_reached_high": str(most),
            "high_is_open": "yes" if is_open else "no",
            "pupils_in_person": str(Range(in_person, self).pupils()),
            "pupils_online": str(Range(online, self).pupils()),
            "children_reached": str(whole.children()),
            "children_reached_low": str(whole.children_low()),
        }

    def uncounted(self, row: str, counts: list[Count], hosts: list[Any]) -> set[Any]:
        """Return the classes in which somebody may have been whom nobody counted: chain, academic year, year group."""
        classes = {(count.chain, count.year, count.group) for count in counts if count.pupils is None}
        for line, more in hosts:
            if line["session_type"] in self.of_pupils and more["session_has_counts"] == "no":
                school = self.schools[more["school"]]
                for group in set(self.types[line["session_type"]]["year_groups"].split()) & set(school["year_groups"].split()):
                    classes.add((school["chain"], academic_year(line["day"]), int(group)))
        for line in self.unreported:
            if line["year_group"] and (not row or line["row"] == row):
                classes.add((self.schools[line["school"]]["chain"], int(line["academic_year"]), int(line["year_group"])))
        return classes

    def visited(self, counts: Iterable[Count], hosts: list[Any], *, online: bool) -> set[str]:
        """Return the chains with a session of the channel: those counted in it, or the host where nobody was."""
        chains = {count.chain for count in counts if (self.types[count.kind]["channel"] == "online") == online}
        for line, more in hosts:
            kind = line["session_type"]
            is_bare = kind in self.of_pupils and more["session_has_counts"] == "no"
            if is_bare and (self.types[kind]["channel"] == "online") == online:
                chains.add(self.schools[more["school"]]["chain"])
        return chains

    def visits(self, row: str, counts: list[Count], hosts: list[Any]) -> dict[str, str]:
        """Return the figures of sessions, visits and people."""
        hall, screen = (self.visited(counts, hosts, online=online) for online in (False, True))
        people, minutes, days = set(), 0, set()
        for line, _ in hosts:
            for person, role, state in (cover.split(":") for cover in line["covers"].split(";") if cover):
                if state == "attended":
                    minutes += int(line["minutes"])
                    days.add((person, line["visit"], line["day"]))
                    people |= {person} if role in {"lead", "presenter"} else set()
        missing = [
            line
            for line, more in hosts
            if line["session_type"] in self.of_pupils
            and (more["session_has_counts"] == "no" or int(more["session_counts_missing"]))
        ]
        adults = [int(line["adults"] or 0) for line, _ in hosts if line["session_type"] not in self.of_pupils]
        unreported = [line for line in self.unreported if not line["year_group"] and (not row or line["row"] == row)]
        return {
            "schools_visited": str(len(hall)),
            "schools_online_only": str(len(screen - hall)),
            "schools_visited_not_counted": str(len(hall - {count.chain for count in counts if count.pupils is not None})),
            "sessions_delivered": str(len(hosts)),
            "counts_missing": str(len(missing)),
            "outcomes_missing": str(len(unreported)),
            "adults": str(sum(adults)),
            "volunteers_active": str(len(people)),
            "volunteer_hours": one_decimal(minutes + 45 * len(days), 60),
        }

    def beside(self, row: str) -> dict[str, str]:
        """Return what is set against the schools that stand in the place."""
        standing = [line for line in self.schools.values() if line["stands_in_row"] and (not row or line["stands_in_row"] == row)]
        chains = {line["chain"] for line in standing}
        hosts = [(line, more) for line, more in self.held if more["host_row"]]
        visited = self.visited([*self.counts, *self.counts_elsewhere], hosts, online=False)
        visited |= {
            self.schools[line["school"]]["chain"]
            for line in self.elsewhere
            if not line["year_group"] and self.types[line["session_type"]]["channel"] != "online"
        }
        rolls = {line["school"]: [int(line[f"roll_{group}"]) for group in GROUPS if line[f"roll_{group}"]] for line in standing}
        with_roll = {line["chain"] for line in standing if rolls[line["school"]]}
        nobody_knows = bool(standing) and not with_roll
        roll = None if nobody_knows else sum(sum(numbers) for numbers in rolls.values())
        is_estimated = any(line["roll_estimated"] or not rolls[line["school"]] for line in standing)
        in_cycle = len({line["chain"] for line in standing if line["in_cycle"] == "yes"})
        children = Range([count for count in [*self.counts, *self.counts_elsewhere] if count.chain in with_roll], self).children()
        one_year = academic_year(self.figures[-1]["first_day"]) == academic_year(self.figures[-1]["last_day"])
        return {
            "schools_in_area": str(len(chains)),
            "school_coverage_percent": percent(len(chains & visited), len(chains)),
            "schools_visited_in_cycle": str(in_cycle),
            "cycle_coverage_percent": percent(in_cycle, len(chains)),
            "schools_whole_programme": str(len({line["chain"] for line in standing if line["whole_programme"] == "yes"})),
            "pupils_on_roll": "" if roll is None else str(roll),
            "pupils_on_roll_estimated": "yes" if is_estimated else "no",
            "coverage_percent": percent(children, roll) if one_year else "",
        }


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")) else 0)
