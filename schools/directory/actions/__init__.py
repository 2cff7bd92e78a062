"""Actions that change the register: importing files, entering schools, linking schools, moving authorities."""

from schools.directory.actions.area_files import AREAS, import_areas, preview_areas
from schools.directory.actions.areas import AreaFacts, set_up_area
from schools.directory.actions.attempts import Upload
from schools.directory.actions.authority_files import AUTHORITIES, import_authorities, preview_authorities
from schools.directory.actions.by_hand import (
    change_school,
    enter_school,
    row_of_sharing,
    save_contact,
    set_sms_of_contact,
    share_contact,
    unshare_contact,
)
from schools.directory.actions.contact_files import CONTACTS, import_contacts, preview_contacts
from schools.directory.actions.deprivation_files import DEPRIVATION, deprivation_kind
from schools.directory.actions.file_names import day_in_name
from schools.directory.actions.holdings import move_authority
from schools.directory.actions.link_files import LinkReport
from schools.directory.actions.links import link_schools, relink, unlink
from schools.directory.actions.own_files import OwnTable, TableReport
from schools.directory.actions.plans import RegisterReport
from schools.directory.actions.postcode_files import POSTCODES, import_postcodes, preview_postcodes
from schools.directory.actions.reading import NotThisRegister
from schools.directory.actions.register_rolls import RollCounts, academic_year_of_file
from schools.directory.actions.registers import import_register, preview_register
from schools.directory.actions.roll_files import ROLLS, import_rolls, preview_rolls
from schools.directory.actions.rolls import correct_roll, keep_roll, put_roll_back
from schools.directory.actions.runs import ImportOptions, abandon, ask_for_preview, ask_to_apply, start_again, work
from schools.directory.actions.school_places import place_in_fifths, place_schools
from schools.directory.actions.sites import save_site
from schools.directory.actions.stand_ins import add_stand_in, end_stand_in
from schools.directory.actions.table_kinds import AnyKind, Importer, StreamedKind, TableKind, import_table, preview_table
from schools.directory.actions.table_runs import columns_read, matches_of
from schools.directory.actions.term_files import TERMS, import_terms, preview_terms

__all__ = [
    "AREAS",
    "AUTHORITIES",
    "CONTACTS",
    "DEPRIVATION",
    "POSTCODES",
    "ROLLS",
    "TERMS",
    "AnyKind",
    "AreaFacts",
    "ImportOptions",
    "Importer",
    "LinkReport",
    "NotThisRegister",
    "OwnTable",
    "RegisterReport",
    "RollCounts",
    "StreamedKind",
    "TableKind",
    "TableReport",
    "Upload",
    "abandon",
    "academic_year_of_file",
    "add_stand_in",
    "ask_for_preview",
    "ask_to_apply",
    "change_school",
    "columns_read",
    "correct_roll",
    "day_in_name",
    "deprivation_kind",
    "end_stand_in",
    "enter_school",
    "import_areas",
    "import_authorities",
    "import_contacts",
    "import_postcodes",
    "import_register",
    "import_rolls",
    "import_table",
    "import_terms",
    "keep_roll",
    "link_schools",
    "matches_of",
    "move_authority",
    "place_in_fifths",
    "place_schools",
    "preview_areas",
    "preview_authorities",
    "preview_contacts",
    "preview_postcodes",
    "preview_register",
    "preview_rolls",
    "preview_table",
    "preview_terms",
    "put_roll_back",
    "relink",
    "row_of_sharing",
    "save_contact",
    "save_site",
    "set_sms_of_contact",
    "set_up_area",
    "share_contact",
    "start_again",
    "unlink",
    "unshare_contact",
    "work",
]
