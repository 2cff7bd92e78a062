"""The nations and islands of the programme, and what differs between them."""

from django.db import models


class Nation(models.TextChoices):
    """Where a school is; the last two have no register file, so people enter their schools by hand."""

    ENGLAND = "england", "England"
    SCOTLAND = "scotland", "Scotland"
    WALES = "wales", "Wales"
    NORTHERN_IRELAND = "northern-ireland", "Northern Ireland"
    CHANNEL_ISLANDS = "channel-islands", "Channel Islands"
    ISLE_OF_MAN = "isle-of-man", "Isle of Man"


WITHOUT_REGISTER = (Nation.CHANNEL_ISLANDS, Nation.ISLE_OF_MAN)
"""Nations of which no register can be handed in."""


class Scheme(models.TextChoices):
    """The scheme under which a nation decides whether somebody may work with children."""

    DBS = "dbs", "DBS"
    PVG = "pvg", "PVG"
    ACCESSNI = "accessni", "AccessNI"


class Language(models.TextChoices):
    """Languages of sessions and volunteers, by ISO 639 code."""

    ENGLISH = "en", "English"
    WELSH = "cy", "Welsh"
    SCOTTISH_GAELIC = "gd", "Scottish Gaelic"
    IRISH = "ga", "Irish"
    BSL = "bfi", "British Sign Language"


def scheme_of(nation: str) -> Scheme:
    """Return the clearance scheme of the nation (rule 6): England, Wales and the islands share DBS."""
    return {Nation.SCOTLAND: Scheme.PVG, Nation.NORTHERN_IRELAND: Scheme.ACCESSNI}.get(Nation(nation), Scheme.DBS)


def classes_are_p1_to_p7(nation: str) -> bool:
    """Return whether schools of the nation call their classes P1 to P7 rather than Reception to Year 6."""
    return nation in {Nation.SCOTLAND, Nation.NORTHERN_IRELAND}
