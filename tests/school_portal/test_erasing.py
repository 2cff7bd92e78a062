"""Somebody at a school is erased: their links end, and what they said and asked for stays without their name."""

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.erasing.actions import erase
from tests.factories import manager
from tests.school_portal.visits import BEFORE, a_visit, path_of, sent

pytestmark = pytest.mark.django_db


def test_who_is_erased_has_no_link_and_no_name_beside_what_they_said() -> None:
    visit = a_visit()
    contact = models.Contact.objects.get(school=visit.school)
    models.Contact.objects.filter(pk=contact.pk).update(name="Philippa Quill", email="quill@fern.example.org")
    contact.refresh_from_db()
    path = path_of(visit)
    with time_machine.travel(BEFORE, tick=False):
        assert sent(path, parking="By the gate", by="Philippa Quill").status_code == 302
        models.Feedback.objects.create(visit=visit, school=visit.school, again="yes", given_by="Philippa Quill", at=BEFORE)
        models.VisitRequest.objects.create(
            school=visit.school, visit=visit, contact=contact, name="Philippa Quill", role="head",
            email="quill@fern.example.org", note="Ask for Philippa Quill.", asked_at=BEFORE, confirmed_at=BEFORE, state="done",
        )  # fmt: skip
        models.SchoolChange.objects.create(
            visit=visit, what="cancel", day=BEFORE.date(), why="staff", note="Ask Philippa Quill.", given_by="Philippa Quill",
            access=models.SchoolAccess.objects.get(), at=BEFORE,
        )  # fmt: skip
        erase(contact, by=manager(), now=BEFORE)
        assert Client().get(path).status_code == 404
    assert not models.SchoolAccess.objects.exists()
    answer, feedback = models.SchoolAnswer.objects.get(), models.Feedback.objects.get()
    assert (answer.words, answer.access) == ("By the gate", None)
    assert "Quill" not in answer.given_by + feedback.given_by
    change = models.SchoolChange.objects.get()
    assert (change.why, change.access) == ("staff", None)
    assert "quill" not in f"{change.given_by} {change.note}".lower()
    request = models.VisitRequest.objects.get()
    assert request.contact is None
    assert "quill" not in f"{request.name} {request.email} {request.note}".lower()
