"""The user: a person who signs in by e-mail address."""

from collections.abc import Hashable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from phonenumber_field.modelfields import PhoneNumberField

from schools.core.search_words import words_of_row
from schools.core.searchable import Searchable, SearchableQuerySet
from schools.core.words import local_day


class Role(models.TextChoices):
    """The four roles; each is a group of this name."""

    MANAGER = "Programme manager"
    COORDINATOR = "Coordinator"
    ANALYST = "Analyst"
    VOLUNTEER = "Volunteer"


class UserQuerySet(SearchableQuerySet["User"]):
    """A selection of users."""


class UserManager(BaseUserManager["User"]):
    """Creates users; addresses are stored in lower case."""

    def get_queryset(self) -> UserQuerySet:
        """Return the users, as a selection that keeps the words of the search."""
        return UserQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, *, name: str, **fields: object) -> "User":
        """Store a user who signs in as `email`; without a password they cannot sign in with one."""
        user = self.model(email=email.strip().lower(), name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, *, name: str) -> "User":
        """Store a user who may do everything; meant for the first sign-in of an installation."""
        return self.create_user(email, password, name=name, is_staff=True, is_superuser=True)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this address, in capitals or small letters."""
        return self.get(email=(username or "").lower())


class User(Searchable, AbstractBaseUser, PermissionsMixin):
    """A person who signs in. Their role is the group that they are in; `is_staff` opens the office."""

    email = models.EmailField(
        "e-mail address", unique=True, error_messages={"unique": "Somebody already signs in with this e-mail address."}
    )
    name = models.CharField(max_length=150)
    phone = PhoneNumberField(
        blank=True,
        default="",
        db_default="",
        help_text="Of a coordinator: it stands beside name and e-mail address on the page of each morning that they look after, "
        "and under the mails to schools and volunteers about these.",
    )
    sms_number = PhoneNumberField(
        "number for SMS",
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Urgent news go there too; blank: no SMS.",
    )
    sms_since = models.DateTimeField(null=True, blank=True, editable=False, help_text="When they said yes to SMS at that number.")
    is_staff = models.BooleanField("may open the office", default=False)
    is_active = models.BooleanField("may sign in", default=True, help_text="Untick this instead of deleting the person.")
    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="Of the pages; blank: what the browser asks for."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    manager_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When somebody made them a manager; blank: not after they were added."
    )

    SEARCHED = ("name", "email")

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_lower_case",
                violation_error_message="Write the e-mail address in small letters.",
            ),
            models.CheckConstraint(
                condition=models.Q(sms_number="", sms_since=None)
                | (~models.Q(sms_number="") & models.Q(sms_since__isnull=False)),
                name="user_sms_agreed",
                violation_error_message="A number for SMS needs the moment at which they said yes.",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def words_to_search(self) -> str:
        """Return the words of name and e-mail address."""
        return words_of_row(self.name, others=[self.email])

    def clean(self) -> None:
        """Put the address into lower case, as it is stored and compared."""
        super().clean()
        self.email = self.email.lower()

    @cached_property
    def roles(self) -> frozenset[str]:
        """Return the names of the groups that the user is in, read once."""
        if "_rights_by_role" in vars(self):
            return frozenset(self._rights_by_role.keys() - {""})
        return frozenset(self.groups.values_list("name", flat=True))

    @cached_property
    def _rights_by_role(self) -> dict[str, set[str]]:
        """Return what the user may do by each of their roles; "": what they were allowed by themselves. One query."""
        of_roles = self.groups.values_list("name", "permissions__content_type__app_label", "permissions__codename")
        of_their_own = self.user_permissions.values_list(models.Value(""), "content_type__app_label", "codename")
        rights: dict[str, set[str]] = {}
        for role, app, permission in of_roles.order_by().union(of_their_own.order_by(), all=True):
            rights.setdefault(role, set())
            if permission is not None:  # a role may have none
                rights[role].add(f"{app}.{permission}")
        return rights

    @cached_property
    def rights(self) -> frozenset[str]:
        """Return the permissions, like *schools.add_visit*, of somebody who is no superuser; read once, with the roles."""
        return frozenset().union(*self._rights_by_role.values()) if self.is_active else frozenset()

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Return whether the user may do it, as Django’s backend does; that asks twice, and the roles would be a third query."""
        return super().has_perm(perm, obj) if self.is_superuser or obj is not None else perm in self.rights

    def has_module_perms(self, app_label: str) -> bool:
        """Return whether the user may do anything in the app; the same holds."""
        if self.is_superuser:
            return super().has_module_perms(app_label)
        return any(right.startswith(f"{app_label}.") for right in self.rights)

    @cached_property
    def memo(self) -> dict[Hashable, Any]:
        """Values that other slices read about the user, by keys of their own; kept as long as this object: one request."""
        return {}

    @property
    def is_manager(self) -> bool:
        """Whether the user sees and does everything."""
        return self.is_superuser or Role.MANAGER in self.roles

    @property
    def is_coordinator(self) -> bool:
        """Whether the user works on the rows of their own areas."""
        return Role.COORDINATOR in self.roles

    @property
    def is_analyst(self) -> bool:
        """Whether the user reads the figures of all areas, and nothing else."""
        return Role.ANALYST in self.roles


class AddressChange(models.Model):
    """A wish to sign in with another address, which holds once both the old and the new address have agreed.

    Only hashes of the two links' tokens are stored. A user has one change at a time: asking again ends the earlier one.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="address_change")
    new_email = models.EmailField("new e-mail address")
    old_hash = models.CharField(max_length=64, unique=True, editable=False)
    new_hash = models.CharField(max_length=64, unique=True, editable=False)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    old_said_yes_at = models.DateTimeField(null=True, blank=True)
    new_said_yes_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-asked_at", "-pk")
        verbose_name = "change of address"
        verbose_name_plural = "changes of address"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("asked_at")),
                name="address_change_expires_later",
                violation_error_message="A change of address must hold for some time after it was asked for.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}, {local_day(self.asked_at)}"


class OfficeFeed(models.Model):
    """The hash of the secret in the address of the calendar of somebody in the office; a new secret replaces the old one."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="office_feed")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("user",)
        verbose_name = "office calendar address"
        verbose_name_plural = "office calendar addresses"

    def __str__(self) -> str:
        return f"{self.user}, {local_day(self.made_at)}"
