"""Many at once on the same stores and pieces: whatever the order, the ledger holds."""

from uuid import uuid4

import pytest
from django.db.models import Sum

from schools import models
from schools.materials.queries import stock_of
from tests import factories
from tests.materials.racing import NOW, choose, move_count_and_use, send, take_all
from tests.materials.stores import a_material, received, store_in
from tests.processes import together


@pytest.mark.django_db(transaction=True)
def test_moves_counts_and_outcomes_at_once_leave_a_ledger_that_holds() -> None:
    area, by = factories.AreaFactory(), factories.manager()
    stores, sticker = (store_in(area), store_in(area)), a_material()
    for store in stores:
        received(store, sticker, 30)
    sessions = [factories.SessionFactory(visit__school=factories.SchoolFactory(area=area)) for _ in range(4)]
    pks = tuple(store.pk for store in stores)
    refused = together(move_count_and_use, [(n, pks, sticker.pk, one.pk, by.pk) for n, one in enumerate(sessions)])
    assert all("cannot leave it" in reason for reasons in refused for reason in reasons), refused
    lines = models.Movement.objects
    moved = lines.filter(kind="moved").order_by().values("transfer")
    assert {tuple(sum_of.values()) for sum_of in moved.annotate(sum=Sum("quantity")).values("sum")} == {(0,)}
    assert lines.filter(kind="used").count() == len(sessions)
    assert lines.filter(kind="used").aggregate(sum=Sum("quantity"))["sum"] == -7 * len(sessions)
    running: dict[int, int] = {}
    for line in lines.order_by("pk"):
        running[line.store_id] = running.get(line.store_id, 0) + line.quantity
    assert stock_of() == {(store, sticker.pk): pieces for store, pieces in running.items()}
    assert min(running.values()) >= 0


@pytest.mark.django_db(transaction=True)
def test_what_is_there_once_is_taken_once() -> None:
    area, by = factories.AreaFactory(), factories.manager()
    store, other, sticker = store_in(area, name="Office"), store_in(area), a_material()
    received(store, sticker, 40)
    answers = together(take_all, [(store.pk, other.pk, sticker.pk, by.pk)] * 3)
    assert sorted(answers) == [
        *["Office has 10 of “Sticker”, so 30 cannot leave it. Take fewer, or count the store first."] * 2,
        "moved",
    ]


@pytest.mark.django_db(transaction=True)
def test_one_piece_on_one_day_goes_to_one_visit() -> None:
    from schools.materials.actions import receive_pieces

    area = factories.AreaFactory()
    puppet = a_material("Puppet", kind="equipment")
    [bear] = receive_pieces(store_in(area), puppet, ["Bear"], day=NOW.date(), by=factories.manager(), now=NOW)
    sessions = [factories.SessionFactory(visit__school=factories.SchoolFactory(area=area)) for _ in range(3)]
    answers = together(choose, [(session.pk, bear.pk) for session in sessions])
    assert answers.count("chosen") == 1
    assert sum("Puppet Bear is at" in answer for answer in answers) == len(sessions) - 1
    assert models.PieceBooking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_form_that_arrives_several_times_at_once_is_written_once() -> None:
    store, sticker, by = store_in(factories.AreaFactory()), a_material(), factories.manager()
    for _ in range(4):
        key = str(uuid4())
        assert sorted(together(send, [(store.pk, sticker.pk, by.pk, key)] * 3)) == ["already", "already", "written"]
    assert list(models.Movement.objects.values_list("quantity", flat=True)) == [9] * 4
