"""What a process of its own does in a test; it imports nothing of ours before Django is set up."""

from datetime import datetime


def follows(secret: str, now: datetime) -> bool:
    """Use an invitation; whether it let somebody in."""
    from schools.core.errors import RuleBroken
    from schools.volunteers.actions import accept_invitation

    try:
        accept_invitation(secret, now=now)
    except RuleBroken:
        return False
    return True
