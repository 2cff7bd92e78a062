"""The kinds of tables that come in by the page: what they are called, who may import them, and what their file has."""

from dataclasses import dataclass

from schools.accounts.models import User
from schools.directory.actions import AREAS, AUTHORITIES, CONTACTS, DEPRIVATION, POSTCODES, ROLLS, TERMS, AnyKind, StreamedKind
from schools.materials.actions import STOCK
from schools.visits.session_files.kinds import SESSIONS
from schools.volunteers.actions import VOLUNTEERS


@dataclass(frozen=True)
class PageKind:
    """A kind of table as the page knows it."""

    label: str
    permission: str
    """Who may add a row by hand may import many."""
    table: AnyKind
    hint: str
    rows: str
    """What its rows are called in a sentence."""
    step: str
    """The step of setting up that it belongs to (schools.office.home.starting)."""

    @property
    def is_streamed(self) -> bool:
        """Whether it is a long list, of which a page shows examples."""
        return isinstance(self.table, StreamedKind)

    @property
    def columns(self) -> list[str]:
        """Our names for the columns, those first without which a file is not this table."""
        needs = self.table.table.needs
        return [*needs, *(name for name in self.table.table.columns if name not in needs)]


KINDS = {
    "volunteers": PageKind(
        "Volunteers",
        "schools.add_volunteer",
        VOLUNTEERS,
        "With areas, status, clearances and sign-offs. They are known by reference, else by e-mail address. Nobody is mailed.",
        "volunteers",
        "volunteers",
    ),
    "contacts": PageKind(
        "Contacts at schools",
        "schools.add_contact",
        CONTACTS,
        "They are known by school and e-mail address, else by school and name. Nobody is mailed.",
        "contacts",
        "contacts",
    ),
    "areas": PageKind(
        "Areas",
        "schools.add_area",
        AREAS,
        "Which area holds which authority, from which day to which. An area that is not there is made.",
        "areas",
        "areas",
    ),
    "authorities": PageKind(
        "Authorities",
        "schools.add_authority",
        AUTHORITIES,
        "Local authorities, and those that followed them in a reorganisation. The registers bring most of them.",
        "authorities",
        "register",
    ),
    "terms": PageKind(
        "Terms",
        "schools.add_term",
        TERMS,
        "When schools are open, by nation, or by authority in place of its nation’s.",
        "terms",
        "terms",
    ),
    "rolls": PageKind(
        "Pupils by year group",
        "schools.add_authority",
        ROLLS,
        "Pupils of a school, school year and year group, from a list of your own. What a coordinator typed counts first.",
        "pupils by year group",
        "register",
    ),
    "postcodes": PageKind(
        "Postcodes",
        "schools.add_authority",
        POSTCODES,
        "Where they are, from a list of up to millions of rows, like the postcode directory of the Office for National "
        "Statistics. By it volunteers’ homes are placed, stores, and schools without a place. Pack a large file as .zip; of the "
        "list’s columns these three are enough.",
        "postcodes",
        "register",
    ),
    "deprivation": PageKind(
        "Deprivation",
        "schools.add_authority",
        DEPRIVATION,
        "How deprived small areas are, each within its own nation: England’s Indices of Deprivation (file 7), Scotland’s school "
        "roll file, or a small area with its decile, percentile or fifth (1 is the most deprived).",
        "small areas",
        "register",
    ),
    "stock": PageKind(
        "Stock",
        "schools.add_movement",
        STOCK,
        "What each store holds of each material on the day of a count; of equipment, the labels. Stores and materials are added "
        "first.",
        "stock",
        "kits",
    ),
    "sessions": PageKind(
        "Past and planned sessions",
        "schools.add_area",
        SESSIONS,
        "In the columns that export_sessions writes. All of them are stored or, where one line is bad, none.",
        "sessions",
        "past",
    ),
}
TABLES = {name: kind.table for name, kind in KINDS.items()}
"""What the worker has to know of them."""


def kinds_of(user: User) -> dict[str, PageKind]:
    """Return the kinds that the user may import."""
    return {name: kind for name, kind in KINDS.items() if user.has_perm(kind.permission)}
