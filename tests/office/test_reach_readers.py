"""Programs that read reach as JSON, and the monthly mail."""

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from schools import models
from schools.core.errors import RuleBroken
from schools.reach.actions import make_token, revoke, send_monthly, subscribe, unsubscribe
from schools.reach.actions.mails import period_of_mail
from schools.reach.allowance import REQUESTS_PER_MINUTE
from tests import factories

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
JSON = "/api/reach/"


def delivered(area: models.Area, pupils: int) -> None:
    school = factories.SchoolFactory(area=area)
    place = {"area": area, "region": area.region, "authority": school.authority}
    session = factories.SessionFactory(visit__school=school, day=date(2026, 10, 6), delivered=True, **place)
    factories.HeadcountFactory(session=session, pupils=pupils, **place)


@pytest.fixture
def two_areas(area: models.Area, elsewhere: models.Area) -> None:
    cache.clear()
    delivered(area, 734)
    delivered(elsewhere, 77)


def ask(secret: str, query: str = "", **headers: str) -> Any:
    return Client().get(f"{JSON}{query}", headers={"Authorization": f"Bearer {secret}", **headers})


def token_of(*areas: models.Area) -> tuple[models.ApiToken, str]:
    return make_token("Website", areas=areas, everywhere=not areas, by=factories.manager(), now=NOW)


@pytest.mark.usefixtures("two_areas")
def test_json_csv_and_page_say_the_same(managers_office: Client) -> None:
    _, secret = token_of()
    for query in ("?period=2026/27&by=area", "?period=2026/27&by=session_type&within=area", "?by=authority&year_groups=5"):
        said = json.loads(ask(secret, query).content)
        text = managers_office.get(f"/admin/reach/csv/{query}").getvalue().decode("utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(text)))
        of_json = [*said["rows"], said["total"]]
        assert len(lines) == len(of_json)
        for name in ("pupils_reached", "attendances", "children_reached", "sessions_delivered", "schools_visited"):
            assert [int(line[name]) for line in lines] == [row[name] for row in of_json]
        page = managers_office.get(f"/admin/reach/{query}")
        shown = {cell.figure: cell.text for cell in page.context["total_line"].cells}
        assert shown["attendances"] == f"{said['total']['attendances']:,}"


@pytest.mark.usefixtures("two_areas")
def test_a_token_reads_its_areas_alone_and_is_kept_as_a_hash(area: models.Area) -> None:
    token, secret = token_of(area)
    said = json.loads(ask(secret).content)
    assert (said["areas"], said["total"]["attendances"]) == (["Cumberland"], 734)
    assert secret not in str(models.ApiToken.objects.values().get())
    assert list(token.uses.values_list("status", flat=True)) == [200]


@pytest.mark.usefixtures("two_areas")
def test_nothing_new_is_304_and_a_wrong_question_400() -> None:
    token, secret = token_of()
    first = ask(secret)
    again = ask(secret, "", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ask(secret, "?period=2026").status_code == 400
    delivered(models.Area.objects.all()[0], 5)
    assert ask(secret, "", **{"If-None-Match": first["ETag"]}).status_code == 200
    assert list(token.uses.order_by("pk").values_list("status", flat=True)) == [200, 304, 400, 200]


@pytest.mark.parametrize("address", ["/api/reach/", "/api/dose/"])
def test_programs_read_exact_figures_alone_and_the_page_says_so(managers_office: Client, address: str) -> None:
    cache.clear()
    _, secret = token_of()
    refused = Client().get(f"{address}?public=1", headers={"Authorization": f"Bearer {secret}"})
    assert refused.status_code == 400
    assert json.loads(refused.content)["errors"] == [
        "public: There is no public variant of a table. Managers publish periods in the office."
    ]
    shown = managers_office.get("/admin/reach/readers/").content.decode()
    assert "They are exact, also where they count a few pupils, and for the charity alone." in shown
    assert "public=1" not in shown


@pytest.mark.usefixtures("two_areas")
def test_a_revoked_or_unknown_token_reads_nothing() -> None:
    token, secret = token_of()
    assert ask("a-guess").status_code == 401
    assert Client().get(JSON).status_code == 401
    with pytest.raises(RuleBroken):
        revoke(token, by=factories.analyst(), now=NOW)
    revoke(token, by=factories.manager(), now=NOW)
    answer = ask(secret)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="reach"')
    assert Client().post(JSON, headers={"Authorization": f"Bearer {secret}"}).status_code == 405


@pytest.mark.usefixtures("two_areas")
def test_a_program_may_ask_so_many_times_a_minute() -> None:
    token, secret = token_of()
    minute = int(NOW.timestamp()) // 60
    for place in range(1, REQUESTS_PER_MINUTE):
        cache.add(f"reach-json:{token.pk}:{minute}:{place}", 1)
    assert [ask(secret).status_code for _ in range(3)] == [200, 429, 429]
    assert ask(secret)["Retry-After"] == "60"


@pytest.mark.usefixtures("two_areas")
def test_a_manager_makes_a_token_sees_it_once_and_revokes_it(managers_office: Client) -> None:
    page = managers_office.post("/admin/reach/readers/", {"do": "make", "name": "Website", "everywhere": "on"})
    secret = page.context["secret"]
    assert secret
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert secret not in managers_office.get("/admin/reach/readers/").content.decode()
    assert ask(secret).status_code == 200
    managers_office.post("/admin/reach/readers/", {"do": "revoke", "token": models.ApiToken.objects.get().pk})
    assert ask(secret).status_code == 401
    nothing = managers_office.post("/admin/reach/readers/", {"do": "make", "name": "Website"})
    assert "Choose the areas whose figures it reads" in nothing.content.decode()


@pytest.mark.django_db(transaction=True)
def test_each_subscriber_has_one_mail_a_month_with_their_own_areas() -> None:
    here, there = factories.AreaFactory(name="Cumberland"), factories.AreaFactory(name="Northamptonshire")
    delivered(here, 734)
    delivered(there, 77)
    coordinator, manager, left = factories.coordinator_of(here), factories.manager(), factories.manager(is_active=False)
    for user in (coordinator, manager, left):
        subscribe(user, now=NOW)
        subscribe(user, now=NOW)
    assert send_monthly(now=NOW) == (2, 0)
    assert send_monthly(now=NOW) == (0, 2)
    call_command("send_reach")
    assert sorted(one.to[0] for one in mail.outbox) == sorted([coordinator.email, manager.email])
    of = {one.to[0]: one for one in mail.outbox}
    name, content, kind = of[coordinator.email].attachments[0]
    assert (name[:6], kind) == ("reach_", "text/csv")
    assert "_by-area_cumberland_as-of_" in name
    assert "This is a part: in Cumberland alone." in of[coordinator.email].body
    assert "This is a part" not in of[manager.email].body
    text = content if isinstance(content, str) else content.decode()
    assert "734" in text
    assert "Northamptonshire" not in text + of[coordinator.email].body
    assert "811" in of[manager.email].body
    assert "we reached at least 811 pupils" in of[manager.email].body
    unsubscribe(manager)
    assert send_monthly(now=datetime(2026, 12, 1, 8, tzinfo=UTC)) == (1, 0)


@pytest.mark.parametrize(
    ("on", "period"),
    [
        (date(2026, 11, 24), "2026-08-01..2026-10-31"), (date(2026, 9, 1), "2026-08-01..2026-08-31"),
        (date(2026, 8, 20), "2025/26"), (date(2027, 1, 2), "2026-08-01..2026-12-31"),
    ],
)  # fmt: skip
def test_the_mail_is_of_the_school_year_to_the_last_whole_month(on: date, period: str) -> None:
    assert period_of_mail(on).name == period


@pytest.mark.usefixtures("two_areas")
def test_in_august_the_mail_says_the_dose_of_those_who_left(area: models.Area) -> None:
    subscribe(factories.coordinator_of(area), now=NOW)
    for month in (8, 9):
        send_monthly(now=datetime(2026, month, 20, 8, tzinfo=UTC))
    call_command("send_reach")
    of_august, of_september = models.OutboxMessage.objects.order_by("pk").values_list("body", flat=True)[:2]
    assert "leave Year 6 (P7) in 2025/26: no roll is known. This is a part: in Cumberland alone." in of_august
    assert "leave" not in of_september


def test_mails_are_asked_for_and_stopped_on_the_page(office: Client, coordinator: models.User) -> None:
    office.post("/admin/reach/", {"do": "subscribe"})
    assert models.Subscription.objects.get().user == coordinator
    assert "Stop these mails" in office.get("/admin/reach/").content.decode()
    office.post("/admin/reach/", {"do": "unsubscribe"})
    assert not models.Subscription.objects.exists()
