"""The national registers, one module each: a row of cells goes in, plain facts about a school come out.

No tables are read or written here; `schools.directory.actions` compares the facts with what is stored.
"""

from schools.directory.registers.facts import (
    CLOSING,
    KEPT_BY_PROGRAM,
    NO_FACTS,
    OWNED_BY_REGISTERS,
    WRITTEN_BY_IMPORTS,
    AuthorityFacts,
    Entry,
    Ignored,
    Refused,
    Register,
    SchoolFacts,
)
from schools.directory.registers.gias import REGISTER as GIAS
from schools.directory.registers.northern_ireland import REGISTER as NORTHERN_IRELAND
from schools.directory.registers.scotland import REGISTER as SCOTLAND
from schools.directory.registers.wales import REGISTER as WALES

REGISTERS: dict[str, Register] = {register.name: register for register in (GIAS, SCOTLAND, WALES, NORTHERN_IRELAND)}
"""Registers by the name that `import_schools --register` takes."""


def register_of(nation: str) -> Register | None:
    """Return the register of the nation; None where there is none."""
    return next((register for register in REGISTERS.values() if register.nation == nation), None)


__all__ = [
    "CLOSING",
    "KEPT_BY_PROGRAM",
    "NO_FACTS",
    "OWNED_BY_REGISTERS",
    "REGISTERS",
    "WRITTEN_BY_IMPORTS",
    "AuthorityFacts",
    "Entry",
    "Ignored",
    "Refused",
    "Register",
    "SchoolFacts",
    "register_of",
]
