"""The places in the header of the office's pages, and which of them the page that is open belongs to."""

from dataclasses import dataclass, field

from django.urls import ResolverMatch, reverse

from schools.accounts.models import User
from schools.office.frame.guide_sections import address_of_section, section_of


@dataclass(frozen=True)
class HeaderPlace:
    """A place in the header: where it leads, who sees it, and what belongs to it."""

    words: str
    view: str
    """The name of the URL, without the namespace."""
    permission: str
    pages: frozenset[str] = frozenset()
    """Names of further URLs of the place, without the namespace; its own is always among them."""
    tables: frozenset[str] = frozenset()
    """Tables whose lists and forms are of the place."""
    is_folded: bool = field(default=False, kw_only=True)
    """Whether it stands under “More”: few need it on a day like any other."""

    def has(self, match: ResolverMatch | None) -> bool:
        """Return whether the page that was asked for belongs to the place."""
        name = (match.url_name or "") if match else ""
        return name == self.view or name in self.pages or name.removeprefix("schools_").rpartition("_")[0] in self.tables


def _of(names: str) -> frozenset[str]:
    return frozenset(names.split())


PLACES = (
    HeaderPlace("Home", "index", "add_visit", _of("tell")),
    HeaderPlace("Calendar", "calendar", "add_visit", _of("week-board calendar-address")),
    HeaderPlace("Who is due", "due", "add_visit", _of("calls call")),
    HeaderPlace(
        "Schools",
        "schools_school_changelist",
        "add_visit",
        _of("school-detail school-group log-talk offer-dates"),
        _of("school contact contactlog schoolagreement roll schoollink site schoolauthority schoolaccess"),
    ),
    HeaderPlace(
        "Visits",
        "schools_visit_changelist",
        "add_visit",
        _of("visit-detail visit-edit visit-move visit-dates visit-add visit-guests request-detail"),
        _of("visit visitrequest offereddates schoolanswer schoolalarm schoolchange feedback"),
    ),
    HeaderPlace(
        "Sessions",
        "schools_session_changelist",
        "add_visit",
        _of(
            "session-detail session-edit session-people session-outcome"
            " visit-day day-outcome drop-out take-off observing tally-sheet"
        ),
        _of("session cover headcount outcomesubmission safeguardingnotice"),
    ),
    HeaderPlace(
        "Volunteers",
        "schools_volunteer_changelist",
        "add_visit",
        _of("volunteer-add volunteer-detail invite duplicates merge merged"),
        _of(
            "volunteer clearance clearancelook signoff availability away conflict invitation volunteerstep agreement"
            " accepted feedtoken merge twopeople"
        ),
    ),
    HeaderPlace("Book a visit", "book", "add_visit", _of("book-at"), _of("visittemplate visittemplateline sessiontype")),
    HeaderPlace(
        "Many at once",
        "bulk",
        "add_visit",
        _of("bulk-confirm bulk-snow bulk-reassign bulk-hand-over bulk-chase batch"),
        _of("batch"),
    ),
    HeaderPlace(
        "Stock",
        "stock",
        "add_visit",
        _of(
            "session-kit parcels store-stock stock-take picking-list material-story equipment piece labels shortages forecast"
            " materials-used"
        ),
        _of("material materialuse kitline sessionkit store piece piecebooking packed parcel movement stocksubmission"),
    ),
    HeaderPlace(
        "Reach",
        "reach",
        "read_reach",
        _of(
            "reach-behind reach-pictures reach-cold-spots dose dose-behind feedback feedback-behind feeders reach-readers returns"
            " return-detail publications doubts"
        ),
        _of(
            "return returnrow restatement drift confirmed publication publishedplace publishedatom publishedpupils subscription"
            " apitoken apiuse"
        ),
    ),
    HeaderPlace("Import a table", "imports", "add_visit", _of("import-run"), is_folded=True),
    HeaderPlace(
        "Registers",
        "registers",
        "add_importrun",
        _of("register-run authority-move area-add area-detail area-poster"),
        _of(
            "importrun importfile importchange columnmatch authority area areaauthority region reorganisation term closedperiod"
            " postcode deprivation"
        ),
        is_folded=True,
    ),
)
"""The places in their order. Each page belongs to at most one."""


@dataclass(frozen=True)
class ShownPlace:
    """A place as the header shows it."""

    words: str
    address: str
    current: str
    """What `aria-current` says: “page” on the place's own page, “true” on another of its pages, else blank."""
    is_folded: bool = False


def places_for(user: User, match: ResolverMatch | None) -> list[ShownPlace]:
    """Return the places that the user may open, then the guide at the section of the page that is open."""
    shown = [
        ShownPlace(place.words, reverse(f"admin:{place.view}"), _current(place, match), place.is_folded)
        for place in PLACES
        if user.has_perm(f"schools.{place.permission}")
    ]
    is_guide = match is not None and match.url_name in {"guides", "guide"}
    return [*shown, ShownPlace("Guide", address_of_section(section_of(match)), "page" if is_guide else "")]


def place_of(user: User, match: ResolverMatch | None) -> ShownPlace | None:
    """Return the place to which the page belongs; None: that is home or the page itself, or the user may not open it."""
    for place in PLACES:
        is_above = place.view != "index" and _current(place, match) == "true"
        if is_above and user.has_perm(f"schools.{place.permission}"):
            return ShownPlace(place.words, reverse(f"admin:{place.view}"), "true", place.is_folded)
    return None


def _current(place: HeaderPlace, match: ResolverMatch | None) -> str:
    if match is None or match.namespace != "admin" or not place.has(match):
        return ""
    return "page" if match.url_name == place.view else "true"
