"""The sites of a school that is in several places, and what is known of a place to which people go."""

from dataclasses import dataclass

from django.db import models
from simple_history.models import HistoricalRecords

from schools.directory.models.schools import POSTCODE_LENGTH, School


@dataclass(frozen=True)
class SiteOfSchool:
    """A site under the name of the school that is visited there, which may have got another register number since."""

    name: str
    address: str
    postcode: str
    access_notes: str
    place: tuple[int | None, int | None]

    def __str__(self) -> str:
        return self.name


type Whereabouts = School | SiteOfSchool
"""A place to which people go: a school at its own address, or one of its sites; both have a name, an address and a place."""


NAME_TAKEN = "This school has a site of that name already. Call this one otherwise."


class Site(models.Model):
    """One of several places of a school, beside the address that the register gives; most schools have none.

    A session is at one site, or at the school's own address. Never deleted once a session was there.
    """

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(max_length=80, help_text="As the school calls it, such as Lower Site or Infants.")
    address = models.CharField(max_length=300, blank=True)
    postcode = models.CharField(max_length=POSTCODE_LENGTH)
    easting = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Follows from the postcode.")
    northing = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Likewise.")
    access_notes = models.TextField(blank=True, help_text="Steps, gates, the hall. Never a pupil's name.")
    active = models.BooleanField(
        "in use",
        default=True,
        db_default=True,
        help_text="Untick it when the school has given it up: nothing new is booked there.",
    )

    history = HistoricalRecords()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["school", "name"],
                name="site_once_at_school",
                violation_error_message=NAME_TAKEN,
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> tuple[int | None, int | None]:
        """Easting and northing on the British grid, None where unknown."""
        return self.easting, self.northing

    def at(self, school: School) -> SiteOfSchool:
        """Return the site as people who go there read it, under the name of the school."""
        return SiteOfSchool(f"{school.name}, {self.name}", self.address, self.postcode, self.access_notes, self.place)
