"""Who reads which dates a school is offered: whoever left before the mail went reads nothing, and home says so."""

from datetime import timedelta

import pytest

from schools import models
from schools.office.home.needs import NEEDS
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
