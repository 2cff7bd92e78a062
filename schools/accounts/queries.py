"""Queries about people who sign in."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from schools.accounts.models import Role, User
from schools.core.secrets import hash_of


def in_role(*roles: Role) -> Q:
    """Return the condition for users who are in one of the roles, or do everything without one; no row comes twice by it."""
    of_these = User.groups.through.objects.filter(user=OuterRef("pk"), group__name__in=[role.value for role in roles])
    return Q(is_superuser=True) | Q(Exists(of_these))


def managers() -> QuerySet[User]:
    """Return everybody who signs in as a manager today."""
    return User.objects.filter(in_role(Role.MANAGER), is_active=True)


def managers_since(moment: datetime) -> QuerySet[User]:
    """Return the managers of today who have been managers since that moment at the latest.

    Who was added counts from then, whatever they were added as, until somebody makes them a manager.
    """
    return managers().alias(counts_from=Coalesce("manager_since", "date_joined")).filter(counts_from__lte=moment)


def office_feed_reader(secret: str) -> User | None:
    """Return whose calendar of the office is read at the address with this secret.

    None: the address was replaced, ended or never existed, or its owner may not see visits today.
    """
    user = User.objects.filter(office_feed__token_hash=hash_of(secret), is_active=True, is_staff=True).first()
    return user if user is not None and user.has_perm("schools.view_session") else None
