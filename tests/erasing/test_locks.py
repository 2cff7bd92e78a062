"""What erasing somebody locks, how long it tries, and that nobody waits where there is a reason against it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import QuerySet

from schools import models
from schools.core.errors import RuleBroken
from schools.erasing import actions, locks
from schools.erasing.actions import MOST_ROUNDS, erase, preview_erasure
from schools.erasing.locks import LOCK_NOT_AVAILABLE, Locks, hold_what_names
from schools.visits.actions.booking import lock_to_book
from schools.visits.actions.merging import merge_people, undo_merge
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Taken(Exception):
    """What the driver says where somebody else has a row."""

    sqlstate = LOCK_NOT_AVAILABLE


def quill() -> models.Contact:
    """Somebody at a school, who is named in a session of another school, too."""
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Quill", email="quill@oak.org")
    factories.SessionFactory(outcome_note="As Philippa Quill had said.")
    return contact


def test_somebody_whom_others_change_all_the_time_is_left_after_so_many_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    contact, rounds = quill(), list[int]()

    def is_taken(_: Locks) -> bool:
        rounds.append(1)
        return False

    monkeypatch.setattr(Locks, "take_at_once", is_taken)
    with pytest.raises(RuleBroken, match="Try again in a minute"):
        erase(contact, by=factories.manager(), now=NOW)
    assert len(rounds) == MOST_ROUNDS
    assert models.Contact.objects.get() == contact
    assert models.Session.objects.get().outcome_note == "As Philippa Quill had said."


@pytest.mark.parametrize(("cause", "is_raised"), [(Taken(), False), (RuntimeError("the disk is full"), True)])
def test_only_that_somebody_has_a_row_is_no_error(monkeypatch: pytest.MonkeyPatch, cause: Exception, is_raised: bool) -> None:
    def fails(_: Locks, *, waits: bool = True) -> None:
        raise OperationalError from cause

    monkeypatch.setattr(Locks, "take", fails)
    if is_raised:
        with pytest.raises(OperationalError):
            Locks().take_at_once()
    else:
        assert not Locks().take_at_once()


def test_nothing_is_locked_to_look_at_whom_a_reason_stands_against(monkeypatch: pytest.MonkeyPatch) -> None:
    volunteer, held = factories.VolunteerFactory(), list[str]()
    monkeypatch.setattr(actions, "hold_erasures", lambda: held.append("erasures"))
    with pytest.raises(RuleBroken, match="has not left"):
        preview_erasure(volunteer)
    assert held == []
    models.Volunteer.objects.update(status="left")
    preview_erasure(volunteer)
    assert held == ["erasures"]


def test_who_erases_in_a_larger_transaction_locks_also_where_the_name_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    contact, taken = quill(), list[Locks]()

    def noted(these: Locks, *, waits: bool = True) -> None:
        assert waits
        taken.append(these)

    monkeypatch.setattr(Locks, "take", noted)
    hold_what_names([contact])
    session = models.Session.objects.get()
    assert [each.of(models.Session) for each in taken] == [{session.pk}]
    assert [each.of(models.Visit) for each in taken] == [{session.visit_id}]


def test_who_merges_two_contacts_or_undoes_it_lets_no_erasure_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, order, by = quill(), list[Any](), factories.manager()
    double = models.Contact.objects.create(school=kept.school, name="Philippa Quill")
    visit = factories.VisitFactory(school=kept.school, contact=double)
    locks_of_query = QuerySet.select_for_update

    def noted(rows: Any, *args: Any, **kwargs: Any) -> Any:
        order.append(rows.model)
        return locks_of_query(rows, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", noted)
    merge = merge_people(kept, double, chosen=(), mark=None, by=by, now=NOW)
    visit.refresh_from_db()
    assert (visit.contact, order[:2]) == (kept, [models.Charity, models.Contact])
    order.clear()
    undo_merge(merge, by=by, now=NOW)
    assert order[:2] == [models.Charity, models.Merge]


def test_mails_are_locked_before_what_they_are_about_as_whoever_sends_them_does(monkeypatch: pytest.MonkeyPatch) -> None:
    former, order = factories.VolunteerFactory(status="left", left=date(2026, 11, 1)), list[str]()
    message = models.OutboxMessage.objects.create(key="a:1", to="x@example.org", subject="x", body="x", kind="offer")
    about = {"visit": factories.VisitFactory(), "known_by": "message", "facts": "x"}
    models.MessageAbout.objects.create(volunteer=former, message=message, **about)
    locks_of_query, deletes = QuerySet.select_for_update, QuerySet.delete

    def locked(rows: Any, *args: Any, **kwargs: Any) -> Any:
        order.append(f"lock {rows.model.__name__}")
        return locks_of_query(rows, *args, **kwargs)

    def deleted(rows: Any) -> Any:
        order.append(f"delete {rows.model.__name__}")
        return deletes(rows)

    monkeypatch.setattr(QuerySet, "select_for_update", locked)
    monkeypatch.setattr(QuerySet, "delete", deleted)
    erase(former, by=factories.manager(), now=NOW)
    assert not models.OutboxMessage.objects.exists()
    assert order.index("lock OutboxMessage") < order.index("delete OutboxMessage")


def test_the_visit_that_is_booked_again_is_locked_before_its_school(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced, order = factories.VisitFactory(), list[Any]()
    asked_for = factories.VisitFactory(school=replaced.school)
    locks_of_query = QuerySet.select_for_update

    def noted(rows: Any, *args: Any, **kwargs: Any) -> Any:
        order.append(rows.model)
        return locks_of_query(rows, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", noted)
    both = lock_to_book(replaced.school, reference=asked_for.reference, replaces=replaced)
    assert both == (asked_for, replaced, replaced.school)
    assert order == [models.Visit, models.School]
    assert locks.ORDER.index(models.Visit) < locks.ORDER.index(models.School)
    assert lock_to_book(replaced.school, reference="", replaces=None) == (None, None, replaced.school)
