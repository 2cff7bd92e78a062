"""Phone numbers: as a column stores them, and to which of them an SMS can go."""

from typing import Any

from phonenumber_field.phonenumber import PhoneNumber, to_python
from phonenumbers import NumberParseException, PhoneNumberType, number_type

MOBILES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def mobile(number: str) -> str:
    """Return the number in E.164 format, as it is stored and as SMS go to it; "" where it is none of a mobile phone."""
    parsed = to_python(number.strip())
    if not parsed or not parsed.is_valid() or number_type(parsed) not in MOBILES:
        return ""
    return str(parsed.as_e164)


def as_in_column(value: Any) -> str:
    """Return a phone number as its column stores it, in E.164 format where it is valid; any other value as text, None as "".

    The text of a number itself is the one that people read, which stands in no column.
    """
    if not isinstance(value, PhoneNumber):
        return str(value or "")
    return str(value.as_e164) if value.is_valid() else str(value.raw_input or "")


def number_in(text: str) -> PhoneNumber | None:
    """Return the phone number that the text is, whether or not somebody could have it; None: it is none."""
    try:
        return PhoneNumber.from_string(text)
    except NumberParseException:
        return None
