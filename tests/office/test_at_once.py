"""Two who change the same thing at the same moment, in real processes: what the one stored is never lost by the other."""

import time
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client

from schools import models
from schools.accounts.models import Role
from schools.accounts.queries import managers
from schools.directory.actions.locks import lock_register
from tests import factories
from tests.browsing import hidden
from tests.office.racing import add_in_turn, add_the_same, send, send_well
from tests.processes import SECONDS, started, together

ROUNDS = 12
LETTERS = "ab"

pytestmark = pytest.mark.django_db(transaction=True)


def raced(address: str, typed: dict[str, Any], box: str, of: str) -> dict[str, int]:
    """How often each of two stored their letter, adding it to what stood in the box."""
    said = (ROUNDS, address, typed, box, of)
    answers = together(add_in_turn, [(factories.manager().pk, letter, *said) for letter in LETTERS])
    return dict(zip(LETTERS, answers, strict=True))


def letters(text: str) -> dict[str, int]:
    return {letter: text.count(letter) for letter in LETTERS}


@pytest.mark.exhaustive
def test_no_word_of_an_agreement_is_lost() -> None:
    school = factories.SchoolFactory()
    models.SchoolAgreement.objects.create(school=school, academic_year=2026, accepted_on="2026-11-20", by_role=".")
    typed = {"do": "agreement", "agreement-year": "2026", "agreement-accepted_on": "2026-11-20"}
    stored = raced(f"/admin/school/{school.pk}/talk/", typed, "agreement-by_role", "SchoolAgreement.by_role")
    assert letters(models.SchoolAgreement.objects.get().by_role) == stored


@pytest.mark.exhaustive
def test_nothing_that_is_known_of_somebody_at_the_school_is_lost() -> None:
    person = models.Contact.objects.create(school=factories.SchoolFactory(), name="Pat", role=".")
    address = f"/admin/school/{person.school_id}/?contact={person.pk}"
    stored = raced(address, {"do": "contact", "name": "Pat"}, "role", "Contact.role")
    assert letters(models.Contact.objects.get().role) == stored


@pytest.mark.exhaustive
def test_nothing_that_was_agreed_of_a_visit_is_lost() -> None:
    visit = factories.SessionFactory().visit
    typed = {"do": "confirm", "confirm-agreed_on": "2026-11-20"}
    stored = raced(f"/admin/visit/{visit.pk}/", typed, "confirm-agreed_with", "Visit.agreed_with")
    assert letters(models.Visit.objects.get().agreed_with) == stored


@pytest.mark.exhaustive
def test_nothing_that_is_known_of_a_visit_is_lost() -> None:
    visit = factories.SessionFactory().visit
    stored = raced(f"/admin/visit/{visit.pk}/edit/", {"arrival_notes": ""}, "parking", "Visit.parking")
    assert letters(models.Visit.objects.get().parking) == stored


@pytest.mark.exhaustive
def test_of_two_who_add_the_same_site_the_second_reads_that_it_is_there() -> None:
    school = factories.SchoolFactory()
    answers = together(add_the_same, [(factories.manager().pk, ROUNDS, school.pk)] * 2)
    names = [f"Lower Site {number}" for number in range(ROUNDS)]
    assert sorted(models.Site.objects.values_list("name", flat=True)) == sorted(names)
    for name in names:
        assert sorted(answer[name] for answer in answers) == ["refused with a sentence", "stored"]


def test_of_two_managers_who_take_the_role_from_each_other_one_keeps_it(client: Client) -> None:
    bea, mo = factories.manager(name="Bea Fell"), factories.manager(name="Mo Tarn")
    client.force_login(bea)
    posts = []
    for by, user in ((bea, mo), (mo, bea)):
        address = f"/admin/schools/user/{user.pk}/change/"
        seen = hidden(client.get(address).content.decode())
        posts.append((by.pk, address, seen | {"name": user.name, "phone": "", "role": Role.ANALYST.value, "is_active": "on"}))
    answers = together(send, posts)
    assert answers.count(302) == 1
    assert managers().count() == 1


def wait_until_it_waits(process: BaseProcess) -> None:
    """Return once the process waits for a lock of ours; where transactions wait before they begin, at once."""
    if connection.vendor != "postgresql":
        return
    for _ in range(SECONDS * 10):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        assert process.is_alive(), "It stored what an import keeps to itself."
        time.sleep(0.1)
    raise AssertionError("It neither waits nor ends.")


def a_school() -> models.School:
    made: models.School = factories.SchoolFactory()
    return made


def an_authority() -> models.Authority:
    made: models.Authority = factories.AuthorityFactory()
    return made


def a_reorganisation() -> models.Reorganisation:
    old, new = factories.AuthorityFactory(), factories.AuthorityFactory()
    made: models.Reorganisation = models.Reorganisation.objects.create(old=old, new=new, day="2023-04-01")
    return made


@pytest.mark.parametrize("make", [a_school, an_authority, a_reorganisation])
def test_what_is_saved_while_an_import_runs_waits_for_it_and_neither_breaks_off(make: Any, client: Client) -> None:
    manager, row = factories.manager(), make()
    table: type[Model] = type(row)
    address = f"/admin/schools/{table._meta.model_name}/{row.pk}/change/"
    client.force_login(manager)
    form = client.get(address).context["adminform"].form
    typed: dict[str, Any] = {name: "" if (value := form[name].value()) is None else str(value) for name in form.fields}
    typed |= hidden(client.get(address).content.decode())
    with transaction.atomic():
        lock_register()
        saves = started(send_well, manager.pk, address, typed)
        wait_until_it_waits(saves)
        # As an import changes rows, once it has the register.
        table._default_manager.select_for_update().get(pk=row.pk)
    saves.join(SECONDS)
    assert saves.exitcode == 0
