"""In the office: what a school said is taken back to whom the visit named before, and to nobody who has gone since."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.erasing.actions import erase
from schools.visits.actions.merging import merge_people, undo_merge
from tests.factories import SchoolFactory, manager
from tests.school_portal.taking import press, to_press
from tests.school_portal.two_days_before import _two_days_before, office, visit
from tests.school_portal.visits import BEFORE, path_of, sent

__all__ = ["_two_days_before", "office", "visit"]

pytestmark = pytest.mark.django_db

type Goes = Callable[[models.Contact], None]
type Taken = tuple[models.Contact, models.SchoolAnswer]


@pytest.fixture
def taken(visit: models.Visit, office: Client) -> Taken:
    """The lead of before, and the answer that names another, who was there already; it is taken."""
    ann = models.Contact.objects.create(school=visit.school, name="Ann Before")
    models.Contact.objects.create(school=visit.school, name="Lee Safe")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=ann)
    assert sent(path_of(visit), lead="Lee Safe").status_code == 302
    answer = models.SchoolAnswer.objects.get(item="lead")
    assert press(office, visit, "take", answer) == 302
    assert lead_of(visit) == "Lee Safe"
    return ann, answer


def lead_of(visit: models.Visit) -> str:
    lead = models.Visit.objects.select_related("safeguarding_contact").get(pk=visit.pk).safeguarding_contact
    return lead.name if lead else ""


def made_one(gone: models.Contact, kept: models.Contact) -> models.Merge:
    return merge_people(kept, gone, chosen=(), mark=None, by=manager(), now=BEFORE)


def refusal(office: Client, visit: models.Visit, answer: models.SchoolAnswer) -> str:
    """What the page says where the answer is not taken back; all of it stays."""
    before = list(models.SchoolAnswer.objects.values()), lead_of(visit), models.Contact.objects.count()
    page = office.post(reverse("admin:visit-detail", args=[visit.pk]), {"do": "undo-take", "answer": to_press(answer)})
    assert page.status_code == 200
    assert (list(models.SchoolAnswer.objects.values()), lead_of(visit), models.Contact.objects.count()) == before
    return " ".join(page.content.decode().split())


def test_whoever_was_made_one_with_another_entry_since_is_named_again(visit: models.Visit, office: Client, taken: Taken) -> None:
    ann, answer = taken
    anna = models.Contact.objects.create(school=visit.school, name="Anna Before")
    ann_before = models.Contact.objects.create(school=visit.school, name="Anna M. Before")
    made_one(ann, anna)
    made_one(anna, ann_before)
    assert press(office, visit, "undo-take", answer) == 302
    assert (lead_of(visit), models.SchoolAnswer.objects.get().state) == ("Anna M. Before", "open")


def test_once_that_was_undone_they_are_named_again_by_their_own_entry(visit: models.Visit, office: Client, taken: Taken) -> None:
    ann, answer = taken
    merge = made_one(ann, models.Contact.objects.create(school=visit.school, name="Anna Before"))
    undo_merge(merge, by=manager(), now=BEFORE + timedelta(minutes=1))
    assert press(office, visit, "undo-take", answer) == 302
    assert lead_of(visit) == "Ann Before"


def test_whoever_was_made_one_with_the_entry_that_was_made_for_the_answer_stays_and_is_named(
    visit: models.Visit, office: Client
) -> None:
    ann = models.Contact.objects.create(school=visit.school, name="Ann Before")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=ann)
    sent(path_of(visit), lead="Ann Before-Safe")
    answer = models.SchoolAnswer.objects.get(item="lead")
    press(office, visit, "take", answer)
    made_one(ann, models.Contact.objects.get(name="Ann Before-Safe"))
    assert press(office, visit, "undo-take", answer) == 302
    assert lead_of(visit) == "Ann Before-Safe"


def erased(ann: models.Contact) -> None:
    erase(ann, by=manager(), now=BEFORE)


def removed(ann: models.Contact) -> None:
    ann.delete()


@pytest.mark.parametrize("goes", [erased, removed])
def test_where_whom_it_named_before_is_gone_it_stays_and_the_page_says_so(
    goes: Goes, visit: models.Visit, office: Client, taken: Taken
) -> None:
    ann, answer = taken
    goes(ann)
    words = "Safeguarding lead: whoever the visit named before is not there any more, so it stays as it is. Change it by hand."
    assert words in refusal(office, visit, answer)


@pytest.mark.parametrize("is_made_one", [False, True])
def test_where_whom_it_named_before_has_left_the_school_it_stays_and_the_page_says_so(
    is_made_one: bool, visit: models.Visit, office: Client, taken: Taken
) -> None:
    ann, answer = taken
    if is_made_one:
        away = models.Contact.objects.create(school=SchoolFactory(name="Birch"), name="Ann Before")
        made_one(ann, away)
        away.also_at.clear()
    else:
        models.Contact.objects.filter(pk=ann.pk).update(school=SchoolFactory(name="Birch"))
    assert "Ann Before is not at Fern Primary. Choose one of the school&#x27;s own contacts." in refusal(office, visit, answer)


def test_whom_we_write_to_is_taken_back_so_too(visit: models.Visit, office: Client) -> None:
    pat = visit.contact
    assert pat
    facts = {"visit": visit, "school": visit.school, "given_by": "Jo Bloggs", "at": BEFORE}
    answer = models.SchoolAnswer.objects.create(item="contact", words="Sam Hill\nbursar\nsam@fern.example.org", **facts)
    press(office, visit, "take", answer)
    made_one(pat, models.Contact.objects.create(school=visit.school, name="Patricia Head", email="pat@fern.example.org"))
    assert press(office, visit, "undo-take", answer) == 302
    named = models.Visit.objects.select_related("contact").get(pk=visit.pk).contact
    assert named
    assert named.name == "Patricia Head"
    assert not models.Contact.objects.filter(name="Sam Hill").exists()


def test_who_has_left_the_school_and_is_named_still_is_no_reason(visit: models.Visit, office: Client, taken: Taken) -> None:
    ann, answer = taken
    models.Contact.objects.filter(name="Lee Safe").update(name="Lee")
    press(office, visit, "undo-take", answer)
    models.Contact.objects.filter(pk=ann.pk).update(name="Lee Safe")
    assert press(office, visit, "take", answer) == 302, "it names who is the lead already"
    models.Contact.objects.filter(pk=ann.pk).update(school=SchoolFactory(name="Birch"))
    assert press(office, visit, "undo-take", answer) == 302
    assert models.Visit.objects.get().safeguarding_contact_id == ann.pk
