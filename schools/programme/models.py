"""Session types: what is taught, to whom, by how many people; and what a school gets of each beforehand, its pack."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from schools.core.nations import Language, classes_are_p1_to_p7
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


def for_cycle(type_is: str = "") -> Q:
    """Return the condition that a session of the type makes its schools visited in their cycle (rule 25).

    One for adults never does, whatever its tick says: the cycle is about children. `type_is` leads to the type, like `type__`.
    """
    return Q(**{f"{type_is}audience": Audience.PUPILS, f"{type_is}counts_for_cycle": True})


def gone_to(type_is: str = "") -> Q:
    """Return the condition that people of ours go to the school for a session of the type (`SessionType.is_gone_to`).

    `type_is` leads to the type, like `type__`.
    """
    return ~Q(**{f"{type_is}channel": Channel.ONLINE}) & Q(**{f"{type_is}presenters__gt": 0})


class SessionTypeQuerySet(models.QuerySet["SessionType"]):
    """Session types, narrowed by filters that chain in any order."""

    def active(self) -> "SessionTypeQuerySet":
        """Session types that can be booked."""
        return self.filter(active=True)

    def besides_cycle(self) -> "SessionTypeQuerySet":
        """Session types of which no session makes its schools visited in their cycle."""
        return self.exclude(for_cycle())


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
                condition=Q(audience__in=Audience.values),
                name="session_type_audience_known",
                violation_error_message="Choose pupils or adults as the audience.",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values),
                name="session_type_channel_known",
                violation_error_message="Choose in person or online as the channel.",
            ),
            models.CheckConstraint(
                condition=Q(audience=Audience.ADULTS, lowest_year_group=None, highest_year_group=None)
                | Q(
                    audience=Audience.PUPILS,
                    lowest_year_group__gte=0,
                    lowest_year_group__lte=models.F("highest_year_group"),
                    highest_year_group__lte=YEAR_GROUPS[-1],
                ),
                name="session_type_year_groups_in_order",
                violation_error_message="Give the lowest and the highest year group between 0 and 6, or neither for adults.",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=480),
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
    def is_for_cycle(self) -> bool:
        """Whether a session of it makes its schools visited in their cycle; `for_cycle` is the same as a condition."""
        return self.is_for_pupils and self.counts_for_cycle

    @property
    def is_online(self) -> bool:
        """Whether the school shows it within a window of days."""
        return self.channel == Channel.ONLINE

    @property
    def is_gone_to(self) -> bool:
        """Whether people of ours go to the school: a type that is online may have a presenter too, on the screen.

        `gone_to` is the same as a condition.
        """
        return bool(self.presenters) and not self.is_online


class PackKind(models.TextChoices):
    """What a school gets of a session type beforehand."""

    PLAN = "plan", _("The plan of the session")
    MATERIAL = "material", _("Materials to look at beforehand")
    PARENTS = "parents", _("A page for parents")


class FileKind(models.TextChoices):
    """The kinds of files of a pack, by the ending of their names; the labels are what a browser calls them."""

    PDF = "pdf", "application/pdf"
    WORD = "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    SLIDES = "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    PNG = "png", "image/png"
    JPEG = "jpg", "image/jpeg"


MOST_MEGABYTES = 5
MOST_BYTES = MOST_MEGABYTES * 1024 * 1024
"""A file of a pack is no larger."""


class PackItemQuerySet(models.QuerySet["PackItem"]):
    """A selection of what schools get beforehand."""

    def without_files(self) -> "PackItemQuerySet":
        """Rows without the bytes of their files, which a list does not need; reading them later takes a query for each."""
        return self.defer("content")

    def with_file(self) -> "PackItemQuerySet":
        """Rows that have a file."""
        return self.filter(size__gt=0)


class PackItem(models.Model):
    """One text or file that schools get of a session type beforehand, in one language. Its file is in the database."""

    Kind = PackKind

    session_type = models.ForeignKey(SessionType, on_delete=models.CASCADE, related_name="pack_items")
    kind = models.CharField(max_length=10, choices=PackKind.choices, default=PackKind.PLAN)
    language = models.CharField(max_length=3, choices=Language.choices, default=Language.ENGLISH)
    title = models.CharField(max_length=120, help_text="What schools read as its name, such as “Plan of the KS1 assembly”.")
    words = models.TextField(
        blank=True, help_text="What schools read on their page. It may stay empty where there is a file. Never a pupil's name."
    )
    file_name = models.CharField(max_length=120, blank=True, editable=False)
    file_kind = models.CharField(max_length=4, choices=FileKind.choices, blank=True, editable=False)
    size = models.PositiveIntegerField(default=0, editable=False, help_text="Bytes of the file; 0: there is none.")
    content = models.BinaryField(default=b"", blank=True, editable=False)

    objects = PackItemQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["content"])

    class Meta:
        ordering = ("session_type", "kind", "language", "title", "pk")
        verbose_name = "text or file of a pack"
        verbose_name_plural = "texts and files of packs"
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=PackKind.values) & Q(language__in=Language.values),
                name="pack_item_choices_known",
                violation_error_message="Choose what it is and its language from the lists.",
            ),
            models.CheckConstraint(
                condition=Q(size=0, file_kind="", file_name="")
                | Q(~Q(file_name=""), size__gte=1, size__lte=MOST_BYTES, file_kind__in=FileKind.values),
                name="pack_item_file_whole",
                violation_error_message=f"A file has a name, a kind that we know, and at most {MOST_MEGABYTES} MB.",
            ),
            models.CheckConstraint(
                condition=~Q(words="") | Q(size__gte=1),
                name="pack_item_says_something",
                violation_error_message="Write something, or choose a file.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.session_type})"

    @property
    def file_words(self) -> str:
        """The name and the size of its file, such as “plan.pdf, 1.2 MB”; "" where it has none."""
        return f"{self.file_name}, {filesizeformat(self.size)}" if self.size else ""
