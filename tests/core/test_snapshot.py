"""What a snapshot remembers, and when it forgets."""

from collections.abc import Sequence

import pytest

from schools.core.snapshot import once, once_each, snapshot

pytestmark = pytest.mark.django_db

calls: list[tuple[str, int]] = []


@once
def _names(prefix: str, *, number: int = 0) -> list[str]:
    calls.append((prefix, number))
    return [f"{prefix}{number}"]


@once_each
def _lengths(words: Sequence[str]) -> list[int]:
    calls.append((" ".join(words), len(words)))
    return [len(word) for word in words]


@pytest.fixture(autouse=True)
def _forget() -> None:
    calls.clear()


def test_a_question_is_answered_once_in_a_snapshot_for_the_same_arguments() -> None:
    with snapshot():
        assert _names("a") == ["a0"]
        with snapshot():
            assert (_names("a"), _names("a", number=1), _names("b")) == (["a0"], ["a1"], ["b0"])
        assert _names("a") is _names("a")
    assert calls == [("a", 0), ("a", 1), ("b", 0)]


def test_the_next_snapshot_asks_again_and_so_does_a_question_outside() -> None:
    for _ in range(2):
        with snapshot():
            _names("a")
    _names("a")
    _names("a")
    assert calls == [("a", 0)] * 4


def test_of_several_things_those_that_have_no_answer_yet_are_asked_together() -> None:
    with snapshot():
        assert _lengths(["a", "bb", "a"]) == [1, 2, 1]
        assert _lengths(("bb", "ccc", "a", "dddd")) == [2, 3, 1, 4]
        assert _lengths([]) == []
    assert _lengths(["a", "a"]) == [1, 1]
    assert calls == [("a bb", 2), ("ccc dddd", 2), ("a a", 2)]


def _fails_in_a_snapshot() -> None:
    with snapshot():
        _names("a")
        raise ZeroDivisionError


def test_an_answer_is_forgotten_too_where_the_snapshot_ends_with_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        _fails_in_a_snapshot()
    _names("a")
    assert calls == [("a", 0)] * 2
