"""Everybody reads the charity's row as it is now, in whichever process it was changed, and no page asks a query more for it."""

import re
import threading

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from schools.charity.actions import keep_charity
from schools.charity.models import Charity
from schools.charity.notes import about_notes, about_staff
from schools.charity.queries import FIELDS, CharityFacts, _Kept, _of_request, current, kept_for_one_request
from tests import factories
from tests.portal.pages import client_of

pytestmark = pytest.mark.django_db


def changed_elsewhere(**values: object) -> None:
    """Change the row as another process does: nothing in this one is told of it."""
    assert Charity.objects.update(**values) == 1


def asked_for_the_charity(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return [query["sql"] for query in queries if "schools_charity" in query["sql"]]


def test_a_new_installation_has_the_row_and_its_defaults_are_those_of_no_row() -> None:
    assert current() == CharityFacts()
    assert current().brand == "Speakout"
    Charity.objects.all().delete()
    assert current() == CharityFacts()


def test_what_a_session_brings_along_is_what_the_row_says(client: Client) -> None:
    row = {
        "name": "Kind “Words” & Co", "address": "1 High Street\nKendal", "sender": "hello@kind.example.org",
        "reply_to": "office@kind.example.org", "safeguarding_phone": "+441539722000", "travel_km_per_hour": 33.25,
        "travel_detour": 1.45, "travel_minutes_around": 0.5, "cycle_years": 3, "most_pupils": 400,
        "distances_in": "km", "concern_name": "Mary Bell", "concern_phone": "+441539722001", "data_protection": "Tom Hale",
        "credentials": "Charity 1\nInsured",
    }  # fmt: skip
    assert row.keys() == set(FIELDS)
    changed_elsewhere(**row)
    client.force_login(factories.manager())
    with kept_for_one_request():
        assert client.session.get("_auth_user_id")
        with CaptureQueriesContext(connection) as queries:
            facts = current()
        assert not queries.captured_queries
        assert facts == CharityFacts(**row)  # type: ignore[arg-type]  # the values have the fields' types
    assert current() == facts


def test_a_change_in_another_process_counts_with_the_next_request() -> None:
    client = client_of(factories.able_volunteer(signs_in=True))
    for name in ("Kind Words", "Kinder Words"):
        changed_elsewhere(name=name)
        assert f'<a class="brand" href="/">{name}</a>' in re.sub(r"\s+", " ", client.get(reverse("me")).content.decode())


def test_a_page_reads_the_charity_with_the_session_of_whoever_is_signed_in() -> None:
    changed_elsewhere(name="Kind Words")
    client = client_of(factories.able_volunteer(signs_in=True))
    asked = asked_for_the_charity(client, reverse("me"))
    assert len(asked) == 1
    assert "django_session" in asked[0]
    manager = Client()
    manager.force_login(factories.manager())
    assert len(asked_for_the_charity(manager, reverse("admin:due"))) == 1


def test_a_strangers_page_reads_it_once() -> None:
    changed_elsewhere(name="Kind Words", address="1 High Street")
    assert len(asked_for_the_charity(Client(), reverse("account_login"))) == 1


def test_a_session_that_has_ended_lets_nobody_in_and_the_page_still_names_the_charity(client: Client) -> None:
    changed_elsewhere(name="Kind Words")
    client.force_login(factories.manager())
    BrowserSession.objects.update(expire_date=timezone.now())
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain
    assert "Kind Words" in answer.content.decode()


def test_what_is_stored_within_a_request_counts_in_the_rest_of_it() -> None:
    row = Charity.objects.get()
    with kept_for_one_request():
        assert current().name == ""
        row.name = "Kind Words"
        row.save()
        assert current().name == "Kind Words"


def test_requests_at_the_same_time_do_not_share_what_they_read() -> None:
    seen: list[_Kept | None] = []

    def other_request() -> None:
        with kept_for_one_request():
            seen.append(_of_request.get())

    with kept_for_one_request():
        mine = current()
        thread = threading.Thread(target=other_request)
        thread.start()
        thread.join(60)
        assert current() is mine
    assert [kept.facts for kept in seen if kept] == [None]


def test_there_is_one_row_and_keeping_it_twice_changes_nothing() -> None:
    changed_elsewhere(name="Kind Words")
    keep_charity()
    assert Charity.objects.get().name == "Kind Words"
    with pytest.raises(IntegrityError), transaction.atomic():
        Charity.objects.create(pk=2)


@pytest.mark.parametrize("name", ["Kind\r\nBcc: x@example.org", "Kind\nWords", "Kind\x00Words", "Kind\u2028Words"])
def test_a_name_that_would_break_a_mails_header_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Charity(name=name).full_clean(validate_unique=False, validate_constraints=False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cycle_years", 0), ("cycle_years", 11), ("most_pupils", 0), ("most_pupils", 1001), ("travel_detour", 0.9),
        ("travel_detour", 5.1), ("travel_km_per_hour", 0), ("travel_km_per_hour", 121), ("travel_minutes_around", -1),
        ("travel_minutes_around", 121),
    ],
)  # fmt: skip
def test_a_measure_that_cannot_be_right_is_refused_by_the_database_too(field: str, value: float) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        changed_elsewhere(**{field: value})


def test_where_no_number_stands_for_concerns_pages_say_the_next_one() -> None:
    changed_elsewhere(concern_name="Mary Bell", concern_phone="(erased)", safeguarding_phone="+441539722000")
    assert current().phone_for_concerns is None
    assert "01539 722000" in about_staff()
    changed_elsewhere(safeguarding_phone="(erased)")
    assert "duty number" in about_notes()
