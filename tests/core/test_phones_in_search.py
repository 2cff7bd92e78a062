"""People are found by phone: however it is spaced, with +44 or 0, by enough of its digits."""

import pytest
from pytest_django import DjangoAssertNumQueries

from schools.core.search_words import dialled, pieces_of
from schools.models import Contact, Volunteer
from tests import factories

pytestmark = pytest.mark.django_db

WAYS = [
    "01539 720001", "01539720001", "015397 20001", "(01539) 720001", "01539-720-001", "+44 1539 720001", "+441539720001",
    "+44 (0)1539 720 001", "0044 1539 720001", "44 1539 720001", "01539 72", "720001", "720 001", "20001 0",
]  # fmt: skip


@pytest.mark.parametrize("typed", WAYS[:-1])
def test_a_number_is_found_however_it_is_written(typed: str) -> None:
    school = factories.SchoolFactory()
    contact = Contact.objects.create(school=school, name="Pat Head", phone="01539 720001")
    Contact.objects.create(school=school, name="Sam Lead", phone="01539 819999")
    volunteer = factories.VolunteerFactory(name="Ann Ash", phone="+441539720001")
    factories.VolunteerFactory(name="Bea Birch", phone="+447700900123")
    assert list(Contact.objects.named(typed)) == [contact]
    assert list(Volunteer.objects.named(typed)) == [volunteer]
    assert list(Volunteer.objects.named(f"ann {typed}")) == [volunteer]
    assert not Volunteer.objects.named(f"bea {typed}").exists()


@pytest.mark.parametrize("typed", [WAYS[-1], "01539", "20001", "1539 9", "08720001", "+353 1539 720001"])
def test_too_few_digits_and_other_numbers_find_nobody(typed: str) -> None:
    Contact.objects.create(school=factories.SchoolFactory(), name="Pat Head", phone="01539 720001")
    assert not Contact.objects.named(typed).exists()


def test_a_number_that_was_changed_is_found_by_its_new_digits_alone() -> None:
    volunteer = factories.VolunteerFactory(phone="+441539720001")
    volunteer.phone = "+447700900123"
    volunteer.save(update_fields=["phone"])
    assert list(Volunteer.objects.named("07700 900123")) == [volunteer]
    assert not Volunteer.objects.named("01539 720001").exists()
    Volunteer.objects.update(phone="")
    assert not Volunteer.objects.named("07700 900123").exists()


def test_a_number_of_another_country_keeps_its_country() -> None:
    volunteer = factories.VolunteerFactory(phone="+35316798000")
    assert dialled("+353 1 679 8000") == dialled("00353 1 679 8000") == "35316798000"
    assert list(Volunteer.objects.named("+353 1 679 8000")) == [volunteer]
    assert list(Volunteer.objects.named("679 8000")) == [volunteer]


def test_a_house_number_and_a_register_number_stay_what_they_are() -> None:
    assert [piece.typed for piece in pieces_of("12 High Street LA9 4XX 3")] == ["12", "High", "Street", "LA9 4XX", "3"]
    school = factories.SchoolFactory(register_id="112345", name="Ashfield")
    assert list(type(school).objects.named("ashfield 112345")) == [school]


def test_a_number_of_nobody_is_looked_up_once_because_nothing_in_it_may_be_wrong(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        assert list(Contact.objects.named("01539 720001")) == []
    with django_assert_num_queries(2):  # a word: strictly, and then forgivingly
        assert list(Contact.objects.named("allithwaite")) == []
    with django_assert_num_queries(1):
        assert Contact.objects.first_named("01539 720001", 9, lambda rows: rows) == []
