"""The reasons not to erase somebody now."""

from schools.accounts.models import User
from schools.directory.models import ImportFile
from schools.erasing.people import FORMER_COLLEAGUE, PersonRow, is_of_entry, reference_of
from schools.recovery.models import Trustee
from schools.visits.models import VisitRequest
from schools.visits.rules.requests import is_of_nobody
from schools.volunteers.models import Volunteer, VolunteerStatus

IMPORTS_OF_PEOPLE = {"volunteers": "volunteers", "contacts": "people at schools", "sessions": "sessions"}
"""The kinds of imports whose rows name people, each as a sentence calls it; those of registers name schools alone."""


def reasons_not_to_erase(row: PersonRow) -> list[str]:
    """Return every reason, each a sentence that says what to do next; nothing is changed.

    No search reads the file of an import, and applying it could bring back whom it names: so it stands against everybody.
    """
    waiting = set(ImportFile.objects.filter(run__register__in=IMPORTS_OF_PEOPLE).values_list("run__register", flat=True))
    of_imports = [
        f"An import of {words} waits, and its file may name them. Apply it or throw it away first."
        for kind, words in IMPORTS_OF_PEOPLE.items()
        if kind in waiting
    ]
    return _of_kind(row) + of_imports


def _of_kind(row: PersonRow) -> list[str]:
    if isinstance(row, Volunteer):
        return _of_volunteer(row)
    if isinstance(row, User):
        return _of_staff(row)
    if isinstance(row, VisitRequest):
        return _of_requester(row)
    return _of_trustee(row) if isinstance(row, Trustee) else []


def _of_volunteer(volunteer: Volunteer) -> list[str]:
    if volunteer.is_erased:
        return [f"{volunteer.reference} was erased already."]
    if volunteer.status != VolunteerStatus.LEFT:
        return [f"{volunteer} has not left. End the membership first."]
    return []


def _of_staff(user: User) -> list[str]:
    if user.name == f"{FORMER_COLLEAGUE} {user.pk}":
        return [f"{user} was erased already."]
    reasons = []
    if user.is_active:
        reasons.append(f"{user} may still sign in. Untick “may sign in” first.")
    volunteer = Volunteer.objects.filter(user=user).first()
    if volunteer is not None:
        reasons.append(f"{user} is also the volunteer {volunteer.reference}. Erase the volunteer; the sign-in goes with that.")
    return reasons


def _of_requester(request: VisitRequest) -> list[str]:
    # The name of one may be gone with another request of the same person, and its address is still there.
    if "@" not in request.email and is_of_nobody(request):
        return [f"{reference_of(request)} was erased already."]
    if is_of_entry(request):
        return [f"Who asked is known at the school as {request.contact}. Erase that entry; what they asked for goes with it."]
    return []


def _of_trustee(trustee: Trustee) -> list[str]:
    if not trustee.name and not trustee.email:
        return [f"{trustee} was erased already."]
    if trustee.ended_at is None:
        return [f"{trustee} may still agree when somebody is locked out. End that on the page of trustees first."]
    return []
