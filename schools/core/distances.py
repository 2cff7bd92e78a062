"""How people read and write distances: in miles or in kilometres. Everything inside is in kilometres."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

KM_PER_MILE = 1.609344
"""By the treaty of 1959, exactly."""


class Unit(models.TextChoices):
    """The unit in which volunteers read and write distances."""

    MILES = "miles", gettext_lazy("Miles")
    KILOMETRES = "km", gettext_lazy("Kilometres")


def in_unit(kilometres: float, unit: str) -> float:
    """Return the distance in the unit, not rounded."""
    return kilometres / KM_PER_MILE if unit == Unit.MILES else kilometres


def in_kilometres(distance: float, unit: str) -> float:
    """Return in kilometres a distance that is given in the unit, not rounded."""
    return distance * KM_PER_MILE if unit == Unit.MILES else distance


def distance_in_words(kilometres: float, unit: str) -> str:
    """Return the distance in whole miles or kilometres, like “12 miles”, “1 mile” or “19 km”."""
    number = round(in_unit(kilometres, unit))
    if unit == Unit.MILES:
        return ngettext("%(number)s mile", "%(number)s miles", number) % {"number": number}
    return _("%(number)s km") % {"number": number}
