"""Links keep their words and lose their secrets before the office shows a text."""

import pytest

from schools.messages import kinds
from schools.messages.kinds import Kind, keep_nothing
from schools.messages.masking import LETS_IN, OF_ITS_READER, masked, subject_to_show, text_to_show
from schools.messages.models import OutboxMessage
from tests.office.conftest import NOW

TOKEN = "MTc6c2Nob29sOjE.k3v9-Qx_8aB71"


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        (f"https://speak.example.org/a/{TOKEN}/", "https://speak.example.org/a/…/"),
        (f"https://speak.example.org/stop/{TOKEN}/", "https://speak.example.org/stop/…/"),
        (f"https://speak.example.org/mine/?key={TOKEN}&day=2026-12-03", "https://speak.example.org/mine/?key=…&day=2026-12-03"),
        (f"https://speak.example.org/mine/?{TOKEN}", "https://speak.example.org/mine/?…"),
        (f"https://speak.example.org/mine/#{TOKEN}", "https://speak.example.org/mine/#…"),
        (f"webcal://speak.example.org/feed/{TOKEN}.ics", "webcal://speak.example.org/feed/…"),
        (f"https://asha:{TOKEN}@speak.example.org/mine/", "https://speak.example.org/mine/"),
        ("https://speak.example.org/0b5c7a52-6a3e-4d0f-9a51-5a1f0f6f2f11/", "https://speak.example.org/…/"),
        ("https://speak.example.org/abcdefghijklmnopqrstuvwxyz/", "https://speak.example.org/…/"),
        ("https://speak.example.org/what-a-school-should-know-beforehand/", None),
        ("https://speak.example.org/visit/17/2026-12-03/", None),
        ("https://[broken/abcdefghijklmnopqrstuvwxyz", "https://…"),
        (f"file:///home//{TOKEN}?#", "file:///home//…"),
    ],
)
def test_what_is_long_and_no_plain_word_is_taken_out_of_a_link(link: str, shown: str | None) -> None:
    assert masked(f"Open this page:\n{link}\nThank you.") == f"Open this page:\n{shown or link}\nThank you."


def test_words_outside_of_links_stay_however_long_they_are() -> None:
    text = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch CE1234567890123456789012345"
    assert masked(text) == text


def test_what_lets_somebody_in_is_not_shown_at_all() -> None:
    message = OutboxMessage(subject="Your code", body="Your code is 123456.", expires_at=NOW)
    assert text_to_show(message) == LETS_IN


def test_what_only_its_reader_reads_is_shown_by_what_the_office_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    private = Kind("ends", "A clearance ends", lambda now, about: (), lambda message, now: None, keep_nothing, keep_nothing,
                   is_private=True)  # fmt: skip
    monkeypatch.setattr(kinds, "_kinds", {"ends": private})
    message = OutboxMessage(kind="ends", subject="Yours ends in 7 days: DBS", body="It holds until Thursday.")
    assert (subject_to_show(message), text_to_show(message)) == ("A clearance ends", OF_ITS_READER)
