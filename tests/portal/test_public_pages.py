"""What anybody may read: the privacy notice and the accessibility statement, and the way to them from every page."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools.charity.models import Charity
from tests.factories import AreaFactory, able_volunteer
from tests.portal.pages import BEFORE, client_of, morning_at, school_in

pytestmark = pytest.mark.django_db

FIELDS = {"privacy": "privacy_notice", "accessibility": "accessibility_statement"}


@pytest.mark.parametrize("name", FIELDS)
def test_a_stranger_reads_what_the_charity_wrote(client: Client, name: str) -> None:
    Charity.objects.update(**{FIELDS[name]: "We keep little.\n\nAsk office@kind.example.org or https://ico.org.uk/ for more."})
    page = client.get(reverse(name)).content.decode()
    assert "<p>We keep little.</p>" in page
    assert 'href="mailto:office@kind.example.org"' in page
    assert 'href="https://ico.org.uk/"' in page


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_written_is_text_and_never_markup(client: Client, name: str) -> None:
    Charity.objects.update(**{FIELDS[name]: '<script>x</script> <b>bold</b> javascript:alert(1) https://a.example/"onclick="x'})
    page = client.get(reverse(name)).content.decode()
    assert "&lt;script&gt;x&lt;/script&gt; &lt;b&gt;bold&lt;/b&gt;" in page
    assert 'href="javascript:' not in page
    assert '"onclick="' not in page


@pytest.mark.parametrize("name", FIELDS)
def test_while_it_is_blank_the_page_says_whom_to_ask(client: Client, name: str) -> None:
    assert "Ask your coordinator for it." in client.get(reverse(name)).content.decode()
    Charity.objects.update(name="Kind Words", reply_to="office@kind.example.org")
    page = client.get(reverse(name)).content.decode()
    assert "Kind Words has not published this text here yet." in page
    assert 'href="mailto:office@kind.example.org"' in page


def test_every_page_of_the_portal_leads_to_both_and_names_the_charity() -> None:
    Charity.objects.update(name="Kind & Words", address="1 High Street,\nKendal")
    client = client_of(able_volunteer(signs_in=True))
    names = ("home", "open-list", "calendar", "me", "phone", "privacy", "accessibility", "usersessions_list", "account_logout")
    for name in names:
        page = client.get(reverse(name)).content.decode()
        assert "Kind &amp; Words, 1 High Street, Kendal" in page, name
        for path in ("/privacy/", "/accessibility/"):
            assert f'href="{path}"' in page, name
    for name in ("account_login", "account_request_login_code", "account_reset_password"):
        assert 'href="/privacy/"' in Client().get(reverse(name)).content.decode(), name
    assert 'href="/privacy/"' in client.get("/no-such-page/").content.decode()


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
    manifest = client.get(reverse("manifest")).json()
    assert (manifest["short_name"], manifest["name"]) == ("Kind Words", "Kind Words session pages")
