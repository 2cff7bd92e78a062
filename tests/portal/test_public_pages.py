"""What anybody may read: privacy notice, accessibility statement and cookies, and the way to them from every page."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.charity.models import Charity, PublicText
from tests.factories import AreaFactory, able_volunteer
from tests.portal.pages import BEFORE, client_of, morning_at, school_in
from tests.public_texts import PUBLISHED, published

pytestmark = pytest.mark.django_db

TEXTS = ("privacy", "accessibility")


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
    PublicText.objects.filter(pk=translated.pk).update(published_at=PUBLISHED - timedelta(days=1))
    page = client.get(address, headers={"accept-language": "cy"}).content.decode()
    assert "is newer than this translation" in page


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
