"""Rewrite a screenshot as a PNG with a palette: a third of the bytes, and no package for it.

A browser writes eight bits for red, green and blue of every pixel. A page has few colours, so a table of at most 256 of them
and one byte a pixel look the same.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_COLOURS = 256
RGB, RGBA = 2, 6

type Colour = tuple[int, int, int]


def with_palette(png: bytes) -> bytes:
    """Return the picture with a palette. The most frequent 256 colours stay as they are; every other becomes the nearest of them.

    Takes what Chromium writes: eight bits a channel, not interlaced, opaque.
    """
    chunks = dict(_chunks(png))
    width, height, _, kind, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    rows = list(_rows(zlib.decompress(chunks[b"IDAT"]), width, channels=4 if kind == RGBA else 3))
    counted = Counter(colour for row in rows for colour in row)
    palette = [colour for colour, _ in counted.most_common(MOST_COLOURS)]
    place = {colour: number for number, colour in enumerate(palette)}
    for colour in counted:
        if colour not in place:
            place[colour] = min(range(len(palette)), key=lambda number: _distance(palette[number], colour))
    # Filter 0, which changes nothing, compresses pages with a palette best.
    pixels = b"".join(b"\0" + bytes(map(place.__getitem__, row)) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    table = b"".join(bytes(colour) for colour in palette)
    parts = ((b"IHDR", header), (b"PLTE", table), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each kind of chunk with its content; the pixels, which may stand in several chunks, as one."""
    at, pixels = len(SIGNATURE), b""
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        name, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        if name == b"IDAT":
            pixels += content
        else:
            yield name, content
        at += size + 12
    yield b"IDAT", pixels


def _rows(filtered: bytes, width: int, *, channels: int) -> Iterator[list[Colour]]:
    """The rows of colours: each row is stored as the difference from its left or upper neighbours."""
    size = width * channels
    above = bytearray(size)
    for start in range(0, len(filtered), size + 1):
        row = bytearray(filtered[start + 1 : start + 1 + size])
        _undo(filtered[start], row, above, channels)
        yield list(zip(row[0::channels], row[1::channels], row[2::channels], strict=True))
        above = row


def _undo(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    """Add to every byte what its filter subtracted; the five kinds of the PNG specification."""
    if kind == 2:  # the byte above
        row[:] = bytes((byte + up) & 255 for byte, up in zip(row, above, strict=True))
    elif kind == 1:  # the byte to the left
        for at in range(step, len(row)):
            row[at] = (row[at] + row[at - step]) & 255
    elif kind == 3:  # the mean of both
        for at, up in enumerate(above):
            left = row[at - step] if at >= step else 0
            row[at] = (row[at] + (left + up) // 2) & 255
    elif kind == 4:
        for at, up in enumerate(above):
            left, corner = (row[at - step], above[at - step]) if at >= step else (0, 0)
            row[at] = (row[at] + _paeth(left, up, corner)) & 255


def _paeth(left: int, up: int, corner: int) -> int:
    """Whichever of the three neighbours is nearest to left + up - corner."""
    guess = left + up - corner
    return min((left, up, corner), key=lambda byte: abs(guess - byte))


def _distance(one: Colour, other: Colour) -> int:
    return sum((mine - theirs) ** 2 for mine, theirs in zip(one, other, strict=True))
