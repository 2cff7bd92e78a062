"""Regions, the areas in them, the authorities that an area holds for a time, and the coordinators of an area."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from phonenumber_field.modelfields import PhoneNumberField
from simple_history.models import HistoricalRecords

from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.batched_queries import Day
from schools.core.nations import Nation
from schools.core.words import long_day


def holds_on(on: Day, *, of: str = "") -> Q:
    """Return the condition for rows of a dated table that hold on the day, first and last day included.

    A blank `from_day` means from always, a blank `to_day` means still. `of` is the way to that table, such as "holdings__".
    """
    begun = Q((f"{of}from_day", None)) | Q((f"{of}from_day__lte", on))
    return begun & (Q((f"{of}to_day", None)) | Q((f"{of}to_day__gte", on)))


def days_in_order(name: str) -> models.CheckConstraint:
    """Return the constraint that a dated row does not end before it begins."""
    return models.CheckConstraint(
        condition=Q(from_day=None) | Q(to_day=None) | Q(to_day__gte=F("from_day")),
        name=name,
        violation_error_message="The last day must not be before the first day.",
    )


class Region(models.Model):
    """A part of a nation, named as the charity names it."""

    name = models.CharField(max_length=100)
    nation = models.CharField(max_length=20, choices=Nation.choices)

    class Meta:
        ordering = ("nation", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["nation", "name"],
                name="region_once_in_nation",
                violation_error_message="This nation has a region of that name already.",
            ),
            models.CheckConstraint(
                condition=Q(nation__in=Nation.values),
                name="region_nation_known",
                violation_error_message="Choose one of the nations.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class AreaQuerySet(models.QuerySet["Area"]):
    """Areas, narrowed by filters that chain in any order."""

    def coordinated_by(self, user: User, *, on: date) -> "AreaQuerySet":
        """Areas that the user coordinates on the day, whatever their role."""
        return self.filter(pk__in=Patch.of(user, on=on).areas)

    def looked_after_by(self, user: User, *, on: date) -> "AreaQuerySet":
        """The same, for a page that asks for nothing else of the user's patch: it is not looked up for itself."""
        theirs = AreaCoordinator.objects.filter(holds_on(on), user=user).order_by()
        return self.filter(pk__in=theirs.values("area"))

    def for_user(self, user: User, *, on: date) -> "AreaQuerySet":
        """All areas for managers and analysts, their own areas of the day for coordinators, none for others.

        Somebody who is a coordinator and an analyst gets only their own areas. Pages with figures ask separately whether the user
        reads the figures of all areas.
        """
        if user.is_manager:
            return self.all()
        if user.is_coordinator:
            return self.coordinated_by(user, on=on)
        return self.all() if user.is_analyst else self.none()


@dataclass(frozen=True)
class Patch:
    """What somebody coordinates on a day: the ids of the areas, and of the authorities that these hold.

    A page asks for the user's rows many times. With ids an index finds the rows each time; a subquery would be worked out again
    in every query.
    """

    areas: tuple[int, ...]
    authorities: tuple[int, ...]

    @classmethod
    def of(cls, user: User, *, on: date) -> "Patch":
        """Return the user's patch: two queries the first time, then kept as long as the user object lives."""
        key = (cls, on)
        if key not in user.memo:
            mine = AreaCoordinator.objects.filter(holds_on(on), user=user).order_by("area_id")
            areas = tuple(mine.values_list("area_id", flat=True).distinct())
            held = AreaAuthority.objects.filter(holds_on(on), area__in=areas).order_by("authority_id")
            user.memo[key] = cls(areas, tuple(held.values_list("authority_id", flat=True).distinct()))
        patch: Patch = user.memo[key]
        return patch


def usual_cycle() -> int:
    """Return the charity’s cycle in academic years, with which a new area begins."""
    return current().cycle_years


class Area(models.Model):
    """A part of a region that the charity works in as one: a dated set of local authorities."""

    name = models.CharField(max_length=100)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="areas")
    duty_phone = PhoneNumberField(blank=True, help_text="Who answers when something is wrong on the day.")
    cycle_years = models.PositiveSmallIntegerField(
        default=usual_cycle, help_text="Every school is visited once in so many academic years."
    )
    auto_offers = models.BooleanField(default=False, help_text="Offer a dropped morning to the next people by itself.")
    automatic = models.BooleanField(
        default=False,
        editable=False,
        help_text="Made by an import for an authority that no area held; it goes once it is empty.",
    )

    objects = AreaQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["region", "name"],
                name="area_once_in_region",
                violation_error_message="This region has an area of that name already.",
            ),
            models.CheckConstraint(
                condition=Q(cycle_years__gte=1, cycle_years__lte=10),
                name="area_cycle_years_believable",
                violation_error_message="A cycle is 1 to 10 academic years.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Authority(models.Model):
    """A local authority; an abolished one stays, with its last day. Its code may live on in another one (825, 835)."""

    nation = models.CharField(max_length=20, choices=Nation.choices)
    code = models.CharField("LA code", max_length=10, blank=True)
    gss = models.CharField(
        "GSS code",
        max_length=9,
        unique=True,
        null=True,
        blank=True,
        error_messages={"unique": "Another authority has this GSS code."},
    )
    name = models.CharField(max_length=100)
    opened = models.DateField(null=True, blank=True)
    closed = models.DateField(null=True, blank=True, help_text="Its last day.")

    class Meta:
        ordering = ("name", "pk")
        verbose_name_plural = "authorities"
        constraints = (
            models.CheckConstraint(
                condition=Q(nation__in=Nation.values),
                name="authority_nation_known",
                violation_error_message="Choose one of the nations.",
            ),
            models.CheckConstraint(
                condition=Q(opened=None) | Q(closed=None) | Q(closed__gte=F("opened")),
                name="authority_days_in_order",
                violation_error_message="An authority cannot close before it opened.",
            ),
            models.CheckConstraint(
                condition=Q(gss=None) | ~Q(gss=""),
                name="authority_gss_not_empty",
                violation_error_message="Leave the GSS code out where there is none.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Reorganisation(models.Model):
    """The fact that an authority was followed by another from a day on."""

    old = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="successions")
    new = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="precessions")
    day = models.DateField()

    class Meta:
        ordering = ("day", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["old", "new"],
                name="reorganisation_once",
                violation_error_message="This reorganisation is known already.",
            ),
            models.CheckConstraint(
                condition=~Q(old=F("new")),
                name="reorganisation_between_two",
                violation_error_message="An authority cannot follow itself.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.old} → {self.new}, {long_day(self.day)}"


class AreaAuthority(models.Model):
    """The holding of an authority by an area, from a day (blank: always) to a day (blank: still); never two on one day.

    The actions that write these rows keep two rows of an authority from overlapping, under a lock.
    """

    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="holdings")
    authority = models.ForeignKey(Authority, on_delete=models.CASCADE, related_name="holdings")
    from_day = models.DateField(null=True, blank=True)
    to_day = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("area", "authority", "from_day")
        verbose_name_plural = "area authorities"
        constraints = (
            days_in_order("area_authority_days_in_order"),
            models.UniqueConstraint(
                fields=["authority"],
                condition=Q(to_day=None),
                name="area_authority_one_current",
                violation_error_message="Another area holds this authority still. End that holding first.",
            ),
            models.UniqueConstraint(
                fields=["authority"],
                condition=Q(from_day=None),
                name="area_authority_one_from_always",
                violation_error_message="Another area has held this authority from always. Give this holding a first day.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.authority} in {self.area}"

    @property
    def in_words(self) -> str:
        """The area and its days, like “Lakes until 31 August 2026”."""
        first = f" from {self.from_day:%-d %B %Y}" if self.from_day else ""
        last = f" until {self.to_day:%-d %B %Y}" if self.to_day else ""
        return f"{self.area}{first}{last}"


class AreaCoordinator(models.Model):
    """The time for which a person coordinates an area, from a day (blank: always) to a day (blank: still)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="area_coordinators")
    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="area_coordinators")
    from_day = models.DateField(null=True, blank=True)
    to_day = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("area", "user", "from_day")
        constraints = (
            days_in_order("area_coordinator_days_in_order"),
            models.UniqueConstraint(
                fields=["user", "area"],
                condition=Q(to_day=None),
                name="area_coordinator_one_current",
                violation_error_message="This person coordinates the area already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} for {self.area}"
