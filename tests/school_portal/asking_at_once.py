"""What the racing processes of test_asking_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def confirm_in_turn(requests: list[int]) -> list[str]:
    """Confirm the requests, one after the other; the state of each afterwards."""
    from schools.models import VisitRequest
    from schools.visits.actions.requests import confirm_request

    rows = VisitRequest.objects.in_bulk(requests)
    return [confirm_request(rows[pk], now=NOW).state for pk in requests]


def ask_in_turn(numbers: list[int]) -> list[int]:
    """Ask so many times for a visit to a school that is in no register, in the same words; return the ids of the requests."""
    from schools.visits.actions.requests import Asking, ask_for_visit

    asking = Asking(
        school=None, school_name="Elm School", postcode="CA1 2AB", name="Pat", role="head", email="pat@elm.example.org"
    )
    return [ask_for_visit(asking, now=NOW).pk for _ in numbers]
