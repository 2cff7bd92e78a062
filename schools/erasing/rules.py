"""The reasons not to erase somebody now."""

from schools.accounts.models import User
from schools.directory.models import ImportFile
from schools.erasing.people import FORMER_COLLEAGUE, PersonRow
from schools.volunteers.models import ERASED, Volunteer, VolunteerStatus


def reasons_not_to_erase(row: PersonRow) -> list[str]:
    """Return every reason, each a sentence that says what to do next; nothing is changed."""
    reasons = _of_volunteer(row) if isinstance(row, Volunteer) else _of_staff(row) if isinstance(row, User) else []
    if isinstance(row, Volunteer) and ImportFile.objects.filter(run__register="volunteers").exists():
        reasons.append("An import of volunteers waits, and its file may name them. Apply it or throw it away first.")
    return reasons


def _of_volunteer(volunteer: Volunteer) -> list[str]:
    if volunteer.name == f"{ERASED} {volunteer.reference}":
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
