"""Texts of messages in other words: each stands in one place, is checked before it is stored, and never stops a mail."""

import ast
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django.fixtures import Settings

from schools.core.errors import RuleBroken
from schools.messages import actions, editing
from schools.messages.actions import deliver, deliver_due
from schools.messages.editing import Overtaken, go_back, store_text, version_of
from schools.messages.health import look_at_texts
from schools.messages.kinds import all_kinds
from schools.messages.models import EditedText
from schools.messages.rules import reasons_not_to_say
from schools.messages.sending import send
from schools.messages.texts import Part, Text, all_texts, register, text_of
from schools.messages.wording import as_typed, on_trial, wording
from schools.models import Contact, OutboxMessage, Session
from schools.visits.actions import confirm
from schools.visits.rules.notices import SchoolTelling, Telling
from tests.factories import SchoolFactory, SessionFactory, manager
from tests.house import assert_none, assert_stated
from tests.news import tell, tell_and_send

SLICES = Path(settings.BASE_DIR) / "schools"
DIRECT = {"volunteers/emails.py", "visits/request_emails.py", "visits/contact_emails.py"}
"""Mails of no kind: an invitation lets somebody in, a link confirms a request or a contact. Their words are the program’s."""
BUILT_IN = {
    "%(type)s: %(slot)s (it was %(before)s)", "%(slot)s (it was %(before)s)", "- %(session)s: about %(number)s pupils",
    "%(slot)s (it was from %(before)s)", "%(session)s (online, nobody comes)",
    "not counted", "session", "… and %(number)s more visit days: see the office.", "Somebody",
    "%(number)s morning near you needs somebody", "%(number)s mornings near you need somebody",
    "%(number)s more morning is in the list.", "%(number)s more mornings are in the list.",
    "%(sessions)s session", "%(sessions)s sessions", "%(schools)s school", "%(schools)s schools",
    "%(seats)s seat was filled", "%(seats)s seats were filled", "needs somebody",
    "Yes, I go", "No", "I can’t make it",
    "Your morning at %(school)s", "Your afternoon at %(school)s", "%(charity)s at %(school)s", "Cancelled: %(what)s",
    "Where to go, whom to ask for and what to bring: %(link)s", "Be there at %(time)s.",
    "The reference of the visit is %(reference)s.",
    "%(where)s: it stands there as it is now", "%(where)s: it is taken out",
    "Nobody has come, says %(where)s. Phone them.", "Called off by the school: %(where)s",
    "It was a mistake, you are there: %(where)s", "Takes place after all: %(where)s",
    "The school said so at %(time)s, %(day)s.", "The school’s phone: %(phone)s",
}  # fmt: skip
"""Lines of lists, what has a form for one and a form for many, what an answer link says, SMS, and entries of calendars."""
TRANSLATING = {"_", "gettext", "gettext_noop", "gettext_lazy", "ngettext"}

AGREED = "visits.agreed.opening"
EN = "en-gb"


def named(key: str) -> Text:
    known = text_of(key)
    assert known is not None
    return known


def translated(paths: Iterator[Path]) -> set[str]:
    """Every text that these modules hand to a function of translation."""
    texts: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATING:
                texts |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)}
    return texts


def modules() -> Iterator[Path]:
    """The modules that put mails of kinds together."""
    for place in ("visits", "planning", "volunteers"):
        for pattern in ("*emails.py", "*kinds.py", "*reminders.py", "links.py"):
            yield from (path for path in (SLICES / place).glob(pattern) if str(path.relative_to(SLICES)) not in DIRECT)


def test_every_text_of_every_kind_can_be_edited() -> None:
    assert_stated(
        translated(modules()),
        BUILT_IN,
        add="List each in texts.py of its slice and say it by its key, with wording(). What no manager can edit goes into "
        "BUILT_IN (tests/messages/test_texts.py).",
        remove="No mail says this: take it out of BUILT_IN (tests/messages/test_texts.py).",
    )


def test_every_text_is_marked_for_translation_where_it_is_listed() -> None:
    listed = translated(path for place in ("visits", "planning", "volunteers") for path in (SLICES / place).glob("texts*.py"))
    assert listed == {known.built_in for known in all_texts()}


def test_every_telling_has_its_texts() -> None:
    keys = {known.key for known in all_texts()}
    wanted = {f"mornings.{telling.value}.{part}" for telling in Telling for part in ("subject", "opening", "closing")}
    for key in ("visits", "visits-online"):
        wanted |= {f"{key}.{telling.value}.{part}" for telling in SchoolTelling for part in ("subject", "opening")}
    assert_none(wanted - keys, to_do="List it in schools/visits/texts.py, or texts_of_news_to_schools.py.")


def test_keys_are_short_enough_and_texts_name_kinds_that_there_are() -> None:
    assert max(len(known.key) for known in all_texts()) <= 80
    kinds = {kind.name for kind in all_kinds()}
    assert_none({name for known in all_texts() for name in known.kinds} - kinds, to_do="Write the kind’s name as it is.")
    assert kinds == {name for known in all_texts() for name in known.kinds}


def test_a_key_stands_for_one_text() -> None:
    register([named(AGREED)])
    with pytest.raises(ValueError, match="two texts with the key"):
        register([Text(AGREED, ("visits",), "Agreed", "Another")])


def test_a_text_that_is_not_listed_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        wording("no.such.text")


@pytest.mark.parametrize(
    ("key", "words", "reason"),
    [
        (AGREED, "{charity} is on the way:", ""),
        (AGREED, "We come, whatever 100% of you think:", ""),
        ("visits.agreed.subject", "We come: {where}", ""),
        ("visits.agreed.subject", "  ", "A subject cannot be empty. Write something, or go back to the built-in one."),
        (AGREED, "", "A text cannot be empty."),
        ("visits.agreed.subject", "We come", "{where} is missing. Write it where it is to be filled in."),
        ("visits.agreed.subject", "{where} {when}", "Nothing can be filled in for {when} in this text. It has {where}."),
        ("visits.moved.opening", "{where}", "Nothing can be filled in for {where} in this text. It has none."),
        ("visits.agreed.subject", "{where} {", "A brace stands alone."),
        ("visits.agreed.subject", "{where}}", "A brace stands alone."),
        ("visits.agreed.subject", "{{where}}", "A brace stands alone."),
        ("visits.agreed.subject", "{}{where}", "Nothing can be filled in for {} in this text."),
        ("visits.agreed.subject", "{where.day}", "Nothing can be filled in for {where.day} in this text."),
        ("visits.agreed.subject", "{where}\nand more", "A subject is one line. Take the line breaks out."),
        ("visits.agreed.subject", "{where}" + "x" * 114, "It has 121 characters. Write at most 120."),
        ("shared.visit.button", "x" * 41, "It has 41 characters. Write at most 40."),
        (AGREED, "x" * 2001, "It has 2,001 characters. Write at most 2,000."),
        (AGREED, "<b>We</b> come:", "“<b>” would be read as it stands, since mails are plain words."),
        (AGREED, "We&nbsp;come:", "“&nbsp;” would be read as it stands"),
        (AGREED, "We <3 you & come:", ""),
        (AGREED, "We come:\n-- \nNot at all", "A line of two hyphens ends the text of a mail."),
        (AGREED, "We come\x07:", "It has a character that no mail can show."),
        (AGREED, "We come\ud800:", "It has a character that no mail can show."),
    ],
)
def test_words_that_no_mail_can_say_are_refused_with_a_sentence(key: str, words: str, reason: str) -> None:
    reasons = reasons_not_to_say(named(key), words)
    assert reason in " ".join(reasons)
    assert bool(reasons) == bool(reason)


def test_every_built_in_text_can_be_stored_as_it_is_shown() -> None:
    for known in all_texts():
        with translation.override(EN):
            assert reasons_not_to_say(known, as_typed(known)) == [], known.key
    assert as_typed(named(AGREED)) == "{charity} is coming, as we have agreed:"
    assert named("shared.visit.button").part is Part.BUTTON


@pytest.mark.django_db
def test_who_has_not_seen_what_another_stored_overwrites_nothing() -> None:
    known = named(AGREED)
    assert store_text(known, EN, "{charity} is on the way:", seen=0)
    first = version_of(known, EN)
    store_text(known, EN, " {charity} is on the way:\t\r\n", seen=0)  # the same once more changes nothing
    assert version_of(known, EN) == first
    with pytest.raises(Overtaken, match="Somebody changed this text"):
        store_text(known, EN, "We come:", seen=0)
    with pytest.raises(Overtaken):
        go_back(known, EN, seen=0)
    store_text(known, EN, "We come:", seen=first)
    with pytest.raises(RuleBroken, match="Nothing can be filled in"):
        store_text(known, EN, "We come {so}:", seen=version_of(known, EN))
    assert EditedText.objects.get().text == "We come:"
    assert go_back(known, EN, seen=version_of(known, EN))
    assert not go_back(known, EN, seen=0)
    # Gone back to the built-in text: whoever opened it before that is told so too.
    with pytest.raises(Overtaken):
        store_text(known, EN, "We are coming:", seen=first)
    states = [(row.history_type, row.text) for row in EditedText.history.order_by("history_id")]
    assert states == [("+", "{charity} is on the way:"), ("~", "We come:"), ("-", "We come:")]


@pytest.mark.django_db
def test_of_two_who_store_the_first_words_at_once_the_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    known = named(AGREED)
    store_text(known, EN, "Theirs:", seen=0)
    monkeypatch.setattr(editing, "_locked", lambda *_: None)
    monkeypatch.setattr(editing, "version_of", lambda *_: 0)
    with pytest.raises(Overtaken):
        store_text(known, EN, "Mine:", seen=0)
    assert EditedText.objects.get().text == "Theirs:"


@pytest.mark.django_db
def test_the_built_in_text_typed_is_no_edited_text() -> None:
    known = named(AGREED)
    store_text(known, EN, "We come:", seen=0)
    assert not store_text(known, EN, "{charity} is coming, as we have agreed:", seen=version_of(known, EN))
    assert not EditedText.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "filled"),
    [("50% of {charity} comes:", "50% of Speakout comes:"), ("%(charity)s {charity}", "%(charity)s Speakout"), ("We:", "We:")],
)
def test_edited_words_are_filled_in_as_they_are_typed(words: str, filled: str) -> None:
    store_text(named(AGREED), EN, words, seen=0)
    store_text(named("visits.cancelled.opening"), EN, "We lost 100% of it.", seen=0)
    with translation.override(EN):
        assert wording(AGREED, {"charity": "Speakout", "where": "Oak"}) == filled
        assert wording("visits.cancelled.opening", {"where": "Oak"}) == "We lost 100% of it."


@pytest.mark.django_db
def test_a_fact_is_never_read_as_a_placeholder() -> None:
    store_text(named("mornings.swap.subject"), EN, "{name}: {where}", seen=0)
    with translation.override(EN):
        assert wording("mornings.swap.subject", {"name": "{where}", "where": "%(name)s"}) == "{where}: %(name)s"


@pytest.mark.django_db
def test_words_count_in_their_language_alone(settings: Settings) -> None:
    settings.LANGUAGES = [(EN, "English"), ("cy", "Cymraeg")]
    store_text(named(AGREED), "cy", "{charity} yn dod:", seen=0)
    with translation.override("cy"):
        assert wording(AGREED, {"charity": "Speakout"}) == "Speakout yn dod:"
    with translation.override(EN):
        assert wording(AGREED, {"charity": "Speakout"}) == "Speakout is coming, as we have agreed:"


@pytest.mark.django_db
def test_words_on_trial_are_said_inside_the_block_alone() -> None:
    with translation.override(EN):
        with on_trial({(AGREED, EN): "{charity} tries:"}) as trial:
            assert wording(AGREED, {"charity": "Speakout"}) == "Speakout tries:"
        assert trial.facts == {AGREED: {"charity": "Speakout"}}
        assert wording(AGREED, {"charity": "Speakout"}) == "Speakout is coming, as we have agreed:"


@pytest.fixture
def agreed(db: None, now: datetime) -> Session:
    """A session of a visit that was agreed just now with a school that has an address."""
    host = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=host, name="Nia Head", email="nia@oak.example.org")
    session: Session = SessionFactory(visit__school=host, day=date(2026, 12, 3))
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="Nia Head", by=manager(), now=now)
    return session


@pytest.mark.usefixtures("agreed")
def test_what_waits_says_the_words_of_the_moment_and_nothing_is_said_twice(now: datetime) -> None:
    assert tell(now) == 1
    key = OutboxMessage.objects.get().key
    store_text(named(AGREED), EN, "{charity} is on the way, 100%:", seen=0)
    assert tell(now) == 0
    assert tell_and_send(now) == 1
    assert "Speakout is on the way, 100%:" in str(mail.outbox[0].body)
    assert "Speakout is on the way, 100%:" in OutboxMessage.objects.get(key=key).body
    go_back(named(AGREED), EN, seen=version_of(named(AGREED), EN))
    assert tell_and_send(now) == 0
    assert "Speakout is on the way, 100%:" in OutboxMessage.objects.get(key=key).body


@pytest.mark.usefixtures("agreed")
@pytest.mark.parametrize("words", ["We come, {somebody}:", "{charity} {", " ", "<b>We</b>:", "x" * 2001])
def test_stored_words_that_do_not_fit_stop_no_mail_and_the_installation_says_so(now: datetime, words: str) -> None:
    assert look_at_texts(now).sentence == "Every text is as it is built in."
    EditedText.objects.create(key=AGREED, language=EN, text=words)
    EditedText.objects.create(key="gone.long-ago", language=EN, text="Hello {x}")
    assert tell_and_send(now) == 1
    assert "Speakout is coming, as we have agreed:" in str(mail.outbox[0].body)
    finding = look_at_texts(now)
    assert finding.is_fault
    assert "1 edited text does not fit the message, so the built-in one is sent: “Agreed: opening”." in finding.sentence


@pytest.mark.django_db
def test_texts_that_fit_are_well(now: datetime) -> None:
    store_text(named(AGREED), EN, "We come:", seen=0)
    assert look_at_texts(now).sentence == "1 edited text, and each fits its message."
    store_text(named("visits.moved.opening"), EN, "It moved:", seen=0)
    finding = look_at_texts(now)
    assert not finding.is_fault
    assert finding.sentence == "2 edited texts, and each fits its message."


def reads_of_texts(queries: CaptureQueriesContext) -> int:
    table = EditedText._meta.db_table
    return sum(f'FROM "{table}"' in query["sql"] for query in queries)


def agree(number: int, now: datetime) -> None:
    """Another school agrees to a visit."""
    host = SchoolFactory(name=f"Elm {number}")
    Contact.objects.create(school=host, name="Nia Head", email=f"nia{number}@elm.example.org")
    session = SessionFactory(visit__school=host, day=date(2026, 12, 3))
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="Nia Head", by=manager(), now=now)


@pytest.mark.usefixtures("agreed")
def test_edited_texts_are_read_once_for_each_question_and_once_for_each_message(now: datetime) -> None:
    for number in range(2):
        agree(number, now)
    with CaptureQueriesContext(connection) as asking:
        assert tell(now) == 3
    assert reads_of_texts(asking) == 1
    first = OutboxMessage.objects.order_by("pk")[0].pk
    with CaptureQueriesContext(connection) as delivering:
        deliver(first, clock=lambda: now)
    assert reads_of_texts(delivering) == 1
    with CaptureQueriesContext(connection) as run:
        assert tell_and_send(now, kinds=[]) == 2
    assert reads_of_texts(run) == 2


@pytest.mark.usefixtures("agreed")
def test_what_is_stored_while_mails_go_out_is_said_from_the_next_one_on(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(1, now)
    tell(now)

    def stores_and_sends(message: OutboxMessage, **options: Any) -> str:
        EditedText.objects.get_or_create(key=AGREED, language=EN, text="We come soon:")
        return send(message, **options)

    monkeypatch.setattr(actions, "send", stores_and_sends)
    deliver_due(clock=lambda: now)
    assert ["We come soon:" in str(letter.body) for letter in mail.outbox] == [False, True]
