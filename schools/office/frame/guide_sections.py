"""Which section of which guide belongs to which page of the office; every page links to its own."""

from django.urls import ResolverMatch, reverse

from schools.office.frame.list_names import LISTS

GUIDE_ADDRESS = "/admin/guide/{name}/"
"""The address of a guide's page, by its name (schools.core.guides.GUIDES)."""

SECTIONS: dict[str, tuple[str, ...]] = {
    "office#each-morning-home": ("index",),
    "office#when-you-are-away": ("stand-ins",),
    "office#starting-from-nothing-to-the-first-visit": ("area-add", "area-detail", "guides", "guide"),
    "office#which-school-to-ask-next-who-is-due": ("due", "calls", "call", "school-group"),
    "office#conversations-with-schools": ("log-talk", "school-detail"),
    "office#finding-a-school-or-a-person": ("find",),
    "office#a-school-asks-for-a-visit": ("request-detail", "area-poster"),
    "office#offering-dates": ("offer-dates", "visit-dates"),
    "office#booking-a-visit": ("book", "book-at", "visit-add", "visit-guests"),
    "office#confirming-and-what-the-school-still-owes-you": ("visit-detail", "visit-edit", "session-detail", "session-edit"),
    "office#what-schools-get-beforehand": ("pack-file",),
    "office#finding-people-for-a-day": ("visit-day", "tally-sheet", "observing"),
    "office#somebody-cannot-come": ("drop-out", "take-off"),
    "office#seeing-the-weeks-the-calendar": ("calendar", "calendar-address"),
    "office#the-week-on-one-page-the-week-board": ("week-board",),
    "office#moving": ("visit-move",),
    "office#calling-off-a-day": ("bulk-snow",),
    "office#telling-everybody": ("tell", "unreachable"),
    "office#what-was-sent-to-whom": ("messages", "message"),
    "office#texts-of-messages": ("message-texts", "message-text"),
    "office#undoing": ("batch",),
    "office#many-at-once": ("bulk", "bulk-confirm", "bulk-reassign", "bulk-hand-over", "bulk-chase"),
    "office#materials-and-stock": (
        "stock", "store-stock", "stock-take", "picking-list", "material-story", "equipment", "piece", "labels", "shortages",
        "forecast", "materials-used", "session-kit", "parcels",
    ),
    "office#after-a-visit-how-it-went": ("session-outcome", "day-outcome", "session-people"),
    "office#volunteers": ("volunteer-add", "volunteer-detail"),
    "office#many-at-once-from-a-spreadsheet": ("imports", "import-run", "invite"),
    "office#somebody-who-is-entered-twice": ("duplicates", "merge", "merged"),
    "office#erasing-somebody": ("erasures", "erase", "erased"),
    "office#what-is-held-on-somebody": ("held", "held-person", "held-request"),
    "office#somebody-is-locked-out": ("locked-out", "locked-out-person", "locked-out-request", "trustees"),
    "office#how-long-what-is-kept": ("kept",),
    "office#the-charity-itself": ("charity", "public-text"),
    "office#the-figures-reach": ("reach", "reach-behind", "reach-pictures", "reach-cold-spots", "dose", "dose-behind", "feedback",
        "feedback-behind", "doubts",
        "feeders", "reach-readers"),
    "office#signing-a-period-off-returns": ("returns", "return-detail", "return-close", "return-sign-off"),
    "office#publishing-figures": ("publications",),
    "office#once-a-year-registers-and-areas": ("registers", "register-run", "authority-move"),
    "office#what-the-program-does-by-itself": ("running", "stopped-mail"),
    "office#every-page-and-its-address": ("app_list",),
}  # fmt: skip
"""The names of the pages' URLs, without `admin:`, by guide and section."""

SECTIONS_OF_TABLES: dict[str, tuple[str, ...]] = {
    "office#starting-from-nothing-to-the-first-visit": ("Area", "AreaCoordinator", "Region", "SessionType", "KitLine", "User"),
    "office#booking-a-visit": ("Visit", "Session", "VisitTemplate"),
    "office#a-school-asks-for-a-visit": ("VisitRequest",),
    "office#offering-dates": ("OfferedDates",),
    "office#what-schools-get-beforehand": ("PackItem",),
    "office#what-schools-say-by-themselves": ("SchoolAnswer", "SchoolAlarm", "SchoolChange", "Feedback", "SchoolAccess"),
    "office#finding-people-for-a-day": ("Cover",),
    "office#telling-everybody": ("SuppressedAddress",),
    "office#after-a-visit-how-it-went": ("SafeguardingNotice",),
    "office#conversations-with-schools": ("School", "Site", "Contact", "ContactLog", "SchoolAgreement", "Roll", "SchoolLink"),
    "office#once-a-year-registers-and-areas": ("Authority", "Term"),
    "office#volunteers": tuple(LISTS["Volunteers"]),
    "office#materials-and-stock": ("Material", "Store", "Piece", "Parcel"),
    "office#signing-a-period-off-returns": ("Return", "ClosedPeriod", "Drift"),
    "office#publishing-figures": ("Publication", "PublishedAtom", "PublishedPlace", "PublishedPupils"),
    "office#what-the-program-does-by-itself": (
        "OutboxMessage",
        "MessageAbout",
        "MailPace",
        "MessageTo",
        "EditedText",
        "PeriodicJob",
        "SignOfLife",
        "BackupRun",
    ),
    "office#erasing-somebody": ("Erasure", "EarlierValue"),
    "office#what-is-held-on-somebody": ("SubjectAccess",),
    "office#somebody-is-locked-out": ("Recovery", "RecoveryStep", "Trustee"),
    "office#how-long-what-is-kept": ("PurgeRun",),
    "office#the-charity-itself": ("Charity", "PublicText"),
}
"""The tables whose lists and forms belong to a section."""

_OF_PAGE = {page: section for section, pages in SECTIONS.items() for page in pages}
_OF_TABLE = {table.lower(): section for section, tables in SECTIONS_OF_TABLES.items() for table in tables}


def section_of(match: ResolverMatch | None) -> str:
    """Return guide and section of the page, like “office#booking-a-visit”; blank for a page that has none."""
    name = (match.url_name or "") if match else ""
    table = name.removeprefix("schools_").rpartition("_")[0]
    return _OF_PAGE.get(name) or _OF_TABLE.get(table, "")


def address_of_section(section: str) -> str:
    """Return the address of a section like “office#booking-a-visit”; for none, that of the page with all guides."""
    if not section:
        return reverse("admin:guides")
    guide, _, anchor = section.partition("#")
    return f"{GUIDE_ADDRESS.format(name=guide)}#{anchor}"
