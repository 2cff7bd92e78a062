"""What a reminder tells nothing new to is judged by the address that reads it now."""

from schools.visits.knowledge import Knowledge
from schools.visits.queries.known import Known
from schools.visits.queries.standings import AGREED, CANCELLED, Standing

PAIR = (1, 2)


def standing(stands: str) -> Standing:
    return Standing(7, "2026-12-17", "09:00:00", "10:00:00", 0, stands, "", 0)


def test_a_mail_without_an_answer_keeps_the_reminder_from_a_reader_at_another_address_alone() -> None:
    may_believe: dict[str, dict[int, list[Standing | None]]] = {"nia@oak.example.org": {}, "": {7: [standing(CANCELLED)]}}
    known = Known({7: standing(AGREED)}, 1, frozenset(), doubts_elsewhere=may_believe)
    knowledge = Knowledge({PAIR: known}, {PAIR: {7: standing(AGREED)}})
    assert knowledge.has(PAIR, [7])
    assert knowledge.has(PAIR, [7], to="Nia@oak.example.org")
    assert not knowledge.has(PAIR, [7], to="zoe@oak.example.org")
