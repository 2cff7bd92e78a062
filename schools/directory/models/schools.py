"""The school: one entry of a national register."""

from dataclasses import dataclass
from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Cast, Coalesce
from simple_history.models import HistoricalRecords

from schools.accounts.models import User
from schools.core.batched_queries import Day
from schools.core.nations import Nation
from schools.core.search_words import places_of_address, words_of_row
from schools.core.searchable import Searchable, SearchableQuerySet
from schools.core.year_groups import year_groups_of_ages
from schools.directory.models.areas import Area, AreaAuthority, Authority, Patch, holds_on


class Sector(models.TextChoices):
    """What sort of school it is; only mainstream schools are in the denominators of reach."""

    MAINSTREAM = "mainstream", "Mainstream"
    SPECIAL = "special", "Special"
    INDEPENDENT = "independent", "Independent"
    ALTERNATIVE = "alternative", "Alternative provision"
    OTHER = "other", "Other place"


class Status(models.TextChoices):
    """Whether a school takes pupils today."""

    OPEN = "open", "Open"
    CLOSING = "closing", "Open, proposed to close"
    CLOSED = "closed", "Closed"
    PROPOSED = "proposed", "Proposed to open"


class Source(models.TextChoices):
    """Who says that the school exists."""

    REGISTER = "register", "Register"
    MANUAL = "manual", "Entered by hand"


class PlacedBy(models.TextChoices):
    """How precisely a place follows from a postcode."""

    EXACT = "exact", "By its postcode"
    SECTOR = "sector", "By the sector of its postcode"
    DISTRICT = "district", "By the district of its postcode"


class GroupKind(models.TextChoices):
    """What sort of group of schools it is; School has a code and a name of each, under these names."""

    TRUST = "trust", "Trust"
    FEDERATION = "federation", "Federation"


@dataclass(frozen=True)
class SchoolGroup:
    """A trust or a federation: schools that are run together. Its key is the nation, the kind and the register's code.

    No table has it: what the register says stands with each of its schools, and is dated there as all that it says (rule 22).
    """

    nation: str
    kind: GroupKind
    code: str
    name: str
    """What the register calls it; without a name there, the kind and the code."""

    def __str__(self) -> str:
        return self.name


NO_GROUP = "0"
"""The code that says that a school has no such group; a blank says nothing, and would erase nothing."""

NEVER_OPENED = NEVER_CLOSED = "9999-12-31"
"""Later than any day that is asked about."""

NAME_LENGTH = 200
POSTCODE_LENGTH = 8
GROUP_CODE_LENGTH = 20
GROUP_CODE = RegexValidator(r"^[A-Za-z0-9-]+\Z", "A code has letters, digits and hyphens alone. Look it up in the register.")


class SchoolQuerySet(SearchableQuerySet["School"]):
    """Schools, narrowed by filters that chain in any order."""

    def bookable(self) -> "SchoolQuerySet":
        """Schools that can be visited: open or proposed to close, with at least one of our year groups (rule 4)."""
        return self.filter(status__in=(Status.OPEN, Status.CLOSING)).teaching_our_year_groups()

    def teaching_our_year_groups(self) -> "SchoolQuerySet":
        """Schools that teach at least one of our year groups by their statutory ages; blank ages count as all of them."""
        # The same bounds as year_groups_of_ages: low − 4 ≤ 6, high − 5 ≥ 0, low − 4 ≤ high − 5.
        low_fits = Q(low_age=None) | Q(low_age__lte=10)
        high_fits = Q(high_age=None) | Q(high_age__gte=5)
        in_order = Q(low_age=None) | Q(high_age=None) | Q(low_age__lt=F("high_age"))
        return self.filter(low_fits, high_fits, in_order)

    def open_on(self, day: date) -> "SchoolQuerySet":
        """Schools that were open on the day by their dates, first and last day included, whatever their status is now.

        Where a date is unknown the status decides: a proposed school has not opened, a closed one is closed.
        """
        opened = Q(opened__lte=day) | (Q(opened=None) & ~Q(status=Status.PROPOSED))
        still = Q(closed__gte=day) | (Q(closed=None) & ~Q(status=Status.CLOSED))
        return self.filter(opened, still)

    def with_open_days(self) -> "SchoolQuerySet":
        """Schools with `first_open` and `last_open` added, as ISO texts: `open_on` has those with a day from first to last.

        For many schools and several days: as texts they are compared without making a day of each.
        """
        unknown_first = Case(When(status=Status.PROPOSED, then=Value(NEVER_OPENED)), default=Value(""))
        unknown_last = Case(When(status=Status.CLOSED, then=Value("")), default=Value(NEVER_CLOSED))
        first, last = Cast("opened", models.CharField()), Cast("closed", models.CharField())
        added = {"first_open": Coalesce(first, unknown_first), "last_open": Coalesce(last, unknown_last)}
        return self.annotate(**added)

    def in_areas(self, areas: models.QuerySet[Area], *, on: Day) -> "SchoolQuerySet":
        """Schools whose present authority is held by one of the areas on the day."""
        # Filtered by the few authorities, because an index leads from them to the schools.
        holdings = AreaAuthority.objects.filter(holds_on(on), area__in=areas).order_by()
        return self.filter(authority__in=holdings.values("authority"))

    def in_group(self, nation: str, kind: GroupKind, code: str) -> "SchoolQuerySet":
        """Schools of one trust or federation, by the nation and the register's code of it; none for NO_GROUP and a blank."""
        # Without an index of its own, which each import would have to write for every school: one page asks, and not often.
        return self.filter(Q((f"{kind.value}_code", code)), nation=nation) if code not in {"", NO_GROUP} else self.none()

    def most_likely_first(self, text: str, user: User, *, on: date) -> "SchoolQuerySet":
        """Schools in the order in which the user probably means them by the text.

        Whole names come first, then names that begin so; among equals those of the user's own areas, then those that are open.
        """
        own = Q(authority__in=Patch.of(user, on=on).authorities) if user.is_coordinator else Q(pk__in=())
        closed = Q(status=Status.CLOSED)
        return self.best_first(text, Case(When(own, then=0), default=1), Case(When(closed, then=1), default=0))

    def most_likely(self, text: str, user: User, *, on: date, most: int) -> "list[School]":
        """Return at most so many of the schools that a typed text names, in that order."""
        return self.first_named(text, most, lambda schools: schools.most_likely_first(text, user, on=on))

    def for_user(self, user: User, *, on: date) -> "SchoolQuerySet":
        """All schools for managers, those of their areas for coordinators, none for others."""
        if user.is_manager:
            return self.all()
        if not user.is_coordinator:
            return self.none()
        return self.filter(authority__in=Patch.of(user, on=on).authorities)


class School(Searchable):
    """One entry of a national register; its key is (nation, register id). Never deleted once it has a visit."""

    Sector = Sector
    Status = Status
    Source = Source

    nation = models.CharField(max_length=20, choices=Nation.choices)
    register_id = models.CharField("register number", max_length=20, help_text="URN, SEED code, school number or DE reference.")
    name = models.CharField(max_length=NAME_LENGTH)
    authority = models.ForeignKey(
        Authority, on_delete=models.PROTECT, null=True, blank=True, related_name="schools", help_text="Today's."
    )
    sector = models.CharField(max_length=12, choices=Sector.choices, default=Sector.MAINSTREAM)
    phase = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=100, blank=True, help_text="Type of establishment in the register's words.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    opened = models.DateField(null=True, blank=True)
    closed = models.DateField(null=True, blank=True)
    low_age = models.PositiveSmallIntegerField("lowest age", null=True, blank=True)
    high_age = models.PositiveSmallIntegerField("highest age", null=True, blank=True)
    pupils = models.PositiveIntegerField("pupils on the register", null=True, blank=True, help_text="All ages together.")
    census_day = models.DateField(null=True, blank=True, help_text="The day of that number.")
    address = models.CharField(max_length=300, blank=True)
    postcode = models.CharField(max_length=POSTCODE_LENGTH, blank=True)
    easting = models.PositiveIntegerField(null=True, blank=True)
    northing = models.PositiveIntegerField(null=True, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.CharField(max_length=300, blank=True)
    welsh_medium = models.CharField(max_length=60, blank=True)
    percent_fsm = models.DecimalField("% eligible for free school meals", max_digits=4, decimal_places=1, null=True, blank=True)
    lsoa = models.CharField("LSOA", max_length=9, blank=True)
    trust_code = models.CharField(
        "code of its trust",
        max_length=GROUP_CODE_LENGTH,
        validators=[GROUP_CODE],
        blank=True,
        default="",
        db_default="",
        help_text="The register's. Blank: not known. 0: the register says that it has none.",
    )
    trust = models.CharField(max_length=NAME_LENGTH, blank=True, default="", db_default="", help_text="Its name.")
    federation_code = models.CharField(
        "code of its federation",
        max_length=GROUP_CODE_LENGTH,
        validators=[GROUP_CODE],
        blank=True,
        default="",
        db_default="",
        help_text="The register's. Blank: not known. 0: the register says that it has none.",
    )
    federation = models.CharField(max_length=NAME_LENGTH, blank=True, default="", db_default="", help_text="Its name.")
    access_notes = models.TextField(blank=True, help_text="Steps, gates, the hall. Never a pupil's name.")
    ask_again_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.REGISTER)
    chain = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Lowest id of the schools that it converted from or into, one to one; blank: a chain of its own.",
    )
    lineage = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Lowest id of all chains joined by mergers, splits and feeder links; blank: a lineage of its own.",
    )
    missing_since = models.DateField(null=True, blank=True, help_text="Not in the register's whole file since this day.")
    register_day = models.DateField(
        null=True, blank=True, editable=False, help_text="The day of the newest register that speaks of it; blank: not known."
    )
    older_facts = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="Facts that this register leaves out, each with the day of the one that gave it; blank: none.",
    )
    placed_by = models.CharField(
        max_length=8,
        choices=PlacedBy.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="How its place follows from its postcode; blank: the register or somebody gave the place.",
    )

    fifth = models.PositiveSmallIntegerField(
        "fifth of deprivation",
        null=True,
        blank=True,
        editable=False,
        help_text="Of its neighbourhood among the small areas of its nation: 1 is the most deprived; blank: not known.",
    )

    SEARCHED = ("name", "address", "postcode", "register_id")
    NEARLY_ALL = frozenset({"primary", "school"})

    objects = SchoolQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["search_words", "register_day", "older_facts", "placed_by", "fifth"])

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["nation", "register_id"],
                name="school_once_in_register",
                violation_error_message="This nation has a school with that register number already.",
            ),
            models.CheckConstraint(
                condition=Q(nation__in=Nation.values),
                name="school_nation_known",
                violation_error_message="Choose one of the nations.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values) & Q(sector__in=Sector.values) & Q(source__in=Source.values),
                name="school_choices_known",
                violation_error_message="Choose the status, the sector and the source from the lists.",
            ),
            models.CheckConstraint(
                condition=(Q(low_age=None) | Q(low_age__lte=25)) & (Q(high_age=None) | Q(high_age__lte=99)),
                name="school_ages_believable",
                violation_error_message="The ages of pupils lie between 0 and 25.",
            ),
            models.CheckConstraint(
                condition=Q(pupils=None) | Q(pupils__lte=20_000),
                name="school_pupils_believable",
                violation_error_message="A school has at most 20,000 pupils on roll.",
            ),
            models.CheckConstraint(
                condition=Q(fifth=None) | Q(fifth__range=(1, 5)),
                name="school_fifth_known",
                violation_error_message="A fifth is 1 (most deprived) to 5.",
            ),
            models.CheckConstraint(
                condition=Q(placed_by__in=("", *PlacedBy.values)),
                name="school_placed_by_known",
                violation_error_message="A place that follows from a postcode is exact, or of the sector or the district.",
            ),
        )
        indexes = (
            models.Index(fields=["chain"], name="school_chain"),
            models.Index(fields=["lineage"], name="school_lineage"),
            models.Index(fields=["postcode"], name="school_postcode"),
            models.Index(fields=["name"], name="school_name"),
            models.Index(fields=["trust_code"], name="school_trust"),
            models.Index(fields=["federation_code"], name="school_federation"),
            models.Index(fields=["ask_again_on", "chain"], condition=Q(ask_again_on__isnull=False), name="school_waits"),
        )

    def __str__(self) -> str:
        return self.name

    def words_to_search(self) -> str:
        """Return the words of name, village, town and county, the postcode and the register number."""
        places = places_of_address(self.address)
        return words_of_row(self.name, others=places, numbers=[self.register_id], postcode=self.postcode)

    @property
    def year_groups(self) -> range:
        """The year groups of the programme that it teaches, by its statutory ages."""
        return year_groups_of_ages(self.low_age, self.high_age)

    @property
    def is_bookable(self) -> bool:
        """Whether a visit can be booked, for one school; SchoolQuerySet.bookable filters by the same rule."""
        return self.status in {Status.OPEN, Status.CLOSING} and bool(self.year_groups)

    @property
    def under_any_number(self) -> Q:
        """The condition on schools that they are this one, under any of its register numbers."""
        return Q(pk=self.pk) if self.chain is None else Q(pk=self.pk) | Q(chain=self.chain)

    @property
    def groups(self) -> list[SchoolGroup]:
        """Its trust and its federation, as far as it has them."""
        codes = {kind: getattr(self, f"{kind.value}_code") for kind in GroupKind}
        return [
            SchoolGroup(self.nation, kind, code, getattr(self, kind.value) or f"{kind.label} {code}")
            for kind, code in codes.items()
            if code not in {"", NO_GROUP}
        ]

    @property
    def place(self) -> tuple[int | None, int | None]:
        """Easting and northing on the British grid, None where unknown."""
        return self.easting, self.northing
