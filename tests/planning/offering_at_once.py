"""What the racing processes of test_dates_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def offer_three(school_id: int, by_id: int) -> tuple[str, str]:
    """Offer the three half-days to the school; “held”, or what is refused, and what could be offered afterwards."""
    from schools.core.errors import RuleBroken
    from schools.models import School, User
    from schools.planning.actions import offer_dates
    from tests.planning.offering import THREE, assemblies

    school = School.objects.get(pk=school_id)
    try:
        offer_dates(
            school, THREE, planned=assemblies(school), contact=school.contacts.get(), by=User.objects.get(pk=by_id), now=NOW
        )
    except RuleBroken as broken:
        return "refused", " ".join(broken.reasons)
    return "held", ""


def choose_as(offered_id: int, key: str, name: str) -> str:
    """Choose one of the dates; what was chosen, as the page says it afterwards."""
    from schools.core.errors import RuleBroken
    from schools.models import OfferedDates
    from schools.planning.actions.dates import Chooser, choose_date
    from schools.visits.half_days import HalfDay

    row = OfferedDates.objects.get(pk=offered_id)
    try:
        row = choose_date(row, HalfDay.of(key), Chooser(name), now=NOW)
    except RuleBroken as broken:
        return " ".join(broken.reasons)
    return f"{row.chosen_by} has chosen {HalfDay.of(row.chosen)}"
