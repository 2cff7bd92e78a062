"""Whether a visit of a half-day can be staffed beside all others, by different people: plain values in, plain values out."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """So many different people are needed out of these, by their ids."""

    people: int
    who: Collection[int]


def is_served_beside(need: Need, others: Sequence[Need]) -> bool:
    """Return whether the need gets all of its people once the others have as many different people as they can have at all.

    Each place is filled in turn, the others' first, and people who have one already move on to another where that frees them.
    What cannot be filled so cannot be filled at all, and no place that was filled is given up (Berge's theorem on augmenting
    paths): so this one takes nobody whom the others lack.
    """
    needs, placed = [*others, need], dict[int, int]()
    served = [all(_one_more(needs, number, placed) for _ in range(each.people)) for number, each in enumerate(needs)]
    return served[-1]


def _one_more(needs: Sequence[Need], number: int, placed: dict[int, int]) -> bool:
    """Find one more person for the need of this number; `placed` says who is at which need, and is changed."""
    found_by: dict[int, int] = {}
    given_up: dict[int, int] = {}  # by need: whom it would give up, so that the need before it gets them
    to_look_at = deque([number])
    while to_look_at:
        need = to_look_at.popleft()
        for person in needs[need].who:
            if person in found_by:
                continue
            found_by[person] = need
            if person not in placed:
                _move_on(person, number, found_by, given_up, placed)
                return True
            beside = placed[person]
            if beside != number and beside not in given_up:
                given_up[beside] = person
                to_look_at.append(beside)
    return False


def _move_on(person: int, number: int, found_by: dict[int, int], given_up: dict[int, int], placed: dict[int, int]) -> None:
    """Place the free person where somebody leaves, who goes to the next need, until the need of this number has one more."""
    need = found_by[person]
    placed[person] = need
    while need != number:
        person = given_up[need]
        need = found_by[person]
        placed[person] = need
