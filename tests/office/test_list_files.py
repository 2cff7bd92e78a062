"""Lists as files, and what can be done with the rows that are ticked in them."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import NoReverseMatch, reverse

from schools import models
from schools.directory.actions.roll_files import import_rolls
from tests import factories
from tests.office.conftest import rows_in

pytestmark = pytest.mark.django_db
VISITS = "/admin/schools/visit/"


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


@pytest.fixture
def visits(area: models.Area) -> list[models.Visit]:
    """Two planned visits and a confirmed one, in the order of their references."""
    school = factories.SchoolFactory(area=area, name="=Ashfield")
    made: list[models.Visit] = [factories.VisitFactory(school=school, reference=f"VLIST{number}") for number in range(3)]
    for number, visit in enumerate(made):
        factories.SessionFactory(visit=visit, day=date(2026, 12, 1 + number))
    models.Visit.objects.filter(pk=made[2].pk).update(stage="confirmed", agreed_on=date(2026, 11, 2), agreed_with="Pat")
    return made


def test_the_file_has_the_rows_of_all_pages_as_they_are_filtered_and_in_their_order(
    office: Client, visits: list[models.Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schools.office.frame.model_admin.OfficeAdmin.list_per_page", 1)
    query = "?stage__exact=planned&o=-1&p=2"
    page = office.get(f"{VISITS}{query}").content.decode()
    assert 'href="csv/?o=-1&amp;stage__exact=planned"' in page
    answer = office.get(f"{VISITS}csv/{query}")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="visit_as-of_')
    rows = rows_of(answer)
    assert [(row["reference"], row["first_day"], row["stage"]) for row in rows] == [
        ("VLIST1", "2026-12-02", "planned"),
        ("VLIST0", "2026-12-01", "planned"),
    ]
    assert rows[0]["school"] == "'=Ashfield"


def test_the_workbook_has_the_same_rows(office: Client, visits: list[models.Visit]) -> None:
    answer: Any = office.get(f"{VISITS}xlsx/?q=VLIST2")
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row>") == 2
    assert "VLIST2" in sheet
    due: Any = office.get("/admin/due/xlsx/?show=all")
    assert zipfile.ZipFile(io.BytesIO(due.getvalue())).testzip() is None


def test_another_areas_rows_are_in_no_file(office: Client, visits: list[models.Visit], elsewhere: models.Area) -> None:
    theirs = factories.VisitFactory(school=factories.SchoolFactory(area=elsewhere))
    person = factories.able_volunteer(elsewhere)
    assert theirs.reference not in {row["reference"] for row in rows_of(office.get(f"{VISITS}csv/"))}
    assert person.reference not in {row["reference"] for row in rows_of(office.get("/admin/schools/volunteer/csv/"))}


def test_nonsense_in_the_address_of_a_file_leads_back_to_the_list(office: Client, visits: list[models.Visit]) -> None:
    answer = office.get(f"{VISITS}csv/?stage__nonsense=1")
    assert (answer.status_code, answer.headers["Location"]) == (302, "../?stage__nonsense=1")
    assert office.post(f"{VISITS}csv/").status_code == 405


def test_a_search_that_is_refused_gives_no_file_of_everything(office: Client, visits: list[models.Visit]) -> None:
    answer = office.get(f"{VISITS}csv/?q={'x' * 500}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"../?q={'x' * 500}")


def test_a_list_of_decisions_has_no_file() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("admin:schools_clearance_csv")


def act(client: Client, action: str, *ids: object, address: str = VISITS) -> Any:
    return client.post(address, {"action": action, "index": 0, ACTION_CHECKBOX_NAME: [str(pk) for pk in ids]})


def test_ticked_visits_are_taken_to_the_page_that_asks_first_and_who_does_not_fit_is_counted(
    office: Client, visits: list[models.Visit]
) -> None:
    answer = act(office, "confirm_these", *(visit.pk for visit in visits), "x", "9" * 30)
    assert answer.headers["Location"].startswith(f"{reverse('admin:bulk-confirm')}?row=")
    page = office.get(answer.headers["Location"])
    assert page.context["chosen"] == [visits[0].pk, visits[1].pk]
    assert "1 of those that you ticked in the list is not here" in page.content.decode()
    assert models.Visit.objects.filter(stage="confirmed").count() == 1
    looked = office.post(
        answer.headers["Location"],
        {"do": "look", "row": [visits[0].pk], "agreed_on": "2026-11-20", "agreed_with": "Pat"},
    )
    assert "Confirm many visits?" in looked.content.decode()


def test_a_rows_box_is_that_of_the_stock_admin_whatever_the_row_is_called() -> None:
    lists = admin.site._registry[models.Volunteer]
    volunteer = models.Volunteer(pk=7, name="\"<&'> {} %s")
    assert lists.action_checkbox(volunteer) == admin.ModelAdmin.action_checkbox(lists, volunteer)


def test_no_address_takes_another_areas_rows_along(office: Client, visits: list[models.Visit], elsewhere: models.Area) -> None:
    theirs = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere, name="Far Primary")).visit
    page = office.get(f"{reverse('admin:bulk-reassign')}?row={theirs.pk}&row=x&row={'9' * 30}").content.decode()
    assert "Far Primary" not in page
    assert reverse("admin:bulk-reassign") not in act(office, "give_these", theirs.pk).headers["Location"].partition("?")[2]


def test_more_rows_than_an_address_holds_are_not_taken(
    office: Client, visits: list[models.Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schools.office.frame.list_actions.MOST_TAKEN", 1)
    answer = act(office, "confirm_these", visits[0].pk, visits[1].pk)
    assert answer.headers["Location"] == VISITS
    assert "Tick at most 1 rows at a time" in office.get(VISITS).content.decode()


def test_whoever_may_not_change_visits_has_no_action(client: Client, visits: list[models.Visit]) -> None:
    client.force_login(factories.analyst())
    assert client.get(VISITS).status_code == 403


NO_FILE = {
    "accepted", "addresschange", "apitoken", "apiuse", "backuprun", "batch", "charity", "clearance", "clearancelook",
    "columnmatch", "confirmed", "conflict", "deprivation", "drift", "earliervalue", "editedtext", "erasure", "feedback",
    "feedtoken", "group", "importchange", "importfile", "importrun", "mailpace", "merge", "messageabout", "messageto",
    "officefeed", "outboxmessage", "outcomesubmission", "periodicjob", "postcode", "publication", "publictext",
    "publishedatom", "publishedplace", "publishedpupils", "purgerun", "recovery", "recoverystep", "region", "reorganisation",
    "restatement", "returnrow", "safeguardingnotice", "schoolaccess", "schoolalarm", "schoolanswer", "schoolauthority",
    "schoolchange", "signoflife", "stocksubmission", "subjectaccess", "subscription", "suppressedaddress", "trustee",
    "twopeople", "visittemplateline", "volunteerstep",
}  # fmt: skip
"""Lists without a file (docs/look.md): of decisions, of what was said, of what is a file already, and the program's own."""

OF_MANAGERS = {"user", "return", "agreement", "standin"}
"""Lists that coordinators do not see."""


def test_each_list_with_files_gives_its_rows_and_none_of_another_area(
    office: Client, area: models.Area, coordinator: models.User
) -> None:
    own, managers = rows_in(area, by=coordinator), Client()
    managers.force_login(factories.manager())
    rows_in(factories.AreaFactory(name="Devon"), by=factories.manager())
    for model, its_admin in admin.site._registry.items():
        if str(model._meta.model_name) in NO_FILE:
            continue
        assert its_admin.file_columns, f"{model}: give the list `file_columns`, or name it in NO_FILE"  # type: ignore[attr-defined]  # each is an OfficeAdmin
        client = managers if model._meta.model_name in OF_MANAGERS else office
        answer = client.get(reverse(f"admin:schools_{model._meta.model_name}_csv"))
        assert answer.status_code == 200, model
        rows = rows_of(answer)
        listed = admin.site._registry[model].get_queryset(answer.wsgi_request)
        assert len(rows) == listed.count() >= 1, model
        assert own[model].pk in listed.values_list("pk", flat=True), model
        assert tuple(rows[0]) == tuple(its_admin.file_columns), model  # type: ignore[attr-defined]  # as above


def test_the_list_of_rolls_is_taken_by_its_import_where_classes_are_p1_to_p7_too(
    managers_office: Client, tmp_path: Path, today: date
) -> None:
    for nation, group in (("scotland", 2), ("england", 2)):
        school = factories.SchoolFactory(nation=nation)
        models.Roll.objects.create(school=school, academic_year=2025, year_group=group, pupils=31, source="coordinator")
    path = tmp_path / "rolls.csv"
    path.write_bytes(managers_office.get("/admin/schools/roll/csv/").getvalue())
    assert {row["year_group"] for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))} == {"P3", "Year 2"}
    report = import_rolls(path, on=today)
    assert (report.created, report.refused) == (2, [])
    assert set(models.Roll.objects.filter(source="list").values_list("year_group", "pupils")) == {(2, 31)}


@pytest.mark.parametrize(
    "table", ["term", "area", "areacoordinator", "areaauthority", "authority", "site", "schoollink", "contact"]
)
def test_the_lists_of_what_registers_bring_and_of_people_at_schools_can_be_taken_away(
    table: str, managers_office: Client, area: models.Area
) -> None:
    rows_in(area, by=factories.manager())
    page = managers_office.get(f"/admin/schools/{table}/").content.decode()
    assert 'href="csv/' in page
    assert 'href="xlsx/' in page
    models.Site.objects.update(name="=1+1")
    models.Term.objects.update(name="=1+1")
    text = managers_office.get(f"/admin/schools/{table}/csv/").getvalue().decode("utf-8-sig")
    assert text.count("\n") >= 2
    assert ",=" not in text


def test_a_conversations_note_is_in_no_file(office: Client, area: models.Area, coordinator: models.User) -> None:
    school = factories.SchoolFactory(area=area)
    day = date(2026, 11, 20)
    models.ContactLog.objects.create(school=school, day=day, how="phone", who="Pat", note="Rather private", by=coordinator)
    answer = office.get("/admin/schools/contactlog/csv/")
    assert rows_of(answer)[0]["who"] == "Pat"
    assert "Rather private" not in answer.getvalue().decode()


def test_ticked_volunteers_are_taken_to_the_page_of_invitations_and_nobody_else(office: Client, area: models.Area) -> None:
    people = [factories.able_volunteer(area, name=name, email=f"{name.lower()}@example.org") for name in ("Asha", "Ben", "Cora")]
    answer = act(office, "invite_these", people[0].pk, people[1].pk, "x", address="/admin/schools/volunteer/")
    assert answer.headers["Location"].startswith(f"{reverse('admin:invite')}?row=")
    page = office.get(answer.headers["Location"])
    assert [person.name for person in page.context["mailed"]] == ["Asha", "Ben"]
    assert "Only the 2 that you ticked in the list" in page.content.decode()
    office.post(answer.headers["Location"], {"do": "invite", "person": [people[0].pk]})
    assert [invitation.volunteer.name for invitation in models.Invitation.objects.all()] == ["Asha"]
