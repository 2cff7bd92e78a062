"""What people were told about a visit, and by which message; the outbox itself knows neither visits nor volunteers."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from schools.directory.models import School
from schools.messages.models import OutboxMessage
from schools.visits.models.visits import Visit
from schools.volunteers.models import Volunteer


class KnownBy(models.TextChoices):
    """How somebody came to know it."""

    BEFORE = "before", "It was so before anybody changed it"
    MESSAGE = "message", "By a message"
    OTHERWISE = "otherwise", "On the phone, or otherwise"


class MessageAbout(models.Model):
    """What a volunteer, a school or the office was told about one visit; its message, if any, knows whether it arrived.

    Only visits that somebody changed have rows of news (docs/messages.md). `says` is the list of facts about each of the visit's
    sessions (queries.standings). The message is blank where it was erased, and where there never was any. A row of neither a
    volunteer nor a school is about a mail to the office, or to somebody who has still to confirm that they are at the school: it
    puts the mail on the visit's log, and says nothing of what is known.
    """

    # Without constraints in the database: to check them, a verb that has locked its sessions would wait for whoever holds a visit
    # or a person, while those wait for its sessions. Nobody deletes either but by Django, which deletes these rows with them.
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="messages_about", db_index=False, db_constraint=False)
    volunteer = models.ForeignKey(
        Volunteer, on_delete=models.CASCADE, null=True, blank=True, related_name="messages_about", db_constraint=False
    )
    school = models.ForeignKey(
        School,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="messages_about",
        db_constraint=False,
        help_text="The host, or a guest. Blank: it is about a volunteer, or to the office.",
    )
    message = models.ForeignKey(OutboxMessage, on_delete=models.SET_NULL, null=True, blank=True, related_name="about")
    known_by = models.CharField(max_length=9, choices=KnownBy.choices)
    says = models.JSONField(default=list, blank=True)
    speaks_of = models.JSONField(null=True, blank=True, help_text="The ids of the sessions that its text names.")
    is_reminder = models.BooleanField(
        default=False, db_default=False, help_text="It told nothing new; `says` repeats what was known, where that is written."
    )
    calendar = models.JSONField(
        null=True, blank=True, help_text="The entries that its mail put into a calendar, changed there, or took out."
    )
    said_before = models.JSONField(
        null=True,
        blank=True,
        help_text="`calendar` and `speaks_of` of the tries of its message before the last, where one of them may have arrived: "
        "they hold again where that one has not.",
    )
    phone_until = models.DateField(
        null=True,
        blank=True,
        help_text="It told of a change of what begins soon: until that day its reader is to be phoned as well, or until somebody "
        "ticks that they know. Blank: they need not be.",
    )
    facts = models.CharField(max_length=64, help_text="A fingerprint of what they knew and what is said.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        verbose_name = "message about a visit"
        verbose_name_plural = "messages about visits"
        # Who is to be phoned as well is asked by home and by a page; of all messages they are few.
        indexes = (models.Index(fields=["phone_until"], name="message_about_to_phone", condition=Q(phone_until__isnull=False)),)
        constraints = (
            models.UniqueConstraint(
                fields=["visit", "volunteer", "facts"],
                name="message_about_said_once",
                violation_error_message="They were told exactly this already.",
            ),
            models.UniqueConstraint(
                fields=["visit", "school", "facts"],
                name="message_about_school_once",
                violation_error_message="The school was told exactly this already.",
            ),
            models.CheckConstraint(
                condition=Q(volunteer=None, school__isnull=False)
                | Q(volunteer__isnull=False, school=None)
                | Q(volunteer=None, school=None, is_reminder=True),
                name="message_about_one_party",
                violation_error_message="It is about a volunteer, about a school, or to the office, whose mails tell neither.",
            ),
            models.CheckConstraint(
                condition=Q(known_by__in=KnownBy.values),
                name="message_about_known_by",
                violation_error_message="Choose how they came to know it.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.volunteer or self.school or 'The office'}, {self.visit}: {self.get_known_by_display().lower()}"
