"""The race with other systems (tests/bench/peers): its scripts can be read, all get the same, its table has what was measured."""

import json
import os
from collections import Counter
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings

from tests.bench.peers.race import PAST, TO_COME, Size, shifts
from tests.bench.peers.rows import Row, read, table, write

os.environ.pop("SPEAKOUT_DEBUG", None)  # which benchmarks set; other tests of this process read settings without it

FOLDER = Path(settings.BASE_DIR) / "tests" / "bench" / "peers"
SYSTEMS = ("speakout", "ephios", "amy", "helfertool")
MINE = Row(
    system="Ours 1", database="sqlite", people=2, shifts=3, sign_ups=4, page="list", address="/list/", milliseconds=30.0,
    statements=5, floor=10.0,
)  # fmt: skip
OTHER = Row(
    system="Theirs 2", database="sqlite", people=2, shifts=3, sign_ups=4, page="list", address="/all/", milliseconds=40.0,
    statements=7, floor=20.0,
)  # fmt: skip


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_script_can_be_read_without_its_system_and_the_page_says_how_it_is_run(name: str) -> None:
    module = import_module(f"tests.bench.peers.{name}")
    assert all(callable(getattr(module, verb)) for verb in ("size", "fill", "pages"))
    assert f"-m tests.bench.peers.{name}" in (FOLDER / "README.md").read_text()


def test_the_table_has_what_was_measured_and_nothing_else_the_cheapest_first(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    write([MINE], file)
    write([OTHER], file)
    lines = table(read([file])).splitlines()[2:]
    assert [line.split(" | ")[1] for line in lines] == ["Theirs 2", "Ours 1"]
    assert lines[0].endswith("| 2, 3, 4 | 40 ms | 7 | 2.0 |")
    assert len(table([]).splitlines()) == 2, "nobody is in it who was not measured"


def test_of_what_was_measured_twice_the_last_counts(tmp_path: Path) -> None:
    again = Row(**{**vars(MINE), "milliseconds": 20.0})
    [line] = table([MINE, again]).splitlines()[2:]
    assert "| 20 ms |" in line


@pytest.mark.parametrize("wrong", [{"milliseconds": 0}, {"floor": 0}, {"sign_ups": 0}, {"page": "anything"}])
def test_a_row_that_nobody_measured_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({**vars(MINE), **wrong}))
    with pytest.raises(ValueError, match="was not measured"):
        list(read([file]))


def test_a_row_without_a_number_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"system": "Theirs", "page": "list"}))
    with pytest.raises(ValueError, match="line 1: a row has"):
        list(read([file]))


def test_every_system_gets_the_same_sessions_sign_ups_and_people() -> None:
    size, on = Size(people=20, schools=5, events=7, shifts=24, sign_ups=45), date(2026, 11, 24)
    plan = list(shifts(size, on=on))
    assert plan == list(shifts(size, on=on))
    assert (len(plan), len({shift.event for shift in plan})) == (24, 7)
    goes = Counter(person for shift in plan for person in shift.people)
    assert (goes.total(), len(goes)) == (45, 20)
    assert max(goes.values()) - min(goes.values()) <= 1
    assert all(len(set(shift.people)) == len(shift.people) for shift in plan), "nobody is at a session twice"
    days = [shift.begins.date() for shift in plan]
    assert (days[0], days[-1], sorted(days)) == (on - PAST, on + TO_COME, days)
