"""The rows of a file, and what a plan makes of them, kept on disk: memory does not grow with the file."""

from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b
from typing import Any

from schools.core.on_disk import OnDisk

AT_ONCE = 250
"""So many people or other things of a file are in memory at the same time."""


class FileRows[Facts]:
    """The rows of a file that can be used, each with its line, in the order of the file; they are kept on disk."""

    def __init__(self, kept: OnDisk[tuple[int, Facts]] | None = None, left_out: frozenset[int] = frozenset()) -> None:
        self._kept: OnDisk[tuple[int, Facts]] = OnDisk() if kept is None else kept
        self._left_out = left_out

    def add(self, line: int, facts: Facts) -> None:
        """Add a row; each line once."""
        self._kept[line] = line, facts

    def without(self, lines: Collection[int]) -> "FileRows[Facts]":
        """Return the same rows but those of these lines; nothing is read or written for it."""
        return FileRows(self._kept, self._left_out | frozenset(lines))

    def at(self, lines: Iterable[int]) -> list[tuple[int, Facts]]:
        """Return the rows of these lines, in the order of the lines given."""
        return [row for line in lines if (row := self._kept.get(line))]

    def __iter__(self) -> Iterator[tuple[int, Facts]]:
        """Yield the rows; each call begins anew."""
        return (row for row in self._kept.values() if row[0] not in self._left_out)


class Repeated:
    """Tells rows that repeat an earlier one, by a digest of each row."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def is_again(self, row: Any) -> bool:
        """Return whether the same row was there before, and remember it. Rows are the same where they read the same."""
        digest = blake2b(repr(row).encode(), digest_size=16).digest()
        known = digest in self._seen
        self._seen.add(digest)
        return known
