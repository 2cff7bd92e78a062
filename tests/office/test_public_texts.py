"""The page on which a manager writes what anybody may read: kept, read as a whole, published."""

import re

import pytest
from django.test import Client

from schools.charity.drafts import DRAFTS
from schools.charity.models import Charity, PublicText
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = "/admin/charity/texts/privacy/"


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(factories.manager(email="mona@example.org"))
    return client


def text(answer: object) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())  # type: ignore[attr-defined]  # an answer


def seen(office: Client) -> str:
    return str(office.get(PAGE).context["seen"])


def press(office: Client, do: str, words: str = "", **boxes: str) -> str:
    """Press a button of the page as it stands now, and return the page that follows."""
    return text(office.post(PAGE, {"do": do, "words": words, "seen": seen(office)} | boxes, follow=True))


def test_a_new_installation_begins_with_the_draft_and_cannot_publish_what_it_leaves_open(office: Client) -> None:
    page = text(office.get(PAGE))
    assert "Who is responsible" in page
    assert "is still open. Write what is true of you, or take it out." in page
    assert "There is nothing to fill in for {contact} yet." in page
    assert "Publish it" not in page
    press(office, "publish", DRAFTS[PublicText.Key.PRIVACY], is_read="on")
    assert not PublicText.objects.exists()


def test_it_is_published_once_somebody_has_read_exactly_these_words(office: Client) -> None:
    Charity.objects.update(reply_to="office@kind.example.org")
    words = "We keep little. Ask {contact}."
    assert "You changed the text after it was shown." in press(office, "publish", words, is_read="on")
    row = PublicText.objects.get()
    assert (row.draft, row.words) == (words, "")
    page = press(office, "publish", words)
    assert "Read the text as it is shown below, and tick that you have." in page
    assert PublicText.objects.get().words == ""
    assert re.search(r"and it is true of us\.\s*</label>", page), "a tick that is needed is not called optional"
    assert "It is published" in press(office, "publish", words, is_read="on")
    page = text(office.get(PAGE))
    assert "version 1" in page
    assert "Version 1," in page
    assert "Ask office@kind.example.org" in re.sub("<[^>]+>", "", text(Client().get("/privacy/")))


def test_what_was_typed_stays_where_it_is_refused_or_somebody_was_quicker(office: Client) -> None:
    assert "Write at most 30,000." in press(office, "keep", "x" * 30_001)
    old = seen(office)
    press(office, "keep", "Theirs.")
    page = text(office.post(PAGE, {"do": "keep", "words": "Mine.", "seen": old}))
    assert "Somebody changed this text after you had opened it." in page
    assert "Mine.</textarea>" in page
    assert PublicText.objects.get().draft == "Theirs."


def test_taking_it_down_keeps_the_words_and_opens_the_page_for_the_next_version(office: Client) -> None:
    press(office, "keep", "We keep little.")
    press(office, "publish", "We keep little.", is_read="on")
    assert "Its words are kept as a draft." in press(office, "take-down")
    assert "has not published this text here yet" in text(Client().get("/privacy/"))
    press(office, "publish", "We keep little.", is_read="on")
    page = text(office.get(PAGE))
    assert "Version 1," in page
    assert "Version 2," in page


def test_there_is_no_other_text(office: Client) -> None:
    assert office.get("/admin/charity/texts/imprint/").status_code == 404


def test_the_form_of_the_charity_refuses_to_blank_what_a_published_text_fills_in(office: Client) -> None:
    Charity.objects.update(reply_to="office@kind.example.org")
    press(office, "keep", "Ask {contact}.")
    press(office, "publish", "Ask {contact}.", is_read="on")
    address = "/admin/schools/charity/1/change/"
    fields = office.get(address).context["adminform"].form
    data = {name: fields[name].value() or "" for name in fields.fields}
    hidden = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', office.get(address).content.decode())
    data |= {name: value for name, value in hidden if name != "csrfmiddlewaretoken"}
    answer = office.post(address, data | {"reply_to": ""})
    assert "The published privacy notice names it. Publish one without it first." in text(answer)
    assert Charity.objects.get().reply_to == "office@kind.example.org"
