"""The words with which people are told."""

from datetime import date, time

import pytest

from schools.visits.models import CoverNews
from schools.visits.queries import people_to_tell
from tests import factories

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)


def words_of(news: str, *, stage: str = "planned") -> str:
    agreed = {"agreed_on": TODAY} if stage == "confirmed" else {}
    visit = factories.VisitFactory(school__address="School Road", school__postcode="CA1 9ZZ", stage=stage, **agreed)
    factories.CoverFactory(session=factories.SessionFactory(visit=visit), news=news)
    return people_to_tell(factories.manager(), on=TODAY)[-1].volunteers[0].text


@pytest.mark.parametrize("news", ["assigned", "offered", "moved", "ask_again", "back"])
def test_who_is_to_come_reads_where_it_is_and_that_the_school_has_not_agreed_yet(news: str) -> None:
    words = words_of(news)
    assert "School Road, CA1 9ZZ" in words
    assert "The school hasn’t agreed to the day yet." in words
    assert ("Can you come?" in words) == (news in {"offered", "ask_again"})


def test_once_it_has_agreed_nothing_is_said_of_it() -> None:
    assert "agreed" not in words_of("assigned", stage="confirmed")


@pytest.mark.parametrize("news", ["dropped", "taken_off", "cancelled"])
def test_who_does_not_come_reads_neither(news: str) -> None:
    words = words_of(news)
    assert "School Road" not in words
    assert "agreed" not in words


@pytest.mark.parametrize("news", ["moved", "ask_again", "dropped", "taken_off", "cancelled"])
def test_who_is_phoned_about_what_was_moved_hears_when_it_was(news: str) -> None:
    session = factories.SessionFactory(was_day=date(2026, 11, 30), was_starts=time(9, 15))
    factories.CoverFactory(session=session, news=news)
    notified = people_to_tell(factories.manager(), on=TODAY)[-1]
    assert "(it was Mon 30 November 2026, 9:15 am)" in notified.volunteers[0].text


def test_a_school_that_is_phoned_about_what_was_moved_and_is_off_hears_when_it_was() -> None:
    moved = {"was_day": date(2026, 11, 30), "was_starts": time(9, 15), "school_news": "cancelled"}
    factories.SessionFactory(stage="cancelled", cancelled_code="weather", **moved)
    school = people_to_tell(factories.manager(), on=TODAY)[-1].school
    assert school
    assert "(it was Mon 30 November 2026, 9:15 am) will not take place: " in school.text


@pytest.mark.parametrize("news", CoverNews.values)
def test_every_news_is_said_in_words_and_not_by_the_time_alone(news: str) -> None:
    line = words_of(news).splitlines()[3]
    assert line.endswith((".", "?"))
