"""A mail of a kind as it goes out: its HTML says what its text says, and its headers say whom it is from and how it ends."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schools.messages.envelopes import Letter, Sender
from schools.messages.links import Link
from schools.messages.opting_out import headers_of
from schools.messages.smtp import CarefulMessage
from tests.messages.letters import Shown, assert_says_the_same, html_of, lines_of_text, received
from tests.profiles import examples

BODY = """Hello Asha,

This is to remind you of what you’re down for:

Oak & Ash <Primary>, Thu 3 December 2026
- 9:15–9:45 am: KS1 assembly
- 10:00–10:30 am: KS2 assembly
Park behind the hall.

https://speakout.example.org/page/?a=1&b=2

1. Was it right?
2. Would you have us again?
"""
BUTTON = Link("https://speakout.example.org/mornings/7/2026-12-03/", "See where to go and what to bring")
CORA = Sender("Cora Nwosu", "cora@example.org", "01632 960123")
WAY_OUT = "https://speakout.example.org/no-more/near-you.7.sig/"
SIGNATURE = ["Kind Words", "1 High Street", "https://speakout.example.org"]


def mail_of(letter: Letter) -> CarefulMessage:
    mail = CarefulMessage(letter.subject, letter.text, from_email="a@example.org", to=["b@example.org"])
    mail.attach_alternative(letter.html, "text/html")
    return mail


def test_the_html_says_line_for_line_what_the_text_says() -> None:
    letter = Letter("Hello", BODY, SIGNATURE, BUTTON, [CORA, Sender("Ben", "ben@example.org", instead_of="Ann")], WAY_OUT)
    shown = assert_says_the_same(mail_of(letter))
    assert shown.buttons == [BUTTON.address]
    assert shown.addresses == ["https://speakout.example.org/page/?a=1&b=2", BUTTON.address, WAY_OUT]
    assert letter.text.endswith(
        "2. Would you have us again?\n\n"
        f"See where to go and what to bring:\n{BUTTON.address}\n\n"
        "From Cora Nwosu, 01632 960123\nFrom Ben for Ann, who is away\n\n"
        f"Get no more of these mails:\n{WAY_OUT}\n\n"
        "-- \nKind Words\n1 High Street\nhttps://speakout.example.org\n"
    )


def test_two_spaces_in_a_sentence_set_nothing_out_and_keep_its_links() -> None:
    link = "https://speakout.example.org/a/"
    shown = Shown(Letter("Hello", f"That is all.  Thank you.\nLook here: {link}\n\n    123 456\n", []).html)
    assert shown.shown == ["That is all. Thank you.", "Look here", "123 456"]
    assert shown.addresses == [link]
    assert Letter("Hello", "That is all.  Thank you.", []).html.count('class="set-out"') == 0
    assert Letter("Hello", "    123 456", []).html.count('class="set-out"') == 1


def test_what_a_mail_does_not_have_leaves_nothing_behind() -> None:
    letter = Letter("Hello", "Good day\n", [])
    assert letter.text == "Good day\n"
    assert Shown(letter.html).shown == ["Good day"]
    assert Shown(letter.html).addresses == []


ANY_LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30)
ANY_LINE = ANY_LINE.filter(lambda line: line.strip() not in {"", "-", "--"})


@settings(max_examples=examples(40))
@given(st.lists(st.lists(ANY_LINE, min_size=1, max_size=4), min_size=1, max_size=4))
@example([["<script>alert(1)</script>", "- \"'&<b>"], ["{{ letter }} {% now 'Y' %}"], ["- a", "b", "- c"]])
@example([["javascript:alert(1)", 'https://evil.example.org/"onclick=x', "http://"]])
def test_whatever_somebody_typed_is_shown_as_it_was_typed(paragraphs: list[list[str]]) -> None:
    body = "\n\n".join("\n".join(lines) for lines in paragraphs)
    shown = Shown(Letter("Hello", body, []).html)
    assert shown.shown == lines_of_text(body)
    assert shown.tags <= {"html", "head", "meta", "title", "style", "body", "div", "p", "br", "ul", "li", "a"}
    assert all(address.startswith(("http://", "https://")) for address in shown.addresses)
    assert not [name for name in shown.attributes if name.startswith("on")]


def test_the_colours_follow_the_readers_mail_program() -> None:
    html = html_of(mail_of(Letter("Hello", BODY, SIGNATURE, BUTTON)))
    for words in ('name="color-scheme" content="light dark"', "color-scheme: light dark", "prefers-color-scheme: dark"):
        assert words in html


@pytest.mark.parametrize("reply_to", ["", "office@kind.example.org"])
def test_the_headers_of_a_way_out_arrive_whole(reply_to: str) -> None:
    address = f"https://speakout.example.org/no-more/school-due.1234567.{'x' * 43}/"
    mail = CarefulMessage("Hello", "Good day", "a@example.org", ["b@example.org"], headers=headers_of(address, reply_to=reply_to))
    raw = mail.message().as_bytes()
    assert address.encode() in raw, "an address that is folded or encoded leads nowhere"
    got = received(mail)
    ways = [f"<{address}>"] + ([f"<mailto:{reply_to}?subject=unsubscribe>"] if reply_to else [])
    assert got["List-Unsubscribe"] == ", ".join(ways)
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_mail_program_finds_the_text_before_the_html() -> None:
    got = received(mail_of(Letter("Hello", BODY, SIGNATURE, BUTTON)))
    assert got.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]
    plain = got.get_body(["plain"])
    assert plain is not None
    assert plain.get_content().splitlines() == Letter("Hello", BODY, SIGNATURE, BUTTON).text.splitlines()
