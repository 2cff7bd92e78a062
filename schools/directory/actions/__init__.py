"""Verbs that change the register: importing a national file, and saying which school followed which."""

from schools.directory.actions.link_files import LinkReport
from schools.directory.actions.links import link_schools, relink, unlink
from schools.directory.actions.reading import NotThisRegister
from schools.directory.actions.register_rolls import RollCounts, academic_year_of_file
from schools.directory.actions.registers import RegisterReport, import_register, preview_register

__all__ = [
    "LinkReport",
    "NotThisRegister",
    "RegisterReport",
    "RollCounts",
    "academic_year_of_file",
    "import_register",
    "link_schools",
    "preview_register",
    "relink",
    "unlink",
]
