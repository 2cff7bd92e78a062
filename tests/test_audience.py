"""Every URL as every role: who may open it is stated here, and a new URL without a statement fails."""

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

from schools import models
from tests import factories
from tests.house import assert_none, assert_stated
from tests.office.conftest import NOW, rows_in
from tests.test_house import PUBLIC, named_urls

ROLES = {
    "M": "manager",
    "C": "coordinator of the area",
    "O": "coordinator of another area",
    "A": "analyst",
    "V": "volunteer on the session",
    "S": "stranger",
}
"""The rows of the test's world are in the area of C; where a URL is of V's own, V covers the session."""

QUERIES = {"admin:autocomplete": "?app_label=schools&model_name=contact&field_name=school"}
"""What a URL needs to be asked with."""

EVERYBODY = "MCOAVS"
SIGNED_IN = "MCOAV"
STAFF = "MCOA"

AUDIENCE = {
    # The portal: people who volunteer; others read that these pages are not theirs.
    "home": "V",
    "open-list": "V",
    "take": "V",
    "morning": "V",
    "give-back": "V",
    "told": "V",
    "session-detail": "V",
    "session-outcome": "V",
    "swap": "V",
    "calendar": "V",
    "calendar-address": SIGNED_IN,  # by POST alone: anything else is refused before it is asked who it is
    "week": "V",
    "away": "V",
    "away-end": SIGNED_IN,  # likewise
    "profile": "V",
    "agreement": "V",
    "me": SIGNED_IN,
    "change-address": SIGNED_IN,
    "language": "",  # no page until there is a second language
    "my-data-json": SIGNED_IN,
    "my-data-csv": SIGNED_IN,
    "invitation": EVERYBODY,  # the secret in the link lets in
    "address-change": EVERYBODY,
    "manifest": EVERYBODY,
    "service-worker": EVERYBODY,
    "phone": EVERYBODY,  # it holds nothing; the phone fills it
    "phone-token": EVERYBODY,
    "calendar-feed": "",  # nobody here has made an address
    # The office's own pages.
    "admin:index": STAFF,
    "admin:book": "MCO",
    "admin:calendar": "MCO",
    "admin:calendar-ics": "MCO",
    "admin:due": "MCO",
    "admin:due-csv": "MCO",
    "admin:log-talk": "MC",
    "admin:book-at": "MC",
    "admin:visit-detail": "MC",
    "admin:visit-day": "MC",
    "admin:tally-sheet": "MC",
    "admin:visit-edit": "MC",
    "admin:visit-move": "MC",
    "admin:visit-add": "MC",
    "admin:session-edit": "MC",
    "admin:tell": "MCO",
    "admin:bulk": "MCO",
    "admin:bulk-confirm": "MCO",
    "admin:bulk-snow": "MCO",
    "admin:bulk-reassign": "MCO",
    "admin:bulk-hand-over": "M",
    "admin:bulk-chase": "MCO",
    "admin:batch": "M",  # the managers, and whoever did it
    "admin:volunteer-detail": "MC",
    "admin:duplicates": "MCO",
    "admin:merge": "MC",
    "admin:merged": "MC",
    "admin:session-detail": "MC",
    "admin:session-outcome": "MC",
    # Stock: stores, pieces and sessions are the coordinator's own; the lists open with their own rows.
    "admin:session-kit": "MC",
    "admin:parcels": "MC",
    "admin:stock": "MCO",
    "admin:store-stock": "MC",
    "admin:stock-take": "MC",
    "admin:picking-list": "MC",
    "admin:picking-csv": "MC",
    "admin:material-story": "MCO",
    "admin:equipment": "MCO",
    "admin:piece": "MC",
    "admin:labels": "MCO",
    "admin:shortages": "MCO",
    "admin:forecast": "MCO",
    "admin:materials-used": "MCO",
    "admin:materials-used-csv": "MCO",
    "admin:school-detail": "MC",
    "admin:registers": "M",
    "admin:register-run": "M",
    "admin:reach": STAFF,  # a coordinator's own areas
    "admin:reach-csv": STAFF,
    "admin:reach-xlsx": STAFF,
    "admin:reach-behind": STAFF,  # lines of their own areas
    "admin:reach-pictures": STAFF,
    "admin:reach-cold-spots": STAFF,
    "admin:doubts": "MCO",
    "admin:reach-readers": "M",
    "admin:returns": STAFF,  # of the areas that one may see
    "admin:return-detail": "MCA",
    "admin:return-close": "M",
    "admin:return-sign-off": "MC",
    "admin:return-figures": "MCA",
    "admin:return-sessions": "MCA",
    "admin:reach-sessions-csv": STAFF,
    "admin:reach-sessions-xlsx": STAFF,
    "admin:authority-move": "M",
    # What the stock admin has beside its tables.
    "admin:app_list": "MCO",
    "admin:autocomplete": "MCO",
    "admin:jsi18n": STAFF,
    "admin:login": STAFF,  # who is signed in goes on; a stranger is led to the sign-in page
    "admin:logout": SIGNED_IN,
    "admin:password_change": STAFF,
    "admin:password_change_done": STAFF,
    "admin:view_on_site": "",  # no row has a page outside the office
    "admin:": "",  # what is none of the above
    # Signing in; pages with nothing to do there lead on.
    "account_change_password": SIGNED_IN,
    "account_confirm_email": EVERYBODY,
    "account_confirm_login_code": SIGNED_IN,
    "account_email": SIGNED_IN,
    "account_email_verification_sent": EVERYBODY,
    "account_inactive": EVERYBODY,
    "account_login": EVERYBODY,
    "account_logout": SIGNED_IN,
    "account_reauthenticate": SIGNED_IN,
    "account_request_login_code": EVERYBODY,
    "account_reset_password": EVERYBODY,
    "account_reset_password_done": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY,
    "account_reset_password_from_key_done": EVERYBODY,
    "account_set_password": SIGNED_IN,
    "account_signup": EVERYBODY,  # says that it is closed
    "mfa_activate_totp": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_authenticate": SIGNED_IN,
    "mfa_deactivate_totp": "",  # nobody here has a second factor yet
    "mfa_download_recovery_codes": "",
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_login_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,  # asks for the password again first
    "mfa_edit_webauthn": SIGNED_IN,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "usersessions_list": SIGNED_IN,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_view_recovery_codes": "",
    "health": EVERYBODY,
    "reach-json": "",  # a program's token lets in, nobody's session
}
"""Who may open a URL, by its name."""

TABLES = {
    "accepted": "MCO - MC -",
    "addresschange": "M - M -",
    "agreement": "MCO M MCO -",
    "apitoken": "M - M -",
    "apiuse": "M - M -",
    "area": "MCO M MC -",
    "areaauthority": "MCO - MC -",
    "areacoordinator": "MCO M MC M",
    "authority": "MCO M MC -",
    "availability": "MCO MCO MC MC",
    "away": "MCO MCO MC MC",
    "merge": "MCO - MC -",
    "batch": "MCO - M -",  # what a coordinator did is theirs and the managers'
    "clearance": "MCO MCO MC -",
    "clearancelook": "MCO - MC -",
    "closedperiod": "MCO - MC -",
    "confirmed": "MCO - MC -",
    "conflict": "MCO MCO MC MC",
    "contact": "MCO MCO MC MC",
    "contactlog": "MCO MCO MC MC",
    "cover": "MCO - MC -",
    "feedtoken": "M - M -",
    "group": "M - M -",
    "headcount": "MCO - MC -",
    "invitation": "MCO - MC -",
    "importchange": "M - M -",
    "importfile": "M - M -",
    "importrun": "M - M -",
    "kitline": "MCO M MCO M",
    "material": "MCO M MCO -",
    "materialuse": "MCO - MC -",
    "movement": "MCO - MC -",
    "packed": "MCO - MC -",
    "parcel": "MCO - MC -",
    "piece": "MCO - MC -",
    "piecebooking": "MCO - MC -",
    "sessionkit": "MCO - MC -",
    "store": "MCO MCO MC -",
    "outboxmessage": "M - M -",
    "outcomesubmission": "M - M -",
    "stocksubmission": "M - M -",
    "region": "MCO M MCO -",
    "postcode": "M - M -",
    "reorganisation": "M M M M",
    "restatement": "MCO - MC -",
    "return": "MCO - MC -",
    "returnrow": "MCO - MC -",
    "roll": "MCO MCO MC MC",
    "safeguardingnotice": "MCO - MC -",
    "school": "MCO MCO MC -",
    "schoolagreement": "MCO MCO MC -",
    "schoolauthority": "MCO - MC -",
    "schoollink": "MCO - MC -",
    "session": "MCO - MC -",
    "sessiontype": "MCO M MCO -",
    "signoff": "MCO MCO MC -",
    "subscription": "M - M -",
    "term": "MCO M MCO M",
    "user": "M M M -",
    "visit": "MCO MCOA MC -",
    "visittemplate": "MCO M MCO -",
    "visittemplateline": "MCO - MCO -",
    "volunteer": "MCO MCO MC -",
    "volunteerstep": "MCO - MC -",
}
"""Who may open the office's list of a table, the form to add a row, a row of the area (and its history), the page to delete it.

Another area's coordinator opens the list without the row in it. Nobody: -.
"""


def audience_of(name: str) -> str | None:
    """The roles that may open the URL; None where nobody said."""
    if found := re.fullmatch(r"admin:(?:schools|auth)_([a-z]+)_(changelist|add|change|delete|history|simple_history)", name):
        table, page = found.groups()
        column = {"changelist": 0, "add": 1, "delete": 3}.get(page, 2)
        return TABLES[table].split()[column].strip("-") if table in TABLES else None
    return AUDIENCE.get(name)


@dataclass(frozen=True)
class World:
    """One row of every table in an area, and a person of each role."""

    rows: dict[type[Model], Model]
    open_visit: models.Visit
    people: dict[str, models.User | None]


@pytest.fixture
def world(db: None) -> Iterator[World]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        area, other = factories.AreaFactory(name="Cumberland"), factories.AreaFactory(name="Northamptonshire")
        manager = factories.manager()
        rows = rows_in(area, by=manager)
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
        yield World(rows, open_session.visit, people)


def is_let_in(answer: Any) -> bool:
    """Whether the page was shown, or something was done; not where one is led to sign in or told that it is another's page."""
    if answer.status_code == 302:
        return not answer.headers["Location"].startswith((reverse("account_login"), reverse("admin:login")))
    shown = {template.name for template in getattr(answer, "templates", ())}
    assert answer.status_code in {200, 400, 401, 403, 404, 405, 409}, answer.status_code
    return answer.status_code not in {401, 403, 404} and "portal/no_volunteer.html" not in shown


def address_of(name: str, pattern: URLPattern, world: World) -> str:
    """An address under the URL, of the rows of the world."""
    session, visit = world.rows[models.Session], world.rows[models.Visit]
    assert isinstance(session, models.Session)
    assert isinstance(visit, models.Visit)
    if name == "take":
        visit = world.open_visit
    if name in {"mfa_edit_webauthn", "mfa_remove_webauthn"}:  # the number stands in the path of a folder of theirs
        return reverse(name, args=[1])
    if name == "admin:":
        return "/admin/no-such-page/"
    values: dict[str, Any] = {
        "visit_id": visit.pk,
        "session_id": session.pk,
        "batch_id": world.rows[models.Batch].pk,
        "kind": "volunteer",
        **dict.fromkeys(("volunteer_id", "kept_id", "gone_id"), world.rows[models.Volunteer].pk),
        "merge_id": world.rows[models.Merge].pk,
        "school_id": visit.school_id,
        "store_id": world.rows[models.Store].pk,
        "piece_id": world.rows[models.Piece].pk,
        "material_id": world.rows[models.Material].pk,
        "authority_id": visit.school.authority_id,
        "day": session.day,
        "return_id": world.rows[models.Return].pk,
        "run_id": world.rows[models.ImportRun].pk,
        "content_type_id": ContentType.objects.get_for_model(models.School).pk,
        "object_id": visit.school_id,
        "key": "a-key",
        "secret": "a-secret",
        "away_id": 1,
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
        to_do="State who may open each: a URL in AUDIENCE, the pages of a table in TABLES (tests/test_audience.py).",
    )
    assert_none(AUDIENCE.keys() - found, to_do="There is no such URL: take each out of AUDIENCE (tests/test_audience.py).")
    assert_stated(
        {name.partition("_")[2].removesuffix("_changelist") for name in found if name.endswith("_changelist")},
        TABLES,
        add="State who may open the pages of each table in TABLES (tests/test_audience.py).",
        remove="The office has no such table: take each out of TABLES (tests/test_audience.py).",
    )


def test_a_stranger_opens_only_what_is_public() -> None:
    assert_none(
        {name for name, _ in named_urls() if "S" in (audience_of(name) or "")} - PUBLIC,
        to_do="Take S (a stranger) out of its audience in tests/test_audience.py, or add it to PUBLIC in tests/test_house.py.",
    )


@pytest.mark.parametrize("role", ROLES)
def test_every_url_opens_for_its_audience_alone(role: str, world: World) -> None:
    client = Client()
    if user := world.people[role]:
        client.force_login(user)
    wrong = []
    for name, pattern in named_urls():
        answer = client.get(address_of(name, pattern, world))
        if is_let_in(answer) != (role in (audience_of(name) or "")):
            wrong.append(f"{name}: {ROLES[role]} got {answer.status_code}")
        answer.getvalue()  # a file that is streamed is made while it is read
    assert_none(
        wrong, to_do="Mend the view's permission, or state the new audience in AUDIENCE or TABLES (tests/test_audience.py)."
    )


def test_where_a_stranger_is_not_let_in_they_are_led_to_sign_in(client: Client, world: World) -> None:
    for name, pattern in named_urls():
        if name not in PUBLIC:
            answer = client.get(address_of(name, pattern, world))
            assert answer.status_code == 302, f"{name}: lead strangers to the sign-in, or add it to PUBLIC in tests/test_house.py"
            assert answer.headers["Location"].startswith((reverse("account_login"), reverse("admin:login"))), name
