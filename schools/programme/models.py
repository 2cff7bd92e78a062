"""Session types: what is taught, to whom, by how many people."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext
from simple_history.models import HistoricalRecords

from schools.core.nations import classes_are_p1_to_p7
from schools.core.words import joined
from schools.core.year_groups import YEAR_GROUPS


class Audience(models.TextChoices):
    """Who takes part in a session."""

    PUPILS = "pupils", "Pupils"
    ADULTS = "adults", "Adults"


class Channel(models.TextChoices):
    """How a session reaches its audience."""

    IN_PERSON = "in_person", "In person"
    ONLINE = "online", "Online"


class SessionTypeQuerySet(models.QuerySet["SessionType"]):
    """Session types, narrowed by filters that chain in any order."""

    def active(self) -> "SessionTypeQuerySet":
        """Session types that can be booked."""
        return self.filter(active=True)


class SessionType(models.Model):
    """A kind of session, such as the KS1 assembly."""

    Audience = Audience
    Channel = Channel

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    name_p = models.CharField(
        "name where classes are P1 to P7",
        max_length=80,
        blank=True,
        help_text="Scotland and Northern Ireland; blank: the same name.",
    )
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.PUPILS)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.IN_PERSON)
    lowest_year_group = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="0 is Reception or P1; blank for adults."
    )
    highest_year_group = models.PositiveSmallIntegerField(null=True, blank=True, help_text="6 is Year 6 or P7; blank for adults.")
    minutes = models.PositiveSmallIntegerField()
    presenters = models.PositiveSmallIntegerField(help_text="People who must cover it; 0 where the school shows it by itself.")
    largest_group = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Most pupils at a time; blank: a whole hall."
    )
    needs_sign_off = models.BooleanField(default=True, help_text="Only people signed off for this type may lead or present it.")
    series = models.BooleanField(default=False, help_text="Every session is with the same pupils again.")
    counts_for_cycle = models.BooleanField(default=True, help_text="A school that had one was visited in its cycle.")
    active = models.BooleanField(default=True)

    objects = SessionTypeQuerySet.as_manager()
    history = HistoricalRecords(use_base_model_db=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(audience__in=Audience.values),
                name="session_type_audience_known",
                violation_error_message="Choose pupils or adults as the audience.",
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=Channel.values),
                name="session_type_channel_known",
                violation_error_message="Choose in person or online as the channel.",
            ),
            models.CheckConstraint(
                condition=models.Q(audience=Audience.ADULTS, lowest_year_group=None, highest_year_group=None)
                | models.Q(
                    audience=Audience.PUPILS,
                    lowest_year_group__gte=0,
                    lowest_year_group__lte=models.F("highest_year_group"),
                    highest_year_group__lte=YEAR_GROUPS[-1],
                ),
                name="session_type_year_groups_in_order",
                violation_error_message="Give the lowest and the highest year group between 0 and 6, or neither for adults.",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=480),
                name="session_type_minutes_in_a_day",
                violation_error_message="A session lasts between 1 and 480 minutes.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def name_in(self, nation: str) -> str:
        """Return what schools of `nation` call it: "KS1 assembly" in England is "P1–P3 assembly" in Scotland."""
        return self.name_p if self.name_p and classes_are_p1_to_p7(nation) else self.name

    def name_among(self, nations: Iterable[str]) -> str:
        """Return its names in these nations, each once, like “KS1 assembly or P1–P3 assembly”; for no nation, its own."""
        names = dict.fromkeys(self.name_in(nation) for nation in sorted(nations))
        return joined(names, last=gettext("or")) or self.name

    @property
    def year_groups(self) -> range:
        """The year groups that it is meant for; empty for adults."""
        if self.lowest_year_group is None or self.highest_year_group is None:
            return range(0)
        return range(self.lowest_year_group, self.highest_year_group + 1)

    @property
    def is_for_pupils(self) -> bool:
        """Whether its headcounts count as pupils reached."""
        return self.audience == Audience.PUPILS

    @property
    def is_online(self) -> bool:
        """Whether the school shows it within a window of days."""
        return self.channel == Channel.ONLINE
