"""What a record of processing names (UK GDPR, article 30): the groups of data, of whom, and who receives them, by settings.

docs/record-of-processing.md and docs/dpia.md say the same, and tests/keeping/test_documents.py compares: a table that may hold
somebody is in exactly one group, a group that leads to somebody says to whom, and whatever leads out of the installation belongs
to a recipient.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Data of one purpose: the tables that hold them, as the registry of columns calls these, and how long they are kept."""

    name: str
    tables: str
    """Separated by spaces."""
    periods: str = ""
    """Names of periods (periods.py), separated by spaces; blank: as long as the person, or what docs/retention.md says."""


GROUPS: tuple[Group, ...] = (
    Group(
        "people who go to schools",
        "Volunteer Volunteer_areas VolunteerStep Availability Away Conflict",
        "enquirers volunteers away",
    ),
    Group("whether they may", "Clearance ClearanceLook SignOff", "certificates volunteers looks"),
    Group("joining", "Invitation Agreement Accepted FeedToken", "invitations volunteers"),
    Group(
        "people at schools",
        "Contact Contact_also_at School Site SchoolAgreement ContactLog",
        "contacts conversations access-notes agreed-by",
    ),
    Group(
        "what schools say by themselves",
        "SchoolAccess SchoolAnswer SchoolAlarm SchoolChange Feedback VisitRequest OfferedDates",
        "school-words school-links school-asked school-enquiries",
    ),
    Group(
        "people of the office",
        "User User_groups User_user_permissions AreaCoordinator StandIn OfficeFeed Subscription Area",
        "colleagues",
    ),
    Group(
        "signing in",
        "AddressChange account.EmailAddress account.EmailConfirmation mfa.Authenticator socialaccount.SocialAccount "
        "socialaccount.SocialToken usersessions.UserSession sessions.Session",
        "devices unanswered",
    ),
    Group("letting somebody in again", "Recovery RecoveryStep Trustee", "ways-back unanswered"),
    Group("visits and who goes", "Visit Session Cover VisitTemplate Batch", "notes undoing"),
    Group("what happened", "OutcomeSubmission Restatement Drift Confirmed Return ReturnRow Publication"),
    Group("when a child says something", "SafeguardingNotice", "notices"),
    Group(
        "what people are told",
        "OutboxMessage MessageAbout MessageTo SuppressedAddress EditedText",
        "messages notes addresses unanswered",
    ),
    Group("what schools get beforehand", "PackItem"),
    Group("stock", "Movement StockSubmission Packed Parcel Store Piece"),
    Group("imports", "ImportRun ImportChange ImportFile", "imports import-files"),
    Group("one person, one entry", "Merge TwoPeople EarlierValue"),
    Group("rights of people", "SubjectAccess Erasure", "access"),
    Group(
        "running the installation",
        "admin.LogEntry django_tasks_database.DBTaskResult ApiToken ApiUse BackupRun PeriodicJob Charity PublicText",
        "office-log tasks api-questions",
    ),
)
"""Every table of which a column may hold, name or point to somebody."""


@dataclass(frozen=True)
class Subjects:
    """People of one kind, and the groups in which something of them may stand."""

    name: str
    groups: frozenset[str]
    tables: str = ""
    """The tables of which a row is one of them, separated by spaces; blank: they have none, and stand in words of others."""


EVERY_GROUP = frozenset(group.name for group in GROUPS)

SUBJECTS: tuple[Subjects, ...] = (
    Subjects(
        "volunteers, applicants and enquirers",
        frozenset(
            {
                "people who go to schools", "whether they may", "joining", "visits and who goes", "what people are told", "stock",
                "imports", "one person, one entry", "rights of people",
            }
        ),
        "Volunteer",
    ),
    Subjects("whom to call in an emergency", frozenset({"people who go to schools", "one person, one entry"})),
    Subjects(
        "people at schools",
        frozenset(
            {
                "people at schools", "what schools say by themselves", "visits and who goes", "what people are told", "imports",
                "one person, one entry", "rights of people",
            }
        ),
        "Contact",
    ),
    Subjects(
        "people who ask for a visit",
        frozenset({"what schools say by themselves", "what people are told", "rights of people"}),
        "VisitRequest",
    ),
    Subjects("whoever signs what a school says", frozenset({"what schools say by themselves", "people at schools"})),
    Subjects("people of the office", EVERY_GROUP, "User"),
    Subjects(
        "whoever signs in",
        frozenset({"people of the office", "signing in", "letting somebody in again", "running the installation"}),
        "User",
    ),
    Subjects(
        "trustees who agree when somebody is locked out",
        frozenset({"letting somebody in again", "what people are told", "rights of people"}),
        "Trustee",
    ),
    Subjects(
        "whoever is named in a note",
        EVERY_GROUP
        - {
            "people who go to schools", "whether they may", "signing in", "letting somebody in again", "one person, one entry",
            "rights of people",
        },
    ),
)  # fmt: skip
"""Everybody of whom something is kept. Children are counted, and never named."""


@dataclass(frozen=True)
class Recipient:
    """Somebody outside of the office who gets data, and the settings without which they get none."""

    name: str
    settings: str = ""
    """Without SPEAKOUT_, separated by spaces; blank: by the programme itself."""
    shown: str = ""
    """What its pages show of people by name, as the templates of the portals write it, separated by spaces."""


RECIPIENTS: tuple[Recipient, ...] = (
    Recipient(
        "schools",
        shown="link.person.name link.person.phone link.person.email person.name person.email alarm.seen_by.name",
    ),
    Recipient(
        "volunteers",
        shown="partner.name partner.phone store.keeper.phone person.name person.phone person.email visit.contact.name "
        "visit.contact.role visit.contact.phone visit.safeguarding_contact.name visit.safeguarding_contact.phone",
    ),
    Recipient("trustees", shown="recovery.user recovery.asked_by"),
    Recipient("who carries the mail", "MAIL_URL MAIL_SECRET"),
    Recipient("who carries SMS", "SMS SMS_KEY SMS_TEMPLATE SMS_SENDER SMS_SECRET"),
    Recipient("who keeps the database", "DATABASE_URL DIRECT_URL REPLICA_URL"),
    Recipient("who keeps the backups", "BACKUP_FOLDER BACKUP_KEY BACKUP_IDENTITY ERASURES"),
    Recipient("the provider of sign-ins", "OIDC_SERVER OIDC_CLIENT OIDC_SECRET OIDC_NAME OIDC_DOMAINS"),
    Recipient("who collects errors", "SENTRY_DSN"),
    Recipient("programs that read the figures"),
)
"""Everybody to whom something may go; what goes to the last is figures, and nobody is in them."""

INSIDE = (
    "ADDRESS ALLOWED_HOSTS BACKUP_DAYS BACKUP_MONTHS BACKUP_WEEKS CHROMIUM CSRF_TRUSTED_ORIGINS DEBUG HEAVY_AT_ONCE "
    "HISTORIES HOLD_DATES_DAYS HSTS_PRELOAD HSTS_SUBDOMAINS LOG LOOKS_KEPT_YEARS MAILS_PER_MINUTE MAIL_FROM OFFER_HOURS "
    "POOL_MAX POOL_MIN PORT PROXIES RECOVERY_HOURS SCREENSHOTS SECRET_KEY SECRET_KEY_FALLBACKS SIGNED_IN_DAYS SMS_PER_DAY "
    "STAFF_SECOND_FACTOR"
)
"""Settings that lead nobody's data out, separated by spaces; those of periods (KEEP_…) besides."""
