"""The reasons against changing what somebody signs in as, or whether they may."""

from schools.accounts.models import Role, User
from schools.accounts.queries import managers


def reasons_not_to_change(user: User, role: str, *, may_sign_in: bool) -> list[str]:
    """Return the reasons why the user, as stored, does not get this role, or is not switched off: no manager would be left.

    Whoever calls it to change something has called `lock_managers` before.
    """
    goes_on = may_sign_in and (user.is_superuser or role == Role.MANAGER)
    if goes_on or not managers().filter(pk=user.pk).exists() or managers().exclude(pk=user.pk).exists():
        return []
    only = f"{user} is the only programme manager who may sign in, and without one nobody could add people or change roles."
    return [f"{only} Give somebody else that role first."]
