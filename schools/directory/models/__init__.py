"""The tables of the register, by noun."""

from schools.directory.models.accesses import AccessPurpose, SchoolAccess
from schools.directory.models.areas import Area, AreaAuthority, AreaCoordinator, Authority, Region, Reorganisation
from schools.directory.models.deprivation import Deprivation
from schools.directory.models.imports import (
    ChangeKind,
    ChangeState,
    ColumnMatch,
    FilePart,
    ImportChange,
    ImportFile,
    ImportRun,
    RunState,
)
from schools.directory.models.postcodes import Postcode
from schools.directory.models.schools import (
    NO_GROUP,
    GroupKind,
    PlacedBy,
    School,
    SchoolGroup,
    SchoolQuerySet,
    Sector,
    Source,
    Status,
)
from schools.directory.models.sites import Site, SiteOfSchool, Whereabouts
from schools.directory.models.stand_ins import StandIn, StandInQuerySet
from schools.directory.models.terms import Term, TermQuerySet
from schools.directory.models.years import (
    Contact,
    LinkKind,
    Roll,
    RollSource,
    SchoolAgreement,
    SchoolAuthority,
    SchoolLink,
)

__all__ = [
    "NO_GROUP",
    "AccessPurpose",
    "Area",
    "AreaAuthority",
    "AreaCoordinator",
    "Authority",
    "ChangeKind",
    "ChangeState",
    "ColumnMatch",
    "Contact",
    "Deprivation",
    "FilePart",
    "GroupKind",
    "ImportChange",
    "ImportFile",
    "ImportRun",
    "LinkKind",
    "PlacedBy",
    "Postcode",
    "Region",
    "Reorganisation",
    "Roll",
    "RollSource",
    "RunState",
    "School",
    "SchoolAccess",
    "SchoolAgreement",
    "SchoolAuthority",
    "SchoolGroup",
    "SchoolLink",
    "SchoolQuerySet",
    "Sector",
    "Site",
    "SiteOfSchool",
    "Source",
    "StandIn",
    "StandInQuerySet",
    "Status",
    "Term",
    "TermQuerySet",
    "Whereabouts",
]
