"""In the office: the phone of a safeguarding lead whom a school names becomes the number of nobody else."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.visits.actions.school_answers import lock_with_sessions
from tests.school_portal.taking import page_of, press, to_press
from tests.school_portal.two_days_before import _two_days_before, office, visit
from tests.school_portal.visits import AFTER, BEFORE, boxes_of, path_of, sent

__all__ = ["_two_days_before", "office", "visit"]

pytestmark = pytest.mark.django_db


def lead_of(visit: models.Visit) -> tuple[str, str]:
    """The name and the number of the lead of the visit."""
    lead = models.Visit.objects.select_related("safeguarding_contact").get(pk=visit.pk).safeguarding_contact
    assert lead
    return lead.name, lead.phone.as_e164 if lead.phone else ""


def a_new_lead(visit: models.Visit, **typed: str) -> tuple[models.SchoolAnswer, models.SchoolAnswer]:
    """Ann is the lead of the visit, and the school names Lee; return that name and its phone as they wait."""
    before = models.Contact.objects.create(school=visit.school, name="Ann Before", phone="+441228606062")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=before)
    assert sent(path_of(visit), lead="Lee Safe", lead_phone="01228 606061", **typed).status_code == 302
    return models.SchoolAnswer.objects.get(item="lead"), models.SchoolAnswer.objects.get(item="lead_phone")


def test_the_phone_of_a_new_lead_becomes_no_number_of_the_lead_before(visit: models.Visit, office: Client) -> None:
    name, phone = a_new_lead(visit)
    posted = {"do": "take", "answer": to_press(phone)}
    refused = office.post(reverse("admin:visit-detail", args=[visit.pk]), posted)
    assert "Take or leave the name first." in refused.content.decode()
    assert lead_of(visit) == ("Ann Before", "+441228606062")
    no_phone = "No phone is known: ask the school for it."
    assert no_phone not in page_of(office, visit)
    assert press(office, visit, "take", name) == 302
    page = page_of(office, visit)
    assert no_phone not in page
    assert "No phone is known: the school has given one, which waits above." in page
    assert press(office, visit, "take", phone) == 302
    assert lead_of(visit) == ("Lee Safe", "+441228606061")
    assert no_phone not in page_of(office, visit)
    assert models.Contact.objects.get(name="Ann Before").phone.as_e164 == "+441228606062"


def test_once_the_name_was_left_the_phone_is_that_of_the_lead_whom_we_have(visit: models.Visit, office: Client) -> None:
    name, phone = a_new_lead(visit)
    assert press(office, visit, "leave", name) == 302
    assert press(office, visit, "take", phone) == 302
    assert lead_of(visit) == ("Ann Before", "+441228606061")


def test_a_phone_that_was_corrected_since_is_not_said_to_be_taken_back(visit: models.Visit, office: Client) -> None:
    name, phone = a_new_lead(visit)
    assert [press(office, visit, do, each) for do, each in (("leave", name), ("take", phone))] == [302, 302]
    models.Contact.objects.filter(name="Ann Before").update(phone="+441228606069")
    assert press(office, visit, "undo-take", phone) == 200
    assert lead_of(visit) == ("Ann Before", "+441228606069")


def test_the_phone_is_taken_without_what_a_colleague_has_stored_of_the_lead_meanwhile(
    visit: models.Visit, office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.Visit.objects.filter(pk=visit.pk).update(
        safeguarding_contact=models.Contact.objects.create(school=visit.school, name="Ann Before", phone="+441228606062")
    )
    assert sent(path_of(visit), lead_phone="01228 606061").status_code == 302
    stored = {"name": "Ann After", "email": "ann@fern.example.org", "phone": "+441228606063"}

    def at_that_moment(pk: int) -> Any:
        locked = lock_with_sessions(pk)
        models.Contact.objects.filter(name="Ann Before").update(**stored)
        return locked

    monkeypatch.setattr("schools.visits.actions.taking_answers.lock_with_sessions", at_that_moment)
    phone = models.SchoolAnswer.objects.get()
    assert press(office, visit, "take", phone) == 302
    lead = models.Contact.objects.get(email="ann@fern.example.org")
    assert (lead.name, lead.phone.as_e164) == ("Ann After", "+441228606061")
    assert press(office, visit, "undo-take", phone) == 302
    assert lead_of(visit) == ("Ann After", "+441228606063"), "that is what stood there before"


def test_all_of_it_has_no_phone_of_a_lead_whose_name_was_left(visit: models.Visit, office: Client) -> None:
    name, phone = a_new_lead(visit, parking="By the gate", arrival="Ring twice")
    address = reverse("admin:visit-detail", args=[visit.pk])
    shown = [line.to_post for line in office.get(address).context["all_to_take"]]
    assert press(office, visit, "leave", name) == 302
    late = office.post(address, {"do": "take-all", "answer": shown})
    assert "the name that came with it was left. Take it by itself" in late.content.decode(), "a page from before"
    assert "Take it only if it is the phone of the lead whom we have." in page_of(office, visit)
    assert press(office, visit, "take-all") == 302
    visit.refresh_from_db()
    assert (visit.parking, visit.arrival_notes) == ("By the gate", "Ring twice")
    assert lead_of(visit) == ("Ann Before", "+441228606062")
    assert list(models.SchoolAnswer.objects.filter(state="open")) == [phone]


def test_the_phone_of_a_lead_becomes_no_number_of_whoever_is_lead_since(visit: models.Visit, office: Client) -> None:
    name, phone = a_new_lead(visit, parking="By the gate", arrival="Ring twice")
    assert press(office, visit, "take", name) == 302
    lee = models.Contact.objects.get(name="Lee Safe")
    bob = models.Contact.objects.create(school=visit.school, name="Bob After", phone="+441228606063")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=bob)
    assert "it came with another name than the lead has by now" in page_of(office, visit)
    assert press(office, visit, "take", phone) == 200
    assert press(office, visit, "take-all") == 302, "it is left out of the rest"
    assert lead_of(visit) == ("Bob After", "+441228606063")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=lee)
    assert press(office, visit, "take", phone) == 302
    assert lead_of(visit) == ("Lee Safe", "+441228606061")


def test_the_phone_is_of_the_lead_though_two_entries_of_theirs_became_one(visit: models.Visit, office: Client) -> None:
    name, phone = a_new_lead(visit)
    assert press(office, visit, "take", name) == 302
    kept = models.Contact.objects.create(school=visit.school, name="LEE SAFE")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=kept)
    models.Contact.objects.get(name="Lee Safe").delete()
    assert press(office, visit, "take", phone) == 302
    assert lead_of(visit) == ("LEE SAFE", "+441228606061")


def test_for_a_phone_of_the_lead_the_school_is_asked_while_the_visit_is_to_come_and_none_waits(
    visit: models.Visit, office: Client
) -> None:
    ask, waits = "No phone is known: ask the school for it.", "the school has given one, which waits above"
    lead = models.Contact.objects.create(school=visit.school, name="Ann Before")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=lead)
    assert ask in page_of(office, visit)
    sent(path_of(visit), lead="Lee Safe", lead_phone="01228 606061")
    assert waits in page_of(office, visit)
    press(office, visit, "leave", models.SchoolAnswer.objects.get(item="lead"))
    assert ask in page_of(office, visit), "what waits is a number of somebody else"
    with time_machine.travel(AFTER, tick=False):
        assert ask not in page_of(office, visit), "over"
    models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="weather")
    assert ask not in page_of(office, visit)


def test_a_phone_that_came_without_a_name_is_of_whoever_was_lead_then(visit: models.Visit, office: Client) -> None:
    ann, bob = (models.Contact.objects.create(school=visit.school, name=name) for name in ("Ann Before", "Bob After"))
    visit.safeguarding_contact = ann
    visit.save()
    sent(path_of(visit), lead_phone="01228 606061", parking="By the gate", arrival="Ring twice")
    phone = models.SchoolAnswer.objects.get(item="lead_phone")
    with time_machine.travel(BEFORE + timedelta(minutes=10), tick=False):
        visit.safeguarding_contact = bob
        visit.save()
        posted = {"do": "take", "answer": to_press(phone)}
        refused = office.post(reverse("admin:visit-detail", args=[visit.pk]), posted)
        assert "the visit had another lead when the school gave it" in refused.content.decode()
        page = office.get(reverse("admin:visit-detail", args=[visit.pk]))
        [line] = [line for line in page.context["school_said"] if line.answer == phone]
        assert "the visit had another lead when the school gave it" in line.why_not
        assert "No phone is known: ask the school for it." in page.content.decode(), "what waits is a number of somebody else"
        assert press(office, visit, "take-all") == 302, "it is left out of the rest"
        assert list(models.SchoolAnswer.objects.filter(state="open")) == [phone]
        assert lead_of(visit) == ("Bob After", "")
        visit.refresh_from_db()
        visit.safeguarding_contact = ann
        visit.save()
        assert press(office, visit, "take", phone) == 302
    assert lead_of(visit) == ("Ann Before", "+441228606061")


def test_a_phone_typed_beside_a_lead_who_is_lead_no_more_goes_to_nobody_else(visit: models.Visit) -> None:
    ann, bob = (models.Contact.objects.create(school=visit.school, name=name) for name in ("Ann Before", "Bob After"))
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=ann)
    school, path = Client(), path_of(visit)
    typed = {**boxes_of(school.get(path)), "given_by": "Jo Bloggs", "lead_phone": "01228 606061", "parking": "By the gate"}
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=bob)
    refused = school.post(path, typed)
    assert refused.status_code == 409
    assert "it is “Bob After” by now" in refused.content.decode()
    assert not models.SchoolAnswer.objects.exists()
    again = boxes_of(refused)
    assert (again["lead"], again["lead_phone"], again["parking"]) == ("Bob After", "01228 606061", "By the gate")
    assert school.post(path, {**typed, "lead": "Bob After"}).status_code == 302, "they have typed whose it is"
    assert set(models.SchoolAnswer.objects.values_list("item", flat=True)) == {"lead_phone", "parking"}


def test_a_phone_typed_before_a_colleague_named_a_new_lead_is_not_of_that_lead(visit: models.Visit) -> None:
    ann = models.Contact.objects.create(school=visit.school, name="Ann Before")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=ann)
    school, path = Client(), path_of(visit)
    typed = {**boxes_of(school.get(path)), "given_by": "Jo Bloggs", "lead_phone": "01228 606061"}
    assert sent(path, by="Kim Colleague", lead="Lee Safe").status_code == 302
    refused = school.post(path, typed)
    assert refused.status_code == 409
    assert "Kim Colleague has said “Lee Safe” meanwhile" in refused.content.decode()
    assert [each.item for each in models.SchoolAnswer.objects.all()] == ["lead"]
    assert school.post(path, boxes_of(refused)).status_code == 302, "they have read whose it would be"
    assert models.SchoolAnswer.objects.filter(item="lead_phone", state="open").exists()


@pytest.mark.parametrize("is_put_back", [False, True])
def test_a_name_typed_before_a_colleague_gave_the_phone_of_the_lead_before_takes_it_from_nobody(
    visit: models.Visit, is_put_back: bool
) -> None:
    ann = models.Contact.objects.create(school=visit.school, name="Ann Before")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=ann)
    school, path = Client(), path_of(visit)
    if is_put_back:
        assert sent(path, by="Kim Colleague", lead="Lee Safe").status_code == 302
    typed = {**boxes_of(school.get(path)), "given_by": "Jo Bloggs", "lead": "Ann Before" if is_put_back else "Lee Safe"}
    assert sent(path, by="Kim Colleague", lead_phone="01228 606061").status_code == 302
    before = list(models.SchoolAnswer.objects.order_by("pk").values_list("item", "words"))
    refused = school.post(path, typed)
    assert refused.status_code == 409
    assert "Kim Colleague has said “" in refused.content.decode()
    assert list(models.SchoolAnswer.objects.order_by("pk").values_list("item", "words")) == before
    again = boxes_of(refused)
    assert again["lead"] == typed["lead"], "nothing that was typed is lost"
    assert "606061" in again["lead_phone"]
    assert school.post(path, {**again, "lead_phone": ""}).status_code == 302, "they have read that it is another's"
    assert not models.SchoolAnswer.objects.filter(item="lead_phone", state="open").exclude(words="").exists()


def test_a_phone_is_of_the_lead_though_the_visit_names_another_entry_of_theirs(visit: models.Visit, office: Client) -> None:
    first, second = (models.Contact.objects.create(school=visit.school, name=name) for name in ("Ann Smith", "ANN SMITH"))
    visit.safeguarding_contact = first
    visit.save()
    sent(path_of(visit), lead_phone="01228 606061")
    with time_machine.travel(BEFORE + timedelta(minutes=10), tick=False):
        visit.safeguarding_contact = second
        visit.save()
        assert press(office, visit, "take", models.SchoolAnswer.objects.get(item="lead_phone")) == 302
    assert lead_of(visit) == ("ANN SMITH", "+441228606061")


def test_a_number_of_another_country_comes_back_as_it_was_and_holds_up_nothing(visit: models.Visit) -> None:
    path = path_of(visit)
    assert sent(path, lead="Lee Safe", lead_phone="+353 87 123 4567").status_code == 302
    assert boxes_of(Client().get(path))["lead_phone"] == "+353 87 123 4567"
    assert sent(path, parking="By the gate").status_code == 302
    waiting = models.SchoolAnswer.objects.filter(state="open").order_by("item").values_list("item", "words")
    assert dict(waiting) == {"lead": "Lee Safe", "lead_phone": "+353871234567", "parking": "By the gate"}


def test_a_number_of_ours_that_is_none_holds_up_nothing_that_is_sent_beside_it(visit: models.Visit) -> None:
    visit.safeguarding_contact = models.Contact.objects.create(school=visit.school, name="Ann Before", phone="+441228606062")
    visit.save()
    models.Contact.objects.filter(pk=visit.safeguarding_contact.pk).update(phone="+44122860")
    path = path_of(visit)
    assert sent(path, parking="By the gate").status_code == 302
    assert [each.item for each in models.SchoolAnswer.objects.all()] == ["parking"]
    refused = sent(path, lead_phone="0122861").content.decode()
    assert "give the whole number" in refused


def test_an_extension_is_not_lost_without_a_word(visit: models.Visit) -> None:
    refused = sent(path_of(visit), lead="Lee Safe", lead_phone="01228 606060 ext 204")
    assert "Phone of the safeguarding lead: leave out the extension" in refused.content.decode()
    assert boxes_of(refused)["lead_phone"] == "01228 606060 ext 204"
    assert not models.SchoolAnswer.objects.exists()
