"""Keeping the built-in session types, naming new ones for files, and putting files into packs."""

from itertools import count
from typing import Any

from django.utils.text import slugify

from schools.core.errors import RuleBroken
from schools.programme.models import Audience, Channel, PackItem, SessionType
from schools.programme.rules import kind_of, name_of_file, reasons_not_to_attach

LONGEST_SLUG = 40
"""Characters of a slug that is made from a name; there is room for a number after it."""

BUILT_IN: dict[str, dict[str, Any]] = {
    "ks1-assembly": {"name": "KS1 assembly", "name_p": "P1–P3 assembly", "years": (0, 2), "minutes": 20, "presenters": 2},
    "ks2-assembly": {"name": "KS2 assembly", "name_p": "P4–P7 assembly", "years": (3, 6), "minutes": 30, "presenters": 2},
    "workshop-2": {"name": "Year 2 workshop", "name_p": "P3 workshop", "years": (2, 2), "minutes": 45, "presenters": 2},
    "workshop-5-6": {
        "name": "Year 5–6 workshop", "name_p": "P6–P7 workshop", "years": (5, 6), "minutes": 60, "presenters": 2,
        "largest_group": 35,
    },
    "online-ks1": {
        "name": "Online KS1 assembly", "name_p": "Online P1–P3 assembly", "years": (0, 2), "minutes": 20, "presenters": 0,
        "channel": Channel.ONLINE, "needs_sign_off": False,
    },
    "online-ks2": {
        "name": "Online KS2 assembly", "name_p": "Online P4–P7 assembly", "years": (3, 6), "minutes": 30, "presenters": 0,
        "channel": Channel.ONLINE, "needs_sign_off": False,
    },
    "send": {"name": "SEND session", "years": (0, 6), "minutes": 45, "presenters": 2, "series": True},
    "parents": {
        "name": "Parents’ workshop", "years": (None, None), "minutes": 60, "presenters": 1, "audience": Audience.ADULTS,
        "counts_for_cycle": False,
    },
}  # fmt: skip
"""The session types that every installation has, by slug; `years` are the lowest and the highest year group."""


def keep_built_in_types(*, using: str = "default") -> None:
    """Create the built-in session types that are missing; existing ones stay as people changed them."""
    known = set(SessionType.objects.using(using).values_list("slug", flat=True))
    for slug, facts in BUILT_IN.items():
        if slug not in known:
            low, high = facts["years"]
            rest = {name: value for name, value in facts.items() if name != "years"}
            SessionType.objects.using(using).create(slug=slug, lowest_year_group=low, highest_year_group=high, **rest)


def new_slug(name: str) -> str:
    """Return a slug for a new session type of this name that no other has, such as `year-5-workshop-2`."""
    base = slugify(name)[:LONGEST_SLUG].strip("-") or "type"
    taken = set(SessionType.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(slug for number in count(2) if (slug := f"{base}-{number}") not in taken)


def attach(item: PackItem, name: str, content: bytes) -> None:
    """Put the file into the text or file of a pack, in place of the one that is there; storing it is the caller's.

    What kind it is, the bytes say. Raises RuleBroken with every reason.
    """
    kind = kind_of(content)
    if reasons := reasons_not_to_attach(name, content):
        raise RuleBroken(reasons)
    if kind is not None:
        item.file_kind, item.file_name = kind, name_of_file(name, kind)
        item.size, item.content = len(content), content
