"""Writing at which of its sites a host would have its visit into the sessions, and putting that back (rule 33)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from schools.directory.models import Site
from schools.directory.sites import names_apart, sites_in_use
from schools.visits.models import SchoolAnswer, Session, Visit
from schools.visits.rules.school_answers import to_come
from schools.visits.rules.sites import reasons_not_to_change_site

SINCE = "{answer} was changed since it was taken, so it stays as it is. Change it by hand."


def write_site(answer: SchoolAnswer, visit: Visit, sessions: Sequence[Session], *, on: date) -> list[str]:
    """Let all that is to come be at the site that the answer names, and keep in it where it was; return why that cannot be.

    What was to come when the host said so and is over by now was where it was. Blank words are the school’s own address. The
    callers hold the locks.
    """
    sites = sites_in_use(visit.school)
    apart = names_apart(sites)
    site = next((each for each in sites if apart[each.pk] == answer.words), None)
    if answer.words and site is None:
        return [f"{answer}: “{answer.words}” is not in use any more. Leave it, and ask the school again."]
    going = [each for each in to_come(sessions, on=on) if each.type.presenters]
    if not going:
        return [f"{answer}: Nothing of this visit is to come to which somebody goes. Leave what the school said."]
    elsewhere = [each for each in going if each.site_id != (site.pk if site else None)]
    if reasons := _reasons(visit, going, {each.day for each in elsewhere}, site):
        return reasons
    answer.before = {"site": site.pk if site else None, "sites": [[each.pk, each.site_id] for each in elsewhere]}
    for each in elsewhere:
        each.site = site
        each.save()
    return []


def put_site_back(answer: SchoolAnswer, visit: Visit, sessions: Sequence[Session]) -> list[str]:
    """Let the sessions be where they were before the answer was taken; return why that cannot be."""
    before = answer.before or {}
    by_pk = {each.pk: each for each in sessions}
    moved = [(by_pk[pk], site) for pk, site in before.get("sites", ()) if pk in by_pk]
    if any(each.site_id != before["site"] for each, _site in moved):
        return [SINCE.format(answer=answer)]
    sites = Site.objects.in_bulk({site for _session, site in moved if site})
    for each, site in moved:
        of_day = [other for other in sessions if other.day == each.day and other.type.presenters]
        if reasons := reasons_not_to_change_site(visit, of_day, sites.get(site), is_asked_for=True):
            return reasons
    for each, site in moved:
        each.site = sites.get(site)
        each.save()
    return []


def _reasons(visit: Visit, going: Sequence[Session], days: set[date], site: Site | None) -> list[str]:
    """Return why what people go to cannot be at the site on one of these days."""
    of_day: defaultdict[date, list[Session]] = defaultdict(list)
    for each in going:
        of_day[each.day].append(each)
    reasons = [
        reason for day in sorted(days) for reason in reasons_not_to_change_site(visit, of_day[day], site, is_asked_for=True)
    ]
    return list(dict.fromkeys(reasons))
