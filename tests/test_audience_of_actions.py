"""Everything that can be done by a POST, as every role: who may is stated here, and what nobody stated fails."""

import inspect
import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import URLPattern, reverse

from schools import models
from schools.accounts.models import Role
from tests import factories
from tests.audience import ROLES, TABLES
from tests.house import assert_none, assert_stated
from tests.test_audience import World, address_of, is_let_in, world  # noqa: F401  # a fixture
from tests.test_house import named_urls

ALLAUTH = ("account_", "mfa_", "usersessions_", "openid_connect_", "socialaccount_", "admin:login", "admin:logout")
"""Signing in and out: what these do, they do to the person who does it (tests/accounts)."""

STOCK_GET = {"admin:index", "admin:jsi18n", "admin:autocomplete", "admin:view_on_site", "admin:app_list", "admin:"}
"""Pages of the stock admin that show the same whether they are asked by GET or by POST."""

NOBODY = {"admin:password_change", "admin:password_change_done"}
"""Led to the page of signing in; nothing is done."""

ACTIONS: dict[str, dict[str, str]] = {
    # The portal: to what is their own.
    "take": {"": "V", "no": "V"},
    "give-back": {"": "V"},
    "swap": {"": "V"},
    "told": {"": "V"},
    "session-outcome": {"": "V"},
    "day-outcome": {"": "V"},
    "calendar-address": {"": "V"},
    "observe-morning": {"": "V", "back": "V"},
    "week": {"": "V"},
    "away": {"": "V"},
    "away-end": {"": "V"},
    "profile": {"": "V"},
    "agreement": {"": "V"},
    "change-address": {"": "MCOAV"},
    "duty-contact": {"": "MCO"},
    "language": {"": ""},  # until there is a second one
    "sms": {"": ""},  # while no SMS go
    "invitation": {"": "MCOAVS"},  # the secret in the link lets in
    "address-change": {"": "MCOAVS"},
    "way-back": {"": "MCOAVS"},  # likewise
    "my-way-back": {"": "MCOAV"},
    "opt-out": {"": "MCOAVS"},  # likewise
    "answer": {"": "MCOAVS"},  # likewise; who is signed in is no matter
    "school-visit": {"prepare": "MCOAVS"},  # likewise
    "school-change": dict.fromkeys(("move", "cancel", "take-back"), "MCOAVS"),
    "school-dates": dict.fromkeys(("choose", "none"), "MCOAVS"),
    "school-pack": dict.fromkeys(("letter", "letter-pdf", "read"), "MCOAVS"),
    "school-contact": {"": "MCOAVS"},
    "school-roll": {"roll": "MCOAVS"},
    "school-site": {"site": "MCOAVS"},
    "school-contact-confirm": {"": "MCOAVS"},  # the link says who was named
    "ask": {"": "MCOAVS"},  # without an account
    "ask-area": {"": "MCOAVS"},
    "ask-school": {"": "MCOAVS"},
    "ask-unlisted": {"": "MCOAVS"},
    "ask-confirm": {"": "MCOAVS"},  # the link says which request
    # The office.
    "admin:calendar-address": dict.fromkeys(("make", "end"), "MCO"),
    "admin:book-at": {"": "MC", "book": "MC"},
    "admin:log-talk": dict.fromkeys(("talk", "request", "agreement"), "MC"),
    "admin:call": dict.fromkeys(("no-answer", "later", "wants", "not-this-year", "undo"), "MC"),
    "admin:school-group": dict.fromkeys(("no-answer", "later", "wants", "not-this-year", "undo"), "MC"),
    "admin:visit-detail": {
        "": "MC",
        "confirm": "MC",
        "decline": "MC",
        "cancel": "MC",
        "put-on": "MC",
        **dict.fromkeys(("take", "take-all", "leave", "undo-take", "end-links", "know-asker", "request-seen"), "MC"),
        **dict.fromkeys(("take", "take-all", "leave", "undo-take", "end-links", "saw-to", "not-seen", "after-all"), "MC"),
        **dict.fromkeys(("change-seen", "change-stands", "change-not-seen"), "MC"),
    },
    "admin:visit-day": dict.fromkeys(("assign", "offer", "accept", "decline", "unask"), "MC"),
    "admin:drop-out": dict.fromkeys(("put", "ask", "nobody"), "MC"),
    "admin:take-off": {"take-off": "MC"},
    "admin:observing": dict.fromkeys(("yes", "no"), "MC"),
    "admin:visit-edit": {"": "MC"},
    "admin:request-detail": dict.fromkeys(("join", "know-asker", "request-seen"), "MC"),
    "admin:offer-dates": dict.fromkeys(("offer", "take-back", "know-asker"), "MC"),
    "admin:visit-dates": dict.fromkeys(("offer", "take-back"), "MC"),
    "admin:visit-move": {"": "MC"},
    "admin:visit-add": {"": "MC"},
    "admin:session-edit": dict.fromkeys(("store", "site", "remove"), "MC"),
    "admin:session-people": dict.fromkeys(("add", "take-back"), "MC"),
    "admin:session-detail": dict.fromkeys(("accept", "decline", "cancel", "tell"), "MC"),
    "admin:day-outcome": {"": "MC"},
    "admin:volunteer-add": {"": "MCO"},
    "admin:volunteer-detail": {"step": "MC", "invite": "MC", "end": "MC"},
    "admin:duplicates": {"apart": "MCO", "one": "MCO"},
    "admin:merge": {"merge": "MC"},
    "admin:merged": {"undo": "MC"},
    "admin:erase": {"erase": "M"},
    "admin:held-person": {"know": "M"},
    "admin:held-request": {"give": "M"},
    "admin:locked-out-person": {"ask": "M"},
    "admin:locked-out-request": {"agree": "M", "stop": "M"},
    "admin:trustees": {"name": "M", "end": "M"},
    "admin:tell": {"": "MCO"},
    "admin:stand-ins": {"add": "MCO", "end": "MCO"},
    "admin:bulk-confirm": {"": "MCO"},
    "admin:bulk-snow": {"": "MCO"},
    "admin:bulk-reassign": {"": "MCO"},
    "admin:bulk-hand-over": {"": "M"},
    "admin:bulk-chase": {"": "MCO"},
    "admin:batch": {"": "M", "undo": "M"},
    "admin:charity": {"trial": "M"},
    "admin:public-text": {"keep": "M", "publish": "M", "take-down": "M"},
    "admin:school-detail": dict.fromkeys(("contact", "share", "unshare", "unlink", "feeds", "fed-by"), "MC"),
    "admin:registers": {"upload": "M"},
    "admin:register-run": {"apply": "M", "again": "M", "abandon": "M"},
    "admin:imports": {"upload": "MCO"},
    "admin:import-run": dict.fromkeys(("apply", "again", "abandon", "match"), "MC"),
    "admin:invite": {"invite": "MCO"},
    "admin:authority-move": {"": "M"},
    "admin:area-add": {"": "M"},
    "admin:area-detail": {"store": "M"},
    "admin:session-kit": {"": "MC"},
    "admin:parcels": {"": "MC"},
    "admin:store-stock": {"": "MC"},
    "admin:stock-take": {"": "MC"},
    "admin:picking-list": {"": "MC"},
    "admin:piece": {"": "MC"},
    "admin:shortages": {"": "MCO"},
    "admin:returns": {"": "MCO"},  # of the areas that one may sign for
    "admin:return-close": {"": "M"},
    "admin:return-sign-off": {"": "MC"},
    "admin:reach": {"subscribe": "MCOA", "unsubscribe": "MCOA"},
    "admin:message-text": {"look": "M", "store": "M", "built-in": "M"},
    "admin:message": {"again": "MC", "leave": "MC"},
    "admin:visit-guests": {"store": "MC", "take-off": "MC"},
    "admin:stopped-mail": {"again": "M", "leave": "M"},
    "admin:unreachable": {"again": "MCO"},
    "admin:reach-readers": {"make": "M", "revoke": "M"},
    "admin:feeders": {"accept": "MCO", "refuse": "MCO", "undo": "MCO"},
    "admin:publications": {"publish": "M"},
    "admin:doubts": {"confirm": "MCO", "doubt": "MCO"},
}
"""By URL and button (`do`; blank: the form itself), the roles that may press it. A page that is not here takes no POST."""

MAY_REFUSE = {("admin:school-detail", do) for do in ("share", "unshare", "unlink", "feeds", "fed-by")} | {
    ("away-end", ""),
    ("admin:stand-ins", "end"),
    ("admin:trustees", "end"),
    ("admin:duplicates", "apart"),
    ("admin:observing", "yes"),
    ("admin:observing", "no"),
    ("admin:picking-list", ""),
    ("admin:reach-readers", "revoke"),
}
"""Which say 404 of the row that the empty form of this test does not name; who may not is refused before that."""

WRITES = {
    "area": "M", "areacoordinator": "M", "authority": "M", "kitline": "M", "material": "M", "region": "M", "reorganisation": "M",
    "sessiontype": "M", "packitem": "M", "user": "M", "agreement": "M", "term": "M", "visittemplate": "M", "charity": "M",
    **dict.fromkeys((
        "availability", "away", "clearance", "conflict", "contact", "contactlog", "roll", "school", "schoolagreement",
        "safeguardingnotice", "signoff", "site", "store", "volunteer",
    ), "MC"),
}  # fmt: skip
"""Whose form of a row of the area is stored when it is sent; of the other tables nobody's, they are read there."""

SORTS_BY_ITSELF = {
    # Steps of one act: what is not a step shows the form again, and the last one asks the rules.
    "admin:book-at": "Its buttons add and check rows of one booking, which is what the page is for.",
    "admin:visit-add": "As booking: rows are checked and then booked, by one permission.",
    "admin:visit-move": "A look and the move, by one permission.",
    "admin:bulk-snow": "A look and the act, by one permission.",
    "admin:bulk-hand-over": "A look and the act, by one permission.",
    "admin:batch": "It has one button, and what is not it shows the page.",
    # Forms of one table that stand beside each other.
    "admin:session-kit": "Each of its forms changes the same list of materials.",
    "admin:parcels": "A button for each parcel has its number in its name.",
    "admin:store-stock": "Its forms write lines of one ledger, which keeps who wrote them.",
    "admin:piece": "Its forms write lines of one ledger, which keeps who wrote them.",
    "admin:visit-detail": "All of its buttons need one permission, and its parts ask for the others.",
    # Without an account: the link lets in.
    "way-back": "Whoever has the link may press both of its buttons.",
    "school-pack": "Whoever has the link may press all of its buttons.",
    "school-change": "Whoever has the link may press all of its buttons.",
}
"""The pages that read `do` and give `allowed` no `posts`, so that nobody sees which buttons they have, and why that is well."""

ADMIN_ACTIONS: dict[str, str] = {
    "confirm_these": "MCO", "give_these": "MCO", "ask_how_these_went": "MCO", "invite_these": "MCO",
}  # fmt: skip
"""Actions of the office's lists, by name, and who may call them. Each leads to a page that shows a preview."""


def ours() -> list[tuple[str, URLPattern]]:
    return [
        (name, pattern)
        for name, pattern in named_urls()
        if not name.startswith(ALLAUTH) and not re.match(r"admin:(schools|auth)_", name) and name not in STOCK_GET | NOBODY
    ]


def signed_in(world: World, role: str) -> Client:  # noqa: F811  # the fixture's value
    client = Client()
    if user := world.people[role]:
        client.force_login(user)
    return client


def test_what_takes_a_post_has_a_stated_audience(world: World) -> None:  # noqa: F811  # the fixture
    unstated = []
    for role in ("M", "V"):
        client = signed_in(world, role)
        for name, pattern in ours():
            answer = client.post(address_of(name, pattern, world), {})
            if answer.status_code not in {405, 302} and is_let_in(answer) and name not in ACTIONS:
                unstated.append(name)
    assert_none(unstated, to_do="State who may press each of its buttons in ACTIONS (tests/test_audience_of_actions.py).")
    assert_none(
        ACTIONS.keys() - {name for name, _ in ours()},
        to_do="There is no such URL: take each out of ACTIONS (tests/test_audience_of_actions.py).",
    )


def test_every_button_of_a_page_that_names_its_buttons_is_stated() -> None:
    for name, pattern in ours():
        posts = getattr(pattern.callback, "posts", None)
        if posts is not None:
            assert_stated(
                (f"{name}: {button}" for button in posts),
                (f"{name}: {button}" for button in ACTIONS.get(name, ())),
                add="State who may press each button in ACTIONS (tests/test_audience_of_actions.py).",
                remove="The page has no such button: take each out of ACTIONS (tests/test_audience_of_actions.py).",
            )


def test_a_page_with_several_buttons_names_them() -> None:
    reads = re.compile(r"""POST(\.get\(|\[)"do\"""")
    unnamed = [
        name
        for name, pattern in ours()
        if getattr(pattern.callback, "posts", None) is None and reads.search(inspect.getsource(inspect.unwrap(pattern.callback)))
    ]
    assert_stated(
        unnamed,
        SORTS_BY_ITSELF,
        add="Give `allowed` the `posts` of the page; where it needs none, say why in SORTS_BY_ITSELF "
        "(tests/test_audience_of_actions.py).",
        remove="It names its buttons by now, or has none: take each out of SORTS_BY_ITSELF (tests/test_audience_of_actions.py).",
    )


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_every_button_works_for_its_audience_alone(role: str, world: World) -> None:  # noqa: F811  # the fixture
    client, patterns = signed_in(world, role), dict(ours())
    wrong = []
    for name, buttons in ACTIONS.items():
        for do, audience in buttons.items():
            answer = client.post(address_of(name, patterns[name], world), {"do": do} if do else {})
            may = role in audience
            if is_let_in(answer) != may and not (may and (name, do) in MAY_REFUSE and answer.status_code == 404):
                wrong.append(f"{name}, {do or 'the form'}: {ROLES[role]} got {answer.status_code}")
    assert_none(wrong, to_do="Mend the permission, or state the new audience in ACTIONS (tests/test_audience_of_actions.py).")


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_every_tables_form_is_stored_for_its_audience_alone(role: str, world: World) -> None:  # noqa: F811  # the fixture
    client = signed_in(world, role)
    wrong = []
    for table in TABLES:
        model: Any = apps.get_model("auth" if table == "group" else "schools", table)
        name = f"admin:{model._meta.app_label}_{table}_change"
        answer = client.post(reverse(name, args=[world.rows[model].pk]), {})
        if is_let_in(answer) != (role in WRITES.get(table, "")):
            wrong.append(f"{table}: {ROLES[role]} got {answer.status_code}")
    assert_none(wrong, to_do="Mend the permission, or state the new audience in WRITES (tests/test_audience_of_actions.py).")


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_no_list_has_an_action_that_nobody_stated(role: str, world: World) -> None:  # noqa: F811  # the fixture
    user = world.people[role]
    if user is None:
        return
    request = RequestFactory().get("/")
    request.user = user
    for model_admin in admin.site._registry.values():
        for name in model_admin.get_actions(request):
            assert role in ADMIN_ACTIONS.get(name, ""), (
                f"{model_admin}: show a preview of {name} under “Many at once”, or state who may call it in ADMIN_ACTIONS "
                "(tests/test_audience_of_actions.py)"
            )


def test_who_is_coordinator_and_analyst_works_on_their_own_areas_and_reads_all_figures(world: World) -> None:  # noqa: F811  # the fixture
    from django.contrib.auth.models import Group

    both = world.people["O"]
    assert both is not None
    both.groups.add(Group.objects.get(name=Role.ANALYST.value))
    client = Client()
    client.force_login(both)
    area = world.rows[models.Area]
    assert client.get(reverse("admin:schools_area_change", args=[area.pk])).status_code == 404
    assert client.get(reverse("admin:visit-detail", args=[world.rows[models.Visit].pk])).status_code == 404
    assert str(area) not in client.get(reverse("admin:volunteer-add")).content.decode()
    assert str(area) in client.get(f"{reverse('admin:reach')}?period=2026/27&by=area").content.decode()


def test_a_password_is_changed_on_one_page(world: World) -> None:  # noqa: F811  # the fixture
    for name in NOBODY:
        answer = signed_in(world, "M").get(reverse(name))
        assert answer.headers["Location"] == reverse("account_change_password")


def test_an_analyst_sees_no_row_that_says_who_told_what(world: World) -> None:  # noqa: F811  # the fixture
    assert factories.analyst().get_all_permissions() == {"schools.read_reach"}
