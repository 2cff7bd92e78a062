"""What PostgreSQL, above all its planner, is told of our sessions.

It is kept with the role, since PgBouncer passes no settings on from a connection's options.
"""

from django.db import DEFAULT_DB_ALIAS, connections

from schools.core.databases import direct_alias

SETTINGS = {
    # Pages' statements take milliseconds, but compiling those that look expensive took seconds.
    "jit": "off",
    # The data is in memory or on a solid-state disk. With the cost of a hard disk PostgreSQL reads whole tables where an index
    # leads to a few rows.
    "random_page_cost": "1.1",
    # Rows that are read in portions are read to the end. By default the plan is chosen that gives the first tenth soonest.
    "cursor_tuple_fraction": "1",
    # When a session ends of which the machine has died without a word, with the locks that it holds (shared_locks.py).
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

# Over a socket of the same machine those of TCP are always 0.
NOW = """
    SELECT name, setting FROM pg_settings
    WHERE name = ANY(%s) AND (name NOT LIKE 'tcp%%' OR inet_server_addr() IS NOT NULL)
"""


def planner_differences(using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    """Return the settings that are not as they should be in a session of this alias, with what they are; none on SQLite."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NOW, [list(SETTINGS)])
        now = dict(cursor.fetchall())
    return {name: now[name] for name, value in SETTINGS.items() if name in now and now[name] != value}


def planner_problems(*aliases: str) -> list[str]:
    """Return a sentence for each of the aliases whose sessions plan otherwise; it says what to do. No alias: all of them."""
    return [
        f"Sessions of the database “{alias}” have {', '.join(f'{name} {value}' for name, value in different.items())}. Run "
        "manage.py planner_settings --write, then restart the processes and PgBouncer."
        for alias in aliases or dict.fromkeys((DEFAULT_DB_ALIAS, direct_alias()))
        if (different := planner_differences(alias))
    ]


def keep_planner_settings(*, using: str) -> None:
    """Set them for our role in this database, for every session that begins from now on, and for this one."""
    different = planner_differences(using)
    if not different:
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_database())")
        database = cursor.fetchone()[0]
        for name in different:
            cursor.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {database} SET {name} TO '{SETTINGS[name]}'")
            cursor.execute("SELECT set_config(%s, %s, false)", [name, SETTINGS[name]])
