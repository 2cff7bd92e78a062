"""What a file of a pack may be: its bytes say so, whatever its name and the browser say."""

import pytest

from schools.core.errors import RuleBroken
from schools.programme.actions import attach
from schools.programme.models import MOST_BYTES, PackItem
from schools.programme.rules import reasons_not_to_attach, reasons_too_large
from tests.pack_files import JPEG, PDF, PNG, SLIDES, WITH_MACROS, WORD, archive


@pytest.mark.parametrize(
    ("given", "content", "kept"),
    [
        ("plan.pdf", PDF, "plan.pdf"),
        ("Plan für Jahr 5 (neu).docx", WORD, "Plan für Jahr 5 (neu).docx"),
        ("slides.pptx", SLIDES, "slides.pptx"),
        ("poster.png", PNG, "poster.png"),
        ("poster.jpeg", JPEG, "poster.jpg"),
        ("plan.docx", PDF, "plan.pdf"),
        ('../../etc/"pass\r\nwd".pdf', PDF, "pass wd.pdf"),
        ("….pdf", PDF, "file.pdf"),
        ("x" * 500 + ".pdf", PDF, "x" * 80 + ".pdf"),
    ],
)
def test_the_bytes_say_the_kind_and_the_name_is_made_plain(given: str, content: bytes, kept: str) -> None:
    item = PackItem(title="Plan")
    attach(item, given, content)
    assert (item.file_name, item.size, item.content) == (kept, len(content), content)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\0", b"<html><script>alert(1)</script>", b"<?xml version='1.0'?><svg/>", WITH_MACROS, archive("a.txt"),
        b"PK\x03\x04", b" %PDF-1.7",
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(RuleBroken) as refused:
        attach(PackItem(), "plan.pdf", content)
    (reason,) = refused.value.reasons
    assert reason.startswith("“plan.pdf” is not a PDF, a Word file or slides (.docx, .pptx) without macros, or a PNG or JPEG")
    assert reason.endswith("Save it as one of these, best as a PDF, and choose it again.")


def test_too_large_and_empty_files_are_refused_with_what_to_do() -> None:
    assert reasons_too_large("plan.pdf", MOST_BYTES) == []
    (reason,) = reasons_not_to_attach("plan.pdf", PDF.ljust(MOST_BYTES + 1))
    assert reason.startswith("“plan.pdf” is larger than 5 MB, which is the most that a file of a pack may have.")
    assert reason.endswith("Make it smaller, such as by smaller pictures, or put it in as several files.")
    assert reasons_not_to_attach("plan.pdf", b"") == [
        "“plan.pdf” is empty. Look whether it is the right file, and choose it again."
    ]


def test_an_archive_of_very_many_parts_is_no_document() -> None:
    parts = [f"part-{number}" for number in range(5_001)]
    assert reasons_not_to_attach("plan.docx", archive("word/document.xml", *parts))
