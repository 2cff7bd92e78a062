"""What the installation stands on, looked at: database, tables, processes, time, disk, certificate."""

import shutil
import socket
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache.backends.db import DatabaseCache
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.module_loading import import_string

from schools.core.databases import AWAY, DIRECT, REPLICA, replica_problems
from schools.core.planner import planner_problems
from schools.running.health import DATABASE, Check, Finding
from schools.running.models import PeriodicJob, SignOfLife
from schools.running.processes import PROCESSES

SEEN_WITHIN = timedelta(seconds=40)
"""A process gives a sign of life every 5 to 15 seconds. So it is missed within a minute."""
LATE = timedelta(minutes=5)
"""A job that nobody has begun so long after it was due is one that the clock does not get to."""
ENDLESS = timedelta(hours=6)
"""A job that runs so long hangs: backup and drill wait two hours for one another, and take no four hours themselves."""
DRIFT = timedelta(seconds=5)
"""How far the time of this machine and that of the database may be apart."""
ROOM = 1 << 30
"""Bytes that have to be free on each disk; on one of less than ten times as much, a tenth of it."""
PATIENCE = 3.0
"""Seconds to wait for the site's own answer."""
SHARE_LEFT = 6
"""A certificate is renewed when about a third of its time is left; with less than a sixth, the renewal does not work."""


def has_workers() -> bool:
    """Return whether work is done by processes of its own, and not at once by whoever asks for it, as in development."""
    return not str(settings.TASKS["default"]["BACKEND"]).endswith("ImmediateBackend")


def look_at_database(_: datetime) -> Finding:
    """Ask the database for something."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return Finding.well(f"It answers ({connection.display_name}).")


@cache
def newest_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app of this version's code."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _applied() -> set[tuple[str, str]]:
    """Return the migrations that the database has."""
    return set(MigrationRecorder(connection).migration_qs.values_list("app", "name"))


def look_at_tables(_: datetime) -> Finding:
    """Compare the migrations that were applied with those of the code, and look for the table of the cache."""
    newest = newest_migrations()
    if missing := sorted(newest - _applied()) if newest else []:
        names = ", ".join(f"{app} {name}" for app, name in missing)
        return Finding.fault(f"The tables are older than the code: {names} is missing. Run manage.py migrate.")
    if _lacks_cache_table():
        return Finding.fault("The table of the cache is missing, so nobody can sign in. Run manage.py createcachetable.")
    return Finding.well("They are those of this version.")


def _lacks_cache_table() -> bool:
    """Return whether a cache is kept in a table that is not there: no migration makes it."""
    wanted = {
        cache["LOCATION"] for cache in settings.CACHES.values() if issubclass(import_string(cache["BACKEND"]), DatabaseCache)
    }
    return bool(wanted) and not wanted <= set(connection.introspection.table_names())


def _fault_or(well: str, problems: list[str]) -> Finding:
    return Finding.fault(" ".join(problems)) if problems else Finding.well(well)


def look_at_planner(_: datetime) -> Finding:
    """Compare what PostgreSQL's planner is told in the sessions of pages with what our statements need."""
    return _fault_or("It plans as our statements need it.", planner_problems(DEFAULT_DB_ALIAS))


QUIET_LOG = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
"""With these PostgreSQL leaves a statement that fails, and the row that it was about, out of its own log."""


def look_at_server_log(_: datetime) -> Finding:
    """Look whether PostgreSQL writes rows of people into its log; what is set for this database alone leaves out the drill's."""
    if connection.vendor != "postgresql":
        return Finding.note("The database has no log of its own.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting, source FROM pg_settings WHERE name = ANY(%s)", [list(QUIET_LOG)])
        loud = [name for name, setting, source in cursor.fetchall() if setting != QUIET_LOG[name] or "database" in source]
    if not loud:
        return Finding.well("It has no rows of people.")
    lines = "; ".join(f"ALTER ROLE … SET {name} = '{value}'" for name, value in QUIET_LOG.items())
    return Finding.note(
        f"What fails there, or in the drill beside, is written into it with the rows. Let its superuser say: {lines} "
        "(docs/operations.md, From nothing to live)."
    )


def look_at_direct(_: datetime) -> Finding:
    """Look whether the way past PgBouncer leads to the primary, and plans as the other does."""
    if DIRECT not in connections:
        return Finding.note("Not set up: SPEAKOUT_DATABASE_URL leads to the server itself.")
    try:
        with connections[DIRECT].cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone()[0]:
                return Finding.fault("SPEAKOUT_DIRECT_URL leads to a replica. Add target_session_attrs=read-write to it.")
        return _fault_or("It leads to the primary.", planner_problems(DIRECT))
    except AWAY as error:
        return Finding.fault(
            f"No primary answers at SPEAKOUT_DIRECT_URL ({type(error).__name__}), so long files and backups fail. Correct it."
        )


def look_at_replica(_: datetime) -> Finding:
    """Look whether the replica for heavy reading is there, follows, and lets long files come to their end."""
    if REPLICA not in connections:
        return Finding.note("Not set up: everything is read from the primary.")
    return _fault_or("It has what the primary has.", replica_problems())


def _look_for(process: str, now: datetime) -> Finding:
    """Look for a sign of life of a worker."""
    if not has_workers():
        return Finding.note("It is not needed: work is done at once here.")
    return _sign_of_life(process, now)


def _sign_of_life(process: str, now: datetime) -> Finding:
    seen = SignOfLife.objects.filter(process=process, seen_at__range=(now - SEEN_WITHIN, now + SEEN_WITHIN)).count()
    if not seen:
        return Finding.fault(f"None gives a sign of life. Start speakout-{process}, and see what its log says.")
    return Finding.well(f"{seen} {'is' if seen == 1 else 'are'} there.")


def look_for_mail(now: datetime) -> Finding:
    """Look for a worker of mail."""
    return _look_for("mail", now)


def look_for_heavy(now: datetime) -> Finding:
    """Look for a worker of what is heavy."""
    return _look_for("heavy", now)


def look_for_clock(now: datetime) -> Finding:
    """Look for a clock that does what is due."""
    finding = _sign_of_life("clock", now)
    if finding.is_fault:
        waits = "None is there. What is due by itself waits for one, such as reminders and mails held at night."
        return finding if has_workers() else Finding.note(waits)
    if late := PeriodicJob.objects.free().filter(due_at__lt=now - LATE).order_by("due_at").first():
        since = timezone.localtime(late.due_at)
        return Finding.fault(
            f"It does not get to its work: {late.name} is due since {since:%d %b, %H:%M}. Restart speakout-clock."
        )
    if endless := PeriodicJob.objects.exclude(taken_by="").filter(started_at__lt=now - ENDLESS).order_by("started_at").first():
        since = timezone.localtime(endless.started_at)
        return Finding.fault(f"{endless.name} runs since {since:%d %b, %H:%M} and does not end. Restart speakout-clock.")
    return finding


def look_at_jobs(_: datetime) -> Finding:
    """Look for jobs that do not end well."""
    names = ", ".join(PeriodicJob.objects.in_trouble().values_list("name", flat=True))
    if names:
        return Finding.fault(f"Not well: {names}. What it did, below, says why; the clock tries again by itself.")
    if not PeriodicJob.objects.exclude(finished_at=None).exists():
        return Finding.note("None has run yet.")
    return Finding.well("Every job ended well.")


def database_time() -> datetime | None:
    """Return the time by the database's machine; None where the database is a file of this one."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def look_at_time(_: datetime) -> Finding:
    """Compare the time of this machine, asked in this moment, with the database's."""
    theirs = database_time()
    if theirs is None:
        return Finding.note("The database has no other time than this machine.")
    apart = abs(timezone.now() - theirs)
    if apart > DRIFT:
        return Finding.fault(
            f"This machine and the database are {apart.total_seconds():,.0f} seconds apart. Let both follow a time server."
        )
    return Finding.well("This machine and the database agree.")


def _folders() -> list[Path]:
    """Return the folders in which files are written."""
    database = settings.DATABASES["default"]
    in_use = [Path(settings.BASE_DIR), Path(tempfile.gettempdir()), settings.SPEAKOUT_BACKUP_FOLDER]
    if database["ENGINE"].endswith("sqlite3"):
        in_use.append(Path(database["NAME"]).parent)
    return [folder for folder in in_use if folder and folder.is_dir()]


def look_at_disk(_: datetime) -> Finding:
    """Look how much room is left where files are."""
    least: tuple[int, Path] | None = None
    for folder in _folders():
        usage = shutil.disk_usage(folder)
        if usage.free < min(ROOM, usage.total // 10):
            return Finding.fault(f"Only {usage.free >> 20:,} MB are free at {folder}. Make room, or take a larger disk.")
        least = min(least or (usage.free, folder), (usage.free, folder))
    return Finding.well(f"{least[0] >> 20:,} MB are free at {least[1]}." if least else "No folder is in use.")


def look_at_certificate(_: datetime) -> Finding:
    """Look until when the certificate of the site's address holds, as a browser would."""
    parts = urlsplit(settings.SPEAKOUT_ADDRESS)
    if parts.scheme != "https" or not parts.hostname:
        return Finding.note(f"{settings.SPEAKOUT_ADDRESS} has none: it is not https.")
    try:
        begins, ends = certificate_dates(parts.hostname, parts.port or 443)
    except ssl.SSLCertVerificationError as error:
        return Finding.fault(f"Browsers refuse it: {error.verify_message}. See to the reverse proxy that renews it.")
    except ssl.SSLError as error:  # where it answers, but could get no certificate, or does not speak https at all
        return Finding.fault(f"{settings.SPEAKOUT_ADDRESS} shows none ({error.reason}). See to the reverse proxy that renews it.")
    except OSError as error:
        return Finding.note(f"{settings.SPEAKOUT_ADDRESS} cannot be reached from this machine ({type(error).__name__}).")
    left = ends - datetime.now(UTC)
    words = f"It holds until {timezone.localtime(ends):%d %B %Y}, {left.days} more {'day' if left.days == 1 else 'days'}."
    if left < (ends - begins) / SHARE_LEFT:
        return Finding.fault(f"{words} By now it should have been renewed: see to the reverse proxy.")
    return Finding.well(words)


def certificate_dates(host: str, port: int) -> tuple[datetime, datetime]:
    """Return from when until when the certificate holds that the site shows. Raises OSError; where browsers refuse it, ssl's."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=host) as connected,
    ):
        shown = connected.getpeercert() or {}
    begins, ends = (ssl.cert_time_to_seconds(str(shown[name])) for name in ("notBefore", "notAfter"))
    return datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC)


LOOKS = {"mail": look_for_mail, "heavy": look_for_heavy, "clock": look_for_clock}

CHECKS = (
    Check(DATABASE, "The database", look_at_database),
    Check("tables", "The tables", look_at_tables, kept=30),
    Check("planner", "The planner of the database", look_at_planner, kept=30),
    Check("server-log", "The log of the database", look_at_server_log, kept=30),
    Check("direct", "The way past PgBouncer", look_at_direct, kept=30, apart=True),
    Check("replica", "The replica for heavy reading", look_at_replica, kept=15, apart=True),
    *(
        Check(process.name, f"The process {process.name} ({process.words})", LOOKS[process.name])
        for process in PROCESSES
        if process.name in LOOKS
    ),
    Check("jobs", "What is done again and again", look_at_jobs, on_home=False),
    Check("time", "The time", look_at_time),
    Check("disk", "Room on the disks", look_at_disk, needs_database=False),
    Check("certificate", "The certificate of the site", look_at_certificate, kept=30, needs_database=False, apart=True),
)
"""In the order of the page. The web process needs no sign of life: it answers or not."""
