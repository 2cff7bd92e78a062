"""The guides for users say what the pages say and show each picture that is taken; pictures are small and keep their colours."""

import re
import struct
import zlib
from pathlib import Path

import pytest
from django.conf import settings

from tests.e2e.pictures.small_png import SIGNATURE, with_palette

DOCS = Path(settings.BASE_DIR) / "docs"
GUIDES = ("office-guide.md", "volunteer-guide.md")
MOST_BYTES = 80_000
WIDTH, HEIGHT = 3, 2
RED, GREEN, BLUE = b"\xff\0\0", b"\0\xff\0", b"\0\0\xff"


def _text(guide: str) -> str:
    return (DOCS / guide).read_text(encoding="utf-8")


def _taken() -> list[Path]:
    return sorted((DOCS / "pictures").glob("*.png"))


def test_each_picture_is_in_a_guide_and_each_guide_has_its_pictures() -> None:
    shown = {name for guide in GUIDES for name in re.findall(r"\]\(pictures/([^)]+)\)", _text(guide))}
    assert {file.name for file in _taken()} == shown, "Run `make pictures`; show each picture in a guide, or delete it."


def test_pictures_are_small_enough_for_a_phone() -> None:
    large = {file.name: file.stat().st_size for file in _taken() if file.stat().st_size > MOST_BYTES}
    assert large == {}, "Show less of the page: its height stands in tests/e2e/pictures/states.py."


def _on_pages() -> str:
    """Everything that pages may say: templates without their tags, and the texts of the code."""
    root = Path(settings.BASE_DIR)
    files = [*root.glob("templates/**/*.html"), *root.glob("schools/**/*.py"), *root.glob("schools/**/*.js")]
    texts = (file.read_text(encoding="utf-8") for file in files)
    whole = " ".join(" ".join(texts).split())
    return whole + " ".join(re.sub(r"{%.*?%}|<.*?>", " ", whole).split())


def _parts(words: str) -> list[str]:
    """What stands between the places for a name, a day or a number."""
    return [part.strip(" ,.") for part in words.split("…") if part.strip(" ,.")]


@pytest.mark.parametrize("guide", GUIDES)
def test_words_of_the_guides_are_those_of_the_pages(guide: str) -> None:
    on_pages = _on_pages()
    text = " ".join(_text(guide).replace("**Words like these**", "").split())
    quoted = [*re.findall(r"\*\*([^*]+)\*\*", text), *re.findall(r"“([^”]+)”", text)]
    # The office calls a field like its name: “Charity told at”.
    strange = [
        words
        for words in quoted
        if not all(part in on_pages or part.lower().replace(" ", "_") in on_pages for part in _parts(words))
    ]
    assert strange == [], f"Write in docs/{guide} what the pages say now."


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png(*rows: bytes) -> bytes:
    """A picture of two rows, each as the file stores it: its filter, then what the filter leaves of the colours."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(*chunk) for chunk in chunks)


def _colours(png: bytes) -> list[bytes]:
    """The colours of a picture with a palette, row by row."""
    table = png[png.index(b"PLTE") + 4 :]
    start = png.index(b"IDAT")
    (size,) = struct.unpack(">I", png[start - 4 : start])
    rows = zlib.decompress(png[start + 4 : start + 4 + size])
    places = [place for row in range(HEIGHT) for place in rows[row * (WIDTH + 1) + 1 : (row + 1) * (WIDTH + 1)]]
    return [table[3 * place : 3 * place + 3] for place in places]


@pytest.mark.parametrize(
    ("second", "colours"),
    [
        (b"\0" + GREEN + BLUE + RED, [GREEN, BLUE, RED]),
        (b"\1" + GREEN + b"\0\0\0" + b"\0\1\0", [GREEN, GREEN, b"\0\0\0"]),  # to be added to the left neighbour
        (b"\2" + b"\0\0\0" + b"\0\0\1" + b"\1\0\0", [RED, b"\xff\0\1", b"\1\0\xff"]),  # to the one above
        (b"\3" + b"\0\0\0" + b"\0\0\0" + b"\0\0\0", [b"\x7f\0\0", b"\xbf\0\0", b"\x5f\0\x7f"]),  # to the mean of both
        (b"\4" + b"\0\0\0" + b"\0\0\0" + b"\0\0\0", [RED, RED, BLUE]),  # to the nearest of left, above and corner
    ],
)
def test_a_picture_with_a_palette_has_the_colours_that_it_had(second: bytes, colours: list[bytes]) -> None:
    png = _png(b"\0" + RED + RED + BLUE, second)
    assert _colours(with_palette(png)) == [RED, RED, BLUE, *colours]
