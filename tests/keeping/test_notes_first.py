"""Nobody is erased by the purge whom notes name that no manager has looked at: they wait, home says how many, and a page who."""

from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from schools import models
from schools.erasing.actions import erase
from schools.keeping import actions
from schools.keeping.actions import Line, purge
from schools.management.commands.purge import in_words
from schools.office.running.jobs import remove_what_is_over
from tests import factories
from tests.erasing.dumps import dump
from tests.keeping.test_leaving import contact, over
from tests.keeping.things import NOW, at

pytestmark = pytest.mark.django_db


def lines(*, dry_run: bool = False) -> dict[str, Line]:
    return {line.period: line for line in purge(clock=lambda: NOW, dry_run=dry_run)}


def left(name: str, *, days: int = 0) -> models.Volunteer:
    made: models.Volunteer = factories.VolunteerFactory(name=name, status="left", left=over("volunteers", days=days))
    return made


def in_note(name: str) -> models.Session:
    session: models.Session = factories.SessionFactory(outcome_note=f"{name} had the key.")
    return session


def test_whom_notes_name_is_left_by_the_purge_until_a_manager_has_looked() -> None:
    named, free = left("Marguerite Thorne"), left("Colin Airey")
    session = in_note(named.name)
    line = lines()["volunteers"]
    assert (line.number, line.waiting, line.in_notes) == (1, 0, (named.reference,))
    assert in_words(line, dry_run=False).endswith("1 named in notes that a manager looks at first")
    for row in (named, free, session):
        row.refresh_from_db()
    assert (named.name, session.outcome_note) == ("Marguerite Thorne", "Marguerite Thorne had the key.")
    assert free.name == f"Former volunteer {free.reference}"
    assert remove_what_is_over(lambda: NOW) == "0 removed, 0 wait, 1 named in notes that a manager looks at first"
    models.Session.objects.update(outcome_note="")
    session.history.update(outcome_note="")
    assert (lines()["volunteers"].number, lines()["volunteers"].in_notes) == (1, ())


def test_people_of_every_kind_are_left_where_notes_name_them() -> None:
    asked = factories.VolunteerFactory(name="Ottokar Silent", status="enquirer", joined=over("enquirers"))
    at_school = contact("Philippa Silent")
    colleague = factories.coordinator_of(name="Ludmilla Gone", is_active=False, last_login=at(over("colleagues")))
    models.User.objects.filter(pk=colleague.pk).update(date_joined=at(over("colleagues")))
    in_note("Ottokar Silent, Philippa Silent and Ludmilla Gone")
    found = lines()
    waiting = [found[name].in_notes for name in ("enquirers", "contacts", "colleagues")]
    assert waiting == [(asked.reference,), (f"contact:{at_school.pk}",), (f"staff:{colleague.pk}",)]
    asked.refresh_from_db()
    assert (asked.name, asked.status) == ("Ottokar Silent", "enquirer"), "who is left has not left the programme either"
    assert not models.Erasure.objects.exists()


def test_a_dry_run_says_whom_notes_name_and_changes_nothing() -> None:
    named, _ = left("Marguerite Thorne"), left("Colin Airey")
    factories.VolunteerFactory(name="Ottokar Silent", status="enquirer", joined=over("enquirers"))
    in_note(named.name)
    before = dump()
    found = lines(dry_run=True)
    assert (found["volunteers"].number, found["volunteers"].in_notes) == (1, (named.reference,))
    assert (found["enquirers"].number, found["enquirers"].in_notes) == (1, ())
    assert {place: cells for place, cells in dump().items() if "sequence" not in place[0]} == {
        place: cells for place, cells in before.items() if "sequence" not in place[0]
    }


def test_whom_notes_name_keeps_nobody_else_and_waits_still_where_it_was_not_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "PEOPLE_A_NIGHT", 1)
    named, free = left("Marguerite Thorne", days=9), left("Colin Airey")
    in_note(named.name)
    first, second, third = lines()["volunteers"], lines()["volunteers"], lines()["volunteers"]
    assert (first.number, first.waiting, first.in_notes) == (0, 1, (named.reference,))
    assert (second.number, second.waiting, second.in_notes) == (1, 0, (named.reference,))
    assert (third.number, third.waiting, third.in_notes) == (0, 0, (named.reference,))
    free.refresh_from_db()
    assert free.is_erased


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(factories.manager(name="Bea Manager"))
    cache.clear()
    return client


def pressing(client: Client) -> dict[str, Any]:
    cache.clear()
    return {line.need.key: line for line in client.get("/admin/").context["lines"] if line.number}


def test_home_says_to_a_manager_how_many_and_leads_to_the_list_until_they_are_erased(manager: Client) -> None:
    named, at_school = left("Marguerite Thorne"), contact("Philippa Silent")
    in_note("Marguerite Thorne and Philippa Silent")
    lines()
    with time_machine.travel(NOW, tick=False):
        due = pressing(manager)
        line = due["notes-of-volunteer"]
        assert (line.number, line.age, line.address) == (1, "", "/admin/kept/")
        assert line.words == "volunteer or enquirer is due to be erased: look at the notes that name them"
        assert due["notes-of-contact"].number == 1
        assert "notes-of-user" not in due
        page = manager.get("/admin/kept/").content.decode()
        assert "1 named in notes" in page
        assert f'<a href="/admin/erase/volunteer/{named.pk}/">Marguerite Thorne</a>' in page
        assert f'<a href="/admin/erase/contact/{at_school.pk}/">Philippa Silent</a>' in page
        assert (
            "Marguerite Thorne and Philippa Silent had the key."
            in manager.get(f"/admin/erase/volunteer/{named.pk}/").content.decode()
        )
        erase(named, by=None, now=NOW)
        assert "notes-of-volunteer" not in pressing(manager)
        assert f"/admin/erase/volunteer/{named.pk}/" not in manager.get("/admin/kept/").content.decode()
        coordinator = Client()
        coordinator.force_login(factories.coordinator_of(factories.AreaFactory(), name="Cora Nwosu"))
        assert "notes-of-contact" not in pressing(coordinator)
