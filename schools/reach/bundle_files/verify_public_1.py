"""Check a folder of published figures: `python3 verify.py` in it says of each file whether it is equal to what it is made of.

It needs Python 3.10 or newer and nothing else. It was written apart from the program that made the files: it adds up the numbers
of atoms.csv, pupils.csv and rolls.csv again and compares them with every table. It ends with 0 where all is equal, else with 1.
"""

import csv
import hashlib
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

PLACES = ("nation", "region", "area", "authority")
KINDS = ("session_type", "channel", "year_group", "month")
LIST = "SHA256SUMS"
Lines = list[dict[str, str]]
Known = tuple[dict[str, dict[str, str]], dict[str, str]]


def main(folder: Path) -> int:
    """Check everything in the folder; return the number of differences."""
    wrong = checksums(folder)
    try:
        wrong += numbers(folder)
    except (OSError, KeyError, ValueError, IndexError) as error:
        wrong.append(f"The files cannot be read as they were written: {error!r}")
    for sentence in wrong:
        say("NOT EQUAL: " + sentence)
    say(f"{len(wrong)} differences." if wrong else "Everything is equal.")
    return len(wrong)


def say(sentence: str) -> None:
    """Write a line."""
    sys.stdout.write(sentence + "\n")


def checksums(folder: Path) -> list[str]:
    """Return a sentence for each file that is not the one in the list of checksums."""
    wrong: list[str] = []
    listed: set[str] = set()
    for line in (folder / LIST).read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        listed.add(name)
        path = folder / name
        if not path.is_file():
            wrong.append(name + " is missing.")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            wrong.append(name + " is not the file that was published: another SHA-256.")
        else:
            say(f"{name}: its SHA-256 is equal")
    there = {path.name for path in folder.iterdir() if path.suffix == ".csv"}
    return wrong + [name + " is in no list." for name in sorted(there - listed)]


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the lines of a CSV file, each by its columns."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def numbers(folder: Path) -> list[str]:
    """Return a sentence for each number that is not what it is made of."""
    places = {line["place"]: line for line in read(folder, "places.csv")}
    channels = {line["session_type"]: line["channel"] for line in read(folder, "session_types.csv")}
    atoms, pupils, rolls = (read(folder, name) for name in ("atoms.csv", "pupils.csv", "rolls.csv"))
    wrong = steps(atoms, "atoms.csv", ["attendances"]) + steps(pupils, "pupils.csv", ["pupils_reached_low", "pupils_reached"])
    wrong += never_more(atoms, pupils)
    for place in PLACES:
        wrong += place_table(folder, place, places, (atoms, pupils, rolls))
    for kind in KINDS:
        for place in ("nation", "region"):
            wrong += kind_table(folder, kind, place, atoms, (places, channels))
    return wrong


def steps(lines: Lines, name: str, columns: list[str]) -> list[str]:
    """Return a sentence for each number that is no multiple of five."""
    return [
        f"{name}, line {number}: {column} is no multiple of five."
        for number, line in enumerate(lines, start=2)
        for column in columns
        if int(line[column]) % 5
    ]


def year_of(month: str) -> str:
    """Return the academic year of a month like 2025-10: 2025/26."""
    start = int(month[:4]) - (1 if month[5:7] < "08" else 0)
    return f"{start}/{(start + 1) % 100:02}"


def never_more(atoms: Lines, pupils: Lines) -> list[str]:
    """Return a sentence for each place and year with more pupils than attendances, or more at least than about."""
    seats: defaultdict[Any, int] = defaultdict(int)
    for line in atoms:
        seats[line["place"], year_of(line["month"])] += int(line["attendances"])
    wrong: list[str] = []
    for line in pupils:
        low, about = int(line["pupils_reached_low"]), int(line["pupils_reached"])
        if not low <= about <= seats[line["place"], line["academic_year"]]:
            wrong.append("pupils.csv: {} in {} has too many pupils.".format(line["place"], line["academic_year"]))
    return wrong


def code_of(place: dict[str, str], cut: str) -> str:
    """Return the code of the row to which a place belongs in a table."""
    if cut == "authority":
        return place["area_code"] + "." + place["authority_code"]
    return place["nation"] if cut == "nation" else place[cut + "_code"]


def compare(name: str, rows: list[Any], column: str, sums: dict[Any, str]) -> list[str]:
    """Return a sentence for each row whose number is not the sum; a number without a row is told too."""
    wrong: list[str] = []
    codes: set[Any] = set()
    for row, code in rows:
        codes.add(code)
        if row[column] != sums.get(code, ""):
            wrong.append("{}, {}, {}: it says {}, the sum is {}.".format(name, code, column, row[column], sums.get(code, "")))
    wrong += [f"{name} has no row {code}." for code in sorted(set(sums) - codes)]
    if not wrong:
        say(f"{name}: {column} is equal")
    return wrong


def place_table(folder: Path, cut: str, places: dict[str, dict[str, str]], stored: tuple[Lines, Lines, Lines]) -> list[str]:
    """Return what is wrong in the table cut by a kind of place."""
    atoms, pupils, rolls = stored
    name = f"reach_by_{cut}.csv"
    rows = [(row, row["code"]) for row in read(folder, name)]
    wrong: list[str] = []
    whole_years = any(row["pupils_reached"] for row, _ in rows)
    columns = {"attendances": atoms, "pupils_reached_low": pupils, "pupils_reached": pupils, "pupils_on_roll": rolls}
    for column, lines in columns.items():
        # A place without any number has 0 of what is counted; a roll that nobody knows, and pupils of part of a year, are blank.
        is_zero = column == "attendances" or (column != "pupils_on_roll" and whole_years)
        sums = {code: 0 for _, code in rows} if is_zero else {}
        for line in lines:
            for code in (code_of(places[line["place"]], cut), "total"):
                sums[code] = sums.get(code, 0) + int(line[column])
        wrong += compare(name, rows, column, {code: str(number) for code, number in sums.items()})
    return wrong + per_roll(name, rows, of_rolls(cut, places, pupils, rolls)) + shares(name, rows)


def of_rolls(cut: str, places: dict[str, dict[str, str]], pupils: Lines, rolls: Lines) -> dict[str, int]:
    """Return by row the pupils of the authorities whose roll stands in it, also those told in another region."""
    wherever_told: defaultdict[str, int] = defaultdict(int)
    for line in pupils:
        wherever_told[counted_by(places[line["place"]])] += int(line["pupils_reached"])
    sums: defaultdict[str, int] = defaultdict(int)
    for line in rolls:
        for code in (code_of(places[line["place"]], cut), "total"):
            sums[code] += wherever_told[counted_by(places[line["place"]])]
    return sums


def counted_by(place: dict[str, str]) -> str:
    """Return what the pupils of a place are counted by: its area and authority, or the nation of what is in neither."""
    code = code_of(place, "authority")
    return place["nation"] if code == "none.none" else code


def per_roll(name: str, rows: list[Any], reached: dict[str, int]) -> list[str]:
    """Return what is wrong with the pupils per roll: pupils of one academic year, at most all of the roll."""
    wanted: dict[Any, str] = {}
    for row, code in rows:
        if row["period"].count("/") == 1 and row["pupils_reached"] and int(row["pupils_on_roll"] or 0):
            roll = int(row["pupils_on_roll"])
            wanted[code] = one_decimal(100 * min(reached[code], roll), roll)
    return compare(name, rows, "pupils_per_roll_percent", wanted)


def shares(name: str, rows: list[Any]) -> list[str]:
    """Return what is wrong with the share of schools in the cycle."""
    wanted: dict[Any, str] = {}
    for row, code in rows:
        if row["schools_visited_in_cycle"] and int(row["schools_in_area"] or 0):
            wanted[code] = one_decimal(100 * int(row["schools_visited_in_cycle"]), int(row["schools_in_area"]))
    return compare(name, rows, "cycle_coverage_percent", wanted)


def one_decimal(numerator: int, denominator: int) -> str:
    """Return the quotient with one decimal, halves rounded up."""
    tenths = (20 * numerator + denominator) // (2 * denominator)
    return f"{tenths // 10}.{tenths % 10}"


def kind_table(folder: Path, kind: str, within: str, atoms: Lines, known: Known) -> list[str]:
    """Return what is wrong in the table of a kind within nations or regions."""
    name = f"attendances_by_{kind}_within_{within}.csv"
    places, channels = known
    rows = [(row, (row["code"], row[kind])) for row in read(folder, name)]
    sums = {code: 0 for _, code in rows}
    for line in atoms:
        value = channels[line["session_type"]] if kind == "channel" else line[kind]
        for code in ((code_of(places[line["place"]], within), value), ("total", "TOTAL")):
            sums[code] = sums.get(code, 0) + int(line["attendances"])
    return compare(name, rows, "attendances", {code: str(number) for code, number in sums.items()})


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")) else 0)
