"""Whether words are somebody's name, or what many are called."""

from collections.abc import Collection

from schools.core.search_words import words_of

WORDS_OF_ROLES = frozenset(
    words_of(
        "the of and for our main office front desk reception receptionist head headteacher teacher teachers teaching deputy "
        "assistant business manager secretary admin administrator administration year class lead leader safeguarding designated "
        "pastoral welfare senco send sendco dsl pshe bursar finance contact contacts staff team support caretaker site school "
        "schools primary academy infant infants junior juniors nursery trust principal governor governors enquiries general "
        "phone email mail mailbox"
    )
)
"""Words of what an entry at a school is called instead of a name, such as “Front Desk” or “Head of Year 4”."""


def is_full_name(text: str, no_names: Collection[str] = WORDS_OF_ROLES) -> bool:
    """Return whether the text is a name of more than one word and of more than `no_names`: it means one person anywhere."""
    words = words_of(text)
    return len(words) > 1 and any(word not in no_names and len(word) > 1 for word in words)
