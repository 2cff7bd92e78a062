"""What was published: the numbers of each month and school year, rounded once and frozen, and its tables (rule 20)."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q

from schools.core.nations import Nation
from schools.directory.models import Area, Authority, Region
from schools.programme.models import SessionType
from schools.reach.rounding import STEP


class Publication(models.Model):
    """A period that was published. From then on the atoms of its months stay as they are.

    Names and exact counts of schools and sessions are kept as they were, so that its files are the same for ever.
    """

    period = models.CharField(max_length=40, help_text="As it was asked for, such as 2025/26.")
    first_day = models.DateField()
    last_day = models.DateField()
    outcomes_missing = models.PositiveIntegerField(help_text="Sessions for pupils in it that nobody had reported then.")
    counts = models.JSONField(help_text="Places, exact counts of schools and sessions, and rolls, as they were.")
    definitions = models.PositiveSmallIntegerField(help_text="The version of the figures' definitions.")
    renderer = models.PositiveSmallIntegerField(help_text="The version of the code that writes the files.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the list of the files' SHA-256.")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="publications",
        help_text="Blank: from the command line.",
    )  # fmt: skip

    class Meta:
        ordering = ("-last_day", "first_day")
        permissions = (("publish_reach", "Can publish the figures of a period"),)
        constraints = (
            models.UniqueConstraint(
                fields=["first_day", "last_day"],
                name="publication_once",
                violation_error_message="This period is published already. Download what was published.",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="publication_days_in_order",
                violation_error_message="The last day must not be before the first day.",
            ),
        )

    def __str__(self) -> str:
        return self.period


class PublishedPlace(models.Model):
    """A place with a run of its own: nation, region, area and authority as they were frozen, and what is left of its run.

    Every run begins with nothing left. Another beginning would give counts away, because it is not known to those who read.
    """

    code = models.CharField(max_length=80, help_text="Nation and the ids of region, area and authority, with points between.")
    nation = models.CharField(max_length=20, choices=Nation.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    attendances_left = models.PositiveSmallIntegerField(default=0, help_text="Counted and not published yet: 0 to 4.")
    pupils_low_left = models.PositiveSmallIntegerField(default=0, help_text="The same of at least so many pupils.")
    pupils_more_left = models.PositiveSmallIntegerField(default=0, help_text="The same of how many more about so many are.")

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                fields=["code"],
                name="published_place_once",
                violation_error_message="This place has a run already.",
            ),
            models.CheckConstraint(
                condition=Q(nation__in=Nation.values),
                name="published_place_nation_known",
                violation_error_message="Choose one of the nations.",
            ),
            models.CheckConstraint(
                condition=Q(attendances_left__lt=STEP, pupils_low_left__lt=STEP, pupils_more_left__lt=STEP),
                name="published_place_little_left",
                violation_error_message="Less than five of each is left after publishing.",
            ),
        )

    def __str__(self) -> str:
        return self.code


class PublishedAtom(models.Model):
    """The attendances of a place, month, session type and year group as they were published first. It is never changed."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="atoms")
    place = models.ForeignKey(PublishedPlace, on_delete=models.PROTECT, related_name="atoms", db_index=False)
    month = models.DateField(db_index=True, help_text="Its first day.")
    session_type = models.ForeignKey(SessionType, on_delete=models.PROTECT, related_name="+", db_index=False)
    year_group = models.PositiveSmallIntegerField()
    attendances = models.PositiveIntegerField(help_text="A multiple of five.")

    class Meta:
        ordering = ("place", "month", "session_type", "year_group")
        constraints = (
            models.UniqueConstraint(
                fields=["place", "month", "session_type", "year_group"],
                name="published_atom_once",
                violation_error_message="This month is published already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.place_id}, {self.month:%Y-%m}, {self.session_type_id}, {self.year_group}"


class PublishedPupils(models.Model):
    """At least, and about, so many pupils of a place and school year as they were published first. It is never changed."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="pupils")
    place = models.ForeignKey(PublishedPlace, on_delete=models.PROTECT, related_name="pupils", db_index=False)
    academic_year = models.PositiveSmallIntegerField()
    pupils_reached_low = models.PositiveIntegerField(help_text="A multiple of five.")
    pupils_reached = models.PositiveIntegerField(help_text="A multiple of five.")

    class Meta:
        verbose_name_plural = "published pupils"
        ordering = ("place", "academic_year")
        constraints = (
            models.UniqueConstraint(
                fields=["place", "academic_year"],
                name="published_pupils_once",
                violation_error_message="The pupils of this school year are published already.",
            ),
            models.CheckConstraint(
                condition=Q(pupils_reached__gte=F("pupils_reached_low")),
                name="published_pupils_in_order",
                violation_error_message="At least so many pupils cannot be more than about so many.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.place_id}, {self.academic_year}"


def lock_publications() -> None:
    """Wait until nobody else is publishing, and keep others waiting until the transaction ends.

    On SQLite IMMEDIATE transactions wait for each other by themselves. On PostgreSQL the row of ContentType for Publication
    stands for all that was published.
    """
    ContentType.objects.select_for_update(no_key=True).get(app_label="schools", model="publication")
