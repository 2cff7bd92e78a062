"""The letter of assurance as a PDF that a screen reader can read (PDF/UA-1): the same words are the same bytes."""

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from schools.school_portal.letters import LetterWords

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).with_name("letter.typ")
PDF = "application/pdf"


class NotInOurFontError(Exception):
    """A name has letters that the font of the PDF does not have; a page shows them with the fonts of its reader."""


@cache
def _fonts() -> "typst.Fonts":
    """Return the one font, read once: with those of the machine the bytes would differ from machine to machine."""
    import typst

    folder = Path(str(files("fontpkg_open_sans"))) / "files"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def pdf_of(words: LetterWords) -> bytes:
    """Return the letter. Its words are data for the template and never part of it. Raises NotInOurFontError."""
    import typst

    language, _, region = words.language.partition("-")
    data = json.dumps({**asdict(words), "language": language, "region": region.upper() or None})
    try:
        return typst.compile(
            TEMPLATE, root=TEMPLATE.parent, font_paths=_fonts(), sys_inputs={"letter": data}, pdf_standards=["ua-1"]
        )
    except typst.TypstError as wrong:
        if "could not be displayed" in str(wrong):
            raise NotInOurFontError from wrong
        raise
