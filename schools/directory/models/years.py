"""What changes about a school over the years: its authority, links, rolls, contacts and agreements."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField

from schools.core.periods import AcademicYear
from schools.core.search_words import words_of_row
from schools.core.searchable import Searchable, SearchableQuerySet
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS, year_group_name
from schools.directory.models.areas import Authority, days_in_order
from schools.directory.models.schools import School


class SchoolAuthority(models.Model):
    """The time for which a school belongs to an authority, from a day (blank: always) to a day (blank: still); one on any day.

    The days follow from what registers and people say, kept beside them, and from reorganisations (rule 3):
    `schools.directory.belonging` works them out, in whatever order the registers were loaded.
    """

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="authorities")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="school_authorities")
    from_day = models.DateField(null=True, blank=True)
    to_day = models.DateField(null=True, blank=True)
    first_seen = models.DateField(
        null=True, blank=True, help_text="The day of the oldest register that names this authority; blank: not known."
    )
    last_seen = models.DateField(
        null=True, blank=True, help_text="The day of the newest one; of the present authority the school may know a newer one."
    )
    derived = models.BooleanField(
        default=False, db_default=False, help_text="No register names it for the school: it follows from a reorganisation."
    )

    class Meta:
        ordering = ("school", "from_day")
        verbose_name_plural = "school authorities"
        constraints = (
            days_in_order("school_authority_days_in_order"),
            models.UniqueConstraint(
                fields=["school"],
                condition=Q(to_day=None),
                name="school_authority_one_current",
                violation_error_message="The school belongs to another authority still. End that first.",
            ),
            models.UniqueConstraint(
                fields=["school"],
                condition=Q(from_day=None),
                name="school_authority_one_from_always",
                violation_error_message="The school has another authority from always. Give this one a first day.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school} in {self.authority}"


class LinkKind(models.TextChoices):
    """How one school followed another; only `successor` makes one chain of two, the other kinds join lineages."""

    SUCCESSOR = "successor", "Successor"
    MERGED = "merged", "Merged"
    AMALGAMATED = "amalgamated", "Amalgamated"
    SPLIT = "split", "Split"
    FEEDER = "feeder", "Feeder (infant → junior)"


class SchoolLink(models.Model):
    """The fact that `successor` followed `predecessor`, or is fed by it."""

    Kind = LinkKind

    predecessor = models.ForeignKey(School, on_delete=models.CASCADE, related_name="successor_links")
    successor = models.ForeignKey(School, on_delete=models.CASCADE, related_name="predecessor_links")
    kind = models.CharField(max_length=12, choices=LinkKind.choices)
    day = models.DateField(null=True, blank=True)
    given_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The day of the latest register that gave it; blank: not known.",
    )

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["predecessor", "successor"],
                name="school_link_once",
                violation_error_message="These two schools are linked already.",
            ),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")),
                name="school_link_between_two",
                violation_error_message="A school cannot follow itself.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=LinkKind.values),
                name="school_link_kind_known",
                violation_error_message="Choose one of the kinds of link.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"


class ContactQuerySet(SearchableQuerySet["Contact"]):
    """People at schools, narrowed by filters that chain in any order."""

    def at(
        self, schools: "Iterable[School] | models.QuerySet[School]", *, besides: "Iterable[int | None]" = ()
    ) -> "ContactQuerySet":
        """People at one of the schools, also those who belong to several; `besides` (ids, None is nobody) are among them."""
        in_database = isinstance(schools, models.QuerySet)
        ids: Any = schools.order_by().values("pk") if in_database else [school.pk for school in schools]  # type: ignore[union-attr]  # a QuerySet, see above
        # Short lists, each read from an index. With one OR, PostgreSQL would look at everybody at any school.
        first = Contact.objects.filter(school__in=ids).order_by().values("pk")
        shared = Contact.also_at.through.objects.filter(school__in=ids).order_by().values("contact")
        others = Contact.objects.filter(pk__in=list(filter(None, besides))).order_by().values("pk")
        return self.filter(pk__in=first.union(shared, others, all=True))

    def with_address(self, address: str) -> "ContactQuerySet":
        """People who have the e-mail address, however either is written, by its index."""
        return self.with_addresses([address])

    def with_addresses(self, addresses: "Iterable[str]") -> "ContactQuerySet":
        """People who have one of the e-mail addresses, likewise."""
        return self.alias(in_small_letters=Lower("email")).filter(in_small_letters__in=[each.lower() for each in addresses])


class Contact(Searchable):
    """A person at a school or at several, or a shared mailbox, entered by a coordinator; imports of registers never touch it."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="contacts", help_text="The first, or the only one.")
    also_at = models.ManyToManyField(
        School,
        related_name="shared_contacts",
        blank=True,
        verbose_name="also at",
        help_text="The other schools of a trust, a federation or a shared mailbox.",
    )
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=100, blank=True, help_text="Such as head teacher or safeguarding lead.")
    email = models.EmailField(blank=True)
    phone = PhoneNumberField(blank=True)
    wants_invitations = models.BooleanField(
        "wants to be asked again",
        default=False,
        db_default=False,
        help_text="They said that they want a mail when a visit is due again. Untick it when they no longer do.",
    )

    sms_number = PhoneNumberField(
        "number for SMS", blank=True, default="", db_default="", editable=False, help_text="To which they said yes, on the phone."
    )
    sms_since = models.DateTimeField(null=True, blank=True, editable=False, help_text="When they said yes to SMS at that number.")

    entered_at = models.DateTimeField(
        default=timezone.now,
        db_default=Now(),
        editable=False,
        help_text="Since then they are kept; of those who were there before this was written down, the upgrade.",
    )

    imported_email = models.EmailField(
        "address from a list",
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The e-mail address that an import gave; blank: it is from them, or from a colleague.",
    )
    imported_from = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False, help_text="From where that list was."
    )
    imported_on = models.DateField(null=True, blank=True, editable=False, help_text="When it was handed in.")
    source_told_in = models.BigIntegerField(
        null=True, blank=True, editable=False, help_text="The number of the mail that says so to them, sent or on its way."
    )
    source_told_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When that mail went out.")

    SEARCHED = ("name", "role", "email", "phone")

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        indexes = (
            # Asked before each mail, and of few rows.
            models.Index(fields=["imported_email"], name="contact_from_list", condition=~Q(imported_email="")),
            models.Index(Lower("email"), name="contact_by_email"),
            models.Index(fields=["source_told_in"], name="contact_told_in", condition=Q(source_told_in__isnull=False)),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(sms_number="", sms_since=None) | (~Q(sms_number="") & Q(sms_since__isnull=False)),
                name="contact_sms_agreed",
                violation_error_message="A number for SMS needs the moment at which they said yes.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.role})" if self.role else self.name

    @property
    def gets_sms(self) -> bool:
        """Whether they said yes to SMS at the phone number that they have today."""
        return bool(self.sms_number) and self.sms_number == self.phone

    @property
    def is_from_list(self) -> bool:
        """Whether the e-mail address that they have today is one that an import gave."""
        return bool(self.imported_email) and self.imported_email == self.email.lower()

    def is_at(self, school: School) -> bool:
        """Return whether the person is at the school; asks the database only about people who belong to several."""
        return self.school_id == school.pk or self.also_at.contains(school)

    def words_to_search(self) -> str:
        """Return the words of name, role, e-mail address and phone."""
        phone = str(self.phone.as_e164) if self.phone else ""
        return words_of_row(self.name, others=[self.role, self.email], phone=phone)


class RollSource(models.TextChoices):
    """Where a roll comes from; a coordinator's comes before the charity's list, and the list before the register."""

    COORDINATOR = "coordinator", "Coordinator"
    LIST = "list", "The charity's list"
    REGISTER = "register", "Register"


class RollQuerySet(models.QuerySet["Roll"]):
    """Rolls, narrowed by filters that chain in any order."""

    def best_first(self) -> "RollQuerySet":
        """Rolls, the newest year first; within a year the coordinator's, then the charity's list's, then the register's."""
        # "coordinator" sorts before "list", and that before "register".
        return self.order_by("school_id", "-academic_year", "source")


class Roll(models.Model):
    """Pupils on roll in one school, academic year (its first calendar year) and year group."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="rolls", db_index=False)
    academic_year = models.PositiveSmallIntegerField(help_text="2025 is 2025/26.")
    year_group = models.PositiveSmallIntegerField()
    pupils = models.PositiveIntegerField()
    source = models.CharField(max_length=12, choices=RollSource.choices)
    given_on = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The day of the register that gave the number; blank: no register did, or before its day was kept.",
    )

    objects = RollQuerySet.as_manager()

    class Meta:
        ordering = ("school", "-academic_year", "year_group")
        verbose_name = "number of pupils"
        verbose_name_plural = "numbers of pupils"
        constraints = (
            models.UniqueConstraint(
                fields=["school", "academic_year", "year_group", "source"],
                name="roll_once",
                violation_error_message="This roll is known already; change that one.",
            ),
            models.CheckConstraint(
                condition=Q(year_group__lte=YEAR_GROUPS[-1]),
                name="roll_year_group_known",
                violation_error_message="A year group is 0 (Reception or P1) to 6.",
            ),
            models.CheckConstraint(
                condition=Q(pupils__lte=MOST_PUPILS),
                name="roll_pupils_believable",
                violation_error_message=f"A year group has at most {MOST_PUPILS:,} pupils.",
            ),
            models.CheckConstraint(
                condition=Q(source__in=RollSource.values),
                name="roll_source_known",
                violation_error_message="A roll comes from the coordinator, from the charity's list or from the register.",
            ),
        )

    def __str__(self) -> str:
        group = year_group_name(self.year_group, self.school.nation)
        return f"{self.school}, {AcademicYear(self.academic_year)}, {group}: {self.pupils}"


class SchoolAgreement(models.Model):
    """A school's consent that the programme may come in one academic year."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="agreements")
    academic_year = models.PositiveSmallIntegerField(help_text="2025 is 2025/26.")
    accepted_on = models.DateField()
    by_role = models.CharField(max_length=100, help_text="Who said yes, by role: head teacher.")

    class Meta:
        ordering = ("school", "-academic_year")
        constraints = (
            models.UniqueConstraint(
                fields=["school", "academic_year"],
                name="school_agreement_once",
                violation_error_message="The school's agreement for that year is here already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school}, {AcademicYear(self.academic_year)}"
