"""The lane: so many heavy pages and files are made at the same moment, on all machines together; others wait their turn.

A table of a national year keeps a web process for seconds. If ten people asked for it at once, every process would be taken, and
a volunteer who wants to know where to go tomorrow would wait for all of them. So a heavy request takes a place of the lane, or is
answered at once with how many are before it, and comes again: nobody waits inside a process.

A place is a lock, which ends with its process. The queue is a list in the cache, of who came and until when they are expected
again; who does not come is passed over. Where the list is lost, people line up anew.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponseBase, StreamingHttpResponse

from schools.core.shared_locks import SharedLocks, shared_locks
from schools.running.web import give_sign

LANE = "lane"
DOOR = 0
"""The lock of whoever changes the queue; the places are numbered from 1."""
QUEUE = "lane:queue"
SOONEST, LATEST = 2, 10
"""Seconds after which who waits comes again: the first of the queue, and the last."""
LATE = 6.0
"""Seconds by which somebody may come later than that, before they are passed over."""
KEPT = 60.0
"""Seconds for which a queue is kept that nobody changes. Nobody is expected later, so a time beyond is one of a wrong clock."""


@dataclass(frozen=True)
class Turn:
    """That somebody has to wait."""

    before: int
    """How many people are before them in the queue."""
    seconds: int
    """After how many seconds they are to come again."""


type Queue = list[tuple[str, float]]
"""Who waits, in their order, and the moment until which each is expected again, in seconds since 1970."""


def in_lane[Answer: HttpResponseBase](who: str, answer: Callable[[], Answer], *, now: datetime) -> Answer | Turn:
    """Return the answer, made in a place of the lane; or where none is free, when it is the turn of whoever asks.

    `who` stands for a person or a program, and waits once however often they ask. The place is theirs until the answer is sent,
    because a file is made while it is sent. What the answer raises is raised. Raises what Django raises where the database is
    away.
    """
    with ExitStack() as stack:
        if settings.SPEAKOUT_HEAVY_AT_ONCE:
            locks = shared_locks(LANE)
            stack.callback(locks.close)
            turn = _enter(locks, who, now=now.timestamp())
            if turn is not None:
                return turn
        response = answer()
        if isinstance(response, StreamingHttpResponse):
            content = cast("Iterator[bytes]", response.streaming_content)  # none of ours is asynchronous
            response.streaming_content = _Sent(content, stack.pop_all().close)
        return response


class _Sent:
    """The content of a file, and what is to be done once it was sent, or nobody takes it any more."""

    def __init__(self, content: Iterator[bytes], close: Callable[[], None]) -> None:
        self._content = content
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._content:
                yield piece
                give_sign()
        finally:
            self.close()


def _enter(locks: SharedLocks, who: str, *, now: float) -> Turn | None:
    """Return None and hold a place, or return the turn. The first of the queue may take a place; where it is empty, anybody."""
    if not _queue(now) and _take_place(locks):
        return None
    locks.wait_for(DOOR)
    try:
        queue = _queue(now)
        before = next((number for number, (waits, _) in enumerate(queue) if waits == who), len(queue))
        if not before and _take_place(locks):
            _keep(queue[1:])
            return None
        seconds = min(SOONEST + before, LATEST)
        _keep([*queue[:before], (who, now + seconds + LATE), *queue[before + 1 :]])
        return Turn(before, seconds)
    finally:
        locks.give_back(DOOR)


def _take_place(locks: SharedLocks) -> bool:
    return any(locks.take(number) for number in range(DOOR + 1, settings.SPEAKOUT_HEAVY_AT_ONCE + 1))


def _queue(now: float) -> Queue:
    """Return who waits and is still expected."""
    kept: Queue = cache.get(QUEUE) or []
    return [(who, until) for who, until in kept if now <= until <= now + KEPT]


def _keep(queue: Queue) -> None:
    cache.set(QUEUE, queue, KEPT)
