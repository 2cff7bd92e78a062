"""What has no period, and where it stands: docs/retention.md says why, and tests/keeping/test_documents.py compares.

A table that may hold somebody has a period (periods.py) or is named here; one of which a part goes and a part stays has both.
"""

WITHOUT_PERIOD: dict[str, str] = {
    "volunteers who have not left, and where they were": "Volunteer Volunteer_areas VolunteerStep SignOff Cover",
    "visits, sessions, and how children were counted": "Visit Session School Site OutcomeSubmission Confirmed Drift Restatement",
    "clearance decisions, conflicts, half days, agreements, earlier names, merges": (
        "Clearance Conflict Availability Accepted EarlierValue Merge TwoPeople Contact_also_at"
    ),
    "what belongs to a sign-in": (
        "OfficeFeed FeedToken Subscription account.EmailAddress account.EmailConfirmation mfa.Authenticator "
        "socialaccount.SocialAccount socialaccount.SocialToken User_groups User_user_permissions"
    ),
    "browsers that are signed in": "sessions.Session",
    "who looks after which area": "AreaCoordinator StandIn",
    "words of today on how one gets in, what pieces and templates are called": "School Site Store Piece VisitTemplate",
    "the stock ledger, closed returns, what was published": (
        "Movement StockSubmission Packed Parcel Return ReturnRow Publication"
    ),
    "imports of registers, authorities, areas, terms, pupils, postcodes, deprivation and stock": "ImportRun ImportChange",
    "for whom a message was": "MessageTo",
    "an address to which nothing can be sent": "SuppressedAddress",
    "that the owner of an address objected, complained of our mail, or answered STOP": "SuppressedAddress",
    "what the charity says of itself, and in its own words": "Charity Agreement Area EditedText PackItem",
    "privacy notice and accessibility statement, with their earlier versions": "PublicText",
    "sheets of erasures, reports of purges": "Erasure PurgeRun",
    "how backups, periodic jobs and programs went": "BackupRun PeriodicJob ApiToken",
    "the log of the processes": "",
    "backups": "",
}
"""The tables, as the registry of columns calls them, separated by spaces; blank: it is outside of the database."""

KEPT_IMPORTS = frozenset(
    {
        "gias", "scotland", "wales", "northern-ireland", "authorities", "areas", "terms", "rolls", "postcodes", "deprivation",
        "stock",
    }
)  # fmt: skip
"""The registers and kinds of tables of which imports stay; those of people have a period, and a new kind is in one of the two."""
