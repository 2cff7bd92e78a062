"""At which sites a file of sessions puts visits: all that people go to on one visit day is at one place (rule 33)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from schools.core.on_disk import OnDisk
from schools.directory.models import School, Site
from schools.directory.sites import sites_of_schools
from schools.visits.models import SessionStage
from schools.visits.session_files.diff import StoredVisit
from schools.visits.session_files.parse import SheetSession

ONE_PLACE = "A visit is at one place a day: write the same one, or use another reference."

type Named = dict[tuple[int, str], Site]
"""Sites by the id of a school and their name in small letters."""


def sites_named(sessions: Iterable[SheetSession]) -> Named:
    """Return those of the sites that the sessions name which there are, in at most five queries; none where they name none.

    Of several that have one name, the school's own counts, else one that is in use.
    """
    schools = {session.school_id for session in sessions if session.site}
    if not schools:
        return {}
    return {
        (school, site.name.casefold()): site
        for school, sites in sites_of_schools(School.objects.filter(pk__in=schools)).items()
        for site in sorted(sites, key=lambda site: (site.school_id == school, site.active, site.pk))
    }


def site_of(session: SheetSession, named: Named) -> Site | None:
    """Return the site that the session names; None: it names none, or there is no such site."""
    return named.get((session.school_id, session.site.casefold())) if session.site else None


class DaysAtSites:
    """Where each visit day of a file is, kept for as long as its new sessions are looked at."""

    def __init__(self, *, on: date, names_sites: bool) -> None:
        self._on = on
        # Without a site in the file, everything new in it is at one place: the own address of its school.
        self._places: OnDisk[tuple[int, int | None]] | None = OnDisk() if names_sites else None

    def refusals(
        self, sessions: Sequence[SheetSession], named: Named, stored: Mapping[str, StoredVisit]
    ) -> Iterator[tuple[SheetSession, str]]:
        """Yield the reasons why these new sessions cannot be where the file says; `stored` are their visits that exist."""
        for session in sessions:
            site = site_of(session, named)
            reasons = self._reasons_of_name(session, site)
            if not reasons and session.type.presenters and session.stage != SessionStage.CANCELLED:
                reasons = self._reasons_of_day(session, site, stored.get(session.visit))
            yield from ((session, reason) for reason in reasons)

    def _reasons_of_name(self, session: SheetSession, site: Site | None) -> list[str]:
        if not session.site:
            return []
        if not session.type.presenters:
            return ["site: nobody goes to an online session. Leave the cell empty."]
        if site is None:
            return [f"site: the school has no site “{session.site}”. Write one as its page has it, or add it there first."]
        if not site.active and session.stage == SessionStage.SCHEDULED and session.day >= self._on:
            return [f"site: “{site}” is not in use any more. Write one that is; an empty cell is the school’s own address."]
        return []

    def _reasons_of_day(self, session: SheetSession, site: Site | None, visit: StoredVisit | None) -> list[str]:
        here = site.pk if site else None
        of_day = visit.sessions.items() if visit else ()
        others = {each.site: each.site_name for (_, day, _), each in of_day if day == session.day and each.takes_people}
        if elsewhere := [name for pk, name in others.items() if pk != here]:
            at = f"at “{elsewhere[0]}”" if elsewhere[0] else "at the school’s own address"
            return [f"site: the visit “{session.visit}” is {at} on that day. {ONE_PLACE}"]
        if self._places is None:
            return []
        line, first = self._places.setdefault((session.visit, session.day), (session.line, here))
        if first == here:
            return []
        return [f"site: line {line} has the visit “{session.visit}” at another place on that day. {ONE_PLACE}"]
