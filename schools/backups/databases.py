"""What a backup needs of each of the two databases: one consistent picture, loading it into an empty place, a place beside.

A `Database` speaks the plain DB-API, not Django's connections: it reads databases whose tables are those of an earlier version.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg

from schools.backups.files import NOT_EMPTY, PART, BackupError, alone_in
from schools.backups.streams import Gzipped, Reads, Unpacking, decrypt, new_file
from schools.reach import returns
from schools.visits.session_files.columns import COLUMNS_OF_RETURNS

PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version of PostgreSQL."""


class Picture(Protocol):
    """A database as it was at one moment."""

    def rows(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Return what the statement finds."""
        ...

    def tables(self) -> list[str]:
        """Return the names of all tables that hold something of ours."""
        ...


def counts_of(picture: Picture) -> dict[str, int]:
    """Return the number of rows of every table."""
    return {table: next(picture.rows(f'SELECT count(*) FROM "{table}"'))[0] for table in sorted(picture.tables())}  # noqa: S608  # tables by their own names


def last_return_of(picture: Picture) -> str:
    """Return the SHA-256 of the files of the return that was closed last, written anew from its rows; blank where none is."""
    if "schools_return" not in picture.tables():
        return ""
    closed = (
        "SELECT id, renderer, figures FROM schools_return WHERE closed_at IS NOT NULL ORDER BY closed_at DESC, id DESC LIMIT 1"
    )
    for pk, renderer, figures in picture.rows(closed):
        kept = _plain(figures)
        sql = f"SELECT cells FROM schools_returnrow WHERE of_return_id = {int(pk)} ORDER BY position"  # noqa: S608  # a number
        cells = (_plain(row[0]) for row in picture.rows(sql))
        files = (returns.render(renderer, kept["columns"], kept["rows"]), returns.render(renderer, COLUMNS_OF_RETURNS, cells))
        return returns.digest_of(files)
    return ""


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class SqlitePicture:
    """A file that nobody writes to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Return what the statement finds."""
        return iter(self._connection.execute(sql, values))

    def tables(self) -> list[str]:
        """Return all tables but those of SQLite, and of the index of the search, which is made anew."""
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql LIKE 'CREATE TABLE%'"
        shadows = re.compile(r"_(data|idx|content|docsize|config)$")
        return [name for (name,) in self.rows(names) if not shadows.search(name)]


class Sqlite:
    """A database in a file; `settings` are Django's."""

    vendor = "sqlite"

    def __init__(self, settings: dict[str, Any]) -> None:
        self.path = Path(settings["NAME"])
        self._settings = settings

    @contextmanager
    def picture(self) -> Generator[tuple[Picture, Reads]]:
        """Give the picture and its bytes. It is a copy beside the database: as readable as the database itself, and deleted."""
        copy = self.path.with_name(f"{self.path.name}.backup{PART}")
        _forget(copy)
        try:
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(self.path, timeout=20)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
                with copy.open("rb") as content:
                    yield SqlitePicture(target), Gzipped(content)
        finally:
            _forget(copy)

    @contextmanager
    def opened(self) -> Generator[Picture]:
        """Give the database as it is."""
        with closing(sqlite3.connect(self.path)) as connection:
            yield SqlitePicture(connection)

    def is_empty(self) -> bool:
        """Return whether there is no table yet."""
        if not self.path.exists() or not self.path.stat().st_size:
            return True
        with self.opened() as picture:
            return not picture.tables()

    def load(self, backup: Path, secret: Any) -> None:
        """Put the backup in place, whole or not at all. Raises BackupError and OSError."""
        part = self.path.with_name(f"{self.path.name}.restore{PART}")
        with alone_in(self.path.parent, name=f"{self.path.name}.lock"):
            if not self.is_empty():
                raise BackupError(NOT_EMPTY)
            self._load(backup, secret, part)

    def _load(self, backup: Path, secret: Any, part: Path) -> None:
        part.unlink(missing_ok=True)
        try:
            with new_file(part) as file:
                decrypt(backup, Unpacking(file.write), secret)
                file.flush()
                os.fsync(file.fileno())
            with closing(sqlite3.connect(part)) as restored:
                if restored.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                    msg = f"{backup.name} holds a database that SQLite finds damaged. Restore the one before."
                    raise BackupError(msg)
            _forget(self.path)
            part.replace(self.path)
        finally:
            _forget(part)

    @contextmanager
    def beside(self, folder: Path) -> Generator["Sqlite"]:
        """Give an empty database beside this one, which is deleted at the end."""
        path = folder / f"drill.sqlite3{PART}"
        _forget(path)
        try:
            yield Sqlite({**self._settings, "NAME": str(path)})
        finally:
            _forget(path)
            path.with_name(f"{path.name}.lock").unlink(missing_ok=True)


def _forget(path: Path) -> None:
    """Delete the database in the file, with what SQLite keeps beside it."""
    for beside in ("-wal", "-shm", "-journal", ""):
        path.with_name(path.name + beside).unlink(missing_ok=True)


class PostgresPicture:
    """What a transaction sees, or a database that nobody writes to."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Return what the statement finds."""
        return iter(self._connection.execute(sql.encode(), values or None))

    def tables(self) -> list[str]:
        """Return all tables of the schema."""
        return [name for (name,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


class Postgres:
    """A database on a server; `settings` are Django's."""

    vendor = "postgresql"

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        # As the site connects, such as by TLS alone: all that the settings say and the client's library knows.
        known = {each.keyword.decode(): each.envvar for each in psycopg.pq.Conninfo.get_defaults()}
        named = {name: value for name, value in (settings.get("OPTIONS") or {}).items() if name in known}
        named |= {name: settings[name.upper()] for name in ("host", "port", "user", "password") if settings.get(name.upper())}
        self._options = {name: str(value) for name, value in named.items() if value}
        # In the environment, because everybody on the machine can read the arguments of a program.
        for_programs = {place.decode(): value for name, value in self._options.items() if (place := known[name])}
        self._environment = os.environ | for_programs
        self._environment["PGDATABASE"] = self.name = str(settings["NAME"])

    def _connect(self, name: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(dbname=name or self.name, autocommit=True, **self._options)  # type: ignore[arg-type]  # texts are taken

    def _program(self, name: str, version: int) -> str:
        """Return the program of the server's own version. Raises BackupError where it is not installed."""
        at = PROGRAMS / str(version) / "bin" / name
        program = str(at) if at.exists() else shutil.which(name)
        if program:
            version_line = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603  # a program of PostgreSQL
            if re.search(rf"\b{version}\b", version_line):
                return program
        msg = f"{name} of the server's version is not installed. Debian: apt-get install postgresql-client-{version}."
        raise BackupError(msg)

    @contextmanager
    def picture(self) -> Generator[tuple[Picture, Reads]]:
        """Give the picture and its bytes: what one transaction sees, and pg_dump of the same moment."""
        with self._connect() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            picture = PostgresPicture(connection)
            snapshot = next(picture.rows("SELECT pg_export_snapshot()"))[0]
            program = self._program("pg_dump", connection.info.server_version // 10_000)
            command = [program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            with _piped(command, self._environment, stdout=subprocess.PIPE) as dump:
                assert dump.stdout  # noqa: S101  # for mypy: it was opened as a pipe
                yield picture, dump.stdout
                _ended_well(dump, "pg_dump")

    @contextmanager
    def opened(self) -> Generator[Picture]:
        """Give the database as it is."""
        with self._connect() as connection:
            yield PostgresPicture(connection)

    def is_empty(self) -> bool:
        """Return whether there is no table yet."""
        with self.opened() as picture:
            return not picture.tables()

    def load(self, backup: Path, secret: Any) -> None:
        """Put the backup in place, whole or not at all. Raises BackupError and OSError."""
        with self._connect() as connection:
            program = self._program("pg_restore", connection.info.server_version // 10_000)
        command = [program, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={self.name}"]
        with _piped(command, self._environment, stdin=subprocess.PIPE) as restore:
            assert restore.stdin  # noqa: S101  # for mypy: it was opened as a pipe
            # What is raised here ends pg_restore before it is told that all has come, and so before it commits.
            try:
                decrypt(backup, restore.stdin, secret)
                restore.stdin.close()
            except BrokenPipeError:
                restore.wait()
            _ended_well(restore, "pg_restore")

    @contextmanager
    def beside(self, folder: Path) -> Generator["Postgres"]:
        """Give an empty database beside this one, which is dropped at the end. Raises BackupError where none can be made."""
        del folder  # a database of a server needs none
        other = f"{self.name}_drill"
        try:
            with self._connect() as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{other}" WITH (FORCE)'.encode())
                connection.execute(f"CREATE DATABASE \"{other}\" TEMPLATE template0 ENCODING 'UTF8'".encode())
        except psycopg.Error as error:
            words = " ".join(str(error).split())
            msg = f"No database can be made for the drill ({words}). Say: ALTER ROLE {self._settings.get('USER')} CREATEDB."
            raise BackupError(msg) from error
        try:
            yield Postgres({**self._settings, "NAME": other})
        finally:
            with self._connect() as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{other}" WITH (FORCE)'.encode())


@contextmanager
def _piped(command: list[str], environment: dict[str, str], **pipes: int) -> Generator[subprocess.Popen[bytes]]:
    """Run the program while the block runs; whatever ends the block early ends the program before its pipe is closed."""
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, **pipes)  # type: ignore[call-overload]  # noqa: S603  # only our pipes
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                # What was still to be written goes nowhere: the program is gone.
                with suppress(BrokenPipeError):
                    pipe.close()


def _ended_well(process: subprocess.Popen[bytes], name: str) -> None:
    assert process.stderr  # noqa: S101  # for mypy: it was opened as a pipe
    words = " ".join(process.stderr.read().decode("utf-8", "replace").split())
    if process.wait():
        msg = f"{name} failed: {words or 'it was ended'}. Nothing was changed."
        raise BackupError(msg)


type Database = Sqlite | Postgres


def database_of(settings: dict[str, Any]) -> Database:
    """Return the database that Django's settings name."""
    return Sqlite(settings) if settings["ENGINE"].endswith("sqlite3") else Postgres(settings)
