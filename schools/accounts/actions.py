"""Adding people who sign in, and keeping the four groups and their permissions."""

from collections.abc import Collection
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db import transaction

from schools.accounts.browsers import sessions_of
from schools.accounts.models import OfficeFeed, Role, User
from schools.accounts.queries import managers
from schools.core.errors import RuleBroken
from schools.core.secrets import hash_of, new_secret

COORDINATOR_CHANGES = (
    "school", "site", "contact", "roll", "schoolagreement", "schoollink",
    "volunteer", "clearance", "signoff", "availability", "away", "conflict",
    "visit", "contactlog", "session", "headcount", "cover", "safeguardingnotice", "materialuse",
    "store", "piece", "sessionkit", "piecebooking", "packed", "parcel",
)  # fmt: skip
"""What a coordinator may add and change, among the rows of their areas (models of `schools`)."""

COORDINATOR_SEES = (
    *COORDINATOR_CHANGES,
    "region", "area", "authority", "areaauthority", "areacoordinator", "schoolauthority",
    "sessiontype", "packitem", "volunteerstep", "invitation", "agreement", "accepted", "closedperiod", "material",
    "kitline", "movement",
    "term", "visittemplate", "visittemplateline", "batch", "merge", "twopeople",
    "return", "returnrow", "restatement", "drift", "confirmed", "suppressedaddress", "schoolanswer", "schoolalarm", "feedback",
    "schoolchange", "visitrequest", "offereddates",
)  # fmt: skip
"""What a coordinator may see, among the rows of their areas where rows belong to one."""

COORDINATOR_DELETES = ("contact", "site", "schoollink", "roll", "availability", "away", "conflict", "contactlog")
"""What a coordinator may delete: rows that they typed and that nothing depends on."""


def keep_roles(*, using: str = "default") -> None:
    """Create the four groups and give each exactly its permissions; a second call changes nothing."""
    # Another receiver of post_migrate creates the permissions, and it may not have run yet.
    create_permissions(apps.get_app_config("schools"), verbosity=0, using=using)
    ours = Permission.objects.using(using).filter(content_type__app_label="schools")
    codenames = {
        Role.MANAGER: set(ours.values_list("codename", flat=True)),
        Role.COORDINATOR: {
            "read_reach",
            "sign_off_return",
            # A figure that looks wrong is confirmed, and the confirmation taken back, on a page of its own.
            "add_confirmed",
            # Whether mail goes to an address again is decided on a page of its own.
            "change_suppressedaddress",
            # Lines of the stock ledger are only added, never changed.
            "add_movement",
            *(f"view_{name}" for name in COORDINATOR_SEES),
            *(f"{verb}_{name}" for name in COORDINATOR_CHANGES for verb in ("add", "change")),
            *(f"delete_{name}" for name in COORDINATOR_DELETES),
        },
        Role.ANALYST: {"read_reach"},
        Role.VOLUNTEER: set(),
    }
    for role, wanted in codenames.items():
        group, _ = Group.objects.using(using).get_or_create(name=role.value)
        group.permissions.set(ours.filter(codename__in=wanted))


@transaction.atomic
def add_user(email: str, name: str, *, role: Role, password: str | None = None) -> User:
    """Create a user who signs in as `email` (stored in lower case) in the role; all but volunteers may open the office.

    Whoever adds a person vouches for the address, so it counts as verified and the person can sign in at once. Without a password
    they use “forgot my password” to get one. Raises RuleBroken when somebody signs in with the address already.
    """
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise RuleBroken([f"Somebody already signs in as {email}. Use another address, or change that person's role."])
    user = User.objects.create_user(email, password, name=name, is_staff=role != Role.VOLUNTEER)
    user.groups.add(Group.objects.get(name=role.value))
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@transaction.atomic
def change_role(user: User, role: Role, *, now: datetime, comes_back: bool = False) -> User:
    """Put the user into the group of the role and out of all others; all but volunteers may open the office.

    Who becomes a manager by it, or comes back as one (`comes_back`: they may sign in again from now on), is a new manager, who
    lets nobody in yet.
    """
    was_manager = user.is_superuser or user.groups.filter(name=Role.MANAGER).exists()
    user.groups.set([Group.objects.get(name=role.value)])
    user.is_staff = user.is_superuser or role != Role.VOLUNTEER
    is_manager = user.is_superuser or role == Role.MANAGER
    is_new = is_manager and (comes_back or not was_manager)
    if is_new:
        user.manager_since = now
    user.save(update_fields=["is_staff", *(["manager_since"] if is_new else [])])
    return user


def lock_managers(*others: int) -> None:
    """Hold the people who are managers now, and these others by id, until the transaction ends; all in order of id.

    So two who take the role from each other at the same moment do it one after the other. Rows that point to them can still be
    written meanwhile.
    """
    ids = {*managers().values_list("pk", flat=True), *others}
    list(User.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))


def end_sessions(users: Collection[int]) -> None:
    """Sign these users, by id, out of every browser, and end the sign-ins that they began; a second call changes nothing.

    Whatever switches a sign-in off or on calls it. Django only overlooks the sessions of somebody who may not sign in: it would
    know each of them again once they may.
    """
    if not users:
        return  # for somebody, each session that is on no list of devices is read
    Session.objects.filter(session_key__in=sessions_of(users)).delete()
    UserSession.objects.filter(user__in=users).delete()


def switch_sign_in(user: User, *, may_sign_in: bool) -> None:
    """Let the user sign in from now on, or no longer; either way nobody stays signed in as them."""
    user.is_active = may_sign_in
    user.save(update_fields=["is_active"])
    end_sessions([user.pk])


def set_phone(user: User, phone: str) -> None:
    """Store the number, in E.164 format or blank, that the volunteers of the user's visits read."""
    user.phone = phone
    user.save(update_fields=["phone"])


def set_language(user: User, language: str) -> None:
    """Store in which language the user reads the pages; blank: in the one that the browser asks for."""
    user.language = language
    user.save(update_fields=["language"])


@transaction.atomic
def new_office_feed(user: User, *, now: datetime) -> str:
    """Give the calendar of the user’s areas a new secret and return it; the old one stops working.

    Only a hash is stored, so this is the one time at which the secret can be shown.
    """
    secret = new_secret()
    OfficeFeed.objects.update_or_create(user=user, defaults={"token_hash": hash_of(secret), "made_at": now})
    return secret


def end_office_feed(user: User) -> None:
    """Let the address of the calendar of the user’s areas work no longer; a second call changes nothing."""
    OfficeFeed.objects.filter(user=user).delete()
