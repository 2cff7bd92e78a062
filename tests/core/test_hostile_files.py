"""A file that is made to harm its reader is refused in one sentence: it takes no more memory and time than is stated."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from schools.core import tables
from schools.core.tables import LONG_LIST, READER, UPLOAD, Limits, UnreadableTable, open_table
from tests.core import hostile


def read(path: Path, limits: Limits = UPLOAD) -> list[tuple[int, list[str]]]:
    with open_table(path, limits=limits) as rows:
        return list(rows)


def refusal(path: Path, limits: Limits = UPLOAD) -> str:
    with pytest.raises(UnreadableTable) as caught:
        read(path, limits)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("make", "name", "words"),
    [
        (lambda path: hostile.repeated(path, columns=10_000, rows=10_000), "a.ods", "more than 512 MB of memory"),
        pytest.param(
            lambda path: hostile.repeated(path, columns=1_000, rows=4_000),
            "a.ods",
            "more than 512 MB of memory|20,000,000 cells",
            marks=pytest.mark.exhaustive,
        ),
        (lambda path: hostile.repeated(path, columns=1, rows=900_000), "a.ods", "more than 500,000 rows"),
        (hostile.far_apart, "a.xlsx", "more than 512 MB of memory"),
        pytest.param(hostile.far_down, "a.xlsx", "more than 500,000 rows", marks=pytest.mark.exhaustive),
        pytest.param(
            lambda path: hostile.blank_lines(path, 60), "a.csv.gz", "more than 500,000 rows", marks=pytest.mark.exhaustive
        ),
        (lambda path: hostile.half(path, hostile.far_down), "a.xlsx", "broken off"),
        (lambda path: hostile.half(path, lambda whole: hostile.blank_lines(whole, 1)), "a.csv.gz", "broken off"),
        (hostile.another_kind, "a.xlsx", "not a spreadsheet"),
        (hostile.another_kind, "a.ods", "not the kind of file|not a spreadsheet"),
        (hostile.far_down, "a.csv", "a zip file or a workbook"),
        (hostile.far_down, "a.ods", "not a spreadsheet"),
        (lambda path: hostile.repeated(path, columns=2, rows=2), "a.xlsx", "not a spreadsheet"),
    ],
)
def test_a_hostile_file_is_refused_in_one_sentence(tmp_path: Path, make: Callable[[Path], Path], name: str, words: str) -> None:
    path = make(tmp_path / name)
    assert path.stat().st_size < 100_000
    with pytest.raises(UnreadableTable, match=words):
        read(path)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_workbook_of_millions_of_texts_ends_its_reader_and_nothing_else(tmp_path: Path) -> None:
    path = hostile.many_texts(tmp_path / "a.xlsx", 12_000_000)
    assert path.stat().st_size < 1_000_000
    assert "more than 512 MB of memory" in refusal(path)


@pytest.mark.parametrize(("make", "name"), [(hostile.large_part, "a.xlsx"), (hostile.zip_bomb, "a.zip")])
def test_what_is_larger_than_the_limit_once_it_is_unpacked_is_refused(
    tmp_path: Path, make: Callable[..., Path], name: str
) -> None:
    limits = dataclasses.replace(UPLOAD, unpacked=20_000_000)
    assert "holds more than 20 MB once it is unpacked" in refusal(make(tmp_path / name, megabytes=21), limits)
    assert read(make(tmp_path / name, megabytes=1), limits)


def test_a_repeated_cell_that_fits_is_read_as_often_as_it_says(tmp_path: Path) -> None:
    path = hostile.repeated(tmp_path / "a.ods", columns=3, rows=4, text="Fellside")
    assert read(path) == [(line, ["Fellside"] * 3) for line in range(1, 5)]


def test_a_reader_that_takes_too_long_is_ended_by_itself_and_by_the_system(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b,c\n" * 200_000)
    at_once = dataclasses.replace(UPLOAD, seconds=0)
    assert "takes longer than 0 seconds to read" in refusal(path, at_once)
    assert "takes longer than 15 seconds to read" in tables._died(path, -signal.SIGXCPU, UPLOAD)


@pytest.mark.parametrize(
    "by",
    [
        signal.SIGKILL, signal.SIGABRT,
        *(pytest.param(other, marks=pytest.mark.exhaustive) for other in (signal.SIGSEGV, signal.SIGXCPU, signal.SIGTERM)),
    ],
)  # fmt: skip
def test_a_reader_that_dies_by_any_signal_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: signal.Signals
) -> None:
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import os, sys\n"
        'sys.stdout.write(\'{"sheet": 0, "rows": [[1, ["a", "b"]]]}\\n{"sheet": 0, "ro\')\nsys.stdout.flush()\n'
        f"os.kill(os.getpid(), {int(by)})\n"
    )
    monkeypatch.setattr(tables, "READER", reader)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    assert "Save it as CSV, or split it." in refusal(path)


def limits_of(reader: str) -> subprocess.CompletedProcess[str]:
    """What a program that is limited like the reader, and then runs these lines, prints."""
    start = (
        f"import runpy, sys; own = runpy.run_path({str(READER)!r}); "
        f"own['limit_itself']({json.dumps(dataclasses.asdict(UPLOAD))}); "
    )
    command = [sys.executable, "-I", "-c", start + reader]
    return subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)  # noqa: S603  # our own program


@pytest.mark.parametrize(
    "harm", ["open('/etc/hostname')", "open('/tmp/speakout-harm', 'w')", "import socket; socket.socket()", "bytearray(600 << 20)"]
)
def test_the_reader_opens_no_file_and_no_connection_and_takes_no_more_memory(harm: str) -> None:
    ended = limits_of(f"exec({harm!r})")
    assert ended.returncode == 1
    assert any(words in ended.stderr for words in ("Too many open files", "MemoryError")), ended.stderr


def test_the_reader_gets_no_secret_and_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKOUT_SECRET_KEY", "secret")
    reader = tmp_path / "reader.py"
    lines = ("import json, os", 'print(json.dumps({"problem": " ".join([*os.environ, *sorted(os.listdir("/proc/self/fd"))])}))')
    reader.write_text("\n".join(lines))
    monkeypatch.setattr(tables, "READER", reader)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    with path.open() as kept_open:
        os.set_inheritable(kept_open.fileno(), True)
        # 3 is the folder that is being listed. Python itself adds LC_CTYPE where no locale is set.
        assert set(refusal(path).split()) - {"LC_CTYPE"} == {"0", "1", "2", "3"}


def test_where_the_system_has_no_limits_rows_cells_size_and_time_are_limited_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    start = f"import runpy, sys; sys.modules['resource'] = None; runpy.run_path({str(READER)!r}, run_name='__main__')"
    for limits, words in (
        (UPLOAD, "end"),
        (dataclasses.replace(UPLOAD, rows=2), "more than 2 rows"),
        (dataclasses.replace(UPLOAD, cells=5), "more than 5 cells"),
        (dataclasses.replace(UPLOAD, unpacked=10), "once it is unpacked"),
        (dataclasses.replace(UPLOAD, seconds=0), "longer than 0 seconds"),
    ):
        command = [sys.executable, "-I", "-c", start, "a.csv", json.dumps(dataclasses.asdict(limits))]
        with path.open() as file:
            answer = subprocess.run(command, stdin=file, capture_output=True, text=True, check=True)  # noqa: S603  # our own program
        assert words in answer.stdout.splitlines()[-1]


def test_a_caller_that_stops_early_leaves_no_reader_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def start(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(real(*arguments, **options))  # type: ignore[call-overload]  # passed on as they came
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" * 200_000)
    with open_table(path) as rows:
        next(rows)
    assert [reader.poll() is not None for reader in started] == [True]


@pytest.mark.exhaustive
def test_a_long_list_may_have_millions_of_rows(tmp_path: Path) -> None:
    path = hostile.blank_lines(tmp_path / "a.csv.gz", 1)
    assert read(path, LONG_LIST) == [(1, ["URN", "Name"])]
    assert "more than 500,000 rows" in refusal(path, UPLOAD)
