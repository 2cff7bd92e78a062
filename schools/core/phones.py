"""Phone numbers to which an SMS can go."""

from phonenumber_field.phonenumber import to_python
from phonenumbers import PhoneNumberType, number_type

MOBILES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def mobile(number: str) -> str:
    """Return the number in E.164 format, as it is stored and as SMS go to it; "" where it is none of a mobile phone."""
    parsed = to_python(number.strip())
    if not parsed or not parsed.is_valid() or number_type(parsed) not in MOBILES:
        return ""
    return str(parsed.as_e164)
