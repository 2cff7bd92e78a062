"""The national registers, one file each: a row of cells goes in, plain facts about a school come out.

No tables are read or written here; `schools.directory.actions` compares the facts with what is stored.
"""

from schools.directory.registers.facts import AuthorityFacts, Entry, Ignored, Refused, Register, SchoolFacts
from schools.directory.registers.gias import REGISTER as GIAS

REGISTERS: dict[str, Register] = {register.name: register for register in (GIAS,)}
"""By the name that `import_schools --register` takes."""

__all__ = ["REGISTERS", "AuthorityFacts", "Entry", "Ignored", "Refused", "Register", "SchoolFacts"]
