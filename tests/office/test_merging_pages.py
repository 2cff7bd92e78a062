"""The pages that find entries of one person, make them one and undo it."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.search_words import words_of
from schools.directory.queries import contacts_of
from schools.visits.queries.duplicates import duplicate_contacts, duplicate_volunteers, same_name
from tests import factories
from tests.browsing import hidden

pytestmark = pytest.mark.django_db

DUPLICATES = "/admin/duplicates/"


def person(area: models.Area, name: str, **facts: Any) -> models.Volunteer:
    volunteer: models.Volunteer = factories.VolunteerFactory(name=name, **facts)
    volunteer.areas.add(area)
    return volunteer


@pytest.fixture
def two(area: models.Area) -> tuple[models.Volunteer, models.Volunteer]:
    return person(area, "Asha Bell", phone="+447700900123"), person(area, "Asha Bel", home_postcode="LA9 4XX", phone="")


def address(kept: Any, gone: Any) -> str:
    return reverse("admin:merge", args=[kept._meta.model_name, kept.pk, gone.pk])


def merge(office: Client, kept: Any, gone: Any, **wins: str) -> Any:
    mark = office.get(address(kept, gone)).context["mark"]
    return office.post(address(kept, gone), {"do": "merge", "seen": mark} | {f"wins-{name}": side for name, side in wins.items()})


def why(user: models.User, pairs: Callable[..., list[Any]]) -> dict[tuple[str, str], str]:
    return {(pair.kept.name, pair.gone.name): pair.why for pair in pairs(user, on=factories.DAY)}


def test_people_are_found_by_address_phone_and_nearly_the_same_name_in_one_area(
    coordinator: models.User, area: models.Area, elsewhere: models.Area, two: Any
) -> None:
    person(area, "Bram Lowe", phone="+447700900123")
    cora = person(area, "Cora West", user=factories.UserFactory(email="cora@example.org"))
    again = person(area, "C. Wilson")
    models.Invitation.objects.create(volunteer=again, email="Cora@example.org", token_hash="x", sent_at="2026-11-01T09:00Z",
                                     expires_at="2026-11-08T09:00Z")  # fmt: skip
    person(elsewhere, "Asha Bell")
    person(area, "Former volunteer V-8")
    person(area, "Former volunteer V-9")
    assert why(coordinator, duplicate_volunteers) == {
        ("Asha Bell", "Asha Bel"): "nearly the same name in one area",
        ("Asha Bell", "Bram Lowe"): "the same phone",
        (cora.name, "C. Wilson"): "the same e-mail address",
    }
    assert len(why(factories.manager(), duplicate_volunteers)) == 3


def test_contacts_are_found_by_address_and_by_name_at_one_school_but_not_by_the_phone_of_their_school(
    coordinator: models.User, area: models.Area, elsewhere: models.Area
) -> None:
    here, there = factories.SchoolFactory(area=area), factories.SchoolFactory(area=area)
    phone = "+441539720001"
    for school, name, email in (
        (here, "Pat Head", "office@here.example"), (here, "Pat Haed", ""), (here, "Sam Lead", ""),
        (there, "Sue Clerk", "OFFICE@here.example"), (there, "Pat Head", ""),
    ):  # fmt: skip
        models.Contact.objects.create(school=school, name=name, email=email, phone=phone if school == here else "")
    models.Contact.objects.create(school=factories.SchoolFactory(area=elsewhere), name="Pat Head", email="office@here.example")
    assert why(coordinator, duplicate_contacts) == {
        ("Pat Head", "Pat Haed"): "nearly the same name at one school",
        ("Pat Head", "Sue Clerk"): "the same e-mail address",
    }


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Asha Bell", "Asha Bel", True), ("Asha Bell", "asha BELL", True), ("Asha Mary Bell", "Asha Bell", True),
        ("Siân O’Neill", "Sian ONeill", True), ("Asha Bell", "Asha Hall", False), ("Asha Bell", "Bram Bell", False),
        ("Jo Li", "Jo Lu", False), ("Volunteer 1", "Volunteer 2", False), ("Jon Smith", "John Smith", True),
    ],
)  # fmt: skip
def test_names_are_nearly_the_same_word_for_word(left: str, right: str, same: bool) -> None:
    assert same_name(words_of(left), words_of(right)) == same_name(words_of(right), words_of(left)) == same


def test_two_entries_become_one_with_the_values_that_were_chosen_and_two_again(office: Client, two: Any) -> None:
    kept, gone = two
    page = office.get(address(*two))
    assert {line.name: (line.kept, line.gone, line.gone_wins) for line in page.context["differences"]} == {
        "name": ("Asha Bell", "Asha Bel", False),
        "reference": (kept.reference, gone.reference, False),
        "phone": ("+447700900123", "–", False),
        "home_postcode": ("–", "LA9 4XX", True),
    }
    assert models.Volunteer.objects.filter(pk__in=[kept.pk, gone.pk]).count() == 2
    done = merge(office, kept, gone, home_postcode="gone", name="kept")
    kept.refresh_from_db()
    assert (kept.name, kept.home_postcode, str(kept.phone)) == ("Asha Bell", "LA9 4XX", "+447700900123")
    assert not models.Volunteer.objects.filter(pk=gone.pk).exists()
    assert "Made one lately" in office.get(DUPLICATES).content.decode()
    assert "Undo this" in office.get(done.url).content.decode()
    office.post(done.url, {"do": "undo"})
    assert models.Volunteer.objects.filter(pk__in=[kept.pk, gone.pk]).count() == 2
    assert "Everything was put back." in office.get(done.url).content.decode()
    assert "This was undone already." in office.post(done.url, {"do": "undo"}).content.decode()


def test_the_look_says_where_there_is_too_little_time_to_travel(office: Client, area: models.Area, two: Any) -> None:
    for volunteer, east, starts in zip(two, (300_000, 330_000), (time(9, 15), time(10)), strict=True):
        school = factories.SchoolFactory(area=area, easting=east, northing=500_000)
        session = factories.SessionFactory(visit__school=school, starts=starts, ends=starts.replace(minute=45))
        factories.CoverFactory(session=session, volunteer=volunteer)
    page = office.get(address(*two)).content.decode()
    assert "Too little time to travel" in page
    assert "take about 67 minutes, and there are 15." in page


def test_what_was_not_looked_at_is_not_merged_nor_what_somebody_merged_before(office: Client, two: Any) -> None:
    kept, gone = two
    assert "Look at them again." in office.post(address(*two), {"do": "merge"}).content.decode()
    mark = office.get(address(*two)).context["mark"]
    merge(office, kept, gone)
    answer = office.post(address(*two), {"do": "merge", "seen": mark}, follow=True)
    assert f"{models.Merge.objects.get().words} already." in answer.content.decode()
    assert "These are the same entry." in office.get(address(kept, kept)).content.decode()
    assert models.Merge.objects.count() == 1


def test_nobody_merges_or_undoes_what_is_of_another_area(
    office: Client, coordinator: models.User, elsewhere: models.Area, two: Any
) -> None:
    kept, gone = two
    stranger = person(elsewhere, "Asha Bell")
    for pair in ((kept, stranger), (stranger, kept)):
        assert office.get(address(*pair)).status_code == 404
        assert office.post(address(*pair), {"do": "merge"}).status_code == 404
    done = merge(office, kept, gone)
    office.force_login(factories.coordinator_of(elsewhere))
    assert office.get(done.url).status_code == 404
    assert office.post(done.url, {"do": "undo"}).status_code == 404
    assert list(office.get(DUPLICATES).context["merges"]) == []
    assert office.get(reverse("admin:merge", args=["school", 1, 2])).status_code == 404


def test_contacts_are_merged_by_page_too(office: Client, area: models.Area) -> None:
    schools = [factories.SchoolFactory(area=area, name=name) for name in ("Fellside", "Beckside")]
    kept, gone = (models.Contact.objects.create(school=school, name="Pat Head", email="o@t.example") for school in schools)
    assert "the same e-mail address" in office.get(DUPLICATES).content.decode()
    assert merge(office, kept, gone).status_code == 302
    assert [contact.pk for contact in contacts_of(schools[1])] == [kept.pk]
    assert office.post(f"/admin/schools/contact/{kept.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not models.Merge.objects.exists()  # it names somebody whom nobody needs to know any more


@pytest.mark.parametrize(
    ("of_kept", "of_gone", "wins", "is_left"),
    [
        (("1", False), ("1", True), None, ("1", True)),
        (("1", True), ("1", False), None, ("1", True)),
        (("1", True), ("1", False), "gone", ("1", False)),
        (("1", False), ("2", True), None, ("1", False)),
        (("1", False), ("2", True), "gone", ("2", True)),
        (("1", True), ("2", False), "gone", ("2", False)),
    ],
)
def test_a_yes_to_sms_is_chosen_with_the_phone_that_it_was_said_of(
    office: Client, area: models.Area, of_kept: Any, of_gone: Any, wins: str | None, is_left: Any
) -> None:
    school = factories.SchoolFactory(area=area)
    kept, gone = (
        models.Contact.objects.create(school=school, name="Pat Head", phone=f"+44770090012{digit}", **(
            {"sms_number": f"+44770090012{digit}", "sms_since": "2026-11-01T09:00Z"} if said_yes else {}
        )) for digit, said_yes in (of_kept, of_gone)
    )  # fmt: skip
    (line,) = office.get(address(kept, gone)).context["differences"]
    assert line.name == "phone"
    assert ["said yes to SMS" in words for words in (line.kept, line.gone)] == [of_kept[1], of_gone[1]]
    answer = merge(office, kept, gone, phone=wins or ("gone" if line.gone_wins else "kept"), sms_number="gone")
    assert answer.status_code == 302
    kept.refresh_from_db()
    assert (str(kept.phone)[-1], kept.gets_sms) == is_left
    assert bool(kept.sms_number) == (kept.sms_since is not None) == kept.gets_sms


def test_the_list_asks_the_same_of_few_and_of_many(
    office: Client, area: models.Area, two: Any, django_assert_num_queries: Any
) -> None:
    office.get(DUPLICATES)
    with django_assert_num_queries(QUERIES):
        office.get(DUPLICATES)
    school = factories.SchoolFactory(area=area)
    for number in range(3):
        person(area, "Bram Lowe", user=factories.UserFactory(email=f"bram{number}@example.org"))
        models.Contact.objects.create(school=school, name="Pat Head", email="office@here.example")
    with django_assert_num_queries(QUERIES + MORE):
        office.get(DUPLICATES)


QUERIES, MORE = 12, 2
"""Where there are contacts, their schools are read too."""


@pytest.mark.parametrize("table", ["volunteer", "contact"])
def test_the_lists_lead_to_what_is_entered_twice(table: str, office: Client, two: Any) -> None:
    assert DUPLICATES in office.get(f"/admin/schools/{table}/").content.decode()


def says_apart(office: Client, kept: Any, gone: Any) -> Any:
    pair = {"kind": kept._meta.model_name, "kept": kept.pk, "gone": gone.pk}
    return office.post(DUPLICATES, {"do": "apart"} | pair, follow=True)


def test_two_people_are_listed_no_more_until_somebody_takes_that_back(
    office: Client, coordinator: models.User, two: tuple[models.Volunteer, models.Volunteer]
) -> None:
    asha, bel = two
    page = " ".join(says_apart(office, bel, asha).content.decode().split())
    assert f"{bel} and {asha} are two people: noted." in page
    assert not duplicate_volunteers(coordinator, on=factories.DAY)
    assert not duplicate_volunteers(factories.manager(), on=factories.DAY)
    assert "Asha Bell and Asha Bel</th>" in page
    assert f"<td>{coordinator}, 24 November 2026</td>" in page
    noted = models.TwoPeople.objects.get()
    assert (noted.first_id, noted.second_id, noted.by) == (asha.pk, bel.pk, coordinator)
    # Twice is once, and the first who said it stays named.
    other = Client()
    other.force_login(factories.manager())
    says_apart(other, asha, bel)
    assert models.TwoPeople.objects.get().by == coordinator
    # Another entry of the same person is still listed.
    third = person(bel.areas.get(), "Asha Bell")
    assert set(why(coordinator, duplicate_volunteers)) == {("Asha Bell", "Asha Bell"), ("Asha Bel", "Asha Bell")}
    third.delete()
    taken_back = {"do": "one", "noted": noted.pk}
    assert "they are listed again" in office.post(DUPLICATES, taken_back, follow=True).content.decode()
    assert len(duplicate_volunteers(coordinator, on=factories.DAY)) == 1
    assert "was taken back already" in office.post(DUPLICATES, taken_back, follow=True).content.decode()


def test_two_contacts_are_kept_apart_and_what_was_said_goes_with_either(managers_office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    pat, paul, third = (
        models.Contact.objects.create(school=school, name=name, email="office@here.example")
        for name in ("Pat Head", "Paul Head", "Pam Head")
    )
    says_apart(managers_office, pat, paul)
    says_apart(managers_office, pat, third)
    assert set(why(factories.manager(), duplicate_contacts)) == {("Pam Head", "Paul Head")} or set(
        why(factories.manager(), duplicate_contacts)
    ) == {("Paul Head", "Pam Head")}
    managers_office.post(f"/admin/schools/contact/{pat.pk}/delete/", {"post": "yes"})
    assert not models.Contact.objects.filter(pk=pat.pk).exists()
    assert not models.TwoPeople.objects.exists()


def test_a_contact_who_is_deleted_in_the_form_of_the_school_leaves_no_note_behind(
    managers_office: Client, area: models.Area
) -> None:
    school = factories.SchoolFactory(area=area)
    pat, paul, pam, other = (
        models.Contact.objects.create(school=school, name=name, email="office@here.example")
        for name in ("Pat Head", "Paul Head", "Pam Head", "Peter Head")
    )
    merge(managers_office, pat, pam)
    says_apart(managers_office, pat, paul)
    says_apart(managers_office, paul, other)
    page = f"/admin/schools/school/{school.pk}/change/"
    answer = managers_office.get(page)
    formset = answer.context["inline_admin_formsets"][0].formset
    typed = dict(hidden(answer.content.decode())) | {"contacts-TOTAL_FORMS": "3", "contacts-INITIAL_FORMS": "3"}
    for number, form in enumerate(formset.initial_forms):
        typed |= {f"contacts-{number}-name": form.instance.name, f"contacts-{number}-email": form.instance.email}
        if form.instance == pat:
            typed[f"contacts-{number}-DELETE"] = "on"
    assert managers_office.post(page, typed).status_code == 302
    assert set(models.Contact.objects.values_list("name", flat=True)) == {"Paul Head", "Peter Head"}
    assert not models.Merge.objects.exists()
    noted = models.TwoPeople.objects.get()
    assert {noted.first_id, noted.second_id} == {paul.pk, other.pk}


def test_what_was_said_of_two_people_goes_when_one_is_erased(
    managers_office: Client, two: tuple[models.Volunteer, models.Volunteer]
) -> None:
    asha, bel = two
    says_apart(managers_office, asha, bel)
    models.VolunteerStep.objects.create(volunteer=bel, step="left", day="2026-11-01")
    models.Volunteer.objects.filter(pk=bel.pk).update(status="left", left="2026-11-01")
    address = f"/admin/erase/volunteer/{bel.pk}/"
    mark = managers_office.get(address).context["plan"].mark
    managers_office.post(address, {"do": "erase", "erase-reference": bel.reference, "mark": mark})
    assert models.Volunteer.objects.get(pk=bel.pk).name != "Asha Bel"
    assert not models.TwoPeople.objects.exists()


def test_nobody_says_anything_of_people_of_another_area(
    office: Client, elsewhere: models.Area, two: tuple[models.Volunteer, models.Volunteer]
) -> None:
    far = person(elsewhere, "Asha Bell")
    assert says_apart(office, two[0], far).status_code == 404
    assert says_apart(office, two[0], two[0]).status_code == 404
    noted = models.TwoPeople.objects.create(
        kind="volunteer", first_id=two[0].pk, second_id=far.pk, by=factories.manager(), noted_at="2026-11-01T09:00Z"
    )
    office.post(DUPLICATES, {"do": "one", "noted": noted.pk})
    assert models.TwoPeople.objects.exists()
    assert "Two people, as somebody said" not in office.get(DUPLICATES).content.decode()


def test_that_clearances_cannot_be_put_together_is_a_look_at_both(office: Client, two: Any) -> None:
    kept, gone = two
    office.get(address(kept, gone))
    assert not models.ClearanceLook.objects.exists()
    factories.ClearanceFactory(volunteer=gone, decision="not_clear")
    assert "Their clearances cannot be put together" in office.get(address(kept, gone)).content.decode()
    assert set(models.ClearanceLook.objects.values_list("volunteer_number", flat=True)) == {kept.pk, gone.pk}
