"""What the racing processes of test_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def work(what_to_do: str, volunteer_id: int, by_id: int, number: int) -> str:
    """Erase the volunteer, deliver all mail, or change notes again and again; return how it went."""
    from schools import models
    from schools.core.errors import RuleBroken
    from schools.erasing.actions import erase
    from schools.messages.actions import deliver_due

    if what_to_do == "erase":
        by = models.User.objects.get(pk=by_id)
        try:
            erase(models.Volunteer.objects.get(pk=volunteer_id), by=by, now=NOW)
        except RuleBroken as broken:
            return broken.reasons[0].partition(" ")[2]
        return "erased"
    for turn in range(5):
        if what_to_do == "mail":
            deliver_due(clock=lambda: NOW)
        models.Session.objects.filter(pk=number).update(room=f"Room {turn}")
    return "done"
