"""Whom a request is about: somebody with all their entries, as a volunteer and as who signs in."""

from dataclasses import replace

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.erasing.models import PersonKind
from schools.erasing.people import Person, PersonRow, person_of
from schools.keeping.models import SubjectAccess
from schools.recovery.models import Trustee
from schools.visits.models import VisitRequest
from schools.volunteers.models import Volunteer


def subject_of(row: PersonRow) -> Person:
    """Return the person with all that is theirs. Erasing spares the sign-in of who works in the office; asking does not."""
    if isinstance(row, User):
        volunteer = Volunteer.objects.select_related("user").filter(user=row).first()
        return subject_of(volunteer) if volunteer is not None else person_of(row)
    person = person_of(row)
    if isinstance(row, Volunteer) and row.user_id is not None:
        person = replace(person, users=person.users | {row.user_id})
    return person


def row_of(access: SubjectAccess) -> PersonRow | None:
    """Return the row of the person who asked; None where there is none any more."""
    if access.kind == PersonKind.VOLUNTEER:
        known_by = {"reference": access.reference} if access.volunteer_number is None else {"pk": access.volunteer_number}
        return Volunteer.objects.select_related("user").filter(**known_by).first()
    number = access.reference.rpartition(":")[2]
    if access.kind == PersonKind.CONTACT:
        return Contact.objects.filter(pk=number).first()
    if access.kind == PersonKind.REQUESTER:
        return VisitRequest.objects.select_related("contact").filter(pk=number).exclude(email="").first()
    if access.kind == PersonKind.TRUSTEE:
        return Trustee.objects.filter(pk=number).exclude(name="", email="").first()
    return User.objects.filter(pk=number).first()
