"""Where postcodes are, from a national list; they give the places of homes, and of schools without one."""

from django.db import models
from django.db.models import Q

from schools.core.grid import EASTING, NORTHING
from schools.directory.models.deprivation import SMALL_AREA_LENGTH


class Postcode(models.Model):
    """A postcode, in capitals with one space, and its place on the British grid in metres; `import_postcodes` writes it."""

    postcode = models.CharField(max_length=8, primary_key=True)
    easting = models.PositiveIntegerField()
    northing = models.PositiveIntegerField()
    small_area = models.CharField(
        max_length=SMALL_AREA_LENGTH, blank=True, default="", db_default="", help_text="LSOA or data zone; blank: not known."
    )

    class Meta:
        ordering = ("postcode",)
        constraints = (
            models.CheckConstraint(
                condition=Q(easting__range=(EASTING[0], EASTING[-1]), northing__range=(NORTHING[0], NORTHING[-1])),
                name="postcode_on_the_grid",
                violation_error_message="The place of a postcode must lie on the British grid.",
            ),
        )

    def __str__(self) -> str:
        return self.postcode
