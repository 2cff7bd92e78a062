"""What the racing processes of test_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import datetime


def work(what_to_do: str, recovery_id: int, by_id: int, now: datetime) -> str:
    """Agree, stop, let it take effect, come in, or ask; return how it went."""
    from schools import models
    from schools.core.errors import RuleBroken
    from schools.recovery import actions
    from schools.recovery.models import StepHow
    from tests.recovery.people import PHONE

    recovery = models.Recovery.objects.filter(pk=recovery_id).first()
    by = models.User.objects.filter(pk=by_id).first()
    try:
        if what_to_do == "ask":
            user = models.User.objects.get(email="ravi@example.org")
            actions.ask(user, PHONE, by=by, now=now)
        elif what_to_do == "settle":
            return f"settled {actions.settle_due(now=now)}"
        elif recovery is not None and what_to_do == "agree" and by is not None:
            actions.agree(recovery, by=by, now=now)
        elif recovery is not None and what_to_do == "stop":
            actions.stop(recovery, by=None, how=StepHow.LINK, now=now)
        elif recovery is not None:
            actions.come_in(recovery, now=now)
    except RuleBroken:
        return "refused"
    return "done"
