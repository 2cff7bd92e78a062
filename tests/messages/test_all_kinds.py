"""What holds for every kind of message: it is documented, its queries do not grow with its rows, and it gives nothing away."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from schools.messages import sms_ports
from schools.messages.kinds import all_kinds
from schools.messages.sms import say_yes
from schools.messages.texts import text_of
from schools.messages.wording import on_trial
from schools.models import Cover, OutboxMessage, Session, User, Visit
from schools.visits.actions import assign, confirm
from schools.visits.outcome_kinds import CHASE, chase_drafts
from tests.factories import able_volunteer
from tests.house import assert_none
from tests.mail_provider import TAKEN_BY, mail_provider
from tests.messages.letters import everything_in
from tests.messages.world import DAY, MOMENTS, SECRETS, World
from tests.news import drafts, tell_and_send
from tests.profiles import more_in_the_long_gate

THEY_COME = ("is coming", "are coming", "our visit", "Our visit", "checked under", "people who came", "9:15", " am")
"""What nobody may read of a session that the school shows by itself."""


@pytest.mark.django_db
def test_no_kind_says_that_somebody_comes_to_an_online_session_nor_when_it_begins(settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"
    World().grow(1)
    texts: dict[str, str] = {}
    for kind, now in MOMENTS.items():
        for draft in drafts(kind, now):
            if draft.to.startswith("online"):
                sms = draft.sms.words if draft.sms else ""
                texts[kind] = f"{texts.get(kind, '')}{draft.subject}\n{draft.body}\n{sms}\n"
    assert set(texts) == {"visits", "school-pack", "school-week", "school-thanks", "school-thanks-again", "school-agreement"}
    assert "The online session is cancelled: online-off 1, Wed 2 Dec\n" in texts["visits"]
    assert_none(
        [f"{kind}: {words}" for kind, text in texts.items() for words in THEY_COME if words in text],
        to_do="Give it words of its own for sessions to which nobody comes (schools/visits/texts_of_news_to_schools.py).",
    )


@pytest.mark.django_db
def test_each_kind_asks_in_the_same_number_of_queries_whatever_there_is_and_gives_nothing_away() -> None:
    world = World()
    counts: list[dict[str, tuple[int, int]]] = []
    texts: list[str] = []
    unlisted: set[str] = set()
    for number in (1, 2):
        world.grow(number)
        of_kinds = {}
        for kind, now in MOMENTS.items():
            with CaptureQueriesContext(connection) as queries, on_trial({}) as trial:
                due = drafts(kind, now)
            of_kinds[kind] = len(queries), len(due)
            unlisted |= {f"{kind}: {key}" for key in trial.facts if (text := text_of(key)) and kind not in text.kinds}
            texts += [f"{draft.subject}\n{draft.body}" for draft in due]
        counts.append(of_kinds)
    few, many = counts
    assert_none(unlisted, to_do="Add the kind to those of the text (texts.py of its slice): its mails say it.")
    assert [kind for kind in MOMENTS if not few[kind][1] > 0] == [], "this world has nothing to say of these"
    assert {kind: (few[kind][0], many[kind][0]) for kind in MOMENTS if few[kind][0] != many[kind][0]} == {}
    covers = Cover.objects.filter(session__day=DAY).select_related("volunteer__user", "session__type", "session__visit__school")
    texts += [f"{draft.subject}\n{draft.body}" for draft in chase_drafts(covers, on=DAY)]
    assert [text for text in texts if any(secret in text for secret in SECRETS)] == []
    others = {person.name for person in User.objects.filter(groups__name="Volunteer")}
    assert not [text for text in texts if "ends in" in text and any(name in text for name in others)]


@pytest.mark.django_db
def test_what_goes_out_gives_nothing_away_either_in_html_in_calendars_and_by_sms(settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"
    sms_ports.taken.clear()
    world = World()
    world.grow(1)
    changed_an_hour_before(world)
    for kind, now in MOMENTS.items():
        before = len(mail.outbox)
        tell_and_send(now, kinds=[kind])
        assert len(mail.outbox) > before, kind
    mails = [everything_in(message) for message in mail.outbox]
    texted = [words for _, words in sms_ports.taken]
    assert sum("BEGIN:VEVENT" in whole for whole in mails) >= 2, "a volunteer and a school have an entry"
    assert all("<html" in whole for whole in mails)
    assert {words.split(":")[0].split(" can't")[0] for words in texted} >= {"Tomorrow", "The online session is cancelled"}
    assert_none(
        [f"{secret}: {text}" for text in (*mails, *texted) for secret in SECRETS if secret in text],
        to_do="Take it out of the mail: it may hold no note, pupil, certificate number or what a child told.",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", more_in_the_long_gate(["brevo", "mailgun", "postmark"]))
def test_the_mails_of_each_kind_are_in_a_shape_that_each_provider_takes(name: str, settings: Settings) -> None:
    world = World()
    world.grow(1)
    changed_an_hour_before(world)
    with mail_provider() as provider:
        settings.MAILERS = provider.mailers_of(name)
        status, answer = TAKEN_BY[name]
        # Postmark names in its answer for whom it took the mail.
        provider.plan = lambda: (status, {**answer, "To": provider.taken[-1].get("To")})
        for kind, now in MOMENTS.items():
            before = len(provider.taken)
            tell_and_send(now, kinds=[kind])
            assert len(provider.taken) > before, kind
    refused = OutboxMessage.objects.exclude(last_error="").values_list("kind", "last_error")
    assert_none(refused, to_do="Fit it for providers (schools/messages/provider.py): they take less than a mail server does.")
    with_entry = [taken for taken in provider.taken if "morning.ics" in str(taken)]
    assert len(with_entry) >= 2, "a volunteer and a school have an entry"


def changed_an_hour_before(world: World) -> None:
    """Somebody is put on a session, a visit is agreed, and everybody who signs in said yes to SMS."""
    an_hour_before = MOMENTS["mornings"] - timedelta(hours=1)
    for number, user in enumerate(User.objects.order_by("pk")):
        say_yes(user, f"+447400123{number:03}", now=an_hour_before)
    session = Session.objects.get(visit__school__name=f"agreed {world.number}")
    assign(session, able_volunteer(world.area, signs_in=True), role="presenter", by=world.by, now=an_hour_before)
    planned = Visit.objects.get(school__name=f"stays {world.number}")
    confirm(planned, agreed_on=an_hour_before.date(), agreed_with="Nia", by=world.by, now=an_hour_before)


def test_this_test_knows_every_kind() -> None:
    assert {kind.name for kind in all_kinds()} == {*MOMENTS, CHASE}


def test_the_page_of_messages_lists_each_kind_as_it_is_declared() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "messages.md").read_text()
    table = {row[0]: row[1:] for row in re.findall(r"^\| `([a-z-]+)` \| (\w+) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)}
    declared = {kind.name: (str(kind.audience), kind.words, kind.when) for kind in all_kinds()}
    wrong = [f"| `{name}` | {' | '.join(words)} |" for name, words in declared.items() if table.get(name) != words]
    wrong += [f"{name} is no kind" for name in table.keys() - declared.keys()]
    assert_none(wrong, to_do="Put these lines into the table of kinds in docs/messages.md, and take out what is no kind.")
