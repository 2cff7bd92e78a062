"""How else a name may be written: with another apostrophe, without accents, in the letters of an SMS, or as JSON writes it."""

import json
import re
import unicodedata
from itertools import product

from schools.messages import sms_words

APOSTROPHES = "'’‘ʼ`´"
"""Whatever people type for one; phones and word processors put in what they like."""

_LETTERS = str.maketrans("łŁøØđĐ", "lLoOdD")
"""Letters that are no other letter with an accent, and of which people write that letter all the same."""

SHORTEST_RUN = 4
"""Fewer letters in a row stand in very many texts: then each way of writing the name is looked for."""


def without_accents(text: str) -> str:
    """Return the text with each letter in its form without an accent."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_LETTERS)


def in_one_spelling(text: str) -> str:
    """Return the text as every way of writing the same name has it: small letters, no accents, one apostrophe, single spaces."""
    marks = str.maketrans(dict.fromkeys(APOSTROPHES, "'") | {"\N{NON-BREAKING HYPHEN}": "-"})
    return " ".join(without_accents(text).translate(marks).casefold().split())


def pattern_of_name(text: str) -> str:
    """Return a pattern, for `re`, of the name in every way of writing it, each letter in any."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(_any_of(_ways_of(character)) for character in composed)


def pattern_of_whole(pattern: str, *, is_address: bool) -> str:
    """Return the pattern, for `re`, where what it finds is no part of a longer word, or of a longer e-mail address.

    In jo.ann@oak.org and in ann@oak.org.uk there is no ann@oak.org.
    """
    before, after = (r"(?<!\w[.+'&])", r"(?!\.\w)") if is_address else ("", "")
    return rf"(?<![\w-]){before}(?:{pattern})(?![\w-]){after}"


def spellings_of(text: str) -> tuple[str, ...]:
    """Return the ways in which people write the whole name, first as it is: with each apostrophe, with and without accents."""
    forms = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    letters = dict.fromkeys((text, *forms, sms_words.without_accents(text), without_accents(text)))
    marks = APOSTROPHES if any(mark in text for mark in APOSTROPHES) else ""
    any_mark = re.compile(f"[{APOSTROPHES}]")
    return tuple(dict.fromkeys((*letters, *(any_mark.sub(mark, each) for each, mark in product(letters, marks)))))


def as_json_writes(text: str) -> tuple[str, ...]:
    """Return the text as it is, and as JSON writes it."""
    return tuple(dict.fromkeys((text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])))


def part_in_every_spelling(text: str) -> str:
    """Return the longest part of the name that stands in every way of writing it; "" where that is too short to look for."""
    runs = "".join(
        character if len(_ways_of(character)) == 1 else "\0" for character in unicodedata.normalize("NFC", text)
    ).split("\0")
    longest = max(runs, key=len).strip()
    return longest if len(longest) >= SHORTEST_RUN else ""


def _ways_of(character: str) -> tuple[str, ...]:
    if character in APOSTROPHES:
        ways: tuple[str, ...] = (character, *APOSTROPHES)
    else:
        apart = unicodedata.normalize("NFD", character)
        ways = (character, apart, without_accents(character), character.translate(sms_words.PLAIN))
    return tuple(dict.fromkeys(form for way in ways if way for form in as_json_writes(way)))


def _any_of(ways: tuple[str, ...]) -> str:
    return re.escape(ways[0]) if len(ways) == 1 else f"(?:{'|'.join(map(re.escape, ways))})"
