"""Which refusals are about the address, which about us, and which only ask us to wait."""

from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused

import pytest

from schools.messages.refusals import is_about_address, is_too_many, without_others


def of_address(code: int, words: str) -> SMTPRecipientsRefused:
    return SMTPRecipientsRefused({"asha@example.org": (code, words.encode())})


@pytest.mark.parametrize(
    ("code", "words", "is_address"),
    [
        (550, "no such person", True),
        (553, "mailbox name not allowed", True),
        (550, "5.1.1 <asha@example.org>: user unknown", True),
        (550, "5.1.10 recipient not found", True),
        (550, "5.2.1 mailbox disabled", True),
        (552, "5.2.2 mailbox full", False),
        (550, "5.1.8 bad sender’s domain", False),
        (550, "5.7.1 unable to relay for asha@example.org", False),
        (554, "5.7.1 relay access denied", False),
        (550, "relay not permitted", False),
        (550, "authentication required", False),
        (554, "blocked by a list", False),
        (550, "SPF check failed", False),
        (550, "no valid DKIM signature", False),
        (550, "refused as the domain’s DMARC record asks", False),
        (550, "client host is on a black-list", False),
        (550, "listed in a DNSBL", False),
        (550, "no reverse DNS (PTR) record", False),
        (550, "HELO name is invalid", False),
        (550, "TLS required", False),
        (550, "STARTTLS first", False),
        (550, "over quota", False),
        (550, "mailbox full", False),
        (550, "rachelowen.full@example.org: no such user here", True),
        (550, "no such user: fuller, spfister", True),
        (552, "too big", False),
        (450, "4.1.1 not now", False),
    ],
)
def test_an_address_is_marked_only_where_the_answer_is_about_it(code: int, words: str, is_address: bool) -> None:
    assert is_about_address(of_address(code, words)) is is_address


def test_what_is_said_of_the_text_or_of_the_sender_marks_no_address() -> None:
    assert not is_about_address(SMTPDataError(550, b"5.1.1 no such person"))
    assert not is_about_address(SMTPSenderRefused(550, b"5.1.1 no such person", "speakout@example.org"))


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (SMTPDataError(421, b"too many messages"), True),
        (of_address(450, "4.7.0 too many messages in an hour"), True),
        (of_address(451, "4.7.1 you send too fast"), True),
        (of_address(451, "4.7.1 greylisted, come back later"), False),
        (of_address(450, "4.2.1 mailbox busy"), False),
        (SMTPDataError(554, b"5.7.0 never"), False),
        (ConnectionError("no answer"), False),
    ],
)
def test_who_asks_to_wait_asks_all_senders_and_a_grey_list_one_message(error: Exception, waits: bool) -> None:
    assert is_too_many(error) is waits


def test_words_keep_the_address_and_no_other() -> None:
    words = "550 5.1.1 <Asha@Example.org>:\r\n asha.rao@gmail.example, moved; ask bob@example.org"
    assert without_others(words, "asha@example.org") == "550 5.1.1 <Asha@Example.org>: …, moved; ask …"
    assert len(without_others("x" * 1000, "asha@example.org")) == 300
