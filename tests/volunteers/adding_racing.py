"""What the racing processes of test_adding_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, date, datetime

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def add_one(name: str, area_id: int | None, user_id: int) -> str:
    """Add somebody with the address that all of them have: "" where it was done, else the reasons why not."""
    from schools import models
    from schools.core.errors import RuleBroken
    from schools.volunteers.actions import add_volunteer
    from schools.volunteers.actions.joining import Newcomer

    newcomer = Newcomer(
        volunteer=models.Volunteer(name=name, email="asha@example.org", languages=["en"]),
        areas=models.Area.objects.filter(pk=area_id or 0),
        step="enquired",
        step_day=date(2026, 11, 20),
        clearance=None,
        sign_offs=[],
        signed_off_on=date(2026, 11, 20),
        sign_offs_end_on=None,
        is_invited=False,
    )
    try:
        add_volunteer(newcomer, by=models.User.objects.get(pk=user_id), now=NOW)
    except RuleBroken as broken:
        return " ".join(broken.reasons)
    return ""
