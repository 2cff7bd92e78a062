"""The one table of what was measured: `python -m tests.bench.peers FILE ...`, files that the races wrote."""

import sys
from pathlib import Path

from tests.bench.peers.rows import read, table

if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("Name the files that the races wrote, such as peers.jsonl.")
    print(table(read(map(Path, sys.argv[1:]))))
