"""A reminder about several visits shows nobody in the office what is of another area, and tells its visits and readers apart."""

from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPRecipientsRefused

import pytest

from schools.messages import actions
from schools.models import Contact, Visit
from schools.visits.queries.message_log import messages_seen_by
from tests.factories import AreaFactory, SessionFactory, coordinator_of
from tests.news import drafts, tell_and_send
from tests.visits.reminded import DAY, NIA, agreed_at, at, fails_with, school_of, sent, took_place

pytestmark = pytest.mark.django_db


def test_what_is_of_two_areas_goes_in_two_mails_and_each_coordinator_sees_their_own() -> None:
    kind, areas = "school-pack", AreaFactory.create_batch(2)
    visits = [agreed_at(school_of(name, area=area)) for name, area in zip(("Oak Primary", "Fern Primary"), areas, strict=True)]
    letters = sent(kind, at(kind))
    assert [letter.to for letter in letters] == [[NIA], [NIA]]
    for own, other, area in ((visits[0], visits[1], areas[0]), (visits[1], visits[0], areas[1])):
        (seen,) = messages_seen_by(coordinator_of(area), on=DAY)
        assert own.reference in seen.body
        assert other.reference not in seen.body
        assert other.school.name not in seen.body
        (letter,) = (each for each in letters if own.reference in str(each.body))
        assert own.coordinator is not None
        assert letter.reply_to == [own.coordinator.email]
    assert sent(kind, at(kind, later=timedelta(hours=1))) == []


def test_two_visits_to_a_school_on_one_day_are_told_apart_by_their_references() -> None:
    oak = school_of("Oak Primary")
    visits = [agreed_at(oak), agreed_at(oak)]
    took_place(*visits)
    (letter,) = sent("school-thanks", at("school-thanks"))
    headings = [f"Oak Primary, Thu 17 December 2026 ({visit.reference})" for visit in visits]
    lines = str(letter.body).splitlines()
    assert [line for line in lines if line.startswith("Oak Primary, Thu")][:2] == headings
    assert f"Open the page of {headings[0]}" in str(letter.body)
    assert sum(headings[1] in line for line in lines) == 2, "above its section, and at its link"
    assert lines.count("Each visit has its own page: please answer them on the page of each.") == 1


def test_two_people_of_one_mailbox_are_both_greeted() -> None:
    oak = school_of("Oak Primary", NIA, "Anna")
    ben = Contact.objects.create(school=oak, name="Ben", email=NIA)
    agreed_at(oak)
    Visit.objects.filter(pk=agreed_at(oak).pk).update(contact=ben)
    (draft,) = drafts("school-week", at("school-week"))
    assert draft.body.startswith("Hello Anna and Ben,\n")
    assert draft.who == "Oak Primary (Anna and Ben)"


def test_what_could_not_be_delivered_has_a_line_for_a_visit_of_which_two_days_were_in_the_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = agreed_at(school_of("Oak Primary"), date(2026, 12, 19))
    SessionFactory(visit=visit, day=date(2026, 12, 21))
    friday = datetime(2026, 12, 18, 9, tzinfo=UTC)
    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", fails_with(SMTPRecipientsRefused({NIA: (550, b"5.1.1 no such person")})))
        tell_and_send(friday, kinds=["school-day-before"])
    (draft,) = drafts("undelivered", friday + timedelta(hours=2))
    assert sum(line.startswith("- ") for line in draft.body.splitlines()) == 1
