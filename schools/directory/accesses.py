"""Links for somebody at a school: signed, of one person and purpose, the same in every mail, and ended all at once.

A link lets nobody in anywhere else. Opening one writes nothing; only what is sent by it does (schools.school_portal).
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Lower

from schools.directory.models import AccessPurpose, Contact, SchoolAccess

SALT = "schools.directory.accesses"
SEPARATOR = "."
LASTS = timedelta(days=400)
"""How long the links of a person are good for after the last mail that carried one: a school year and a little more."""
PUT_OFF_AFTER = timedelta(days=30)
"""A mail puts the end off only where that is worth a write."""

TOKEN = re.compile(r"(?P<access>[0-9]{1,18})\.(?P<about>[0-9]{1,18}(?:-[0-9]{1,18})*)\.[\w-]{20,}", re.ASCII)


@dataclass(frozen=True)
class Read:
    """A link that we signed, now or for an earlier generation."""

    access: SchoolAccess
    about: tuple[int, ...]
    """The ids that it names, in the order in which whoever made it gave them."""
    is_ended: bool
    """Whether it was ended, has expired, or went to an address that its person has no more."""


def access_of(contact: Contact, purpose: AccessPurpose, *, on: date) -> SchoolAccess:
    """Return the access of the person, made where there is none; another address ends the links that went to the old one."""
    with transaction.atomic():
        new = {"email": contact.email, "expires": on + LASTS}
        access, is_new = SchoolAccess.objects.get_or_create(contact=contact, purpose=purpose, defaults=new)
        if not is_new and access.email.lower() != contact.email.lower():
            SchoolAccess.objects.filter(pk=access.pk, email=access.email).update(generation=F("generation") + 1, **new)
            access.refresh_from_db()
        elif access.expires < on + LASTS - PUT_OFF_AFTER:
            access.expires = on + LASTS
            access.save(update_fields=["expires"])
    return access


def end_links(accesses: Iterable[SchoolAccess], *, now: datetime) -> None:
    """End every link that these people have, for whatever purpose; the next mail to them carries another one.

    The links of one purpose lead on to pages of another, so to end some of them would be to end none.
    """
    rows = list(accesses)
    people = {access.contact_id for access in rows if access.contact_id is not None}
    theirs = Q(pk__in=[access.pk for access in rows]) | Q(contact__in=people)
    SchoolAccess.objects.filter(theirs).update(generation=F("generation") + 1, revoked_at=now)


def access_to_hand_on(contact: Contact | None, *, sent_to: str, on: date) -> SchoolAccess | None:
    """Return the access to visits of which a page shows a link to whoever opened it by a link that went to the address `sent_to`.

    None: the person has none that a mail to that address carries, or their links were ended once. Then only a mail brings
    them to the visit: whoever kept an older link, or the mailbox from before, must not get a new one by it. A look makes none.
    """
    if contact is None or contact.email.lower() != sent_to.lower():
        return None
    able = SchoolAccess.objects.filter(contact=contact, purpose=AccessPurpose.VISITS, revoked_at=None, expires__gte=on)
    return able.filter(email__iexact=sent_to).first()


def were_ended(email: str, *, since: datetime) -> bool:
    """Return whether links that went to the address were ended at the moment or after it."""
    return SchoolAccess.objects.filter(email__iexact=email, revoked_at__gte=since).exists()


def last_ended(emails: Collection[str], *, since: datetime) -> dict[str, datetime]:
    """Return when links that went to these addresses were ended last, by the address in small letters; one query.

    Addresses of which none was ended since that moment are left out.
    """
    rows = SchoolAccess.objects.filter(revoked_at__gte=since).annotate(address=Lower("email")).order_by()
    rows = rows.filter(address__in={email.lower() for email in emails})
    return dict(rows.values_list("address").annotate(Max("revoked_at")))


def used(access: SchoolAccess, *, now: datetime) -> None:
    """Note that somebody has sent something by a link of this access."""
    SchoolAccess.objects.filter(pk=access.pk).update(last_used_at=now)


def token_of(access: SchoolAccess, *about: int) -> str:
    """Return what stands in the address of the link about these ids; the same for as long as the generation lasts."""
    facts = [str(access.pk), "-".join(str(each) for each in about)]
    return _signer(access, access.generation).sign(SEPARATOR.join(facts))


def read_token(token: str, purpose: AccessPurpose, *, on: date) -> Read | None:
    """Return what a link says; None where we never signed it, or its person is known no more. One query."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    accesses = SchoolAccess.objects.select_related("contact__school")
    access = accesses.filter(pk=match["access"], purpose=purpose).first()
    if access is None or access.contact is None:
        return None
    about = tuple(int(each) for each in match["about"].split("-"))
    if not _is_signed(token, access, access.generation):
        is_old = any(_is_signed(token, access, before) for before in range(access.generation))
        return Read(access, about, is_ended=True) if is_old else None
    is_elsewhere = access.contact.email.lower() != access.email.lower()
    return Read(access, about, is_ended=is_elsewhere or access.expires < on)


def _is_signed(token: str, access: SchoolAccess, generation: int) -> bool:
    try:
        _signer(access, generation).unsign(token)
    except signing.BadSignature:
        return False
    return True


def _signer(access: SchoolAccess, generation: int) -> signing.Signer:
    return signing.Signer(salt=f"{SALT}:{access.purpose}:{access.pk}:{generation}", sep=SEPARATOR)
