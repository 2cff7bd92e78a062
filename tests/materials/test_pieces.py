"""Equipment: which piece is where, who has it that day, what is handed from visit to visit."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools import models
from schools.core.errors import RuleBroken
from schools.materials import actions
from schools.materials.queries import Claim, booked_twice, contested, fetched_from, hand_overs, things_to_bring
from tests import factories
from tests.factories import DAY
from tests.materials.stores import a_material, store_in
from tests.materials.wants import NOW, TODAY, a_puppet, a_session, needs, reasons


def test_equipment_that_nobody_chose_is_lacking(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    session = a_session(area)
    assert reasons() == ["No “Puppet” is chosen yet. Choose 1."]
    assert actions.choose_free_pieces(session, [(bear.material, 1)], area=area.pk) == 1
    assert reasons() == []


def test_a_piece_is_refused_where_another_visit_has_it_that_day(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    first, second = a_session(area), a_session(area)
    again = a_session(area, visit=first.visit, starts="11:00", ends="11:30")
    actions.choose_pieces(first, bear.material, [bear])
    actions.choose_pieces(again, bear.material, [bear])
    with pytest.raises(RuleBroken) as broken:
        actions.choose_pieces(second, bear.material, [bear])
    assert broken.value.reasons == [f"Puppet Bear is at {first.visit.school} on Thu 26 November 2026. Choose another one."]
    assert actions.choose_free_pieces(second, [(bear.material, 1)], area=area.pk) == 0
    actions.choose_pieces(first, bear.material, [])
    actions.choose_pieces(again, bear.material, [])
    actions.choose_pieces(second, bear.material, [bear])


def test_a_window_of_days_counts_whole(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    actions.choose_pieces(a_session(area, until_day=DAY + timedelta(days=5)), bear.material, [bear])
    with pytest.raises(RuleBroken, match="Choose another one"):
        actions.choose_pieces(a_session(area, day=DAY + timedelta(days=5)), bear.material, [bear])
    actions.choose_pieces(a_session(area, day=DAY + timedelta(days=6)), bear.material, [bear])


def test_a_move_that_makes_two_visits_want_one_piece_is_listed(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    first, second = a_session(area), a_session(area, day=DAY + timedelta(days=1))
    for session in (first, second):
        actions.choose_pieces(session, bear.material, [bear])
    assert list(booked_twice(models.Session.objects.all(), TODAY)) == []
    models.Session.objects.filter(pk=second.pk).update(day=DAY)
    assert set(booked_twice(models.Session.objects.all(), TODAY)) == {first, second}
    assert set(reasons()) == {
        "Puppet Bear is at another visit on Thu 26 November 2026 too. Choose another one, or move one of the visits."
    }
    models.Visit.objects.filter(pk=second.visit_id).update(stage="cancelled", cancelled_code="school")
    assert list(booked_twice(models.Session.objects.all(), TODAY)) == []


def test_a_piece_that_another_area_has_is_at_two_visits(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    here, there = a_session(area), a_session(factories.AreaFactory(), day=DAY + timedelta(days=1))
    for session in (here, there):
        actions.choose_pieces(session, bear.material, [bear])
    models.Session.objects.filter(pk=there.pk).update(day=DAY - timedelta(days=20), until_day=DAY)
    assert list(booked_twice(models.Session.objects.filter(pk=here.pk), TODAY)) == [here]
    assert list(booked_twice(models.Session.objects.filter(pk=here.pk), DAY + timedelta(days=1))) == []
    [reason] = reasons(areas=models.Area.objects.filter(pk=area.pk))
    assert reason.startswith("Puppet Bear is at another visit on Thu 26 November 2026 too.")


def test_a_window_that_is_open_already_has_its_piece(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    session = a_session(area)
    actions.choose_pieces(session, bear.material, [bear])
    models.Session.objects.filter(pk=session.pk).update(day=TODAY - timedelta(days=2), until_day=DAY)
    assert reasons() == []


CLAIMS = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(0, 9), st.integers(0, 4)), max_size=12)


@given(CLAIMS)
def test_contested_pieces_are_those_that_two_visits_have_on_one_day(asked: list[tuple[int, int, int, int]]) -> None:
    every = [
        Claim(number, piece, visit, number, TODAY + timedelta(days=first), TODAY + timedelta(days=first + more))
        for number, (piece, visit, first, more) in enumerate(asked)
    ]
    days = [(one, one.day + timedelta(days=n)) for one in every for n in range((one.ends_on - one.day).days + 1)]
    naive = {
        one for one, day in days for other, same in days if day == same and one.piece == other.piece and one.visit != other.visit
    }
    assert contested(every) == sorted(naive)


def test_a_piece_that_is_lost_is_lacking(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    actions.choose_pieces(a_session(area), bear.material, [bear])
    actions.lose(office, bear.material, 1, piece=bear, day=TODAY, by=factories.manager(), now=NOW)
    assert reasons() == ["Puppet Bear is lost. Choose another one, or write down where it was found."]


def test_a_hand_over_is_a_line_on_both_sides(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    days = (DAY, DAY + timedelta(days=1), DAY + timedelta(days=20))
    first, second, third = (a_session(area, day=day) for day in days)
    for session in (first, second, third):
        actions.choose_pieces(session, bear.material, [bear])
    told = [(over.before, over.after) for session in (first, second, third) for over in hand_overs([session])]
    assert told == [(None, second), (first, None), (None, None)]


def test_what_goes_on_to_the_next_visit_does_so_when_the_first_was_reported(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    first, second = a_session(area), a_session(area, day=DAY + timedelta(days=3))
    for session in (first, second):
        actions.choose_pieces(session, bear.material, [bear])
    models.Session.objects.filter(pk=first.pk).update(stage="delivered", went_ahead="yes", recorded_at=NOW)

    def comes_from() -> tuple[Any, ...]:
        [over] = hand_overs([second])
        [passing] = things_to_bring([second], on=DAY).passing
        return over.before, passing.before and passing.before.day, fetched_from(office, [second.pk])

    assert comes_from() == (first, first.day, [])
    actions.lose(
        office, bear.material, 1, piece=bear, day=DAY + timedelta(days=1), by=factories.manager(), now=NOW + timedelta(days=4)
    )
    assert hand_overs([second])[0].before is None, "the ledger knows of it since"


def test_equipment_is_fetched_where_it_is_and_not_where_it_belongs_or_comes_from_another_visit(
    area: models.Area, office: models.Store
) -> None:
    puppet = needs(a_material("Puppet", kind="equipment"), per="session")
    when: dict[str, Any] = {"day": TODAY, "by": factories.manager(), "now": NOW}
    [bear] = actions.receive_pieces(office, puppet, ["Bear"], **when)
    hall = store_in(area, name="Hall")
    first, second = a_session(area), a_session(area, day=DAY + timedelta(days=1))
    for session in (first, second):
        actions.choose_pieces(session, puppet, [bear])

    def fetched() -> tuple[list[Any], ...]:
        pks = [first.pk, second.pk]
        return tuple([booking.session for booking in fetched_from(store, pks)] for store in (office, hall))

    assert fetched() == ([first], [])
    actions.transfer(office, hall, puppet, 1, piece=bear, **when)
    assert fetched() == ([], [first])
    assert [line.stores for session in (first, second) for line in things_to_bring([session], on=TODAY).lines] == [(hall,), ()]
    actions.lose(hall, puppet, 1, piece=bear, **when)
    assert fetched() == ([], [])
    assert [(line.stores, line.labels) for line in things_to_bring([first], on=TODAY).lines] == [((), ())]
