"""How names are taken apart for the search, the same way when a row is stored and when somebody types.

“St. Michael’s C/E” and “saint michaels church of england” become the same words: small letters without accents and
apostrophes, “st” written out, “c of e” too. A row keeps its words in one text (`words_of_row`), which the database indexes
(schools/core/search_index.py). What somebody types becomes a query for that index (`Query`).
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

END_OF_NAME = "¦"
"""Stands behind the words of the name, so that a whole name can be told from the beginning of a longer one."""
NUMBER, NEAR, GAP = "№", "≈", "·"
"""Begin a register number and a near form of a word; stand for the blank in a postcode. No word has any of them."""

PHONE, PHONE_BACKWARDS = "☏", "☎"
"""Begin a phone number as it is dialled within its country, without its zero; and the same from its last digit to its first."""
FEWEST_DIGITS = 6
"""Of a typed phone number, its beginning or its end: fewer digits are those of very many numbers."""

WITH_COUNTRY = 12
"""Digits of a number of the United Kingdom that begins with 44, as some write it."""

LEAST_NEAR = 4
"""Letters; in a shorter word one wrong letter makes just another word."""

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "æ": "ae", "œ": "oe"})
_APOSTROPHES = "'’‘ʼ`´"

SAME = {
    "st": "saint", "ss": "saint", "sts": "saint", "saints": "saint", "rc": "catholic", "mt": "mount", "gt": "great",
    "jnr": "junior", "juniors": "junior", "infants": "infant",
}  # fmt: skip
"""Words that mean another one; they are kept and looked for as that one."""

GENERIC = frozenset({
    "academy", "aided", "and", "catholic", "church", "cofe", "college", "community", "controlled", "county", "endowed",
    "england", "first", "free", "grammar", "high", "house", "infant", "junior", "lower", "methodist", "middle", "mixed",
    "national", "nursery", "of", "park", "parish", "primary", "road", "saint", "scoil", "school", "sgoil", "special",
    "street", "the", "upper", "village", "voluntary", "ysgol",
})  # fmt: skip
"""Words of very many names. Their near forms are not kept with each row: by this list they are found all the same."""

_STREET = frozenset({
    "avenue", "bank", "close", "court", "crescent", "drive", "gardens", "gate", "grove", "hill", "lane", "parade", "place",
    "road", "row", "square", "street", "terrace", "walk", "way",
})  # fmt: skip

# A postcode with its blank, complete or as far as it was typed; “c of e” however it is written; the same of “rc”; or anything.
_PIECE = re.compile(
    r"""(?<!\S)(?:
        (?P<postcode>[A-Z]{1,2}[0-9][0-9A-Z]?\ +[0-9][A-Z]{0,2}(?!\S))
        |[^\w\s]*(?P<church>C\W{0,2}of\W{0,2}E|C\W{0,2}E|Church\s+of\s+England)[^\w\s]*(?!\S)
        |[^\w\s]*(?P<catholic>R\W{0,2}C|Roman\s+Catholic)[^\w\s]*(?!\S)
    )|(?P<other>[^\s\x00]+)""",
    re.VERBOSE | re.IGNORECASE,
)
_PHONE = re.compile(r"(?<!\S)[+(]{0,2}\d[\d().\-/]*(?:\s+[(]?\d[\d().\-/]*)*(?!\S)")
"""A phone number however it is spaced; whether it has enough digits is seen later."""
_TRUNK = re.compile(r"\(0\)")
_WORD = re.compile(r"[^\W_]+")
_BETWEEN_WORDS = re.compile(r"(?<=\w\w)/(?=\w\w)")
"""The stroke of “CofE/Methodist”, not that of “C/E”."""


class Piece(NamedTuple):
    """A piece of a text as it was typed, and the words that it means; “c of e” is one piece of three words."""

    typed: str
    words: tuple[str, ...]


def plain(text: str) -> str:
    """Return the text in small letters without accents and apostrophes: “Llanddôna” is “llanddona”, “Mary’s” is “marys”."""
    if text.isascii():
        # Nearly every text; it has no accents, and none of the letters that are written in two ways.
        return text.lower().replace("'", "").replace("`", "")
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(
        letter for letter in apart if not unicodedata.combining(letter) and letter not in _APOSTROPHES
    ).translate(_LETTERS)  # fmt: skip


def pieces_of(text: str) -> list[Piece]:
    """Return the pieces of a text that have any word, in the order of the text."""
    text = _PHONE.sub(lambda match: _in_one_piece(match[0]), _BETWEEN_WORDS.sub(" ", text))
    matches = _PIECE.finditer(text)
    return [Piece(match[0], words) for match in matches if (words := _words_of_piece(match))]


def _in_one_piece(number: str) -> str:
    return "".join(number.split()) if sum(map(str.isdigit, number)) >= FEWEST_DIGITS else number


def dialled(number: str) -> str:
    """Return the digits of a phone number within its country: 1539720001 of “+44 (0)1539 720001” and of “015397 20001”.

    Of a number of another country than the United Kingdom the digits begin with the country's.
    """
    digits = "".join(filter(str.isdecimal, _TRUNK.sub("", number)))
    with_country = len(digits) == WITH_COUNTRY and digits.startswith("44")
    if with_country or number.lstrip("( ").startswith("+") or digits.startswith("00"):
        return digits.removeprefix("00").removeprefix("44").removeprefix("0")
    return digits.removeprefix("0")


def _words_of_piece(match: re.Match[str]) -> tuple[str, ...]:
    if match["postcode"]:
        return (plain(GAP.join(match[0].split())),)
    if match["church"]:
        return ("church", "of", "england")
    if match["catholic"]:
        return ("catholic",)
    text = match[0].replace("&", " and ").replace("+", " and ")
    return tuple(SAME.get(word, word) for word in _WORD.findall(plain(text)))


def words_of(text: str) -> list[str]:
    """Return the words of a text, in its order."""
    return [word for piece in pieces_of(text) for word in piece.words]


@lru_cache(maxsize=5_000)
def _words_of_place(text: str) -> tuple[str, ...]:
    """Return the words of a place or address; many schools of a register lie in the same town and county."""
    return tuple(words_of(text))


@lru_cache(maxsize=20_000)
def near_forms(word: str) -> frozenset[str]:
    """Return the word and what is left of it when any letter is taken away.

    Two words are near when they share a form: then one has a wrong letter, one too many or too few, or one in another place.
    """
    return frozenset([word, *(word[:at] + word[at + 1 :] for at in range(len(word)))])


def has_near_forms(word: str) -> bool:
    """Return whether near forms of the word are kept with a row."""
    return len(word) >= LEAST_NEAR and word.isalpha() and word not in GENERIC


def words_of_row(
    name: str, *, others: Iterable[str] = (), numbers: Iterable[str] = (), postcode: str = "", phone: str = ""
) -> str:
    """Return the text that is kept with a row to find it by, words apart by one blank.

    First the words of the name in its order, then `END_OF_NAME`, then the words of the `others` (places, addresses), the
    `numbers` (each found only whole), the postcode with and without its blank, the phone both ways, and near forms.
    """
    of_name = words_of(name)
    words = dict.fromkeys([*_parts_of(name, of_name), *(word for text in others for word in _words_of_place(text))])
    near = {NEAR + form for word in (*of_name, *words) if has_near_forms(word) for form in near_forms(word)}
    marked = [NUMBER + _joined(number) for number in numbers if number]
    if outward := postcode.split():
        marked += [plain(GAP.join(outward)), plain("".join(outward))]
    if digits := dialled(phone):
        marked += [PHONE + digits, PHONE_BACKWARDS + digits[::-1]]
    return " ".join([*of_name, END_OF_NAME, *words, *marked, *sorted(near)])


def _parts_of(name: str, words: Collection[str]) -> Iterator[str]:
    """Yield what stands behind an apostrophe: “neill” of “O’Neill”; and “cofe”, for whoever types it slowly."""
    for part in re.findall(rf"\w[{_APOSTROPHES}](\w{{2,}})", name):
        yield from words_of(part)
    if "england" in words and "church" in words:
        yield "cofe"


def places_of_address(address: str) -> list[str]:
    """Return the lines of an address, apart by commas, that may be a village, town or county: not a street or a number."""
    lines = [line.strip() for line in address.split(",")]
    return [line for line in lines if line and not any(map(str.isdigit, line)) and plain(line.split()[-1]) not in _STREET]


def _joined(text: str) -> str:
    return "".join(_WORD.findall(plain(text)))


class Choice(NamedTuple):
    """A word of the index that will do: as it stands, or as the beginning of a longer one."""

    word: str
    begins: bool = False


type Clause = tuple[tuple[tuple[Choice, ...], ...], ...]
"""Ways to have a piece, of which one is enough; each way a list of words, of which each has choices."""


def clause_of(piece: Piece, *, forgiving: bool) -> Clause:
    """Return the ways in which a row may have the piece; `forgiving` takes near words too."""
    ways = [tuple(_choices(word, forgiving=forgiving) for word in piece.words)]
    if any(map(str.isdigit, piece.typed)):
        ways.append(((Choice(NUMBER + _joined(piece.typed)),),))
        ways += _ways_of_phone(piece.typed)
    elif len(piece.words) == 1 and (short := plain(piece.typed).strip(".")) != piece.words[0] and short in SAME:
        # “st” may also be the beginning of “Stoke”.
        ways.append(((Choice(short, begins=True),),))
    return tuple(ways)


def may_be_misspelt(pieces: Iterable[Piece]) -> bool:
    """Return whether a forgiving search may find more than a strict one: in numbers and short words nothing may be wrong."""
    return any(clause_of(piece, forgiving=True) != clause_of(piece, forgiving=False) for piece in pieces)


def _ways_of_phone(typed: str) -> list[tuple[tuple[Choice, ...], ...]]:
    """Return the ways to have a number that begins or ends with what was typed; none for what is no phone number."""
    digits = dialled(typed)
    if not _PHONE.fullmatch(typed) or sum(map(str.isdigit, typed)) < FEWEST_DIGITS or not digits:
        return []
    marked = (PHONE + digits, PHONE_BACKWARDS + digits[::-1])
    return [((Choice(word, begins=True),),) for word in marked]


@lru_cache(maxsize=1_000)
def _choices(word: str, *, forgiving: bool) -> tuple[Choice, ...]:
    choices = [Choice(word, begins=True)]
    if len(word) > LEAST_NEAR and word.endswith("s"):
        choices.append(Choice(word[:-1]))
    if forgiving and len(word) >= LEAST_NEAR - 1 and word.isalpha():
        choices += [Choice(NEAR + form) for form in sorted(near_forms(word)) if len(form) >= LEAST_NEAR - 1]
        if len(word) == LEAST_NEAR:  # “john” is nearly “jon”, of which no near forms are kept
            choices += [Choice(form) for form in sorted(near_forms(word)) if len(form) < LEAST_NEAR]
        choices += [Choice(common) for common in sorted(GENERIC) if near_forms(word) & near_forms(common)]
    return tuple(choices)
