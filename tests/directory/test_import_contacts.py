"""`import_contacts`: the people at schools, known by school and address, else by school and name."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from schools.directory.actions import CONTACTS, Importer, import_contacts
from schools.directory.sources import mark_imported
from schools.messages.models import OutboxMessage
from schools.models import Contact
from tests import factories
from tests.directory.own_files import numbers, reasons, run, written
from tests.profiles import examples

pytestmark = pytest.mark.django_db

HEADER = "nation,register_id,role,name,email,phone"


def stored() -> set[tuple[str, str, str, str, str]]:
    """Every contact."""
    return {
        (
            contact.school.register_id,
            contact.role,
            contact.name,
            contact.email,
            str(contact.phone.as_e164) if contact.phone else "",
        )
        for contact in Contact.objects.select_related("school")
    }


def test_contacts_are_stored_changed_and_twice_changes_nothing(tmp_path: Path) -> None:
    factories.SchoolFactory(register_id="100001")
    first = written(
        tmp_path,
        HEADER,
        "england,100001,Head,Jo Head,Head@school.example,020 7946 0000",
        ",100001,Office,Sam Desk,,not a number",
    )
    result = run("import_contacts", first, "--dry-run")
    assert (numbers(result), Contact.objects.count()) == ((2, 0, 0, 0, 0, 0), 0)
    assert run("import_contacts", first) == result
    assert [line for line, _, _ in reasons(result, of="left_out")] == [3]
    assert numbers(run("import_contacts", first)) == (0, 0, 2, 0, 0, 0)
    later = written(tmp_path, HEADER, ",100001,,Jo Headley,head@school.example,", ",100001,,sam desk,sam@school.example,")
    assert numbers(run("import_contacts", later)) == (0, 2, 0, 0, 0, 0)
    assert stored() == {
        ("100001", "Head", "Jo Headley", "head@school.example", "+442079460000"),
        ("100001", "Office", "sam desk", "sam@school.example", ""),
    }
    assert not OutboxMessage.objects.exists()


def test_rows_that_cannot_be_used_are_listed_and_the_rest_is_stored(tmp_path: Path) -> None:
    factories.SchoolFactory(register_id="100001")
    factories.SchoolFactory(register_id="100002")
    result = run(
        "import_contacts",
        written(
            tmp_path,
            HEADER,
            ",100001,Head,Jo,jo@school.example,",
            ",999999,Head,Jo,jo@school.example,",
            ",,Head,Jo,jo@school.example,",
            ",100001,Head,,,020 7946 0000",
            ",100001,Head,,new@school.example,",
            ",100001,Head,Al,al at school,",
            "france,100001,Head,Al,,",
            ",100002,Head,Two,a@school.example,",
            ",100002,Head,Two,b@school.example,",
            ",100002,Head,Three,c@school.example,",
            ",100002,Office,Three,c@school.example,",
        ),
    )
    assert numbers(result) == (1, 0, 0, 0, 0, 10)
    text = " ".join(reason for _, _, reason in reasons(result))
    for words in ("No school in England", "register_id is blank", "neither a name", "name is blank", "email is", "nation is",
                  "another address", "differ in role"):  # fmt: skip
        assert words in text


def test_a_coordinator_brings_contacts_of_their_own_schools_alone(tmp_path: Path, now: datetime) -> None:
    mine, theirs = factories.SchoolFactory(register_id="100001"), factories.SchoolFactory(register_id="100002")
    by = factories.coordinator_of(mine.authority.holdings.get().area)
    path = written(tmp_path, HEADER, ",100001,,Jo,,", ",100002,,Jo,,")
    report = import_contacts(path, Importer(by, now))
    assert [problem.line for problem in report.refused] == [3]
    assert "No school of your areas" in report.refused[0].reason
    assert (mine.contacts.count(), theirs.contacts.count()) == (1, 0)


POOLS = {
    "register_id": ["100001", "100002"],
    "role": ["", "Head"],
    "name": ["", "Ann", "ann", "Bea", "Cat"],
    "email": ["", "", "a@school.example", "b@school.example"],
    "phone": ["", "+442079460000"],
}
SOME_ROWS = st.lists(
    st.tuples(*(st.sampled_from(pool) for pool in POOLS.values())).map(lambda cells: ",".join(["", *cells])),
    min_size=1,
    max_size=6,
)


@pytest.fixture
def schools() -> None:
    for number in POOLS["register_id"]:
        factories.SchoolFactory(register_id=number)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=SOME_ROWS, second=SOME_ROWS, data=st.data())
def test_in_any_order_and_doubled_a_file_does_the_same_and_again_nothing(
    first: list[str], second: list[str], data: Any, schools: None, tmp_path_factory: pytest.TempPathFactory, now: datetime
) -> None:
    folder = tmp_path_factory.mktemp("contacts")
    results = []
    for rows in (second, data.draw(st.permutations([*second, *second]))):
        Contact.objects.all().delete()
        import_contacts(written(folder, HEADER, *first), Importer(None, now))
        path = written(folder, HEADER, *rows)
        import_contacts(path, Importer(None, now))
        results.append(stored())
        again = import_contacts(path, Importer(None, now))
        assert (again.created, again.updated, stored()) == (0, 0, results[-1])
    assert results[0] == results[1]


@pytest.mark.parametrize("contacts", [1, 30])
def test_the_number_of_statements_does_not_grow_with_the_contacts(
    contacts: int, tmp_path: Path, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    factories.SchoolFactory(register_id="100001")
    path = written(tmp_path, HEADER, *(f",100001,,Name {number},," for number in range(contacts)))
    CONTACTS.lock()  # so that its content type is known already
    with django_assert_num_queries(7):
        import_contacts(path, Importer(None, now))


def test_who_is_at_several_schools_is_known_at_each_and_changed_at_none(tmp_path: Path) -> None:
    first, second = (factories.SchoolFactory(register_id=number) for number in ("100001", "100002"))
    office = Contact.objects.create(school=first, name="Trust Office", email="office@trust.example")
    office.also_at.add(second)
    rows = [",100001,,Trust Office,office@trust.example,", ",100002,,Trust Office,Office@trust.example,"]
    assert numbers(run("import_contacts", written(tmp_path, HEADER, *rows)))[:3] == (0, 0, 2)
    result = run("import_contacts", written(tmp_path, HEADER, ",100002,Bursar,Trust Office,office@trust.example,"))
    assert "They are at several schools" in str(reasons(result))
    assert stored() == {("100001", "", "Trust Office", "office@trust.example", "")}


def test_a_column_that_the_file_leaves_alone_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jo = Contact.objects.create(school=factories.SchoolFactory(register_id="100001"), name="Jo Head", email="old@school.example")

    def corrects_meanwhile(*args: Any, **kwargs: Any) -> None:
        Contact.objects.filter(pk=jo.pk).update(phone="+442079460000")
        mark_imported(*args, **kwargs)

    monkeypatch.setattr("schools.directory.actions.contact_files.mark_imported", corrects_meanwhile)
    run("import_contacts", written(tmp_path, HEADER, ",100001,Head,,old@school.example,"))
    assert stored() == {("100001", "Head", "Jo Head", "old@school.example", "+442079460000")}
