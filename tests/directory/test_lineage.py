"""Chains and lineages agree with a naive computation, whatever the links and their order."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.directory.lineage import Kin, Link, kin_of
from schools.directory.models import LinkKind

IDS = st.integers(1, 9)
LINKS = st.lists(st.builds(Link, IDS, IDS, st.sampled_from(LinkKind.values), st.booleans()), max_size=14)


def groups_of(pairs: list[tuple[int, int]], schools: set[int]) -> dict[int, set[int]]:
    """Who hangs together with whom: everybody's friends' friends, until nothing changes."""
    friends = {school: {school} for school in schools}
    while True:
        grown = {school: {f for friend in known for f in friends[friend]} for school, known in friends.items()}
        for one, other in pairs:
            grown[one].add(other)
            grown[other].add(one)
        if grown == friends:
            return friends
        friends = grown


def naive(links: list[Link]) -> dict[int, Kin]:
    schools = {school for link in links for school in (link.predecessor, link.successor)}
    real = [link for link in links if link.kind != "feeder" and link.predecessor != link.successor]
    one_to_one = [
        (link.predecessor, link.successor)
        for link in real
        if link.kind == "successor"
        and link.in_turn
        and {other.successor for other in real if other.predecessor == link.predecessor} == {link.successor}
        and {other.predecessor for other in real if other.successor == link.successor} == {link.predecessor}
    ]
    chains = groups_of(one_to_one, schools)
    lineages = groups_of([(link.predecessor, link.successor) for link in links], schools)
    lowest = [{school: min(group) if len(group) > 1 else None for school, group in kin.items()} for kin in (chains, lineages)]
    return {school: Kin(lowest[0][school], lowest[1][school]) for school in schools}


@given(LINKS)
def test_chains_and_lineages_agree_with_a_naive_computation(links: list[Link]) -> None:
    assert kin_of(links) == naive(links)


@given(LINKS, st.randoms(use_true_random=False))
def test_the_order_of_links_makes_no_difference(links: list[Link], chance: random.Random) -> None:
    shuffled = [*links, *links]
    chance.shuffle(shuffled)
    assert kin_of(shuffled) == kin_of(links)


@given(LINKS)
def test_a_chain_lies_in_one_lineage(links: list[Link]) -> None:
    kin = kin_of(links)
    for school in kin.values():
        assert school.chain is None or school.lineage == kin[school.chain].lineage


@pytest.mark.parametrize(
    ("links", "kin"),
    [
        ([(1, 2, "successor")], {1: (1, 1), 2: (1, 1)}),
        ([(5, 3, "successor"), (3, 9, "successor")], {3: (3, 3), 5: (3, 3), 9: (3, 3)}),
        ([(1, 3, "successor"), (2, 3, "successor")], {1: (None, 1), 2: (None, 1), 3: (None, 1)}),
        ([(1, 2, "successor"), (1, 3, "successor")], {1: (None, 1), 2: (None, 1), 3: (None, 1)}),
        ([(1, 3, "merged"), (2, 3, "successor")], {1: (None, 1), 2: (None, 1), 3: (None, 1)}),
        ([(1, 2, "amalgamated")], {1: (None, 1), 2: (None, 1)}),
        ([(1, 3, "merged"), (2, 3, "merged"), (3, 4, "successor")], {1: (None, 1), 2: (None, 1), 3: (3, 1), 4: (3, 1)}),
        ([(1, 2, "feeder"), (1, 3, "successor")], {1: (1, 1), 2: (None, 1), 3: (1, 1)}),
        ([(1, 2, "successor"), (2, 3, "successor"), (3, 1, "successor")], {1: (1, 1), 2: (1, 1), 3: (1, 1)}),
        ([(4, 4, "successor")], {4: (None, None)}),
    ],
)
def test_conversions_make_chains_and_all_else_joins_lineages(
    links: list[tuple[int, int, str]], kin: dict[int, tuple[int | None, int | None]]
) -> None:
    assert kin_of([Link(*link) for link in links]) == {school: Kin(*both) for school, both in kin.items()}


def test_a_successor_that_was_open_before_the_other_closed_is_no_conversion_of_it() -> None:
    assert kin_of([Link(1, 2, "successor", in_turn=False)]) == {1: Kin(None, 1), 2: Kin(None, 1)}


def test_a_very_long_chain_is_worked_out_without_recursion() -> None:
    links = [Link(number, number + 1, "successor") for number in range(1, 5001)]
    assert set(kin_of(links).values()) == {Kin(1, 1)}
