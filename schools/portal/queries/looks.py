"""Who looked at a volunteer's clearances, for the volunteer."""

from schools.erasing.people import merged_into
from schools.visits.models import MergeKind
from schools.volunteers.models import ClearanceLook, ClearanceLookQuerySet, Volunteer


def looks_at(volunteer: Volunteer) -> ClearanceLookQuerySet:
    """Return the looks at the clearances of the volunteer, and of entries that were made one with theirs; newest first."""
    numbers = merged_into(MergeKind.VOLUNTEER, volunteer.pk)
    return ClearanceLook.objects.filter(volunteer_number__in=numbers).select_related("by")
