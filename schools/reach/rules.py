"""Reasons not to sign off, close, restate or publish. Each function returns all of them; each reason says what to do next."""

from datetime import date

from schools.accounts.models import User
from schools.core.periods import Period
from schools.core.words import long_day
from schools.directory.models import Area
from schools.reach.models import Return

LONGEST_WHY = 500
MOST_YEARS_PUBLISHED = 10
"""School years of the longest period that is published at once."""


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


def reasons_not_to_close(signed: Return, *, by: User, digest: str, seen: str) -> list[str]:
    """Return why the return cannot be closed; `digest` is that of the files as they would be now, `seen` of those they read."""
    reasons = []
    if not by.is_manager:
        reasons.append("Only a manager closes a return. Ask one.")
    if signed.is_closed:
        reasons.append("This return is closed already.")
    elif seen != signed.digest:
        reasons.append("It was signed off anew since you opened it. These are its figures now: read them first, then close it.")
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


def reasons_not_to_publish(period: Period, *, by: User | None, on: date) -> list[str]:
    """Return why the period cannot be published now; `by` None means the command line."""
    reasons = []
    if by is not None and not by.is_manager:
        reasons.append("Only a manager publishes. Ask one.")
    if (whole := period.whole_months) != period:
        reasons.append(f"Only whole months are published, because each is rounded and frozen as a whole. Choose {whole}.")
    elif period.last_day >= on:
        reasons.append(f"{period} ends on {long_day(period.last_day)}. Publish it once it is over.")
    if len(period.academic_years) > MOST_YEARS_PUBLISHED:
        reasons.append(f"At most {MOST_YEARS_PUBLISHED} school years are published together. Choose a shorter period.")
    return reasons
