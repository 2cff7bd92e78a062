"""Every page, periodic job and kind of message is led to its rows by indexes; which there are is asked of the program itself."""

import re
from datetime import datetime

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from schools.charity.queries import kept_for_one_request
from schools.messages.asking import write_draft
from schools.messages.kinds import Kind, all_kinds
from schools.messages.models import OutboxMessage
from schools.office.running.jobs import JOBS
from schools.running.clockwork import Clockwork
from schools.visits.models import Visit
from tests.audience import AUDIENCE, audience_of
from tests.house import assert_none, assert_stated
from tests.messages.world import MOMENTS
from tests.messages.world import World as WorldOfMessages
from tests.office.conftest import NOW
from tests.plans.allowed import ALLOWED
from tests.plans.planning import assert_led_by_indexes
from tests.plans.sizes import GROWS_AS, Sizes, national
from tests.plans.statements import Noted, noted, open_every_page, open_page
from tests.plans.worlds import addresses_with_a_secret, as_nation, filled
from tests.test_audience import World, world
from tests.test_house import named_urls

__all__ = ["as_nation", "filled", "world"]  # fixtures

OPENED_BY = "MCV"
"""The roles as whom every page is opened that is for them: all rows, those of an area, those of one's own."""

NOBODYS = {
    "sms", "language", "admin:", "admin:view_on_site", "openid_connect_callback",
    "mfa_deactivate_totp", "mfa_download_recovery_codes", "mfa_view_recovery_codes",
}  # fmt: skip
"""URLs that let nobody in here, so they have nothing to read."""


@pytest.mark.exhaustive
@pytest.mark.parametrize("role", list(OPENED_BY))
def test_every_page_reads_no_large_table_for_a_few_rows(role: str, filled: World, request: pytest.FixtureRequest) -> None:
    if role == "M":
        request.getfixturevalue("as_nation")
    statements: Noted = {}
    open_every_page(filled, role, statements)
    assert_led_by_indexes(statements)


@pytest.mark.exhaustive
def test_what_a_secret_opens_reads_no_large_table_for_a_few_rows(filled: World) -> None:
    statements: Noted = {}
    addresses = addresses_with_a_secret(filled)
    for name, (address, headers) in addresses.items():
        assert open_page(Client(headers=headers), name, address, statements), name
    assert_stated(
        {name for name in AUDIENCE if not audience_of(name)} - NOBODYS,
        addresses,
        add="Say in `addresses_with_a_secret` (tests/plans/worlds.py) how each is opened, or that nobody can (NOBODYS).",
        remove="People open these as themselves: take them out of `addresses_with_a_secret` (tests/plans/worlds.py).",
    )
    assert_led_by_indexes(statements)


def test_every_page_is_opened_by_somebody_here() -> None:
    assert_none(
        [name for name, _ in named_urls() if (audience := audience_of(name)) and not set(audience) & set(OPENED_BY)],
        to_do="Add a role that opens these to OPENED_BY (tests/plans/test_every_plan.py).",
    )


@pytest.mark.exhaustive
def test_every_periodic_job_reads_no_large_table_for_a_few_rows(filled: World) -> None:
    statements: Noted = {}
    with noted("job clock", statements):
        assert list(Clockwork(JOBS, clock=lambda: NOW).take_due())
    for job in JOBS:
        with transaction.atomic(), noted(f"job {job.name}", statements):
            job.run(lambda: NOW)
            transaction.set_rollback(True)
    assert_led_by_indexes(statements)


@pytest.mark.exhaustive
def test_every_kind_of_message_reads_no_large_table_for_a_few_rows(filled: World) -> None:
    WorldOfMessages().grow(1)
    statements: Noted = {}
    for kind in all_kinds():
        with transaction.atomic(), kept_for_one_request():
            _ask(kind, MOMENTS.get(kind.name, NOW), statements)
            transaction.set_rollback(True)
    assert_led_by_indexes(statements)


def _ask(kind: Kind, now: datetime, statements: Noted) -> None:
    """Ask what is due of everything, as the clock does; of a few visits, as a verb does; and of a message when it is sent."""
    visits = list(Visit.objects.values_list("pk", flat=True)[:3])
    with noted(f"kind {kind.name}", statements):
        drafts = list(kind.due(now, None))
        assert all(draft.mail for draft in drafts)
    with noted(f"verb {kind.name}", statements):
        if kind.is_woken:
            assert all(draft.mail for draft in kind.due(now, visits))
        for draft in drafts[:1]:
            if write_draft(kind, draft):
                kind.again(OutboxMessage.objects.get(key=draft.key), now)


def test_what_may_read_much_names_pages_jobs_and_kinds_that_there_are() -> None:
    senders = [name for name, _ in named_urls()]
    senders += [f"job {name}" for name in ("clock", *(job.name for job in JOBS))]
    senders += [f"{sender} {kind.name}" for sender in ("kind", "verb") for kind in all_kinds()]
    assert_none(
        [rule for rule in ALLOWED if not any(re.fullmatch(rule.pages, sender) for sender in senders)],
        to_do="There is no such page, job or kind of message: take each out of ALLOWED (tests/plans/allowed.py).",
    )


def test_tables_that_the_demo_leaves_empty_grow_as_some_that_it_fills() -> None:
    sizes, tables = Sizes(national()), {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert_none(GROWS_AS.keys() - tables, to_do="There is no such table: take each out of GROWS_AS (tests/plans/sizes.py).")
    assert_none(
        [f"{table} as {other}" for table, other in GROWS_AS.items() if not sizes.rows_of(other)],
        to_do="Name a table of tests/plans/national.csv in GROWS_AS (tests/plans/sizes.py).",
    )
