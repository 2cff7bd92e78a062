"""What anybody may read: privacy notice, accessibility statement and cookies, and the way to them from every page."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.charity.models import Charity
from tests.factories import AreaFactory, able_volunteer
from tests.house import assert_none
from tests.portal.pages import BEFORE, client_of, morning_at, school_in
from tests.public_texts import published
from tests.test_audience import World, address_of, world  # noqa: F401  # a fixture
from tests.test_house import named_urls

pytestmark = pytest.mark.django_db

TEXTS = ("privacy", "accessibility")
OPEN = (*TEXTS, "cookies")


@pytest.mark.parametrize("name", TEXTS)
def test_a_stranger_reads_what_the_charity_wrote(client: Client, name: str) -> None:
    published(name, "We keep little.\n\nAsk office@kind.example.org or https://ico.org.uk/ for more.")
    page = client.get(reverse(name)).content.decode()
    assert "<p>We keep little.</p>" in page
    assert 'href="mailto:office@kind.example.org"' in page
    assert 'href="https://ico.org.uk/"' in page


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_written_is_text_and_never_markup(client: Client, name: str) -> None:
    published(name, '<script>x</script> <b>bold</b> javascript:alert(1) https://a.example/"onclick="x')
    page = client.get(reverse(name)).content.decode()
    assert "&lt;script&gt;x&lt;/script&gt; &lt;b&gt;bold&lt;/b&gt;" in page
    assert 'href="javascript:' not in page
    assert '"onclick="' not in page


@pytest.mark.parametrize("name", TEXTS)
def test_while_it_is_blank_the_page_says_whom_to_ask(client: Client, name: str) -> None:
    assert "Ask your coordinator for it." in client.get(reverse(name)).content.decode()
    Charity.objects.update(name="Kind Words", reply_to="office@kind.example.org")
    page = client.get(reverse(name)).content.decode()
    assert "Kind Words has not published this text here yet." in page
    assert 'href="mailto:office@kind.example.org"' in page


def test_every_page_of_the_portal_names_the_charity() -> None:
    Charity.objects.update(name="Kind & Words", address="1 High Street,\nKendal")
    client = client_of(able_volunteer(signs_in=True))
    names = ("home", "open-list", "calendar", "me", "phone", "privacy", "accessibility", "usersessions_list", "account_logout")
    for name in names:
        page = client.get(reverse(name)).content.decode()
        assert "Kind &amp; Words, 1 High Street, Kendal" in page, name
    assert 'href="/privacy/"' in client.get("/no-such-page/").content.decode()


def test_a_text_shows_its_version_and_day_and_what_is_filled_in(client: Client) -> None:
    Charity.objects.update(name="Kind & Words", reply_to="office@kind.example.org")
    published("privacy", "# {charity}\n\nAsk {contact}, not {nobody}.")
    published("privacy", "# {charity}\n\nAsk {contact}, not {nobody}.")
    page = client.get(reverse("privacy")).content.decode()
    assert "Version 2, 1 September 2026" in page
    assert "<h2>Kind &amp; Words</h2>" in page
    assert 'href="mailto:office@kind.example.org"' in page
    assert "not {nobody}." in page


def test_who_reads_another_language_gets_the_usual_text_until_there_is_theirs(client: Client, settings: Settings) -> None:
    settings.LANGUAGES = [("en-gb", "English"), ("cy", "Cymraeg")]
    published("privacy", "We keep little.")
    address = reverse("privacy")
    page = client.get(address, headers={"accept-language": "cy"}).content.decode()
    assert '<div class="written" lang="en-gb">' in page
    translated = published("privacy", "Ychydig a gadwn.", language="cy")
    page = client.get(address, headers={"accept-language": "cy"}).content.decode()
    assert "Ychydig a gadwn." in page
    assert 'href="?language=en-gb"' in page
    assert "is newer than this translation" not in page
    assert "We keep little." in client.get(f"{address}?language=en-gb", headers={"accept-language": "cy"}).content.decode()
    translated.published_at -= timedelta(days=1)
    translated.save()
    page = client.get(address, headers={"accept-language": "cy"}).content.decode()
    assert "is newer than this translation" in page


@pytest.mark.slow
@pytest.mark.parametrize("role", "MCVS")
def test_each_page_leads_to_what_anybody_may_read(role: str, world: World) -> None:  # noqa: F811  # the fixture
    client, user = Client(), world.people[role]
    if user is not None:
        client.force_login(user)
    bare = []
    for name, pattern in named_urls():
        if name in {"account_logout", "admin:logout", "admin:jsi18n"}:
            continue
        cache.clear()
        answer = client.get(address_of(name, pattern, world))
        page = answer.getvalue().decode(errors="replace")
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code != 302:
            bare += [f"{name} to {path}" for path in map(reverse, OPEN) if f'href="{path}"' not in page]
    assert_none(bare, to_do="Include portal/_about.html in the page, or extend a base that does.")


@time_machine.travel(BEFORE)
def test_the_safeguarding_phone_is_on_the_page_of_a_morning_once_there_is_one() -> None:
    area = AreaFactory()
    volunteer = able_volunteer(area, signs_in=True)
    session, _ = morning_at(school_in(area), volunteer)
    address = reverse("morning", args=[session.visit_id, session.day])
    client = client_of(volunteer)
    assert "our safeguarding lead" not in client.get(address).content.decode()
    Charity.objects.update(safeguarding_phone="+441539722000")
    page = client.get(address).content.decode()
    assert "our safeguarding lead" in page
    assert 'href="tel:+44-1539-722000"' in page


def test_a_phone_gets_the_charitys_name_and_fetches_its_own_page_anew(client: Client) -> None:
    def release() -> str:
        return client.get(reverse("service-worker")).content.decode().splitlines()[0]

    before = release()
    assert before == release()
    Charity.objects.update(name="Kind Words")
    assert release() != before
    before = release()
    published("privacy")
    assert release() != before
    assert '"texts": ["/privacy/", "/accessibility/", "/cookies/"]' in release()
    manifest = client.get(reverse("manifest")).json()
    assert (manifest["short_name"], manifest["name"]) == ("Kind Words", "Kind Words session pages")
