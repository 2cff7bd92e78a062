"""What pages, jobs and kinds of messages ask the database, noted while they are tried on one row of everything."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client

from tests.audience import audience_of
from tests.looks import WITH_CLEARANCES
from tests.test_audience import World, address_of, is_let_in
from tests.test_house import named_urls

FINDING = ("SELECT", "WITH", "UPDATE", "DELETE")
"""How a statement begins that has to find its rows."""


@dataclass(frozen=True)
class Statement:
    """What was sent to the database, and by whom: pages by the names of their URLs, else `job …`, `kind …`, `verb …`."""

    sql: str
    values: tuple[Any, ...] | None = field(compare=False)
    """None: there are none, and a per cent sign is one."""
    senders: set[str] = field(default_factory=set, compare=False)


type Noted = dict[str, Statement]
"""Each statement once, by its words."""


@contextmanager
def noted(sender: str, statements: Noted) -> Iterator[None]:
    """Note what is sent inside and has to find rows."""

    def note(execute: Any, sql: Any, values: Any, many: bool, context: Any) -> Any:
        if not many and isinstance(sql, str) and sql.lstrip().startswith(FINDING):
            statement = statements.setdefault(sql, Statement(sql, None if values is None else tuple(values)))
            statement.senders.add(sender)
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield


def open_page(client: Client, name: str, address: str, statements: Noted) -> bool:
    """Open a page to its end, note what it reads, and return whether its reader was let in."""
    cache.clear()
    with noted(name, statements):
        answer = client.get(address)
        answer.getvalue()  # a file that is streamed is made while it is read
    return is_let_in(answer)


def client_of(world: World, role: str) -> Client:
    """Return the browser of somebody of the role."""
    client = Client()
    if user := world.people[role]:
        client.force_login(user)
    return client


def open_pages(world: World, role: str, names: Iterable[str], statements: Noted) -> None:
    """Open the pages as somebody of the role, who must be let in by each."""
    client, patterns = client_of(world, role), dict(named_urls())
    for name in names:
        address = address_of(name, patterns[name], world) + WITH_CLEARANCES.get(name, "")
        assert open_page(client, name, address, statements), name


def open_every_page(world: World, role: str, statements: Noted) -> set[str]:
    """Open each page that is for the role, and return the names of their URLs."""
    names = {name for name, _ in named_urls() if role in (audience_of(name) or "")}
    open_pages(world, role, sorted(names), statements)
    return names
