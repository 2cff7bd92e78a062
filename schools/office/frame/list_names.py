"""The names of the office's lists: on home, in their headings and in breadcrumbs."""

from typing import Any

from django.db.models.options import Options
from django.utils.text import capfirst

LISTS = {
    "Visits and sessions": {
        "Visit": "Visits",
        "Session": "Sessions",
        "Cover": "Who goes where",
        "ContactLog": "Conversations with schools",
        "SafeguardingNotice": "When a child told something",
        "VisitTemplate": "Visit templates",
    },
    "Schools and areas": {
        "School": "Schools",
        "Contact": "People at schools",
        "SchoolAgreement": "Schools’ yearly agreements",
        "Site": "Sites of schools",
        "Roll": "Pupils by year group",
        "SchoolLink": "Linked schools",
        "Term": "School terms",
        "Area": "Areas",
        "AreaCoordinator": "Who coordinates what",
        "Authority": "Local authorities",
    },
    "Volunteers": {
        "Volunteer": "Volunteers",
        "Clearance": "Clearances",
        "SignOff": "Sign-offs",
        "Availability": "When they are usually free",
        "Away": "When they are away",
        "Conflict": "Schools that they must not go to",
        "Invitation": "Who was invited to sign in",
        "Agreement": "Volunteer agreements",
    },
    "Materials": {
        "Material": "Materials",
        "KitLine": "What a session needs",
        "Store": "Stores",
        "Piece": "Equipment",
        "Parcel": "Parcels to schools",
    },
    "Reach and programme": {
        "Return": "Signed-off returns",
        "ClosedPeriod": "Closed periods",
        "SessionType": "Session types",
        "PackItem": "What schools get beforehand",
    },
    "The charity": {
        "Charity": "Name, texts and measures",
    },
    "People who sign in": {
        "User": "People and their roles",
        "OutboxMessage": "Mail that was sent",
        "BackupRun": "Backups and restore drills",
    },
}
"""The lists under the lines of home: the tables that people work with, in their words.

The other tables are changed through these tables and through the office's own pages; the list of every table has them.
"""


NAMES = {table: words for tables in LISTS.values() for table, words in tables.items()}


def name_of_list(options: "Options[Any]") -> str:
    """Return the name of a table's list: the name on home, or else the model's own name in the plural."""
    return NAMES.get(options.object_name or "", capfirst(str(options.verbose_name_plural)))
