"""Knowing whoever has proved that a mailbox is theirs: one person stays one, at however many schools."""

from schools.directory.actions import share_contact
from schools.directory.models import Contact, School
from schools.visits.queries.requests import contact_elsewhere, contact_of_address


def know_at_school(school: School, email: str) -> Contact | None:
    """Return the person with this address, who is at the school, too, from now on; None: nobody has it.

    Only for an address whose owner has opened a link that went there: they get one page for all their schools by it. Of several
    who have it at other schools it is the first who was written down.
    """
    here = contact_of_address(school, email)
    if here is not None:
        return here
    elsewhere = contact_elsewhere(school, email)
    return share_contact(elsewhere, school) if elsewhere is not None else None
