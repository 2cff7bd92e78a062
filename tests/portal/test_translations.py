"""Every text of the portal can be translated: in a made-up language that marks what it translated, nothing is left unmarked.

Names of the test's world are in Greek letters, so that a Latin letter outside the marks is a text that nobody wrapped.
"""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils.translation import override, trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.charity.models import PublicText
from schools.directory.models import Contact
from schools.planning.emails import mail_of_open_mornings, mail_of_term
from schools.planning.queries.terms import Given
from schools.recovery.actions import agree, ask, confirm_new_address, settle_due
from schools.recovery.rules import Wish
from schools.visits.actions import assign_all, cancel_visit, claim, offer, swap, take_off
from schools.visits.outcome_kinds import chase_drafts
from schools.visits.queries import OpenDay, VisitDay
from schools.visits.reminder_emails import mail_before
from schools.volunteers.actions import publish_agreement, request_address_change
from tests.factories import AreaFactory, HeadcountFactory, SchoolFactory, able_volunteer, manager
from tests.house import assert_none
from tests.news import drafts, tell_and_send
from tests.portal.links import button_of, path_to
from tests.portal.pages import AFTER, client_of, day_url, morning_at, said_of, school_in, typed

pytestmark = pytest.mark.django_db

LINK = re.compile(r"https?://\S+")
FREE = re.compile(r"⟦[^⟦⟧]*⟧")
SAID_AS_IT_IS = re.compile(
    r"Speakout|[\w.+-]+@example\.org|\b(am|pm)\b|\bCA13 9AB\b|\bkm\b|\bDBS\b|KS\d"
    r"|iPhone|iPad|Android|Windows|Mac|Linux|Firefox|Safari|Chrome|Edge"
)
"""Names, addresses, and the few words that are the same in every language of ours."""


READ_OUT = {"aria-label", "title", "alt", "placeholder", "abbr"}


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
        self.found += [value or "" for name, value in attrs if name in READ_OUT]
        # What scripts say is handed to them by the page.
        self.found += [
            value or "" for name, value in attrs if name.startswith("data-") and name != "data-when" and " " in (value or "")
        ]

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
    volunteer.user.language = "cy"
    models.User.objects.filter(pk=volunteer.user.pk).update(language="cy", name="Αση")
    models.SessionType.objects.update(name="Τύπος", name_p="")
    school = school_in(area, name="Σχολείο", postcode="CA13 9AB", phone="01228 606060")
    contact = Contact.objects.create(school=school, name="Επαφή", phone="+441228606060")
    morning_at(school, volunteer, able_volunteer(area, name="Βεν"), contact=contact, parking="Εδώ")
    morning_at(school, volunteer, day=AFTER.date().replace(day=28), state="offered")
    morning_at(school, day=AFTER.date().replace(day=30))
    volunteer.aways.create(first_day=AFTER.date().replace(day=29), last_day=AFTER.date().replace(day=29))
    volunteer.sign_offs.filter(session_type__slug="parents").update(recheck_on=AFTER.date().replace(month=12))
    return volunteer


def test_every_page_of_the_portal_is_in_the_persons_language(asha: models.Volunteer) -> None:
    client = client_of(asha)
    mine = models.Session.objects.order_by("pk")[0]
    asked = models.Session.objects.filter(day=AFTER.date().replace(day=28))[0]
    free = models.Session.objects.filter(day=AFTER.date().replace(day=30))[0]
    day = {"visit_id": mine.visit_id, "day": mine.day}
    own = ("home", "open-list", "observe", "calendar", "me", "week", "away", "profile", "change-address", "language")
    pages = [reverse(name) for name in (*own, "my-way-back")]
    pages += [reverse(name, kwargs=day) for name in ("morning", "give-back", "swap", "told")]
    pages += [reverse("take", args=[one.visit_id, one.day]) for one in (asked, free)]
    pages += [reverse(name) for name in ("usersessions_list", "mfa_list_webauthn", "account_logout")]
    left = {path: found for path in pages if (found := unmarked(_text(client, path)))}
    assert left == {}


ANSWERED: list[tuple[str, dict[str, Any]]] = [
    ("offered", {}), ("accepted", {}), ("declined", {}), ("declined", {"role": "observer"}), ("withdrawn", {}),
    ("withdrawn", {"answered_at": AFTER}), ("asked", {"role": "observer"}),
]  # fmt: skip
"""How somebody may stand to what a mail asked."""


@pytest.mark.parametrize("purpose", ["yes", "no", "cannot"])
def test_the_page_of_a_link_is_in_its_persons_language_whoever_opens_it(asha: models.Volunteer, purpose: str) -> None:
    asked = list(models.Session.objects.filter(day=AFTER.date().replace(day=28)).order_by("pk"))
    path, covers = path_to(asha, asked, purpose), models.Cover.objects.filter(session__in=asked)
    client = Client(headers={"accept-language": "en-gb"})
    for state, more in ANSWERED:
        covers.update(**{"state": state, "role": "lead", "answered_at": None, **more})
        assert unmarked(_text(client, path)) == [], state
    covers.update(state="offered", role="lead", answered_at=None)
    publish_agreement("Συμφωνία.", from_day=AFTER.date())
    models.Session.objects.filter(pk=asked[0].pk).update(starts=asked[0].starts.replace(minute=20))
    assert unmarked(client.post(path).content.decode()) == []
    assert unmarked(client.post(button_of(client.get(path))).content.decode()) == []
    models.Session.objects.filter(pk__in=[session.pk for session in asked]).update(stage="cancelled", cancelled_code="weather")
    assert unmarked(_text(client, path)) == []
    covers.delete()
    assert unmarked(_text(client, path)) == []
    with time_machine.travel(AFTER + timedelta(days=3)):
        assert unmarked(_text(client, path)) == []


def test_the_form_on_how_it_went_is_in_the_persons_language(asha: models.Volunteer) -> None:
    client = client_of(asha)
    session, workshop = models.Session.objects.order_by("pk")[:2]
    material = models.Material.objects.create(name="Χαρτί")
    models.KitLine.objects.create(session_type=session.type, material=material, quantity=1, per="session")
    guest = SchoolFactory(name="Άλλο")
    HeadcountFactory(session=session, school=guest, year_group=4, expected=None)
    form, reported = day_url(session), day_url(session, "day-reported")
    assert unmarked(_text(client, form)) == []
    own, used = f"pupils_{session.visit.school_id}_5", f"used_{material.pk}"
    wrong = {own: "x", "adults": "-1", "note": "Ο Πέτρος ήρθε", used: "y", "there": "0", "mixed": "20"}
    surprising = {own: "900", "went_ahead": "yes"}
    for data in (wrong, surprising, {"key": "x"}, {"went_ahead": "no", own: "3"}, {own: "30", "total": "80"}):
        assert unmarked(_sent(client, form, typed(session, **data))) == []
    assert unmarked(_sent(client, form, {f"s{one.pk}-went_ahead": "later" for one in (session, workshop)})) == []
    yes = {own: "20", "adults": "2", "differed": "room", "note": "α", used: "5", "mixed": "20", "mixed_of": ["4", "5"]}
    assert client.post(form, typed(session, **yes)).status_code == 302
    for page in (reported, form, reverse("home")):
        assert unmarked(_text(client, page)) == []
    assert unmarked(_sent(client, form, typed(session, went_ahead="partly", count_basis="school", **{own: "24"}))) == []
    both = {**typed(session, went_ahead="partly", **{own: "24"}), **said_of(workshop)}
    assert unmarked(_sent(client, form, both)) == []
    nobody = {f"pupils_{workshop.visit.school_id}_5": ""}
    assert client.post(form, typed(workshop, went_ahead="no", cancelled_code="weather", **nobody)).status_code == 302
    assert unmarked(_text(client, reported)) == []


def test_forms_that_cannot_be_stored_say_why_in_the_persons_language(asha: models.Volunteer) -> None:
    client = client_of(asha)
    mine = models.Session.objects.order_by("pk")[0]
    later = models.Session.objects.filter(day=AFTER.date().replace(day=28))[0]
    day = {"visit_id": mine.visit_id, "day": mine.day}
    for name, said in (
        ("away", {}),
        ("away", {"first_day": "2026-12-02", "last_day": "2026-12-01"}),
        ("profile", {"phone": "1", "furthest": "x"}),
        ("change-address", {"new_email": "x"}),
        ("change-address", {"new_email": asha.user.email if asha.user else ""}),
        ("week", {"half_days": "x"}),
    ):
        assert unmarked(_sent(client, reverse(name), said)) == []
    told = {"session": str(mine.pk), "role_told": "the duty phone", "day": "2030-01-01", "at": "10:00"}
    for name, said in (("told", {}), ("told", told), ("give-back", {}), ("swap", {}), ("swap", {"to": "0"})):
        assert unmarked(_sent(client, reverse(name, kwargs=day), said)) == []
    models.Cover.objects.filter(session=later).update(state="accepted")
    assert unmarked(_text(client, day_url(later))) == []
    models.Session.objects.filter(pk=mine.pk).update(stage="cancelled", cancelled_code="weather")
    assert unmarked(_text(client, day_url(mine))) == []


def test_what_volunteers_are_mailed_is_in_their_language_whoever_sets_it_off(asha: models.Volunteer) -> None:
    coordinator, now = manager(), AFTER
    free = models.Session.objects.filter(day=AFTER.date().replace(day=30))[0]
    offered = models.Session.objects.filter(day=AFTER.date().replace(day=28))[0]
    ben = able_volunteer(asha.areas.get(), name="Βεν", signs_in=True)
    assert ben.user
    ben.user.language = "cy"
    ben.user.save()
    claim(VisitDay(offered.visit, offered.day), asha, role="lead", by=coordinator, now=now)
    tell_and_send(now)
    swap(VisitDay(offered.visit, offered.day), asha, ben, by=coordinator, now=now)
    offer(VisitDay(free.visit, free.day), ben, role="presenter", by=coordinator, now=now)
    assign_all(VisitDay(free.visit, free.day), asha, role="lead", by=coordinator, now=now)
    tell_and_send(now)
    take_off(VisitDay(free.visit, free.day), asha, by=coordinator, now=now)
    tell_and_send(now)
    cancel_visit(offered.visit, code="weather", note="", by=coordinator, now=now)
    tell_and_send(now)
    covers = list(models.Cover.objects.filter(volunteer=asha).select_related("session__type", "session__visit__school"))
    sessions = [cover.session for cover in covers]
    texts = [(draft.subject, draft.body) for draft in chase_drafts(covers, on=AFTER.date())]
    texts += [mail_before(asha, sessions, is_tomorrow=is_tomorrow) for is_tomorrow in (True, False)]
    texts += [
        mail_of_term(asha, Given(2, 1, 60)),
        mail_of_open_mornings(asha, [OpenDay(free.visit, free.day, (free,))], unit="km"),
    ]
    models.Clearance.objects.filter(volunteer=asha).update(recheck_on=AFTER.date() + timedelta(days=30))
    texts += [(draft.subject, draft.body) for draft in drafts("clearance-ends", AFTER)]
    assert len(texts) == 6
    assert {subject: left for subject, body in texts if (left := unmarked(f"{subject} {LINK.sub(' ', body)}"))} == {}
    assert asha.user
    request_address_change(asha.user, new_email="neu@example.org", now=now)
    mails = models.OutboxMessage.objects.filter(to__in=[asha.user.email, ben.user.email, "neu@example.org"])
    assert mails.count() >= 8
    assert {mail.subject: left for mail in mails if (left := unmarked(f"{mail.subject} {LINK.sub(' ', mail.body)}"))} == {}


def test_who_is_locked_out_reads_mails_and_pages_in_their_language(asha: models.Volunteer) -> None:
    mana, niki = manager(name="Μανα"), manager(name="Νικη")
    assert asha.user
    recovery = ask(asha.user, Wish("address", "address-ended", "letter", "in_person", "neu@example.org"), by=mana, now=AFTER)
    client = client_of(asha)
    for name in ("me", "my-way-back"):
        assert unmarked(_text(client, reverse(name))) == []
    confirm_new_address(recovery, now=AFTER)
    agree(recovery, by=niki, now=AFTER)
    mails = list(models.OutboxMessage.objects.filter(to__in=[asha.user.email, "neu@example.org"]))
    settle_due(now=AFTER + timedelta(days=4))
    mails += list(models.OutboxMessage.objects.filter(to="neu@example.org").exclude(pk__in=[mail.pk for mail in mails]))
    assert len(mails) == 6
    assert {mail.subject: left for mail in mails if (left := unmarked(f"{mail.subject} {LINK.sub(' ', mail.body)}"))} == {}


def test_the_agreement_is_asked_for_in_the_persons_language(asha: models.Volunteer) -> None:
    publish_agreement("Συμφωνία.", from_day=AFTER.date())
    assert unmarked(_text(client_of(asha), reverse("agreement"))) == []


def test_the_calendars_address_speaks_the_language_of_its_person_whatever_program_reads_it(asha: models.Volunteer) -> None:
    address = client_of(asha).post(reverse("calendar-address")).context["address"].removeprefix("http://testserver")
    calendar = Client(headers={"accept-language": "en-gb"}).get(address).content.decode()
    for name in ("X-WR-CALNAME", "SUMMARY"):
        assert re.findall(f"^{name}:(.)", calendar, re.MULTILINE) == ["⟦"], name


def test_what_anybody_may_read_is_framed_in_the_persons_language(asha: models.Volunteer) -> None:
    client = client_of(asha)
    for name in ("privacy", "accessibility"):
        assert unmarked(_text(client, reverse(name))) == []
        PublicText.objects.create(key=name, language="en-gb", words="Λίγα.", version=1, published_at=AFTER)
        PublicText.objects.create(key=name, language="cy", words="Λίγα.", version=1, published_at=AFTER - timedelta(days=1))
        page = _text(client, reverse(name))
        assert "newer than this translation" in page
        assert unmarked(page) == []
    assert unmarked(re.sub(r"<code>.*?</code>", "", _text(client, reverse("cookies")))) == []


def test_before_signing_in_the_browser_says_which_language(client: Client) -> None:
    for name in ("account_login", "account_request_login_code"):
        assert unmarked(client.get(reverse(name), headers={"accept-language": "cy"}).content.decode()) == []
    for name in ("invitation", "answer", "way-back"):
        assert unmarked(client.get(reverse(name, args=["x"]), headers={"accept-language": "cy"}).content.decode()) == []


def test_where_something_went_wrong_the_page_is_in_the_persons_language_also_without_a_request(asha: models.Volunteer) -> None:
    client = client_of(asha)
    assert unmarked(client.get("/nowhere/").content.decode()) == []
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "cy"})
    assert unmarked(strict.post(reverse("account_login"), {}).content.decode()) == []
    with override("cy"):
        for name in ("400", "403", "403_csrf", "404", "500"):
            assert unmarked(render_to_string(f"{name}.html")) == [], name


def test_the_page_says_its_language_and_me_changes_it(asha: models.Volunteer) -> None:
    client = client_of(asha)
    assert 'lang="cy"' in _text(client, reverse("home"))
    client.post(reverse("language"), {"language": "en-gb"})
    page = _text(client, reverse("home"))
    assert 'lang="en-gb"' in page
    assert "⟦" not in page


SENTENCE = re.compile(r"[“ ]*[A-Z].*[A-Za-z’]{2,} [a-z’]{2,}|[“ ]*[A-Z][a-z’]+ [a-z’]{2,}", re.DOTALL)
PORTAL_TEMPLATES = (".", "portal", "school_portal", "delivery", "account", "mfa", "usersessions")
SPOKEN_TO_VOLUNTEERS = (
    "portal", "delivery/forms", "delivery/rules.py", "delivery/actions", "delivery/queries.py", "accounts/forms.py",
    "visits/emails.py", "visits/answer_emails.py", "visits/rules/covering.py", "volunteers/emails.py",
    *(f"visits/actions/cover/{name}.py" for name in ("answering", "claiming", "observing", "swapping")),
    "volunteers/actions/profile.py", "volunteers/actions/addresses.py", "visits/links.py", "messages/envelopes.py",
    "recovery/emails.py", "recovery/texts.py",
    "planning/opting_out.py", "school_portal", "visits/rules/school_answers.py", "visits/actions/school_answers.py",
    "visits/rules/school_alarms.py", "visits/alarm_emails.py",
    "delivery/questions.py", "delivery/actions/feedback.py", "core/private_pages.py",
)  # fmt: skip


def _loose(tree: ast.AST) -> Iterator[str]:
    """Sentences and labels in the code that no function of translation is given; docstrings and comments are for us."""
    wrapped: set[ast.AST] = set()
    for node in ast.walk(tree):
        called = getattr(getattr(node, "func", None), "id", "") if isinstance(node, ast.Call) else ""
        if called in {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"} or isinstance(node, ast.Expr):
            wrapped.update(ast.walk(node) if called or isinstance(getattr(node, "value", None), ast.Constant) else ())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in wrapped and SENTENCE.match(node.value):
            yield node.value


@pytest.mark.parametrize("where", SPOKEN_TO_VOLUNTEERS)
def test_no_sentence_in_the_code_is_left_out(where: str) -> None:
    path = settings.BASE_DIR / "schools" / where
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    found = {str(file.name): list(_loose(ast.parse(file.read_text()))) for file in files}
    assert_none(
        (f"{name}: {text}" for name, left in found.items() for text in left),
        to_do="Wrap each text in gettext (imported as _), so that it can be translated.",
    )


@pytest.mark.parametrize("where", PORTAL_TEMPLATES)
def test_no_text_in_a_template_is_left_out(where: str) -> None:
    folder = settings.BASE_DIR / "templates" / where
    paths = folder.glob("*") if where == "." else folder.rglob("*")  # in the first one: the pages where something went wrong
    files = sorted(path for path in paths if path.suffix in {".html", ".txt"})
    left = {}
    for file in files:
        text = re.sub(r"{% (blocktranslate|comment)\b.*?{% end\1 %}", " ", file.read_text(), flags=re.DOTALL)
        text = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", " ", text, flags=re.DOTALL)
        reader = Visible()
        reader.feed(text)
        if found := re.findall(r"[A-Za-z]{2,}", SAID_AS_IT_IS.sub(" ", " ".join(reader.found))):
            left[file.name] = found
    assert_none(
        (f"{name}: {' '.join(words)}" for name, words in left.items()),
        to_do="Put each text into {% translate %} or {% blocktranslate %}, so that it can be translated.",
    )


def _sent(client: Any, path: str, said: dict[str, Any]) -> str:
    """The page that a form comes back on."""
    answer = client.post(path, said)
    assert answer.status_code == 200, path
    text: str = answer.content.decode()
    return text


def _text(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    text: str = answer.content.decode()
    return text
