"""Phone numbers: as a column stores them, and to which of them an SMS can go."""

import re
from typing import Any

from phonenumber_field.phonenumber import PhoneNumber, to_python
from phonenumbers import NumberParseException, PhoneNumberType, number_type

SEPARATORS = " -()./\u00a0\u2011\u2013"
"""What people put between the digits of a phone number."""

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


def digits_of(number: str) -> str:
    """Return the digits of a number in E.164 format that stand in each way of writing it, without those of the country."""
    return str(PhoneNumber.from_string(number).national_number)


def pattern_of(number: str) -> re.Pattern[str]:
    """Return what finds a number in E.164 format however people write it: 020-7946-0018, (020) 7946 0018, +44 (0)20 7946 0018."""
    between = f"[{re.escape(SEPARATORS)}]*"
    country = between.join(str(PhoneNumber.from_string(number).country_code))
    # A bracket belongs to the number where it closes again within it.
    before = rf"(?:(?:(?:\+|00){between})?{country}{between}0?{between}|(?:\((?=0\d{{1,5}}\)))?0{between})?"
    return re.compile(rf"(?<![\d+]){before}{between.join(digits_of(number))}(?!\d)")
