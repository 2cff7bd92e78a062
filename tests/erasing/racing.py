"""What the racing processes of test_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime

from tests.visits.busy import KINDS, do_again_and_again

ROUNDS = 6
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def work(what_to_do: str, volunteer_id: int, by_id: int, number: int) -> str:
    """Erase the volunteer, deliver all mail, or change notes again and again; return how it went.

    Whatever else is to be done is done to visits, as in tests/visits/busy.py, by the user, or by the volunteer who claims.
    """
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
    if what_to_do in KINDS:
        who = volunteer_id if what_to_do == "claim" else by_id
        answers = do_again_and_again(what_to_do, who, ROUNDS, number)
        return next((answer for answer in answers if answer.startswith("UNEXPECTED")), "done")
    for turn in range(5):
        if what_to_do == "mail":
            deliver_due(clock=lambda: NOW)
        models.Session.objects.filter(pk=number).update(room=f"Room {turn}")
    return "done"
