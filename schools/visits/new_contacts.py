"""Somebody at a school whom a colleague names in their own place: how an answer keeps them, and the link that confirms it.

No secret is stored: a link is signed with the installation's key, for one answer and the person whom it names.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.core import signing

from schools.directory.models import Contact
from schools.visits.fingerprints import fingerprint
from schools.visits.models import AnswerItem, SchoolAnswer

SALT = "schools.visits.new_contacts"
SEPARATOR = "."
HOLDS = timedelta(days=7)
"""How long they have to confirm it."""
PAGE = "school-contact-confirm"

TOKEN = re.compile(r"(?P<answer>[0-9]{1,18})\.[\w-]{20,}", re.ASCII)


@dataclass(frozen=True)
class NewContact:
    """Who is named."""

    name: str
    role: str
    email: str

    @classmethod
    def of(cls, words: str) -> Self:
        """Return whom the words of an answer name."""
        name, role, email = [*words.split("\n"), "", "", ""][:3]
        return cls(name, role, email)

    @property
    def words(self) -> str:
        """As an answer keeps them: a line for each."""
        return "\n".join(" ".join(each.split()) for each in (self.name, self.role, self.email))

    def __str__(self) -> str:
        return ", ".join(each for each in (self.name, self.role, self.email) if each)


def token_of_new_contact(answer: SchoolAnswer) -> str:
    """Return what stands in the address of the link of whoever the answer names now."""
    return _signer(answer).sign(str(answer.pk))


def read_new_contact(token: str) -> SchoolAnswer | None:
    """Return the answer of a link; None where we never signed it, or it names somebody else by now."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    answers = SchoolAnswer.objects.filter(item=AnswerItem.CONTACT).select_related("visit__school", "access__contact")
    answer = answers.filter(pk=match["answer"]).first()
    if answer is None:
        return None
    try:
        _signer(answer).unsign(token)
    except signing.BadSignature:
        return None
    return answer


def person_in_place(answer: SchoolAnswer) -> Contact | None:
    """Return whom the visit asks for by the answer, which was taken; None: it was not, or they are gone."""
    pk = (answer.before or {}).get("contact")
    return Contact.objects.filter(pk=pk).first() if pk else None


def is_too_late(answer: SchoolAnswer, *, now: datetime) -> bool:
    """Return whether they did not confirm it in time."""
    return now >= answer.at + HOLDS


def is_by_ended_link(answer: SchoolAnswer) -> bool:
    """Return whether the link by which they were named was ended since, or went to an address that its person has no more.

    Then a stranger may have named a mailbox of their own. False where nobody has that access any more, as of a head who left.
    """
    by = answer.access
    if by is None:
        return False
    is_elsewhere = by.contact is not None and by.contact.email.lower() != by.email.lower()
    # As soon as a mail went to a corrected address, only the generation tells that the link had gone elsewhere.
    is_of_before = answer.link_generation not in (None, by.generation)
    return is_elsewhere or is_of_before or (by.revoked_at is not None and by.revoked_at >= answer.at)


def _signer(answer: SchoolAnswer) -> signing.Signer:
    return signing.Signer(salt=f"{SALT}:{fingerprint(answer.words)}", sep=SEPARATOR)
