"""Small files of the kinds that packs have, and of some that they have not."""

import io
import zipfile

PDF = b"%PDF-1.7\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 16


def archive(*parts: str) -> bytes:
    """An archive with these empty parts, as documents of office programs are."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as parts_of_it:
        for part in parts:
            parts_of_it.writestr(part, b"")
    return written.getvalue()


WORD = archive("[Content_Types].xml", "word/document.xml")
SLIDES = archive("[Content_Types].xml", "ppt/presentation.xml")
WITH_MACROS = archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
