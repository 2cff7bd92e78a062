"""Every text of the portal can be translated: in a made-up language that marks what it translated, nothing is left unmarked.

Names of the test's world are in Greek letters, so that a Latin letter outside the marks is a text that nobody wrapped.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.directory.models import Contact
from schools.volunteers.actions import publish_agreement
from tests.factories import AreaFactory, able_volunteer
from tests.portal.pages import AFTER, client_of, morning_at, school_in

pytestmark = pytest.mark.django_db

FREE = re.compile(r"⟦[^⟦⟧]*⟧")
SAID_AS_IT_IS = re.compile(
    r"Speakout|[\w.+-]+@example\.org|\b(am|pm)\b|\bCA13 9AB\b|\bkm\b|\bDBS\b|Year \d(–\d)?|Reception|\bP\d\b|KS\d|iPhone|Android"
)
"""Names, addresses, and the few words that are the same in every language of ours."""


class Marked(trans_real.DjangoTranslation):
    """A language that puts marks around what it is asked to translate."""

    def __init__(self) -> None:
        super().__init__("en-gb")

    def to_language(self) -> str:
        return "cy"

    def gettext(self, message: str) -> str:
        return f"⟦{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@pytest.fixture(autouse=True)
def _made_up_language(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    with time_machine.travel(AFTER):
        yield


class Visible(HTMLParser):
    """Collects what somebody reads or hears: texts, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"script", "style"}
        self.found += [value or "" for name, value in attrs if name in {"aria-label", "title", "alt", "placeholder", "abbr"}]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def unmarked(page: str) -> list[str]:
    """The texts with a Latin letter that no translation touched."""
    reader = Visible()
    reader.feed(page)
    texts = " ".join(reader.found)
    while FREE.search(texts):
        texts = FREE.sub(" ", texts)
    return re.findall(r"[A-Za-z][A-Za-z ]+", SAID_AS_IT_IS.sub(" ", texts))


@pytest.fixture
def asha() -> models.Volunteer:
    area = AreaFactory(name="Περιοχή", duty_phone="+441228606060")
    volunteer: models.Volunteer = able_volunteer(area, signs_in=True, name="Αση", phone="+447700900123")
    assert volunteer.user
    models.User.objects.filter(pk=volunteer.user.pk).update(language="cy", name="Αση")
    models.SessionType.objects.update(name="Τύπος", name_p="")
    school = school_in(area, name="Σχολείο", postcode="CA13 9AB", phone="01228 606060")
    contact = Contact.objects.create(school=school, name="Επαφή", phone="+441228606060")
    morning_at(school, volunteer, able_volunteer(area, name="Βεν"), contact=contact, parking="Εδώ")
    morning_at(school, volunteer, day=AFTER.date().replace(day=28), state="offered")
    morning_at(school, day=AFTER.date().replace(day=30))
    volunteer.aways.create(first_day=AFTER.date().replace(day=29), last_day=AFTER.date().replace(day=29))
    return volunteer


def test_every_page_of_the_portal_is_in_the_persons_language(asha: models.Volunteer) -> None:
    client = client_of(asha)
    mine = models.Session.objects.order_by("pk")[0]
    asked = models.Session.objects.filter(day=AFTER.date().replace(day=28))[0]
    free = models.Session.objects.filter(day=AFTER.date().replace(day=30))[0]
    day = {"visit_id": mine.visit_id, "day": mine.day}
    pages = [
        reverse(name) for name in ("home", "open-list", "calendar", "me", "week", "away", "profile", "change-address", "language")
    ]
    pages += [reverse(name, kwargs=day) for name in ("morning", "give-back", "swap", "told")]
    pages += [reverse("take", args=[one.visit_id, one.day]) for one in (asked, free)]
    pages += [reverse(name) for name in ("usersessions_list", "mfa_list_webauthn", "account_logout")]
    left = {path: found for path in pages if (found := unmarked(_text(client, path)))}
    assert left == {}


def test_the_agreement_is_asked_for_in_the_persons_language(asha: models.Volunteer) -> None:
    publish_agreement("Συμφωνία.", from_day=AFTER.date())
    assert unmarked(_text(client_of(asha), reverse("agreement"))) == []


def test_before_signing_in_the_browser_says_which_language(client: Client) -> None:
    for name in ("account_login", "account_request_login_code"):
        assert unmarked(client.get(reverse(name), headers={"accept-language": "cy"}).content.decode()) == []
    assert unmarked(client.get(reverse("invitation", args=["x"]), headers={"accept-language": "cy"}).content.decode()) == []


def test_the_page_says_its_language_and_me_changes_it(asha: models.Volunteer) -> None:
    client = client_of(asha)
    assert 'lang="cy"' in _text(client, reverse("home"))
    client.post(reverse("language"), {"language": "en-gb"})
    page = _text(client, reverse("home"))
    assert 'lang="en-gb"' in page
    assert "⟦" not in page


def _text(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    text: str = answer.content.decode()
    return text
