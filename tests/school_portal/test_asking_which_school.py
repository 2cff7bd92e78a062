"""From a poster somebody names their school in words: it is found, or chosen of several, or asked for though it is not listed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.school_portal.asking import MOST_FOUND
from schools.visits.request_words import wishes_of
from tests.factories import AreaFactory, SchoolFactory
from tests.school_portal.asking import (
    NOW,
    a_school,
    asked_and_confirmed,
    asks_from_poster,
    link_in_mail,
    open_the_door,
    page,
    text,
    typed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("words", ["Fernhill", "fernhil primry", "CA3 8AA"])
def test_a_school_that_is_named_in_words_is_found_though_a_letter_is_wrong_and_is_asked_for_at_once(words: str) -> None:
    school = a_school(name="Fernhill Primary School")
    a_school(name="Moss Primary School", postcode="CA1 1AA")
    answer = asks_from_poster(words)
    assert (answer.status_code, answer.url) == (302, reverse("ask-sent"))
    assert models.VisitRequest.objects.get().school == school
    assert "Fernhill Primary School, CA3 8AA" in page(link_in_mail()), (
        "Whoever is meant reads which it is, before it is asked for."
    )


def test_where_several_schools_fit_one_is_chosen_and_what_was_typed_stays() -> None:
    infants, juniors, area = a_school(name="Fernhill Infants"), a_school(name="Fernhill Juniors"), AreaFactory()
    shown = text(asks_from_poster("fernhill", area))
    assert "Choose your school: several fit" in shown
    assert "The hall is being painted" in shown
    nameless = text(asks_from_poster("fernhill", name=""))
    assert nameless.index("Choose your school: several fit") < nameless.index("Your name: say who you are"), "as the boxes stand"
    assert f'formaction="{reverse("ask-unlisted")}?area={area.pk}"' in shown
    assert "Choose your school: several fit" in text(asks_from_poster("fernhill", chosen=a_school(name="Moss").pk))
    assert not models.VisitRequest.objects.exists()
    for school in (infants, juniors):
        assert asks_from_poster("fernhill", area, chosen=school.pk).url == reverse("ask-sent")
        assert models.VisitRequest.objects.latest("pk").school == school


def test_where_the_school_that_was_chosen_closes_meanwhile_no_other_is_asked_for_in_its_place() -> None:
    infants, juniors = a_school(name="Fernhill Infants"), a_school(name="Fernhill Juniors")
    models.School.objects.filter(pk=infants.pk).update(status="closed", closed=NOW.date() - timedelta(days=1))
    shown = text(asks_from_poster("fernhill", chosen=infants.pk))
    for words in ("the one that you chose does not fit any more", "Fernhill Juniors", "The hall is being painted"):
        assert words in shown
    assert not models.VisitRequest.objects.exists()
    assert asks_from_poster("fernhill", chosen=juniors.pk).url == reverse("ask-sent")
    assert models.VisitRequest.objects.get().school == juniors


def test_of_very_many_schools_that_fit_so_many_are_shown() -> None:
    area = AreaFactory()
    for number in range(MOST_FOUND + 1):
        SchoolFactory(area=area, name=f"Fern {number}")
    shown = text(asks_from_poster("fern"))
    assert shown.count('name="chosen"') == MOST_FOUND
    assert f"There are more than {MOST_FOUND}." in shown


def test_where_no_school_fits_the_way_to_ask_for_one_that_is_not_listed_keeps_what_was_typed() -> None:
    a_school(name="Fernhill Primary School")
    for words, why in (("Wool", "No school that we could visit is called so"), ("", "give part of its name, or its postcode")):
        shown = text(asks_from_poster(words))
        assert why in shown
        assert f'formaction="{reverse("ask-unlisted")}"' in shown
    shown = text(Client().post(reverse("ask-unlisted"), typed(words="Wool")))
    assert "Name of the school: give it" in shown
    assert "The hall is being painted" in shown
    assert not models.VisitRequest.objects.exists()


def test_a_poster_puts_the_schools_of_its_area_first_and_an_old_one_finds_them_all_the_same() -> None:
    far = a_school(name="St Mary's Primary", area=AreaFactory(name="Anglia"))
    near = a_school(name="St Mary's School", area=AreaFactory(name="Lakes"))
    area = models.Area.objects.get(name="Lakes")
    boxes = [f'value="{each.pk}"' for each in (near, far)]
    gone = AreaFactory(name="Gone")
    models.Area.objects.filter(pk=gone.pk).delete()
    found = text(asks_from_poster("st marys", gone)).partition("Your name")[0]
    assert found.index(boxes[1]) < found.index(boxes[0])  # by name alone
    found = text(asks_from_poster("st marys", area)).partition("Your name")[0]
    assert found.index(boxes[0]) < found.index(boxes[1])


def test_a_poster_calls_year_groups_as_its_nation_does() -> None:
    area = AreaFactory(region__nation="scotland")
    shown = page(reverse("ask-area", args=[area.pk]))
    assert "P7" in shown
    assert "Year 6" not in shown


def test_where_the_nation_is_not_known_year_groups_have_the_names_of_every_nation() -> None:
    for name in ("ask", "ask-unlisted"):
        assert "Year 6 or P7" in page(reverse(name))
        assert "Reception or P1" in page(reverse(name))
    assert ("Year groups", "Year 5 or P6, Year 6 or P7") in wishes_of(models.VisitRequest(year_groups=[5, 6]))
    a_school(name="Fern Primary")
    assert "or P7" not in text(asks_from_poster("fern", name=""))
    SchoolFactory(name="Fern Academy", nation="wales")
    assert "or P7" not in text(asks_from_poster("fern")), "they are called so there too"
    SchoolFactory(name="Fern Burn", nation="scotland")
    assert "Year 6 or P7" in text(asks_from_poster("fern"))


def test_a_school_in_no_list_calls_its_year_groups_as_the_nation_of_the_poster_does() -> None:
    area = AreaFactory(region__nation="scotland")
    shown = page(f"{reverse('ask-unlisted')}?area={area.pk}")
    assert "P7" in shown
    assert "Year 6" not in shown
    request = models.VisitRequest(area=area, year_groups=[5])
    assert ("Year groups", "P6") in wishes_of(request)


def test_a_school_that_has_become_another_is_asked_for_under_its_number_of_today() -> None:
    old, new = SchoolFactory(status="closed"), a_school(name="Fern Academy")
    models.School.objects.filter(pk__in=(old.pk, new.pk)).update(chain=old.pk, lineage=old.pk)
    answer = Client().get(reverse("ask-school", args=[old.pk]))
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("ask-school", args=[new.pk]))


def test_whom_we_know_under_the_old_number_is_no_stranger_under_the_new_one() -> None:
    old, new = SchoolFactory(status="closed"), a_school(name="Fern Academy")
    models.School.objects.filter(pk__in=(old.pk, new.pk)).update(chain=old.pk, lineage=old.pk)
    head = models.Contact.objects.create(school=old, name="Mrs Patel", email="head@fern.example.org")
    asked_and_confirmed(models.School.objects.get(pk=new.pk), email=head.email)
    request = models.VisitRequest.objects.get()
    assert (request.contact, request.visit.contact) == (head, head)  # type: ignore[union-attr]  # confirmed
    assert list(head.also_at.all()) == [new]
