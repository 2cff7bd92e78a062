"""Today's code takes over the databases of earlier versions, and they tell the same figures as before."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.upgrades.dumps import FOLDER, dump_file, figures, figures_file, manage, server
from tests.upgrades.loading import load_sqlite

VERSIONS = sorted({path.name.removesuffix(".reach.csv") for path in FOLDER.glob("*.reach.csv")})
DATABASE = "speakout_upgrade"


def lines_of(table: str) -> list[dict[str, str]]:
    """The lines of a CSV file by the names of its columns."""
    return list(csv.DictReader(table.removeprefix("\ufeff").splitlines()))


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """One of the versions of which there is a dump."""
    return str(request.param)


@pytest.fixture
def url(version: str, tmp_path: Path, transactional_db: None) -> Iterator[str]:
    """The address of a database that holds the dump of the version."""
    if connection.vendor == "sqlite":
        path = tmp_path / "earlier.sqlite3"
        load_sqlite(path, version)
        yield f"sqlite:///{path}"
        return
    import psycopg

    dump = gzip.decompress(dump_file(version, connection.vendor).read_bytes()).decode()
    name = f"{DATABASE}_{connection.settings_dict['NAME']}"
    place = server()
    with psycopg.connect(
        host=place["host"], user=place["user"], dbname=connection.settings_dict["NAME"], autocommit=True
    ) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        admin.execute(f'CREATE DATABASE "{name}"')
        with psycopg.connect(host=place["host"], user=place["user"], dbname=name, autocommit=True) as filled:
            filled.execute(dump.encode())
        yield f"postgres://{place['user']}@/{name}?host={place['host']}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_database_of_an_earlier_version_is_taken_over_with_its_figures(version: str, url: str) -> None:
    manage("migrate", "--verbosity", "0", url=url)
    manage("migrate", "--check", url=url)
    manage("check", "--database", "default", url=url)
    told, known = lines_of(figures(url)), lines_of(figures_file(version).read_bytes().decode())
    # A later version may have more columns; those that the earlier one had read the same.
    assert [{column: line.get(column) for column in known[0]} for line in told] == known, (
        "Today's code counts otherwise than that version did: mend the code or the migration, not the file."
    )


def test_there_is_a_dump_of_each_kind_for_every_version() -> None:
    assert VERSIONS, "Make one: docs/recipes.md, “Tag a version”."
    dumps = [dump_file(version, kind) for version in VERSIONS for kind in ("sqlite", "postgresql")]
    missing = [path.name for path in dumps if not path.exists()]
    assert missing == [], "Make each by `python -m tests.upgrades.dumps`: docs/recipes.md, “Tag a version”."
