"""The pages on which a manager puts texts of messages into other words."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from html import unescape
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from schools import models
from schools.messages.editing import store_text, version_of
from schools.messages.texts import Part, all_texts, text_of
from schools.office.messages.preview import preview_of
from schools.visits.actions import confirm
from tests import factories
from tests.messages.letters import Shown
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

TEXTS = "/admin/messages/texts/"
SUBJECT = f"{TEXTS}visits.agreed.subject/"
EN = "en-gb"
ON = date(2026, 11, 26)


@pytest.fixture
def visit(area: models.Area) -> models.Visit:
    ann = factories.coordinator_of(area, name="Ann Lake", phone="+441632960123")
    school = factories.SchoolFactory(area=area, name="Oak Primary")
    models.Contact.objects.create(school=school, name="Nia Head", email="nia@oak.example.org")
    made: models.Visit = factories.VisitFactory(school=school, coordinator=ann)
    factories.SessionFactory(visit=made, day=date(2026, 12, 3))
    return made


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_every_text_is_listed_under_its_kind_with_what_it_says(managers_office: Client) -> None:
    models.EditedText.objects.create(key="visits.agreed.subject", language=EN, text="We come: {where}")
    models.EditedText.objects.create(key="visits.moved.subject", language=EN, text="We come")
    page = words_of(managers_office.get(TEXTS).content.decode())
    assert "A school’s visits, to schools" in page
    assert "Agreed: subject in your own words We come: {where}" in page
    assert "Moved: subject does not fit any more: the built-in one is sent Our visit has moved: {where}" in page
    assert page.count("in your own words") == 1
    for text in all_texts():
        assert text.words in page


def test_a_text_is_changed_looked_at_and_put_back_with_its_history(managers_office: Client, visit: models.Visit) -> None:
    page = words_of(managers_office.get(SUBJECT).content.decode())
    assert "Built in Our visit: {where}" in page
    assert "{where} , here “Oak Primary, Thu 3 December 2026”" in page
    assert "Nobody has changed it." in page
    typed = {"words": "See you soon: {where}", "seen": "0", "visit": visit.reference}
    looked = managers_office.post(SUBJECT, {"do": "look", **typed})
    assert looked.context["preview"].letter.subject == "See you soon: Oak Primary, Thu 3 December 2026"
    assert not models.EditedText.objects.exists()
    stored = managers_office.post(SUBJECT, {"do": "store", **typed}, follow=True)
    assert "It is stored. Mails say it from now on" in stored.content.decode()
    assert models.EditedText.objects.get().text == "See you soon: {where}"
    seen = stored.context["seen"]
    back = words_of(managers_office.post(SUBJECT, {"do": "built-in", "seen": seen}, follow=True).content.decode())
    assert not models.EditedText.objects.exists()
    by = models.User.objects.get(groups__name="Programme manager")
    assert f"{by}: back to the built-in text" in back
    assert f"{by}: “See you soon: {{where}}”" in back


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "A subject cannot be empty."),
        ("  ", "A subject cannot be empty."),
        ("See you", "{where} is missing."),
        ("{where} {when}", "Nothing can be filled in for {when}"),
        ("{where} {", "A brace stands alone."),
        ("{where} <b>soon</b>", "“<b>” would be read as it stands"),
        ("{where}" + "x" * 200, "Write at most 120."),
    ],
)
def test_words_that_no_mail_can_say_are_refused_and_kept_in_the_box(
    managers_office: Client, visit: models.Visit, words: str, reason: str
) -> None:
    for do in ("look", "store"):
        answer = managers_office.post(SUBJECT, {"do": do, "words": words, "seen": "0", "visit": visit.reference})
        page = words_of(answer.content.decode())
        assert reason in page
        assert "It is shown with what mails say now" in page
        assert answer.context["form"]["words"].value() == words
        assert answer.context["preview"].letter.subject == "Our visit: Oak Primary, Thu 3 December 2026"
    assert not models.EditedText.objects.exists()


def test_the_second_of_two_managers_sees_what_the_first_stored_and_decides(managers_office: Client) -> None:
    theirs = text_of("visits.agreed.subject")
    assert theirs is not None
    store_text(theirs, EN, "Theirs: {where}", seen=0)
    for do in ("store", "built-in"):
        answer = managers_office.post(SUBJECT, {"do": do, "words": "Mine: {where}" if do == "store" else "", "seen": "0"})
        page = words_of(answer.content.decode())
        assert "Somebody changed this text after you had opened it." in page
        assert "Stored Theirs: {where}" in page
        assert models.EditedText.objects.get().text == "Theirs: {where}"
    overtaken = managers_office.post(SUBJECT, {"do": "store", "words": "Mine: {where}", "seen": "0"})
    assert overtaken.context["form"]["words"].value() == "Mine: {where}"
    assert overtaken.context["seen"] == version_of(theirs, EN)
    managers_office.post(SUBJECT, {"do": "store", "words": "Mine: {where}", "seen": overtaken.context["seen"]})
    assert models.EditedText.objects.get().text == "Mine: {where}"


def test_a_text_of_several_lines_is_opened_and_stored_again(managers_office: Client) -> None:
    opening = f"{TEXTS}visits.agreed.opening/"
    managers_office.post(opening, {"do": "store", "words": "We come.\r\n\r\nAs we agreed:  \r\n", "seen": "0"})
    page = managers_office.get(opening)
    assert page.context["form"]["words"].value() == "We come.\n\nAs we agreed:"
    managers_office.post(opening, {"do": "store", "words": "We come.\r\n\r\nAs agreed:", "seen": page.context["seen"]})
    assert models.EditedText.objects.get().text == "We come.\n\nAs agreed:"


def test_the_preview_is_the_mail_with_its_sender_and_its_button(managers_office: Client, visit: models.Visit) -> None:
    models.Charity.objects.update(name="Kind Words", address="1 High Street\nKendal", reply_to="office@kind.example.org")
    address = f"{TEXTS}mornings.offered.opening/?visit={visit.reference}"
    answer = managers_office.post(address, {"do": "look", "words": "Would you like <3 to go?", "seen": "0"})
    preview = answer.context["preview"]
    for shown in (preview.text, "\n".join(Shown(str(preview.html)).shown)):
        for words in ("Would you like <3 to go?", "From Ann Lake, 01632 960123", "Kind Words", "Say yes or no"):
            assert words in shown
    page = answer.content.decode()
    assert "&lt;!DOCTYPE html&gt;" in page
    assert "Kind Words" in preview.sender
    assert f"Answers go to {preview.answers}" in words_of(page)
    assert visit.coordinator is not None
    assert preview.answers == visit.coordinator.email
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'<style nonce="{nonce[1]}">' in preview.html
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "style-src-attr" not in managers_office.get(TEXTS).headers["Content-Security-Policy"]


def test_nothing_is_written_or_sent_by_a_look(managers_office: Client, visit: models.Visit) -> None:
    before = [(table, table._base_manager.count()) for table in (models.OutboxMessage, models.MessageAbout, models.Cover)]
    for key in ("mornings.offered.opening", "shared.guests", "mornings.question.where-it-is-only-planned"):
        managers_office.post(f"{TEXTS}{key}/", {"do": "look", "words": "x", "seen": "0", "visit": visit.reference})
    assert before == [(table, table._base_manager.count()) for table, _ in before]
    visit.refresh_from_db()
    assert visit.stage == models.Visit.objects.get(pk=visit.pk).stage
    assert mail.outbox == []


@pytest.mark.exhaustive
def test_every_text_is_said_by_the_mail_that_shows_it(visit: models.Visit) -> None:
    silent: list[str] = []
    for text in (text for text in all_texts() if text.part is not Part.SPOKEN):
        names = "".join(f" {{{name}}}" for name in text.placeholders)
        read = models.Visit.objects.select_related("school", "contact", "coordinator", "safeguarding_contact").get(pk=visit.pk)
        preview = preview_of(text, f"Tried{names}", EN, read, on=ON, nonce="")
        assert preview is not None
        shown = f"{preview.letter.subject}\n{preview.text}\n{preview.html}"
        if not preview.says_it or "Tried" not in shown:
            silent.append(text.key)
        assert "{" not in f"{preview.letter.subject}{preview.text}", text.key
    assert silent == []


def test_without_a_visit_or_with_a_wrong_one_the_page_says_so(managers_office: Client, area: models.Area) -> None:
    assert "No visit is there yet" in managers_office.get(SUBJECT).content.decode()
    empty = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    page = managers_office.get(f"{SUBJECT}?visit={empty.reference}").content.decode()
    assert f"The visit {empty.reference} has no session yet." in page
    assert "No visit has the reference “V000000”." in managers_office.get(f"{SUBJECT}?visit=V000000").content.decode()


def test_a_mail_that_does_not_say_the_text_says_that(managers_office: Client, visit: models.Visit) -> None:
    models.SessionType.objects.update(presenters=0)
    page = managers_office.get(f"{TEXTS}visits.agreed.what-to-prepare/?visit={visit.reference}").content.decode()
    assert "A mail about this visit does not say this text." in page


@pytest.mark.parametrize("address", [f"{TEXTS}no.such/", f"{TEXTS}x/"])
def test_a_text_that_is_not_there_is_not_found(managers_office: Client, address: str) -> None:
    assert managers_office.get(address).status_code == 404


def test_texts_are_the_managers(office: Client) -> None:
    for address in (TEXTS, SUBJECT):
        assert office.get(address).status_code == 403
    assert "Texts of messages" not in office.get("/admin/messages/").content.decode()


def test_the_log_leads_there_and_shows_a_text_as_it_was_sent(managers_office: Client, visit: models.Visit, now: datetime) -> None:
    assert "Texts of messages" in managers_office.get("/admin/messages/").content.decode()
    opening = text_of("visits.agreed.opening")
    assert opening is not None
    store_text(opening, EN, "{charity} is on the way:", seen=0)
    confirm(visit, agreed_on=date(2026, 11, 20), agreed_with="Nia Head", by=factories.manager(), now=now)
    assert tell_and_send(now, kinds=["visits"]) == 1
    store_text(opening, EN, "Nobody is on the way:", seen=version_of(opening, EN))
    page = managers_office.get(f"/admin/messages/{models.OutboxMessage.objects.get().pk}/").content.decode()
    assert "Speakout is on the way:" in page
    assert "Nobody is on the way:" not in page


@pytest.fixture
def two_languages(settings: Settings) -> None:
    settings.LANGUAGES = [(EN, "English"), ("cy", "Cymraeg")]


@pytest.mark.usefixtures("two_languages")
def test_each_language_has_words_of_its_own_where_somebody_reads_it(managers_office: Client, visit: models.Visit) -> None:
    offered = f"{TEXTS}mornings.offered.opening/"
    assert "Cymraeg" in managers_office.get(offered).content.decode()
    typed = {"words": "Allwch chi fynd?", "seen": "0", "visit": visit.reference}
    looked = managers_office.post(f"{offered}?language=cy", {"do": "look", **typed})
    assert "Allwch chi fynd?" in looked.context["preview"].text
    managers_office.post(f"{offered}?language=cy", {"do": "store", **typed})
    assert [(row.language, row.text) for row in models.EditedText.objects.all()] == [("cy", "Allwch chi fynd?")]
    assert "Could you take this?" in managers_office.get(offered).context["preview"].text
    # Mails to schools are in the usual language.
    to_schools = managers_office.get(f"{SUBJECT}?language=cy")
    assert "Cymraeg" not in to_schools.content.decode()
    assert to_schools.context["language"] == EN


@pytest.mark.usefixtures("two_languages")
def test_volunteers_read_the_words_of_their_language(area: models.Area, visit: models.Visit) -> None:
    text = text_of("two-days.subject")
    assert text is not None
    store_text(text, "cy", "Ymhen deuddydd: {where}", seen=0)
    session = visit.sessions.get()
    for name, language in (("Asha", "cy"), ("Ben", "")):
        volunteer = factories.able_volunteer(area, signs_in=True, name=name)
        models.User.objects.filter(volunteer=volunteer).update(language=language)
        factories.CoverFactory(session=session, volunteer=volunteer)
    models.Visit.objects.filter(pk=visit.pk).update(stage="confirmed", agreed_on=date(2026, 11, 2))
    assert tell_and_send(datetime(2026, 12, 1, 9, tzinfo=UTC), kinds=["two-days"]) == 2
    assert sorted(str(sent.subject) for sent in mail.outbox) == [
        "In two days: Oak Primary, Thu 3 December 2026", "Ymhen deuddydd: Oak Primary, Iau 3 Rhagfyr 2026"
    ]  # fmt: skip


def test_words_that_fit_no_more_stand_on_home_and_on_their_page(managers_office: Client) -> None:
    models.EditedText.objects.create(key="visits.agreed.subject", language=EN, text="We come")
    out = StringIO()
    with suppress(SystemExit):
        call_command("doctor", stdout=out)
    sentence = "1 edited text does not fit the message, so the built-in one is sent: “Agreed: subject”."
    assert sentence in out.getvalue()
    assert sentence in words_of(managers_office.get("/admin/").content.decode())
    page = managers_office.get(SUBJECT)
    assert "The stored words do not fit the message any more" in page.content.decode()
    assert page.context["form"]["words"].value() == "We come"


GREETING = f"{TEXTS}call.greeting/"


def test_what_is_said_on_the_phone_is_changed_beside_the_mails_and_put_back(managers_office: Client, area: models.Area) -> None:
    card = f"/admin/school/{factories.SchoolFactory(area=area).pk}/call/"
    assert "Said on the phone" in words_of(managers_office.get(TEXTS).content.decode())
    typed = {"words": "Good morning, {caller} of {charity} here.", "seen": "0"}
    looked = words_of(managers_office.post(GREETING, {"do": "look", **typed}).content.decode())
    by = models.User.objects.get(groups__name="Programme manager")
    assert f"Good morning, {by.name} of" in looked
    assert "We were last with you on" in looked
    assert "We have not been to your school yet." in looked
    assert "Good morning" not in managers_office.get(card).content.decode()
    stored = managers_office.post(GREETING, {"do": "store", **typed}, follow=True)
    assert "The cards of calls say it from now on." in stored.content.decode()
    assert f"Good morning, {by.name} of" in managers_office.get(card).content.decode()
    back = managers_office.post(GREETING, {"do": "built-in", "seen": stored.context["seen"]}, follow=True)
    assert f"{by}: “Good morning, {{caller}} of {{charity}} here.”" in words_of(back.content.decode())
    assert f"Hello, this is {by.name} from" in managers_office.get(card).content.decode()


def test_a_sentence_for_the_phone_is_one_line_with_what_is_filled_in(managers_office: Client) -> None:
    page = words_of(managers_office.post(GREETING, {"do": "store", "words": "Hello\nyou", "seen": "0"}).content.decode())
    assert "A sentence is one line. Take the line breaks out." in page
    assert "{caller} is missing." in page
    assert not models.EditedText.objects.exists()


def test_only_who_may_change_the_sentences_is_led_to_them(
    managers_office: Client, coordinator: models.User, area: models.Area
) -> None:
    card = f"/admin/school/{factories.SchoolFactory(area=area).pk}/call/"
    assert "Say it in other words" in managers_office.get(card).content.decode()
    managers_office.force_login(coordinator)
    assert "Say it in other words" not in managers_office.get(card).content.decode()
