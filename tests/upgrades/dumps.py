"""Dumps of small filled databases, one for each version and kind of database; `python -m tests.upgrades.dumps` makes them.

Run it once before a version is tagged, with the version in pyproject.toml and SPEAKOUT_DATABASE_URL naming an empty database:
docs/recipes.md, “Tag a version”.
"""

import gzip
import os
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection

from schools.core.search_index import INDEX_ENDS

FOLDER = Path(__file__).parent
PERIOD = "2025/26"
"""A school year that is over, so that no later day changes its figures."""


def dump_file(version: str, vendor: str) -> Path:
    """Return where the dump of the version lies; `vendor` is “sqlite” or “postgresql”."""
    return FOLDER / f"{version}.{vendor}.sql.gz"


def figures_file(version: str) -> Path:
    """Return where the figures lie that the database of the version told."""
    return FOLDER / f"{version}.reach.csv"


def manage(*arguments: str, url: str) -> str:
    """Run `manage.py` on the database and return what it prints; raises CalledProcessError when it fails."""
    environment = os.environ | {"SPEAKOUT_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "speakout.settings.development"}
    command = [sys.executable, "manage.py", *arguments]
    answer = subprocess.run(  # noqa: S603  # our own words
        command, cwd=settings.BASE_DIR, env=environment, check=True, capture_output=True, text=True, timeout=300
    )
    return answer.stdout


def figures(url: str) -> str:
    """Return the reach of the year that is over, by authority, as the CSV file has it."""
    return manage("export_reach", "--period", PERIOD, "--by", "authority", "--definitions", "1", url=url)


def dump_sqlite(path: Path) -> str:
    """Return the database as SQL, without what `post_migrate` makes anew: triggers and the index of the search."""
    with closing(sqlite3.connect(path)) as filled:
        statements = list(filled.iterdump())
    made_anew = ("CREATE TRIGGER", "PRAGMA writable_schema")
    return "\n".join(text for text in statements if not text.startswith(made_anew) and INDEX_ENDS not in text)


def server() -> dict[str, str]:
    """Return host and user of the PostgreSQL that the settings name."""
    parameters = connection.get_connection_params()
    return {"host": parameters["host"], "user": parameters["user"]}


def dump_postgresql(name: str) -> str:
    """Return the database as SQL that any client can run, without owners."""
    place = server()
    command = ["pg_dump", "--no-owner", "--no-privileges", "--rows-per-insert=200", "-h", place["host"], "-U", place["user"]]
    answer = subprocess.run(  # noqa: S603  # our own words
        [*command, name], check=True, capture_output=True, text=True, timeout=300
    )
    return "\n".join(line for line in answer.stdout.splitlines() if not line.startswith("\\"))


def main() -> None:
    """Fill the empty database with the small demo, and write its dump and its figures."""
    version = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())["project"]["version"]
    url, database = os.environ["SPEAKOUT_DATABASE_URL"], settings.DATABASES["default"]
    manage("migrate", "--verbosity", "0", url=url)
    manage("demo", "--size", "small", url=url)
    if url.startswith("sqlite"):
        vendor, text = "sqlite", dump_sqlite(Path(database["NAME"]))
    else:
        vendor, text = "postgresql", dump_postgresql(database["NAME"])
    dump_file(version, vendor).write_bytes(gzip.compress(text.encode(), mtime=0))
    figures_file(version).write_bytes(figures(url).encode())


if __name__ == "__main__":
    main()
