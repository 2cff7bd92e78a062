"""Where postcodes are, from a national list; they give the places of volunteers' homes."""

from django.db import models
from django.db.models import Q

from schools.core.grid import EASTING, NORTHING


class Postcode(models.Model):
    """A postcode, in capitals with one space, and its place on the British grid in metres; `import_postcodes` writes it."""

    postcode = models.CharField(max_length=8, primary_key=True)
    easting = models.PositiveIntegerField()
    northing = models.PositiveIntegerField()

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
