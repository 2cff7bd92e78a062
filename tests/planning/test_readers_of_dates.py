"""Who reads which dates a school is offered: whoever left before the mail went reads nothing, and home says so."""

from datetime import date, timedelta

import pytest

from schools import models
from schools.office.home.needs import NEEDS
from schools.visits.offer_emails import mail_of_dates_to_choose
from tests import factories
from tests.news import tell
from tests.planning.offering import NOW, ON, a_school, offered, people

pytestmark = pytest.mark.django_db


def test_who_left_the_school_before_the_mail_went_gets_none_and_home_says_that_nobody_has_the_dates() -> None:
    area = factories.AreaFactory()
    people(area, 4)
    school, other = a_school(area), a_school(area, name="Moss Primary")
    kim = models.Contact.objects.create(school=other, name="Kim Both", email="kim@trust.example.org")
    kim.also_at.add(school)
    evening = NOW.replace(hour=21)
    row = offered(school, now=evening, contact=kim)
    offered(other, now=evening, contact=kim)
    need = next(each for each in NEEDS if each.key == "dates-unread")
    assert not need.rows(models.OfferedDates.objects.all(), ON).exists()
    kim.also_at.remove(school)
    assert list(need.rows(models.OfferedDates.objects.all(), ON)) == [row]
    assert tell(evening + timedelta(hours=12), kinds=["dates-to-choose"]) == 1
    assert models.OutboxMessage.objects.get().key.startswith("dates-to-choose:")
    models.Contact.objects.filter(pk=kim.pk).delete()
    assert need.rows(models.OfferedDates.objects.all(), ON).count() == 2


def test_of_a_single_date_the_mail_speaks_of_no_choice_among_several() -> None:
    contact = models.Contact(name="Pat Head")
    school = factories.SchoolFactory(name="Oak Primary")
    for moves_from in (None, ON):
        row = models.OfferedDates(
            school=school, half_days=["2026-12-17-morning"], people=2, held_until=date(2026, 12, 5), moves_from=moves_from
        )
        subject, text = mail_of_dates_to_choose(row, contact)
        assert "Oak Primary" in subject
        assert "- Thu 17 December 2026, morning" in text
        assert "We keep it free for you until Sat 5 December 2026." in text
        for words in ("one of these", "all of them", "choose one", "none of"):
            assert words not in text
