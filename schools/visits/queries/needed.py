"""Whether the entry of somebody at a school is needed besides for what made it."""

from django.db.models import Q

from schools.core.references import is_referenced
from schools.directory.models import Contact, SchoolAccess
from schools.visits.models import Merge, MergeKind


def is_needed(person: Contact) -> bool:
    """Return whether anything needs the entry: then it stays where somebody takes back what it was made for.

    It does where they are at another school too, want invitations or SMS, have opened a link, are named by a visit, a request,
    dates that were offered or a mail, or where another entry was made one with it. Ask it once the entry is locked.
    """
    is_wanted = person.wants_invitations or bool(person.sms_number) or person.also_at.exists()
    merges = Merge.objects.filter(Q(kept_id=person.pk) | Q(gone_id=person.pk), kind=MergeKind.CONTACT)
    is_used = person.accesses.filter(last_used_at__isnull=False).exists()
    return is_wanted or is_used or merges.exists() or is_referenced(person, but=(SchoolAccess,))
