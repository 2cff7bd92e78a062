"""Who may open each URL is stated, and a new one without a statement fails; tests/test_every_page.py opens them as each role."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, reverse
from pytest_django.fixtures import Settings

from schools import models
from schools.directory.accesses import token_of as token_of_access
from schools.messages.opting_out import token_of
from schools.visits.new_contacts import token_of_new_contact
from schools.visits.request_links import token_of_request
from speakout.settings.base import oidc_provider
from tests import factories
from tests.audience import AUDIENCE, QUERIES, TABLES, audience_of
from tests.house import assert_none, assert_stated
from tests.office.conftest import NOW, rows_in
from tests.portal.links import path_to
from tests.school_portal.asking import open_the_door
from tests.test_house import PUBLIC, named_urls

OF_VISIT = (
    "school-visit",
    "school-change",
    "school-pack",
    "school-pack-file",
    "school-certificate",
    "school-contact",
    "school-roll",
    "school-site",
)
"""The pages that the link to a visit opens."""


@dataclass(frozen=True)
class World:
    """One row of every table in an area, and a person of each role."""

    rows: dict[type[Model], Model]
    open_visit: models.Visit
    people: dict[str, models.User | None]
    volunteer: models.Volunteer
    """The volunteer on the session."""
    table_run: models.ImportRun
    """An import of contacts that the coordinator of the area asked for."""


@pytest.fixture
def world(db: None, settings: Settings) -> Iterator[World]:
    cache.clear()
    settings.SOCIALACCOUNT_PROVIDERS = oidc_provider({"server": "https://127.0.0.1:1", "client": "", "secret": ""}, "Microsoft")
    with time_machine.travel(NOW, tick=False):
        area, other = factories.AreaFactory(name="Cumberland"), factories.AreaFactory(name="Northamptonshire")
        manager = factories.manager()
        rows = rows_in(area, by=manager)
        open_the_door()  # so that schools can ask for a visit
        volunteer = factories.able_volunteer(area, signs_in=True)
        factories.CoverFactory(session=rows[models.Session], volunteer=volunteer)
        open_session = factories.SessionFactory(visit__school=rows[models.School], starts=time(13), ends=time(13, 30))
        people = {
            "M": manager,
            "C": factories.coordinator_of(area),
            "O": factories.coordinator_of(other),
            "A": factories.analyst(),
            "V": volunteer.user,
            "S": None,
        }
        table_run = models.ImportRun.objects.create(
            register="contacts", file_name="contacts.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW, asked_by=people["C"]
        )
        yield World(rows, open_session.visit, people, volunteer, table_run)


def is_let_in(answer: Any) -> bool:
    """Whether the page was shown, or something was done; not where one is led to sign in or told that it is another's page."""
    if answer.status_code == 302:
        return not answer.headers["Location"].startswith((reverse("account_login"), reverse("admin:login")))
    shown = {template.name for template in getattr(answer, "templates", ())}
    assert answer.status_code in {200, 400, 401, 403, 404, 405, 409}, answer.status_code
    return answer.status_code not in {401, 403, 404} and "portal/no_volunteer.html" not in shown


def access_to_dates(world: World) -> models.SchoolAccess:
    """The access of somebody at the school to which dates were offered."""
    contact = world.rows[models.SchoolAccess].contact  # type: ignore[attr-defined]  # it is one
    given = {"email": contact.email, "expires": NOW.date().replace(year=2027)}
    return models.SchoolAccess.objects.get_or_create(contact=contact, purpose="dates", defaults=given)[0]


def somebody_named(visit: models.Visit) -> models.SchoolAnswer:
    """Whom the school has named in place of whoever is written to."""
    given = {"words": "Sam Hill\nbursar\nsam@school.example.org", "given_by": "Pat", "at": NOW}
    about = {"visit": visit, "school": visit.school, "item": "contact", "state": "open"}
    return models.SchoolAnswer.objects.get_or_create(**about, defaults=given)[0]


def token_for(name: str, world: World) -> str:
    """The token that the URL takes; signed for this one alone, as hundreds of addresses are made."""
    rows: Any = world.rows
    visit = rows[models.Visit]
    if name in OF_VISIT:
        return token_of_access(rows[models.SchoolAccess], visit.pk, visit.school_id)
    if name == "school-dates":
        return token_of_access(access_to_dates(world), rows[models.OfferedDates].pk)
    if name == "school-contact-confirm":
        return token_of_new_contact(somebody_named(visit))
    if name == "ask-confirm":
        return token_of_request(rows[models.VisitRequest])
    return token_of("near-you", rows[models.Volunteer].pk)


# Longer than 40 lines: it names the row behind each part of an address.
def address_of(name: str, pattern: URLPattern, world: World) -> str:
    """An address under the URL, of the rows of the world."""
    session, visit = world.rows[models.Session], world.rows[models.Visit]
    assert isinstance(session, models.Session)
    assert isinstance(visit, models.Visit)
    if name == "take":
        visit = world.open_visit
    # What stands in the path of a folder of theirs: a number, and the provider of the charity's accounts.
    if name in {"mfa_edit_webauthn", "mfa_remove_webauthn"}:
        return reverse(name, args=[1])
    if name in {"openid_connect_login", "openid_connect_callback"}:
        return reverse(name, args=["charity"])
    if name == "admin:":
        return "/admin/no-such-page/"
    if name == "answer":
        return path_to(world.volunteer, [session])  # they are down for it, so a yes changes nothing
    values: dict[str, Any] = {
        "visit_id": visit.pk,
        "session_id": session.pk,
        "batch_id": world.rows[models.Batch].pk,
        "kind": "volunteer",
        "nation": "england",
        "group_kind": "trust",
        "code": "2044",
        "person_id": world.volunteer.pk,
        "recovery_id": world.rows[models.Recovery].pk,
        "user_id": world.rows[models.Recovery].user_id,  # type: ignore[attr-defined]  # it is one
        "access_id": world.rows[models.SubjectAccess].pk,
        "erasure_id": world.rows[models.Erasure].pk,
        **dict.fromkeys(("volunteer_id", "kept_id", "gone_id"), world.rows[models.Volunteer].pk),
        "message_id": world.rows[models.OutboxMessage].pk,
        "merge_id": world.rows[models.Merge].pk,
        "school_id": visit.school_id,
        "request_id": world.rows[models.VisitRequest].pk,
        "store_id": world.rows[models.Store].pk,
        "piece_id": world.rows[models.Piece].pk,
        "material_id": world.rows[models.Material].pk,
        "authority_id": visit.school.authority_id,
        "area_id": world.rows[models.Area].pk,
        "day": session.day,
        "return_id": world.rows[models.Return].pk,
        "publication_id": world.rows[models.Publication].pk,
        "run_id": (world.table_run if name == "admin:import-run" else world.rows[models.ImportRun]).pk,
        "content_type_id": ContentType.objects.get_for_model(models.School).pk,
        "object_id": visit.school_id,
        "key": {"admin:message-text": "shared.hello", "admin:public-text": "privacy"}.get(name, "a-key"),
        "secret": "a-secret",
        "token": token_for(name, world),
        "name": "office",
        "away_id": 1,
        "item_id": world.rows[models.PackItem].pk,
        "uidb36": "1",
        "app_label": "schools",
    }
    if found := re.match(r"admin:(schools|auth)_([a-z]+)_(\w+)", name):
        row: Any = world.rows[apps.get_model(found[1], found[2])]
        if found[3] == "simple_history":  # its pattern has numbers in place of names
            return reverse(name, args=[row.pk, row.history.first().pk])
        values["object_id"] = row.pk
    return reverse(name, kwargs={one: values[one] for one in pattern.pattern.regex.groupindex}) + QUERIES.get(name, "")


def test_every_url_has_a_stated_audience() -> None:
    found = {name for name, _ in named_urls()}
    assert_none(
        [name for name in sorted(found) if audience_of(name) is None],
        to_do="State who may open each: a URL in AUDIENCE, the pages of a table in TABLES (tests/audience.py).",
    )
    assert_none(AUDIENCE.keys() - found, to_do="There is no such URL: take each out of AUDIENCE (tests/audience.py).")
    assert_stated(
        {name.partition("_")[2].removesuffix("_changelist") for name in found if name.endswith("_changelist")},
        TABLES,
        add="State who may open the pages of each table in TABLES (tests/audience.py).",
        remove="The office has no such table: take each out of TABLES (tests/audience.py).",
    )


def test_a_stranger_opens_only_what_is_public() -> None:
    assert_none(
        {name for name, _ in named_urls() if "S" in (audience_of(name) or "")} - PUBLIC,
        to_do="Take S (a stranger) out of its audience in tests/audience.py, or add it to PUBLIC in tests/test_house.py.",
    )


def test_where_a_stranger_is_not_let_in_they_are_led_to_sign_in(client: Client, world: World) -> None:
    for name, pattern in named_urls():
        if name not in PUBLIC:
            answer = client.get(address_of(name, pattern, world))
            assert answer.status_code == 302, f"{name}: lead strangers to the sign-in, or add it to PUBLIC in tests/test_house.py"
            assert answer.headers["Location"].startswith((reverse("account_login"), reverse("admin:login"))), name
