"""What mail servers and providers refuse, beside what smtplib has names for, and whether a refusal is about the address."""

import re
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused


class Refused(Exception):
    """The message was refused for good, and why."""


class AddressRefused(Refused):
    """The address was refused for good: there is no such mailbox, or it takes nothing any more."""


class Suppressed(Refused):
    """No mail goes to the address (`schools.messages.suppression`)."""


class TooMany(Exception):
    """The provider asks us to wait: it got too many messages in a short time."""


NO_MAILBOX = {550, 551, 553}
"""Answers to an address that mean: there is no such mailbox. They have other meanings too."""
ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
"""The second, exact code of an answer (RFC 3463)."""
OF_ADDRESS = re.compile(r"5\.1\.(?:[0-6]|10)|5\.2\.1")
"""Exact codes that say: no such mailbox, no such domain, moved away, or switched off. A full mailbox is none of them."""
NOT_OF_ADDRESS = re.compile(
    r"relay|sender|spam|block|policy|denied|authenticat|not permitted|reputation|quota|black.?list|dnsbl|reverse dns"
    r"|\b(?:full|spf|dkim|dmarc|ptr|helo|tls|starttls)(?![a-z])",
    re.IGNORECASE,
)
"""Words of an answer without an exact code that say: it is about who sends, or the mailbox is full, so the next may arrive."""

OTHER_ADDRESSES = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
LONGEST_WORDS = 300


def answers_of(error: Exception) -> list[tuple[int, str]]:
    """Return code and words of each answer with which an SMTP server refused; none where it did not refuse."""
    if isinstance(error, SMTPRecipientsRefused):
        return [(code, _text(answer)) for code, answer in error.recipients.values()]
    if isinstance(error, SMTPSenderRefused | SMTPDataError):
        return [(error.smtp_code, _text(error.smtp_error))]
    return []


def _text(answer: bytes | str) -> str:
    """Return what the server answered, in one line."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())


def is_about_address(error: Exception) -> bool:
    """Return whether the refusal says that mail to this address can never arrive; only then is the address marked."""
    if isinstance(error, AddressRefused):
        return True
    return isinstance(error, SMTPRecipientsRefused) and all(_is_no_mailbox(*answer) for answer in answers_of(error))


def _is_no_mailbox(code: int, words: str) -> bool:
    is_for_good = code >= 500 if ENHANCED.search(words) else code in NO_MAILBOX
    return is_for_good and says_of_address(words)


def says_of_address(words: str) -> bool:
    """Return whether a refusal for good is about the address by its words: not about who sends, and not about a full mailbox."""
    if exact := ENHANCED.search(words):
        return OF_ADDRESS.fullmatch(exact[1]) is not None
    return not NOT_OF_ADDRESS.search(OTHER_ADDRESSES.sub("", words))


def is_too_many(error: Exception) -> bool:
    """Return whether the server or the provider asks all senders to wait a little (421, 429, 4.7.x), not one message alone."""
    return isinstance(error, TooMany) or any(_asks_to_wait(*answer) for answer in answers_of(error))


def _asks_to_wait(code: int, words: str) -> bool:
    exact = ENHANCED.search(words)
    # A grey list wants this very message once more, and nothing of the others.
    is_pace = exact is not None and exact[1].startswith("4.7.") and not re.search(r"gr[ae]y", words, re.IGNORECASE)
    return code == 421 or (400 <= code < 500 and is_pace)


def without_others(words: str, address: str) -> str:
    """Return what a mail server said in one short line, with every address taken out of it but the one that it is about."""
    kept = OTHER_ADDRESSES.sub(lambda match: match[0] if match[0].lower() == address.lower() else "…", " ".join(words.split()))
    return kept if len(kept) <= LONGEST_WORDS else f"{kept[: LONGEST_WORDS - 1]}…"
