"""Who hears that a colleague was named in their place: whoever has read our mails until then, and nobody else."""

import pytest
from django.test import Client

from schools import models
from tests.news import drafts
from tests.school_portal.test_new_contact import (
    GOES,
    OLD,
    link_to,
    mailed,
    names,
)
from tests.school_portal.two_days_before import _two_days_before, visit
from tests.school_portal.visits import BEFORE

__all__ = ["_two_days_before", "visit"]

pytestmark = pytest.mark.django_db

KIND = "school-contact-before"


def test_once_they_have_left_nobody_else_reads_that_mails_come_to_them_no_more(visit: models.Visit) -> None:
    models.Contact.objects.create(school=visit.school, name="Anna Bell", email="anna@fern.example.org")
    names(visit)
    link = link_to()
    models.OutboxMessage.objects.filter(to=OLD).delete()
    assert Client().post(link).status_code == 302
    assert [draft.to for draft in drafts(KIND, BEFORE)] == [OLD]
    models.Contact.objects.filter(email=OLD).delete()
    assert [draft.to for draft in drafts(KIND, BEFORE)] == []


def test_where_the_visit_named_nobody_its_first_reader_is_told(visit: models.Visit) -> None:
    models.Visit.objects.update(contact=None)
    names(visit)
    link = link_to()
    models.OutboxMessage.objects.filter(to=OLD).delete()
    assert Client().post(link).status_code == 302
    assert [draft.to for draft in drafts(KIND, BEFORE)] == [OLD]


def test_who_reads_already_and_is_named_takes_nothing_from_a_colleague(visit: models.Visit) -> None:
    models.Visit.objects.update(contact=None)
    models.Contact.objects.create(school=visit.school, name="Zoe Last", email="zoe@fern.example.org")
    names(visit, email=OLD)
    assert Client().post(link_to(OLD)).status_code == 302
    assert not [words for words in mailed("zoe@fern.example.org") if GOES in words]
