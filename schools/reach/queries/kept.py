"""Answers of pages of reach that were given before: they are shown again as long as nothing has changed on which they rest.

Of a closed year that is for long: what volunteers report this year changes nothing in it. Files, returns and publications never
read what is kept here.
"""

import hashlib
import pickle
import zlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache as for_ever
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import router

import schools.reach
from schools.core.periods import Period
from schools.core.snapshot import afterwards, is_own_moment, once, snapshot
from schools.reach.triggers import are_changes_noted, changes_up_to, let_older_changes_go
from schools.visits.models import Session

KEPT = 60 * 60 * 24 * 7
"""Seconds that an answer is kept for which nobody asks again."""
MANY_CHANGES = 500
"""From so many rows on the older changes are let go of."""


def kept_each[K: Hashable, R](
    name: str, things: Sequence[K], period: Callable[[K], Period], question: Callable[[Sequence[K]], Sequence[R]]
) -> list[R]:
    """Return the answers of a question to each of the things; those that were kept are not asked for again.

    `name` is the question's own; `period` says what of a thing the answer rests on: everything up to its last academic year. The
    question returns an answer for each of the things that it is given, in their order, and reads nothing of people's. Two things
    with the same text have the same answer. Inside a transaction nothing is kept, because what it has written may never be
    committed.
    """
    with snapshot():
        if not (is_own_moment() and _are_changes_noted()):
            return list(question(things))
        keys = {thing: _key(name, thing, period(thing)) for thing in things}
        known = cache.get_many(keys.values())
        missing = [thing for thing, key in keys.items() if key not in known]
        if missing:
            # Packed at once, since whoever gets the answer may change it.
            new = {keys[thing]: _packed(answer) for thing, answer in zip(missing, question(missing), strict=True)}
            cache.set_many(new, KEPT)
            known |= new
        return [pickle.loads(zlib.decompress(known[keys[thing]])) for thing in things]  # noqa: S301  # our own cache, as Django's


def kept[R](name: str, thing: Hashable, period: Period, question: Callable[[], R]) -> R:
    """Return the answer of one question, as `kept_each` does; `thing` is all that tells it from others of the same name."""
    [answer] = kept_each(name, [thing], lambda _: period, lambda _: [question()])
    return answer


def _packed(answer: object) -> bytes:
    return zlib.compress(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL), level=1)


def _key(name: str, thing: object, period: Period) -> str:
    """Return the key of an answer that rests on what is so now."""
    text = f"{_in_words(thing)} {_version(period.last_academic_year.start)} {_code()}"
    return f"reach:{name}:{hashlib.sha256(text.encode()).hexdigest()}"


@once
def _are_changes_noted() -> bool:
    return are_changes_noted(using=router.db_for_read(Session))


@once
def _version(year: int) -> int:
    """Return a number that is another one whenever something changed on which figures up to the academic year rest."""
    marks, changes = changes_up_to(year, using=router.db_for_read(Session))
    if changes > MANY_CHANGES:
        afterwards(let_older_changes_go)
    return marks


@for_ever
def _code() -> str:
    """Return the digest of this slice's code: an answer of another version may be of another kind."""
    digest = hashlib.sha256()
    for file in sorted(Path(schools.reach.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _in_words(thing: Any) -> str:
    """Return the same text for equal things in each process: sets have no order of their own."""
    if isinstance(thing, frozenset | set):
        return f"{{{', '.join(sorted(map(_in_words, thing)))}}}"
    if isinstance(thing, tuple | list):
        return f"({', '.join(map(_in_words, thing))})"
    if is_dataclass(thing):
        return _in_words([getattr(thing, field.name) for field in fields(thing)])
    return repr(thing)
