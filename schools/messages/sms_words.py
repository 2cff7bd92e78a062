"""An SMS in one part: at most 160 characters of the GSM alphabet, else 70 of UCS-2; whole facts, and a link whole or not at all.

A phone company counts a text in the alphabet of GSM 03.38, where some characters take two places. A single character that is not
in it makes the whole text UCS-2, of which less than half as many fit. What does not fit goes out, and is paid for, in parts.
"""

import unicodedata
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The characters that take one place each."""
GSM_OF_TWO = frozenset("^{}\\[~]|€\f")
"""Those that take two: a sign that says so, and themselves."""
MOST_OF_GSM, MOST_OF_UCS2 = 160, 70

PLAIN = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‑": "-", "…": "...",
    "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "\N{THIN SPACE}": " ", "\t": " ",
})  # fmt: skip
"""Marks of printing, in the characters of a typewriter."""


def is_gsm(text: str) -> bool:
    """Return whether every character is in the alphabet of GSM."""
    return set(text) <= GSM | GSM_OF_TWO


def places(text: str) -> int:
    """Return how many places the text takes: of GSM, else of UCS-2, where characters beyond the first plane take two."""
    if is_gsm(text):
        return sum(2 if character in GSM_OF_TWO else 1 for character in text)
    return len(text.encode("utf-16-le")) // 2


def fits(text: str) -> bool:
    """Return whether the text is one part of an SMS."""
    return places(text) <= (MOST_OF_GSM if is_gsm(text) else MOST_OF_UCS2)


def plain(text: str) -> str:
    """Return the text with the marks of a typewriter and composed letters, in lines without spaces around them."""
    lines = unicodedata.normalize("NFC", text.translate(PLAIN)).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines)


def without_accents(text: str) -> str:
    """Return the text with each letter that GSM does not have in its form without an accent: Llŷn becomes Llyn."""
    return "".join(character if is_gsm(character) else _bare(character) for character in plain(text))


def _bare(character: str) -> str:
    apart = unicodedata.normalize("NFD", character)
    return "".join(part for part in apart if not unicodedata.combining(part))


def in_one_sms(facts: Sequence[str], end: str = "") -> str:
    """Return as many of the facts as one SMS holds, each whole, the most pressing first; "" where not even the first fits.

    `end` is a link, or whom it is from; it is left as it is, or left out. A fact is worth more than that, and both are worth more
    than accents.
    """
    for number in range(len(facts), 0, -1):
        left_out = len(facts) - number
        more = [_("(and %(number)s more: see your mail)") % {"number": left_out}] if left_out else []
        for last in [[end], []] if end else [[]]:
            for letters in (plain, without_accents):
                text = _text([*facts[:number], *more, *last], letters)
                if fits(text):
                    return text
    return ""


def _text(lines: Sequence[str], letters: Callable[[str], str]) -> str:
    return "\n".join(line if "://" in line else letters(line) for line in lines)
