"""Somebody who reads for several schools gets one mail of a kind for all that is due at one time, and nothing twice."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.test import Client

from schools.messages import actions
from schools.messages.actions import deliver_due
from schools.models import AreaAuthority, Contact, ContactLog, MessageAbout, OutboxMessage, School, SchoolAnswer, Visit
from schools.visits.actions import cancel_visit
from schools.visits.queries.message_log import about_visits
from tests.factories import AreaFactory, HeadcountFactory, SessionFactory, manager
from tests.messages.letters import assert_says_the_same
from tests.news import drafts, tell, tell_and_send
from tests.visits.reminded import (
    DAY,
    NIA,
    PACK,
    ZOE,
    Killed,
    agreed_at,
    at,
    fails_with,
    school_of,
    sent,
    spoken_of,
    took_place,
    visits,
)

pytestmark = pytest.mark.django_db

__all__ = ["visits"]

NUMBERS = "These are the numbers that we have. Please say on the page of the visit if they are wrong:"
"""What a school reads above them, whoever gave them."""


def test_one_mail_has_an_opening_a_section_for_each_visit_and_an_end(visits: tuple[Visit, Visit]) -> None:
    oak, fern = visits
    (letter,) = sent("school-week", at("school-week"))
    assert letter.to == [NIA]
    assert letter.subject == "Has anything changed? Oak Primary, Thu 17 December 2026, and more"
    words = OutboxMessage.objects.get().body
    assert words == (
        "Hello Nia Head,\n\n"
        "We are coming soon. Please say on the page of the visit if anything has changed since we agreed: the room, the times,"
        " the classes.\n\n"
        "Oak Primary, Thu 17 December 2026\n\n"
        f"- {oak.sessions.get().when}: KS2 assembly\n\n"
        f"{NUMBERS}\n- KS2 assembly: about 58 pupils\n\n"
        "Fern Primary, Thu 17 December 2026\n\n"
        f"- {fern.sessions.get().when}: KS2 assembly\n\n"
        f"{NUMBERS}\n- KS2 assembly: about 21 pupils\n\n"
        "Please tell us if any of this does not suit you. The references of the visits are"
        f" {oak.reference} and {fern.reference}.\n"
    )


def test_one_visit_alone_reads_as_it_always_did(visits: tuple[Visit, Visit]) -> None:
    oak, fern = visits
    fern.school.contacts.update(email="fay@fern.example.org")
    tell(at("school-week"), kinds=["school-week"])
    message = OutboxMessage.objects.get(to=NIA)
    assert (message.key, message.subject) == (
        f"school-week:{oak.pk}:{oak.school_id}:2026-12-17",
        "Has anything changed? Oak Primary, Thu 17 December 2026",
    )
    assert message.body == (
        "Hello Nia Head,\n\n"
        "We are coming soon. Please say on the page of the visit if anything has changed since we agreed: the room, the times,"
        " the classes.\n\n"
        f"Oak Primary\n- {oak.sessions.get().when}: KS2 assembly\n\n"
        f"{NUMBERS}\n- KS2 assembly: about 58 pupils\n\n"
        f"Please tell us if this does not suit you. The reference of the visit is {oak.reference}.\n"
    )


def test_what_is_not_said_of_all_stands_in_its_section(visits: tuple[Visit, Visit]) -> None:
    oak, fern = visits
    oak.safeguarding_contact = Contact.objects.create(school=oak.school, name="Sam Lead")
    oak.save()
    (draft,) = drafts(PACK, at(PACK))
    of_oak, of_fern = draft.body.index("Oak Primary, Thu"), draft.body.index("Fern Primary, Thu")
    assert of_oak < draft.body.index("we tell Sam Lead at once") < of_fern < draft.body.index("we tell your safeguarding lead")
    for once in ("This is what you should know before", "is checked under DBS", "Please tell parents beforehand"):
        assert draft.body.count(once) == 1
    assert draft.who == "Oak Primary and Fern Primary (Nia Head)"
    assert fern.reference in draft.body


def test_each_visit_has_its_own_link_and_both_coordinators_send_it(visits: tuple[Visit, Visit]) -> None:
    (letter,) = sent("school-day-before", at("school-day-before"))
    shown = assert_says_the_same(letter)
    pages = [address for address in shown.addresses if "/school/" in address]
    assert shown.buttons == pages[:1]
    assert len(set(pages)) == 2
    button = "Open the page of Oak Primary, Thu 17 December 2026"
    assert button in shown.shown
    assert "Fern Primary, Thu 17 December 2026" in shown.shown[shown.shown.index(button) :]
    for page, visit in zip(pages, visits, strict=True):
        assert visit.school.name in Client().get(page[page.index("/school/") :]).content.decode()
    assert set(letter.reply_to) == {visit.coordinator.email for visit in visits if visit.coordinator}


type Reader = tuple[str, int, int]
"""An address, and the areas of the visit's host and of the school for which it reads."""


def area_of(school: School) -> int:
    return AreaAuthority.objects.get(authority=school.authority).area_id


def naively_due(visits: list[Visit], on: date) -> dict[Reader, set[tuple[int, int]]]:
    """Who is to be reminded of that day, of which visits and schools, by reader: from the rows, one after the other."""
    due: dict[Reader, set[tuple[int, int]]] = defaultdict(set)
    for visit in visits:
        coming = [each for each in visit.sessions.all() if each.day == on and each.stage == "scheduled"]
        if visit.stage != "confirmed" or not coming:
            continue
        guests = {row.school for session in coming for row in session.headcounts.all() if row.school != visit.school}
        for school in [visit.school, *sorted(guests, key=lambda guest: guest.pk)]:
            address = school.contacts.get().email.lower()
            if address:
                due[address, area_of(visit.school), area_of(school)].add((visit.pk, school.pk))
    return due


def as_mails(due: dict[Reader, set[tuple[int, int]]]) -> list[tuple[str, list[tuple[int, int]]]]:
    return sorted((address, sorted(theirs)) for (address, *_), theirs in due.items())


def said_in(messages: Iterable[OutboxMessage]) -> list[tuple[str, list[tuple[int, int]]]]:
    return sorted((each.to.lower(), sorted(each.about.values_list("visit", "school"))) for each in messages)


@pytest.mark.parametrize("seed", range(5))
def test_each_reader_gets_one_mail_about_all_of_theirs_as_a_second_count_has_it(seed: int) -> None:
    luck = Random(seed)  # noqa: S311  # a reproducible invention, no secret
    addresses = ["a@x.example.org", "A@X.example.org", "b@x.example.org", "c@x.example.org", ""]
    areas = AreaFactory.create_batch(2)
    schools = [school_of(f"School {number}", luck.choice(addresses), area=luck.choice(areas)) for number in range(6)]
    visits: list[Visit] = []
    for _ in range(9):
        host, guest = luck.sample(schools, 2)
        stage = luck.choice(["confirmed", "confirmed", "planned"])
        visit = agreed_at(host, luck.choice([DAY, DAY, DAY + timedelta(days=1)]), visit__stage=stage)
        if luck.random() < 0.5:
            HeadcountFactory(session=visit.sessions.get(), school=guest, year_group=3, expected=9)
        if luck.random() < 0.2:
            visit.sessions.update(stage="cancelled", cancelled_code="school")
        visits.append(visit)
    now = at("school-day-before")
    expected = naively_due(visits, DAY)
    assert tell(now, kinds=["school-day-before"]) == len(expected)
    messages = list(OutboxMessage.objects.all())
    assert said_in(messages) == as_mails(expected)
    for message in messages:
        about = message.about.select_related("visit")
        assert all(row.visit.reference in message.body for row in about)
        assert message.body.count("- Thu 17 December 2026") == len(about)
    assert tell(now + timedelta(hours=1), kinds=["school-day-before"]) == 0
    later = {visit.pk for visit in visits if visit.stage == "planned"}
    Visit.objects.filter(pk__in=later).update(stage="confirmed")
    more = naively_due(list(Visit.objects.all()), DAY)
    new = {reader: rest for reader, theirs in more.items() if (rest := theirs - expected.get(reader, set()))}
    assert tell(now + timedelta(hours=2), kinds=["school-day-before"]) == len(new)
    rows = OutboxMessage.objects.exclude(pk__in=[each.pk for each in messages])
    assert said_in(rows) == as_mails(new)


def test_two_days_of_a_visit_that_are_due_on_one_friday_are_one_mail() -> None:
    visit = agreed_at(school_of("Oak Primary"), date(2026, 12, 19))
    SessionFactory(visit=visit, day=date(2026, 12, 21))
    friday = datetime(2026, 12, 18, 9, tzinfo=UTC)
    (letter,) = sent("school-day-before", friday)
    for heading in ("Oak Primary, Sat 19 December 2026", "Oak Primary, Mon 21 December 2026"):
        assert heading in str(letter.body)
    assert f"The reference of the visit is {visit.reference}.\n" in str(letter.body)
    assert sent("school-day-before", friday + timedelta(hours=1)) == []


@pytest.mark.parametrize("kind", [PACK, "school-week", "school-day-before", "school-thanks"])
def test_what_becomes_due_later_goes_alone_and_what_went_goes_no_more(kind: str, visits: tuple[Visit, Visit]) -> None:
    if kind == "school-thanks":
        took_place(*visits)
    assert len(sent(kind, at(kind))) == 1
    assert sent(kind, at(kind, later=timedelta(hours=1))) == []
    third = agreed_at(school_of("Moss Primary"))
    if kind == "school-thanks":
        took_place(third)
    (letter,) = sent(kind, at(kind, later=timedelta(hours=2)))
    assert third.reference in str(letter.body)
    assert not any(visit.reference in str(letter.body) for visit in visits)
    assert sent(kind, at(kind, later=timedelta(hours=3))) == []


def test_a_part_that_is_true_no_longer_leaves_the_mail_and_comes_alone_once_it_is_again(visits: tuple[Visit, Visit]) -> None:
    kind, (oak, fern) = "school-week", visits
    assert tell(at(kind), kinds=[kind]) == 1
    message = OutboxMessage.objects.get()
    assert spoken_of(message) == [oak.pk, fern.pk]
    Visit.objects.filter(pk=oak.pk).update(stage="planned")
    (letter,) = sent(kind, at(kind, later=timedelta(hours=1)))
    assert letter.subject == "Has anything changed? Fern Primary, Thu 17 December 2026"
    assert oak.reference not in str(letter.body)
    assert spoken_of(message) == [fern.pk]
    Visit.objects.filter(pk=oak.pk).update(stage="confirmed")
    (letter,) = sent(kind, at(kind, later=timedelta(hours=2)))
    assert letter.subject == "Has anything changed? Oak Primary, Thu 17 December 2026"
    assert sent(kind, at(kind, later=timedelta(hours=3))) == []


def test_a_mail_of_which_nothing_is_true_is_not_sent(visits: tuple[Visit, Visit]) -> None:
    kind = "school-day-before"
    tell(at(kind), kinds=[kind])
    for visit in visits:
        cancel_visit(visit, code="weather", note="", by=manager(), now=at(kind))
    assert sent(kind, at(kind, later=timedelta(hours=1))) == []
    assert not MessageAbout.objects.filter(is_reminder=True).exists()


def is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> OutboxMessage:
    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", fails_with(SMTPRecipientsRefused({NIA: (550, b"5.1.1 no such person")})))
        tell_and_send(at(kind), kinds=[kind])
    return OutboxMessage.objects.get()


def test_what_a_server_refused_stands_at_each_visit_and_goes_as_a_whole_to_another_address(
    visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "school-week"
    message = is_refused(kind, monkeypatch)
    assert message.stopped_by is not None
    told = {draft.to: draft.body for draft in drafts("undelivered", at(kind, later=timedelta(hours=2)))}
    for visit in visits:
        assert visit.coordinator is not None
        assert visit.reference in told[visit.coordinator.email]
        (on_log,) = about_visits([visit.pk])
        assert (on_log.pk, on_log.sent_at) == (message.pk, None)
    assert sent(kind, at(kind, later=timedelta(hours=1))) == []
    Contact.objects.update(email=ZOE)
    (letter,) = sent(kind, at(kind, later=timedelta(hours=2)))
    assert letter.to == [ZOE]
    assert all(visit.reference in str(letter.body) for visit in visits)
    assert OutboxMessage.objects.count() == 1


def test_where_one_of_the_readers_of_a_refused_mail_is_another_now_both_parts_go_where_they_belong(
    visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, (oak, fern) = "school-week", visits
    message = is_refused(kind, monkeypatch)
    fern.school.contacts.update(email="fay@fern.example.org")
    (letter,) = sent(kind, at(kind, later=timedelta(hours=1)))
    assert (letter.to, oak.reference in str(letter.body)) == (["fay@fern.example.org"], False)
    assert spoken_of(message) == [fern.pk]
    assert sent(kind, at(kind, later=timedelta(hours=2))) == []
    stopped = OutboxMessage.objects.exclude(pk=message.pk).get()
    assert (stopped.to, stopped.sent_at, spoken_of(stopped)) == (NIA, None, [oak.pk])
    oak.school.contacts.update(email=ZOE)
    (letter,) = sent(kind, at(kind, later=timedelta(hours=3)))
    assert (letter.to, fern.reference in str(letter.body)) == ([ZOE], False)


@pytest.mark.parametrize("is_off", [False, True])
def test_after_a_kill_the_same_mail_goes_once_more_without_what_holds_no_longer(
    is_off: bool, visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, (oak, fern) = "school-day-before", visits
    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", fails_with(Killed()))
        with pytest.raises(Killed):
            tell_and_send(at(kind), kinds=[kind])
    message_id = OutboxMessage.objects.get().message_id
    if is_off:
        Visit.objects.filter(pk=oak.pk).update(stage="planned")
    (letter,) = sent(kind, at(kind, later=timedelta(minutes=20)))
    assert letter.extra_headers["Message-ID"] == message_id
    assert [visit.reference in str(letter.body) for visit in visits] == [not is_off, True]
    assert spoken_of(OutboxMessage.objects.get()) == [oak.pk, fern.pk], "their reader may have read of both"
    Visit.objects.filter(pk=oak.pk).update(stage="confirmed")
    again = sent(kind, at(kind, later=timedelta(hours=1)))
    assert [oak.reference in str(each.body) for each in again] == ([True] if is_off else []), "rather twice than never"
    assert sent(kind, at(kind, later=timedelta(hours=2))) == []


def test_what_was_taken_back_after_a_kill_and_holds_again_goes_by_the_same_id(
    visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, (oak, fern) = "school-day-before", visits
    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", fails_with(Killed()))
        with pytest.raises(Killed):
            tell_and_send(at(kind), kinds=[kind])
    message = OutboxMessage.objects.get()
    Visit.objects.update(stage="planned")
    assert deliver_due(clock=lambda: at(kind, later=timedelta(minutes=20))) == (0, 0)
    Visit.objects.filter(pk=fern.pk).update(stage="confirmed")
    (letter,) = sent(kind, at(kind, later=timedelta(minutes=40)))
    assert letter.extra_headers["Message-ID"] == message.message_id
    assert [visit.reference in str(letter.body) for visit in visits] == [False, True]
    assert sorted(spoken_of(message)) == [oak.pk, fern.pk]


def test_the_pack_of_who_reads_anew_for_several_visits_is_one_and_comes_once(visits: tuple[Visit, Visit]) -> None:
    oak, _ = visits
    second = agreed_at(oak.school, DAY + timedelta(days=1))
    assert [letter.to for letter in sent(PACK, at(PACK))] == [[NIA]]
    zoe = Contact.objects.create(school=oak.school, name="Zoe New", email=ZOE)
    for contact, readers in ((zoe, [[ZOE]]), (zoe, []), (None, []), (zoe, [])):
        Visit.objects.filter(pk__in=[oak.pk, second.pk]).update(contact=contact)
        letters = sent(PACK, at(PACK, later=timedelta(days=1)))
        assert [letter.to for letter in letters] == readers
        assert all(oak.reference in str(letter.body) and second.reference in str(letter.body) for letter in letters)


def test_what_is_said_of_another_visit_takes_neither_thanks_nor_questions_away() -> None:
    held = agreed_at(school_of("Oak Primary"))
    took_place(held)
    other = agreed_at(held.school, DAY + timedelta(days=60))

    def drafts_with(kind: str, now: datetime, *, how: str) -> list[int]:
        """How many go where somebody spoke about the other visit, and where about this one, too."""
        said: dict[str, Any] = {"school": held.school, "how": how, "who": "Nia", "by": manager(), "day": DAY}
        rows = [ContactLog.objects.create(visit=other, **said)]
        numbers = [len(drafts(kind, now))]
        rows.append(ContactLog.objects.create(visit=held, **said))
        rows.append(ContactLog.objects.create(visit=other, **said))
        numbers.append(len(drafts(kind, now)))
        ContactLog.objects.filter(pk__in=[row.pk for row in rows]).delete()
        return numbers

    assert drafts_with("school-thanks", at("school-thanks"), how="email") == [1, 0]
    assert len(sent("school-thanks", at("school-thanks"))) == 1
    assert drafts_with("school-thanks-again", at("school-thanks", later=timedelta(days=10)), how="phone") == [1, 0]


def test_thanks_ask_only_those_who_have_not_answered_yet(visits: tuple[Visit, Visit]) -> None:
    took_place(*visits)
    oak, fern = visits
    answer: dict[str, Any] = {"item": "questions", "given_by": "Nia", "at": at("school-thanks")}
    SchoolAnswer.objects.create(visit=oak, school=oak.school, **answer)
    (draft,) = drafts("school-thanks", at("school-thanks"))
    of_oak, of_fern = (draft.body.index(f"{visit.school}, Thu 17 December 2026") for visit in visits)
    assert (draft.body.count("Thank you for having had"), draft.body.count("5. Would you have us again?")) == (1, 1)
    assert of_oak < of_fern < draft.body.index("5. Would you have us again?")
    assert "please answer them on the page of each" not in draft.body
    SchoolAnswer.objects.create(visit=fern, school=fern.school, **answer)
    (draft,) = drafts("school-thanks", at("school-thanks"))
    assert draft.body.count("- KS2 assembly: ") == 2
    assert "Would you have us again?" not in draft.body
    assert "page of each" not in draft.body


def test_thanks_have_the_numbers_of_each_and_the_questions_once_and_who_answered_is_chased_for_the_rest(
    visits: tuple[Visit, Visit],
) -> None:
    took_place(*visits)
    (letter,) = sent("school-thanks", at("school-thanks"))
    body = str(letter.body)
    assert body.count("Thank you for having had") == body.count("5. Would you have us again?") == 1
    for pupils, visit in enumerate(visits, 21):
        section = body[body.index(f"{visit.school}, Thu 17 December 2026") :]
        numbers = next(line for line in section.splitlines() if line.startswith("- KS2 assembly: "))
        assert numbers == f"- KS2 assembly: {pupils}"
    later = at("school-thanks", later=timedelta(days=10))
    assert len(drafts("school-thanks-again", later)) == 1
    oak, fern = visits
    SchoolAnswer.objects.create(visit=oak, school=oak.school, item="questions", given_by="Nia", at=at("school-thanks"))
    (again,) = sent("school-thanks-again", later)
    assert again.subject == "How was our visit? Fern Primary, Thu 17 December 2026"
    assert str(again.body).count("We shall not ask again.") == 1
    assert fern.school.name in str(again.body)
    assert sent("school-thanks-again", later + timedelta(days=1)) == []
