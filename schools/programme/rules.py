"""Reasons not to put a file into a pack, and what kind of file it is: found out from its bytes, not from its name."""

import io
import zipfile
from pathlib import PurePath

from schools.programme.models import MOST_BYTES, MOST_MEGABYTES, FileKind

STARTS = {FileKind.PDF: b"%PDF-", FileKind.PNG: b"\x89PNG\r\n\x1a\n", FileKind.JPEG: b"\xff\xd8\xff"}
"""What files of these kinds begin with."""
INSIDE = {FileKind.WORD: "word/document.xml", FileKind.SLIDES: "ppt/presentation.xml"}
"""What files of these kinds, which are archives, hold."""
MACROS = "vbaproject.bin"
"""How the part of an archive ends that holds programs; whoever opens it at a school would be warned, or refused."""
MOST_PARTS = 5_000
"""An archive of more parts is no document that somebody wrote."""
LONGEST_NAME = 80


def kind_of(content: bytes) -> FileKind | None:
    """Return the kind of the file by its bytes; None: none that a pack may have."""
    for kind, start in STARTS.items():
        if content.startswith(start):
            return kind
    return _kind_of_archive(content) if content.startswith(b"PK") else None


def _kind_of_archive(content: bytes) -> FileKind | None:
    """Return the kind of a document that is an archive, by the names of its parts alone: nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return None
    if len(parts) > MOST_PARTS or any(part.lower().endswith(MACROS) for part in parts):
        return None
    return next((kind for kind, part in INSIDE.items() if part in parts), None)


def reasons_too_large(name: str, size: int) -> list[str]:
    """Return the reason why a file of so many bytes cannot be in a pack; it is asked before the bytes are read."""
    if size <= MOST_BYTES:
        return []
    make = "Make it smaller, such as by smaller pictures, or put it in as several files."
    return [f"“{name}” is larger than {MOST_MEGABYTES} MB, which is the most that a file of a pack may have. {make}"]


def reasons_not_to_attach(name: str, content: bytes) -> list[str]:
    """Return the reasons why the file cannot be in a pack: too large, empty, or of a kind that schools may not open."""
    reasons = reasons_too_large(name, len(content))
    if not content:
        reasons.append(f"“{name}” is empty. Look whether it is the right file, and choose it again.")
    elif kind_of(content) is None:
        kinds = "a PDF, a Word file or slides (.docx, .pptx) without macros, or a PNG or JPEG picture"
        reasons.append(f"“{name}” is not {kinds}. Save it as one of these, best as a PDF, and choose it again.")
    return reasons


def reasons_says_nothing(words: str, size: int) -> list[str]:
    """Return the reason why a text or file of a pack is of no use to anybody: it has neither words nor a file."""
    return [] if words.strip() or size else ["Write something, or choose a file."]


def name_of_file(name: str, kind: FileKind) -> str:
    """Return the name under which schools get the file: plain letters of the given one, with the ending of what it really is."""
    kept = "".join(letter if letter.isalnum() or letter in " -_.()" else " " for letter in PurePath(name).stem)
    stem = " ".join(kept.split()).strip(" .")[:LONGEST_NAME].strip(" .")
    return f"{stem or 'file'}.{kind.value}"
