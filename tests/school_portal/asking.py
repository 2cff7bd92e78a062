"""What the tests of asking for a visit share: an open door, a school, and somebody there who asks."""

import re
from datetime import UTC, datetime
from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools import models
from schools.messages.actions import deliver_due
from tests.factories import AreaFactory, SchoolFactory, coordinator_of
from tests.public_texts import published

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday in the autumn term."""


TEXTS = {"privacy": "We keep what you type.", "accessibility": "It works by keyboard."}
"""The public texts without which nobody can ask."""


def open_the_door() -> None:
    """Publish both texts."""
    for key, words in TEXTS.items():
        published(key, words)


def shut_the_door(text: str = "privacy") -> None:
    """Take back one of the texts."""
    open_the_door()
    models.PublicText.objects.filter(key=text).delete()


def a_school(**fields: Any) -> models.School:
    """A school in an area with a coordinator."""
    area = fields.pop("area", None) or AreaFactory(duty_phone="+441228606060")
    coordinator_of(area, name="Cora Nwosu")
    school: models.School = SchoolFactory(area=area, **{"name": "Fern Primary", "postcode": "CA3 8AA"} | fields)
    return school


def typed(**fields: Any) -> dict[str, Any]:
    """What somebody types who asks."""
    return {
        "name": "Pat Head",
        "role": "head teacher",
        "email": "pat@fern.example.org",
        "phone": "01228 606060",
        "year_groups": ["5", "6"],
        "half_days": ["0-morning", "3-afternoon"],
        "term": "spring-2027",
        "note": "The hall is being painted in January.",
        **fields,
    }


def asks(school: models.School | None, client: Client | None = None, **fields: Any) -> Any:
    """Send the form about the school; None: about one that is not in the list."""
    path = reverse("ask-school", args=[school.pk]) if school else reverse("ask-unlisted")
    return (client or Client()).post(path, typed(**fields))


def asks_from_poster(words: str, area: models.Area | None = None, **fields: Any) -> Any:
    """What they read who name the school in words, on the page of an area's poster or on the one without an area."""
    path = reverse("ask-area", args=[area.pk]) if area else reverse("ask")
    return Client().post(path, typed(words=words, **fields))


def link_in_mail(number: int = -1) -> str:
    """The path of the link in one of the mails that went out; the latest if none is said."""
    deliver_due(clock=timezone.now)
    link = re.search(r"/ask/confirm/\S+", str(mail.outbox[number].body))
    assert link
    return link[0]


def text(answer: Any, status: int = 200) -> str:
    """The page of the answer, which has this status, with its white space as a reader sees it."""
    assert answer.status_code == status
    words: str = " ".join(answer.content.decode().split())
    return words


def page(path: str) -> str:
    """The same of the page at the path, for somebody without a sign-in."""
    return text(Client().get(path))


def asked_and_confirmed(school: models.School | None, **fields: Any) -> str:
    """Ask, and press the button behind the link; the path of the link."""
    assert asks(school, **fields).status_code == 302
    path = link_in_mail()
    assert Client().post(path).status_code == 302
    return path
