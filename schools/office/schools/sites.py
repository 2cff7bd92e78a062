"""What somebody who changes a site has to see to: whoever goes there is told of it by nobody else."""

from collections.abc import Collection
from datetime import date

from schools.core.words import joined, long_day
from schools.directory.models import Site
from schools.visits.rules.sites import days_booked_at, days_known_at


def warnings_of_changed_site(site: Site, changed: Collection[str], *, on: date) -> list[str]:
    """Return a sentence where days are known to be at an address that the site had, or booked where it was given up.

    `changed` are the names of the fields that are stored otherwise now.
    """
    warnings = []
    if {"address", "postcode"}.intersection(changed) and (days := days_known_at(site, on=on)):
        tell = f"Tell who goes to {site} on {_in_words(days)}, and the school."
        warnings.append(f"Nobody is told of the new address by itself. {tell}")
    if "active" in changed and not site.active and (days := days_booked_at(site, on=on)):
        instead = "Change the site of these days, or call them off and book them again, so that everybody is told."
        warnings.append(f"Something is to be at {site} still, on {_in_words(days)}. {instead}")
    return warnings


def _in_words(days: Collection[date]) -> str:
    return joined(long_day(day) for day in days)
