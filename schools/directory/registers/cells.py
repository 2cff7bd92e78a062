"""Reading one cell of a register. A blank or `nan` becomes None or "": the register says nothing.

Impossible numbers, ages and dates raise UnusableCell, because they mean that the row is damaged. For the others (postcode,
website, telephone, grid reference, percentage) only the value is lost: their readers return None or "" for what they cannot use.
"""

import html
import math
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache

from schools.core.grid import EASTING, NORTHING, degrees_to_british, irish_to_british

WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,12})(?:\.0+)?")
DAY = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})|([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?")
IN_NUMBERS = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2[0-9]{4}")
POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
WEBSITE = re.compile(r"(?:(https?):/{1,2})?([\w-]+(?:\.[\w-]+)+(?::[0-9]+)?(?:[/?#]\S*)?)", re.IGNORECASE)
LETTERED = re.compile(r"([HNOST])([A-HJ-Z])([0-9]{4,10})")


class DayOrder(Enum):
    """What a day in numbers begins with."""

    DAY_FIRST = "like 16/7/2019, as the British write it"
    MONTH_FIRST = "like 7/16/2019, as Americans write it"
    EITHER = "like 3/5/2019, which is one day to the British and another one to Americans"


class UnusableCell(ValueError):
    """The cell's value is impossible; the message names column and value."""


class SwappedDate(UnusableCell):
    """The cell is no date, and would be one if it began with the month, as dates do in the United States."""


def text(cell: str) -> str:
    """Return the cell without doubled, outer or non-breaking spaces."""
    if not cell:
        return ""
    words = " ".join(cell.split())
    if "&" in words and ";" in words:
        words = html.unescape(words)  # one of Scotland's files writes St Joseph&apos;s
    return "" if words.lower() == "nan" else words


def whole_number(cell: str, *, column: str, among: range) -> int | None:
    """Return a whole number within the range; `22.0`, as spreadsheets and pandas write it, is one too."""
    if not (words := text(cell)):
        return None
    match = WHOLE_NUMBER.fullmatch(words)
    if match and (number := int(match[1])) in among:
        return number
    msg = f"{column} is “{shortened(words)}”; it must be a whole number from {among[0]:,} to {among[-1]:,}."
    raise UnusableCell(msg)


@lru_cache(maxsize=4096)
def day(cell: str, *, column: str) -> date | None:
    """Return a date, as the register writes it (31-08-2019), a resaved copy (31/08/2019) or a workbook (2019-08-31)."""
    if not (words := text(cell)):
        return None
    if match := DAY.fullmatch(words):
        days, months, years, iso_year, iso_month, iso_day = match.groups()
        try:
            return date(int(iso_year or years), int(iso_month or months), int(iso_day or days))
        except ValueError:
            pass
    msg = f"{column} is “{shortened(words)}”, which is no date; write it like 31-08-2019."
    order, _ = order_of_day(words)
    raise (SwappedDate if order is DayOrder.MONTH_FIRST else UnusableCell)(msg)


def order_of_day(words: str) -> tuple[DayOrder | None, str]:
    """Return what the day begins with, and the sign between its numbers; None and "" for what is no day in numbers.

    A day that is the same one in both orders, like 6/6/2019, has the day first.
    """
    if not (match := IN_NUMBERS.fullmatch(words)):
        return None, ""
    first, sign, second = int(match[1]), match[2], int(match[3])
    if not 1 <= min(first, second) <= 12 or max(first, second) > 31:
        return None, ""
    if second > 12:
        return DayOrder.MONTH_FIRST, sign
    return DayOrder.DAY_FIRST if first > 12 or first == second else DayOrder.EITHER, sign


def postcode(cell: str) -> str:
    """Return the postcode in capitals, with one space before the last three characters."""
    match = POSTCODE.fullmatch("".join(cell.split()).upper())
    return f"{match[1]} {match[2]}" if match else ""


def website(cell: str) -> str:
    """Return the address with a scheme: https where the register gives none; "" for what is no web address."""
    match = WEBSITE.fullmatch(text(cell))
    return f"{(match[1] or 'https').lower()}://{match[2]}" if match and len(match[0]) <= 290 else ""


def telephone(cell: str) -> str:
    """Return the number as the register writes it, with the leading zero that spreadsheets take away."""
    words = text(cell)
    if not re.fullmatch(r"[0-9+() -]{5,40}", words):
        return ""
    return f"0{words}" if re.fullmatch(r"[1-9][0-9]{8,9}", words) else words


def percentage(cell: str) -> Decimal | None:
    """Return a percentage from 0.0 to 100.0 with one decimal."""
    try:
        number = Decimal(text(cell).removesuffix("%").strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 <= number <= 100:
        return None
    return number.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def grid_place(easting: str, northing: str) -> tuple[int, int] | None:
    """Return easting and northing in metres; None unless both are there and on the grid.

    Registers write (0, 0) for "unknown".
    """
    east, north = (WHOLE_NUMBER.fullmatch(text(cell)) for cell in (easting, northing))
    if not east or not north:
        return None
    place = int(east[1]), int(north[1])
    return place if place[0] in EASTING and place[1] in NORTHING else None


def irish_place(easting: str, northing: str) -> tuple[int, int] | None:
    """Return the place on the British grid of a place on the Irish grid in metres; None where it is unknown."""
    east, north = (WHOLE_NUMBER.fullmatch(re.sub(r"[.][0-9]*$", "", text(cell))) for cell in (easting, northing))
    if not east or not north or not int(east[1]) or not int(north[1]):
        return None
    return irish_to_british(int(east[1]), int(north[1]))


def degrees_place(latitude: str, longitude: str) -> tuple[int, int] | None:
    """Return the place on the British grid of a latitude and longitude in degrees; None where unknown or outside."""
    try:
        degrees = float(text(latitude)), float(text(longitude))
    except ValueError:
        return None
    return degrees_to_british(*degrees) if all(map(math.isfinite, degrees)) else None


def lettered_place(cell: str) -> tuple[int, int] | None:
    """Return easting and northing of a reference like `NT 25890 73600`: the corner of its square, in metres.

    None for what is no such reference, and for one with less than two digits each way: its square is more than a kilometre wide.
    """
    match = LETTERED.fullmatch("".join(text(cell).split()).upper())
    if not match or len(match[3]) % 2:
        return None
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
    (north_500, east_500), (north_100, east_100) = (divmod(letters.index(match[number]), 5) for number in (1, 2))
    half = len(match[3]) // 2
    east, north = (int(digits.ljust(5, "0")) for digits in (match[3][:half], match[3][half:]))
    # The squares of 500 km count from square S in the south-west of the grid. Both letters run from north to south.
    east += (east_500 - 2) * 500_000 + east_100 * 100_000
    north += (3 - north_500) * 500_000 + (4 - north_100) * 100_000
    return (east, north) if east in EASTING and north in NORTHING else None


def shortened(words: str) -> str:
    """Return a cell as messages quote it: at most 60 characters."""
    return words if len(words) <= 60 else f"{words[:59]}…"
