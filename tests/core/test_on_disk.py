"""A mapping whose values are in a temporary file."""

import tracemalloc
from datetime import date, time

from schools.core.on_disk import OnDisk


def test_it_keeps_the_latest_value_of_each_key_in_the_order_of_the_keys() -> None:
    kept: OnDisk[int] = OnDisk()
    for key, value in ((("a", date(2026, 1, 1), time(9)), 1), ("b", 2), (("a", date(2026, 1, 1), time(9)), 3)):
        kept[key] = value
    assert list(kept.values()) == [3, 2]
    assert kept.get(("a", date(2026, 1, 1), time(9))) == 3
    assert kept.get(("a", date(2026, 1, 1), time(10))) is None
    assert (kept.setdefault("b", 9), kept.setdefault("c", 4)) == (2, 4)
    kept.discard("b")
    kept.discard("nobody")
    assert "b" not in kept
    assert "c" in kept
    assert len(kept) == 2


def test_values_are_packed_as_told() -> None:
    kept: OnDisk[list[str]] = OnDisk(" ".join, str.split)
    kept[1] = ["as", "words"]
    assert list(kept.values()) == [["as", "words"]]


def test_ten_times_as_many_values_take_no_more_memory() -> None:
    def peak(values: int) -> int:
        tracemalloc.start()
        try:
            kept: OnDisk[str] = OnDisk()
            for number in range(values):
                kept[number] = f"{number} " * 100
            assert sum(1 for _ in kept.values()) == values
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(10_000) < 1.25 * peak(1_000)
