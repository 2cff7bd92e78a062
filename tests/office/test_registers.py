"""The managers' page of registers: handing in, looking, applying, reading; and a school's page that tells what changed."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from schools import models
from schools.core.words import moment
from schools.office.registers import tasks
from schools.office.registers.views.imports import ROWS_A_PAGE
from schools.running import actions as running
from tests import factories
from tests.directory.gias_files import row, text
from tests.directory.nation_files import LAYOUTS
from tests.directory.nation_files import text as nation_text
from tests.running.test_killed import task

pytestmark = pytest.mark.django_db(transaction=True)


def file_of(*rows: Any, name: str = "edubasealldata20250422.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text(*rows).encode())


def handed_in(office: Client, *rows: Any, **fields: Any) -> models.ImportRun:
    data = {"do": "upload", "register": "gias", "file": file_of(*rows)} | fields
    answer = office.post("/admin/registers/", data)
    assert answer.status_code == 302, answer.context["form"].errors
    run = models.ImportRun.objects.first()
    assert run is not None
    assert answer.headers["Location"] == f"/admin/registers/{run.pk}/"
    return run


def content(office: Client, address: str) -> str:
    answer = office.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_says_where_each_nation_publishes_its_register(managers_office: Client) -> None:
    page = content(managers_office, "/admin/registers/")
    assert [nation for nation in ("England", "Scotland", "Wales", "Northern Ireland") if f"<li> {nation}: <a href=" in page] == [
        "England", "Scotland", "Wales", "Northern Ireland",
    ]  # fmt: skip
    assert 'href="https://get-information-schools.service.gov.uk/Downloads"' in page


def test_a_register_is_handed_in_looked_at_applied_and_read(managers_office: Client) -> None:
    run = handed_in(managers_office, row(urn="100001", name="Fellside"))
    assert run.day == date(2025, 4, 22)
    page = f"/admin/registers/{run.pk}/"
    shown = content(managers_office, page)
    assert "1 school created, 0 updated" in shown
    assert "Apply exactly this" in shown
    assert f"Handed in </dt> <dd> {moment(timezone.localtime(run.asked_at))} by" in shown
    assert not models.School.objects.exists()
    managers_office.post(page, {"do": "apply"})
    report = content(managers_office, page)
    assert "Apply exactly this" not in report
    assert f'<a href="/admin/school/{models.School.objects.get().pk}/">Fellside</a>' in report
    # The second post of a tab that was left open applies nothing.
    answer = managers_office.post(page, {"do": "apply"}, follow=True)
    assert "This import was applied already; nothing was applied twice." in answer.content.decode()
    assert models.School.history.count() == 1


def test_a_whole_register_that_lacks_many_schools_says_how_many_and_asks_whether_it_was_cut(managers_office: Client) -> None:
    every = [row(urn=f"{100001 + number}", name=f"School {number}") for number in range(40)]
    run = handed_in(managers_office, *every)
    managers_office.post(f"/admin/registers/{run.pk}/", {"do": "apply"})
    for number, is_cut in ((38, False), (37, True), (20, True)):
        run = handed_in(managers_office, *every[:number], complete="on")
        shown = content(managers_office, f"/admin/registers/{run.pk}/")
        assert f"{number} unchanged, {40 - number} newly missing." in shown
        assert ("it may be a part of the register" in shown) is is_cut
    managers_office.post(f"/admin/registers/{run.pk}/", {"do": "apply"})
    assert "it may be a part of the register" not in content(managers_office, f"/admin/registers/{run.pk}/")


def test_nothing_is_applied_before_it_is_known_which_figures_move(
    managers_office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[str] = []

    def works_it_out(run: models.ImportRun) -> list[str]:
        page = f"/admin/registers/{run.pk}/"
        answer = managers_office.post(page, {"do": "apply"}, follow=True)
        meanwhile.append(" ".join(answer.content.decode().split()))
        return ["Pupils reached of 2024/25 may move in 1 area."]

    monkeypatch.setattr(tasks, "what_import_would_move", works_it_out)
    run = handed_in(managers_office, row(urn="100001", name="Fellside"))
    (page,) = meanwhile
    assert "This import cannot be applied" in page
    assert "Apply exactly this" not in page
    assert "progress.js" in page, "it looks again by itself"
    shown = content(managers_office, f"/admin/registers/{run.pk}/")
    assert "Apply exactly this" in shown
    assert "Pupils reached of 2024/25 may move in 1 area." in shown
    assert not models.School.objects.exists()


def test_who_works_out_for_minutes_which_figures_move_is_not_called_dead(
    managers_office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[str] = []
    asked: list[tuple[str, list[object]]] = []

    def lives(task_path: str, args: list[object], *, now: datetime) -> bool:
        asked.append((task_path, args))
        return True

    def works_it_out(run: models.ImportRun) -> list[str]:
        models.ImportRun.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
        page = f"/admin/registers/{run.pk}/"
        meanwhile.append(content(managers_office, page))
        meanwhile.append(managers_office.post(page, {"do": "again"}, follow=True).content.decode())
        return []

    monkeypatch.setattr(running, "is_worked_on", lives)
    monkeypatch.setattr(tasks, "what_import_would_move", works_it_out)
    run = handed_in(managers_office, row(urn="100001", name="Fellside"))
    page, again = meanwhile
    assert "sign of life" not in page
    assert "This import is being worked on, or waits for another one." in again
    assert (run.attempt, set(map(str, asked))) == (1, {str((tasks.work_on_import.module_path, [run.pk, 1]))})


def test_an_import_that_waits_for_another_is_not_called_dead_while_a_worker_lives(managers_office: Client) -> None:
    run, now = handed_in(managers_office, row(urn="100001", name="Fellside")), timezone.now()
    table = models.ImportRun.objects.create(register="contacts", file_name="c.csv", day=now.date(), asked_at=now, seen_at=now)
    models.ImportRun.objects.update(state="reading", seen_at=now - timedelta(minutes=6))
    pages = {waiting: f"/admin/{room}/{waiting.pk}/" for waiting, room in ((run, "registers"), (table, "imports"))}
    for waiting, page in pages.items():
        task(now, status="READY", args=(waiting.pk, waiting.attempt))
        assert "Nobody has given a sign of life" in content(managers_office, page), "no worker runs"
    running.beat("heavy-1", "heavy", now=now)
    for page in pages.values():
        shown = content(managers_office, page)
        assert "It waits until another import is done." in shown
        assert not [words for words in ("sign of life", "Start again", "rows read") if words in shown]
        again = managers_office.post(page, {"do": "again"}, follow=True)
        assert "or waits for another one. Wait a minute" in again.content.decode()
    assert set(models.ImportRun.objects.values_list("state", "attempt")) == {("reading", 1)}
    running.forget("heavy-1")
    assert "Start again" in content(managers_office, pages[run])


@pytest.mark.parametrize("who", ["coordinator", "analyst"])
def test_registers_are_the_managers(who: str, client: Client, managers_office: Client, area: models.Area) -> None:
    run = handed_in(managers_office, row())
    other = Client()
    other.force_login(factories.coordinator_of(area) if who == "coordinator" else factories.analyst())
    for address in ("/admin/registers/", f"/admin/registers/{run.pk}/"):
        assert other.get(address).status_code == 403
        assert other.post(address, {"do": "apply"}).status_code in {400, 403}
    run.refresh_from_db()
    assert run.state == "ready"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"file": SimpleUploadedFile("schools.pdf", b"%PDF")}, "This is not a table that can be read."),
        ({"file": SimpleUploadedFile("schools.csv", b"")}, "This file is empty."),
        ({"file": ""}, "Choose the file."),
        ({"day": "2030-01-01"}, "This day is still to come."),
        ({"register": "wales", "links": SimpleUploadedFile("links.csv", b"a,b")}, "Only England’s register has a file of links."),
        ({"authority_column": "Council"}, "This register names the authority of each school itself."),
    ],
)
def test_what_cannot_be_handed_in_is_told_beside_its_box(fields: dict[str, Any], told: str, managers_office: Client) -> None:
    answer = managers_office.post("/admin/registers/", {"do": "upload", "register": "gias", "file": file_of(row())} | fields)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not models.ImportRun.objects.exists()


def test_a_file_of_another_kind_is_refused_in_a_sentence(managers_office: Client) -> None:
    file = SimpleUploadedFile("people.csv", b"Name,Age\nAnna,7\n")
    answer = managers_office.post("/admin/registers/", {"do": "upload", "register": "gias", "file": file}, follow=True)
    assert "people.csv is not" in answer.content.decode()
    assert "Hand in another file" in answer.content.decode()


def test_a_year_that_nobody_can_tell_is_asked_for_in_the_pages_words(managers_office: Client) -> None:
    run = models.ImportRun.objects.create(
        register="scotland", file_name="a.csv", day=date(2026, 1, 1), state="failed", asked_at="2026-11-24T08:00Z",
        seen_at="2026-11-24T08:00Z", problem="Give a day of that year with --day, or put the year into the file's name.",
    )  # fmt: skip
    assert "Give a day of that year under “As of”" in content(managers_office, f"/admin/registers/{run.pk}/")


def test_the_preview_lists_booked_visits_whose_school_closes_or_moves(managers_office: Client) -> None:
    one, two, three = (
        row(urn=urn, name=name) for urn, name in (("100001", "Closing"), ("100002", "Moving"), ("100003", "Staying"))
    )
    run = handed_in(managers_office, one, two, three)
    managers_office.post(f"/admin/registers/{run.pk}/", {"do": "apply"})
    visits = [
        factories.SessionFactory(visit__school=models.School.objects.get(register_id=urn)).visit
        for urn in ("100001", "100002", "100003")
    ]
    past = factories.SessionFactory(visit__school=models.School.objects.get(register_id="100001"), day=date(2026, 11, 2)).visit
    closing = models.School.objects.get(register_id="100001")
    shared = factories.SessionFactory(visit__school=models.School.objects.get(register_id="100003"))
    models.Headcount.objects.create(session=shared, school=closing, year_group=5)
    again = handed_in(
        managers_office,
        row(urn="100001", name="Closing", status="Closed", closed="31-08-2026"),
        row(urn="100002", name="Moving", gss="E06000063", la_name="Cumberland", la_code="942"),
        row(urn="100003", name="Staying still"),
    )
    page = f"/admin/registers/{again.pk}/"
    shown = content(managers_office, page)
    assert "Booked visits affected" in shown
    assert visits[0].reference in shown
    assert "it closes" in shown
    assert "it is in Cumberland" in shown
    assert shared.visit.reference in shown
    assert "its guest Closing: it closes" in shown
    assert visits[2].reference not in shown
    assert past.reference not in shown
    managers_office.post(page, {"do": "apply"})
    models.Session.objects.filter(visit=visits[0]).update(stage="cancelled", cancelled_code="school")
    assert visits[0].reference in content(managers_office, f"{page}?show=visits")


def test_an_applied_import_tells_better_where_volunteers_live(managers_office: Client) -> None:
    volunteer = factories.VolunteerFactory(home_postcode="CA2 7RF", easting=None, northing=None)
    run = handed_in(managers_office, row(urn="100001", postcode="CA2 7RF", easting="339000", northing="555000"))
    managers_office.post(f"/admin/registers/{run.pk}/", {"do": "apply"})
    volunteer.refresh_from_db()
    assert volunteer.place == (339_000, 555_000)


def test_ignored_rows_of_the_links_are_in_the_number_of_those_ignored(managers_office: Client) -> None:
    lines = "URN,LinkURN,LinkType,LinkEstablishedDate\n100001,100002,Other,\n100001,100003,Other,\n"
    run = handed_in(managers_office, row(urn="100001"), links=SimpleUploadedFile("links.csv", lines.encode()))
    page = content(managers_office, f"/admin/registers/{run.pk}/")
    assert "<summary>2 rows ignored, because …</summary>" in page
    assert "<li>2: links neither successor nor predecessor</li>" in page


def test_a_list_without_authorities_says_what_its_schools_lack_and_how_they_get_it(managers_office: Client) -> None:
    def shown(**fields: str) -> str:
        file = SimpleUploadedFile("institutions-2025-10-01.csv", nation_text("northern-ireland").encode())
        answer = managers_office.post(
            "/admin/registers/", {"do": "upload", "register": "northern-ireland", "file": file, **fields}, follow=True
        )
        return " ".join(answer.content.decode().split())

    lacking = "a school without one lies in no area"
    without = shown()
    assert "1 school created" in without
    assert lacking in without
    with_it = shown(authority_column="District")
    assert "1 authority and 1 area created" in with_it
    assert lacking not in with_it


def test_a_file_that_says_its_school_year_is_of_that_year_whatever_was_chosen(managers_office: Client) -> None:
    header, usual = LAYOUTS["northern-ireland"]
    rows = [usual.get(column, "") for column in header]
    lines = nation_text("northern-ireland", [*rows, "2024"], header=[*header, "Latest_Year_Data"])
    file = SimpleUploadedFile("institutions-2025-11-03.csv", lines.encode())
    data = {"do": "upload", "register": "northern-ireland", "file": file, "day": "2025-11-03"}
    assert managers_office.post("/admin/registers/", data).status_code == 302
    run = models.ImportRun.objects.get()
    assert run.report is not None
    assert (run.report["rolls"]["academic_year"], run.roll_year) == ("2024/25", 2024)


def test_long_previews_have_pages(managers_office: Client) -> None:
    run = handed_in(
        managers_office, *(row(urn=str(100_001 + number), name=f"School {number:03}") for number in range(ROWS_A_PAGE + 1))
    )
    page = f"/admin/registers/{run.pk}/"
    assert "School 000" in content(managers_office, page)
    second = content(managers_office, f"{page}?show=created&page=2")
    assert "School 050" in second
    assert "School 000" not in second
    assert "Page 2 of 2" in second


def test_an_import_that_is_under_way_shows_how_far_it_is(managers_office: Client) -> None:
    run = models.ImportRun.objects.create(
        register="gias", file_name="a.csv", day=date(2026, 1, 1), asked_at="2026-11-24T08:50Z", seen_at="2026-11-24T08:50Z",
        rows_read=12_000, rows_expected=26_078,
    )  # fmt: skip
    page = f"/admin/registers/{run.pk}/"
    shown = content(managers_office, page)
    assert "12,000 of 26,078 rows read." in shown
    assert '<progress aria-labelledby="progress-heading" max="26078" value="12000">' in shown
    assert '<noscript> <meta http-equiv="refresh" content="3"> </noscript>' in shown
    models.ImportRun.objects.update(seen_at="2026-11-24T08:40Z")
    assert "Nobody has given a sign of life" in content(managers_office, page)


def test_the_pages_ask_the_same_of_one_school_and_of_three(
    managers_office: Client, django_assert_num_queries: Callable[[int], Any]
) -> None:
    first = handed_in(managers_office, row(urn="100001"))
    address = f"/admin/registers/{first.pk}/"
    managers_office.get(address)
    with django_assert_num_queries(9):
        managers_office.get(address)
    three = handed_in(managers_office, *(row(urn=str(100_001 + number)) for number in range(3)))
    with django_assert_num_queries(9):
        managers_office.get(f"/admin/registers/{three.pk}/")
