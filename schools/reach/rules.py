"""Reasons not to sign off, close, restate or publish. Each function returns all of them; each reason says what to do next."""

from datetime import date

from schools.accounts.models import User
from schools.core.periods import Period
from schools.core.words import long_day
from schools.directory.models import Area
from schools.reach.filters import Filters
from schools.reach.models import Return
from schools.reach.rows import Cut

LONGEST_WHY = 500
MOST_YEARS_PUBLISHED = 10
"""School years of the longest period that is published: suppression looks at each of them separately."""


def reasons_not_to_sign_off(area: Area, period: Period, *, by: User, on: date) -> list[str]:
    """Return why this person cannot sign off the area's period."""
    reasons = []
    if not (by.is_manager or Area.objects.coordinated_by(by, on=on).filter(pk=area.pk).exists()):
        reasons.append(f"Only a coordinator of {area} signs off its return. Ask one of them.")
    if period.last_day >= on:
        reasons.append(f"{period} ends on {long_day(period.last_day)}. Sign it off once it is over.")
    same_days = Return.objects.closed().filter(area=area, first_day=period.first_day, last_day=period.last_day)
    if same_days.exists():
        reasons.append(f"The return of {area} for {period} is closed. What changes now is restated, session by session.")
    return reasons


def reasons_not_to_close(signed: Return, *, by: User, digest: str) -> list[str]:
    """Return why the return cannot be closed; `digest` is that of the files as they would be now."""
    reasons = []
    if not by.is_manager:
        reasons.append("Only a manager closes a return. Ask one.")
    if signed.is_closed:
        reasons.append("This return is closed already.")
    elif digest != signed.digest:
        reasons.append(
            f"Something behind the figures changed after {signed.signed_off_by} signed them off. "
            "Ask them to look at it and to sign it off again."
        )
    return reasons


def reasons_not_to_restate(*, why: str, by: User) -> list[str]:
    """Return why this person cannot change what a closed return rests on."""
    reasons = []
    if not by.is_manager:
        reasons.append("Only a manager restates a return. Ask one.")
    if not why.strip():
        reasons.append("Say why it changes after its return was closed.")
    if len(why) > LONGEST_WHY:
        reasons.append(f"Say why in at most {LONGEST_WHY} letters.")
    return reasons


def reasons_not_to_publish(period: Period, *, by: Cut, within: Cut | None, filters: Filters, some_areas: bool) -> list[str]:
    """Return why the table has no public variant: other tables would give back what it hides.

    `some_areas`: the reader sees the figures of some areas only.
    """
    reasons = []
    if by == Cut.FIFTH:
        reasons.append("Beside the tables of places, fifths would give small numbers of both back. Publish places or kinds.")
    if filters:
        reasons.append("A filtered table would give small numbers of the whole one back. Take the filters off to publish it.")
    if within is not None:
        reasons.append("Kinds within places would give small numbers of either back. Publish places or kinds alone.")
    if some_areas and by not in {Cut.AREA, Cut.AUTHORITY}:
        reasons.append("Of some areas alone only the table by area or authority is published. Choose one of them.")
    if (whole := period.whole_months) != period:
        reasons.append(
            "Only whole months are published: two files that cut a month on different days would tell of the days between. "
            f"Choose {whole}."
        )
    if by == Cut.MONTH and "/" not in period.name:
        reasons.append("Months are published of whole school years alone. Choose a period like 2025/26.")
    if len(period.academic_years) > MOST_YEARS_PUBLISHED:
        reasons.append(f"At most {MOST_YEARS_PUBLISHED} school years are published together. Choose a shorter period.")
    return reasons
