"""Programs that read reach as JSON: a token for each, and a row for each use of a token."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from schools.core.words import local_moment
from schools.directory.models import Area

if TYPE_CHECKING:
    from datetime import datetime


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """A selection of tokens."""

    def valid(self) -> "ApiTokenQuerySet":
        """Tokens that nobody has revoked."""
        return self.filter(revoked_at=None)


class ApiToken(models.Model):
    """The right of one program to read the figures of certain areas, or of all; only a hash of the secret is stored."""

    name = models.CharField(max_length=100, help_text="Who reads with it, such as “Website”.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    everywhere = models.BooleanField("all areas", default=False)
    areas = models.ManyToManyField(Area, blank=True, related_name="api_tokens", help_text="Where it is not for all.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_tokens_made")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="api_tokens_revoked"
    )

    last_used: "datetime | None"
    """The moment of the last use, annotated where the page lists the tokens; None means never used."""

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        verbose_name = "token"
        constraints = (
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="api_token_revoked_by_somebody",
                violation_error_message="A revoked token says who revoked it, and when.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ApiUse(models.Model):
    """One question that a program asked, and how it was answered."""

    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="uses")
    at = models.DateTimeField()
    question = models.CharField(max_length=500, help_text="What the address asked for.")
    status = models.PositiveSmallIntegerField(help_text="Of the answer: 200, 304 (nothing new), 400, 429 (too many).")

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "use of a token"
        verbose_name_plural = "uses of tokens"

    def __str__(self) -> str:
        return f"{self.token}, {local_moment(self.at)}"
