"""The page that imports a table: pasted or handed in, matched, looked at, applied once; and the page that invites."""

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from schools import models
from schools.messages.models import OutboxMessage
from schools.office.registers.forms.tables import as_csv
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = "reference\tname\temail\tareas\nV1\tAnn Ash\tann@example.org\tCumbria\nV2\tBea Birch\t\tCumbria\nV3\t\t\tCumbria\n"


@pytest.fixture
def cumbria(area: models.Area) -> models.Area:
    models.Area.objects.filter(pk=area.pk).update(name="Cumbria")
    area.refresh_from_db()
    return area


def handed_in(office: Client, kind: str = "volunteers", **fields: Any) -> models.ImportRun:
    answer = office.post("/admin/imports/", {"do": "upload", "kind": kind} | fields)
    assert answer.status_code == 302, answer.context["form"].errors
    run = models.ImportRun.objects.first()
    assert run is not None
    assert answer.headers["Location"] == f"/admin/imports/{run.pk}/"
    return run


def shown(office: Client, run: models.ImportRun, *, part: str = "") -> str:
    answer = office.get(f"/admin/imports/{run.pk}/", {"show": part} if part else {})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def do(office: Client, run: models.ImportRun, button: str, **fields: str) -> str:
    answer = office.post(f"/admin/imports/{run.pk}/", {"do": button} | fields, follow=True)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_pasted_rows_are_looked_at_applied_once_and_reported(managers_office: Client, cumbria: models.Area) -> None:
    run = handed_in(managers_office, pasted=PEOPLE)
    page = shown(managers_office, run)
    assert "2 rows new, 0 changed, 0 known and the same; 1 refused." in page
    assert "Ann Ash</th>" in page.replace("</a>", "")
    assert "E-mail: ann@example.org" in page
    assert "name is blank" in shown(managers_office, run, part="refused")
    assert not models.Volunteer.objects.exists()
    assert "This is its report" in do(managers_office, run, "apply")
    assert set(models.Volunteer.objects.values_list("reference", "name", "email")) == {
        ("V1", "Ann Ash", "ann@example.org"),
        ("V2", "Bea Birch", ""),
    }
    assert "nothing was applied twice" in do(managers_office, run, "apply")
    assert not models.ImportFile.objects.exists()
    assert "2 rows new" in shown(managers_office, run)
    again = handed_in(managers_office, pasted=PEOPLE)
    assert "every row of the file was known just so" not in shown(managers_office, again)
    assert "0 rows new, 0 changed, 2 known and the same; 1 refused." in shown(managers_office, again)
    assert not OutboxMessage.objects.exists()


def test_a_change_shows_old_and_new_and_what_somebody_changed_meanwhile_is_left(
    managers_office: Client, cumbria: models.Area
) -> None:
    ann = factories.VolunteerFactory(reference="V1", name="Ann Oak", furthest_km=10)
    bea = factories.VolunteerFactory(reference="V2", name="Bea Oak")
    cat = factories.VolunteerFactory(reference="V3", name="Cat Oak")
    dan = factories.VolunteerFactory(reference="V4", name="Dan Oak")
    rows = "reference\tname\nV1\tAnn Ash\nV2\tBea Birch\nV3\tCat Cedar\nV4\tDan Date\nV5\tEve Elm\n"
    run = handed_in(managers_office, pasted=rows)
    assert "Name: Ann Oak → Ann Ash" in shown(managers_office, run, part="updated")
    models.Volunteer.objects.filter(pk=bea.pk).update(name="Bea Beech")
    models.Volunteer.objects.filter(pk=cat.pk).update(name="Cat Cedar")
    dan.delete()
    factories.VolunteerFactory(reference="V5", name="Eve")
    do(managers_office, run, "apply")
    names = dict(models.Volunteer.objects.values_list("reference", "name"))
    assert names == {"V1": "Ann Ash", "V2": "Bea Beech", "V3": "Cat Cedar", "V5": "Eve"}
    left = dict(run.changes.filter(state="left").values_list("known_by", "why"))
    assert left.keys() == {"v2", "v3", "v4", "v5"}
    assert "Somebody changed it after the preview" in left["v2"]
    assert "It was so already" in left["v3"]
    assert "Bea Birch" in shown(managers_office, run, part="left")
    ann.refresh_from_db()
    assert ann.furthest_km == 10


def test_columns_are_matched_by_hand_and_the_match_is_remembered(managers_office: Client) -> None:
    run = handed_in(managers_office, pasted="Wer\tNummer\tHobby\nAnn Ash\tV1\tchess\n")
    page = shown(managers_office, run)
    assert "it has no column “name”" in page
    assert "say below which is which" in page
    page = do(managers_office, run, "match", **{"column-0": "name", "column-1": "name"})
    assert "Two columns cannot both be this one" in page
    page = do(managers_office, run, "match", **{"column-1": "reference"})
    assert "Say which column is name" in page
    do(managers_office, run, "match", **{"column-0": "name", "column-1": "reference"})
    assert "1 row new" in shown(managers_office, run)
    do(managers_office, run, "apply")
    assert models.Volunteer.objects.values_list("name", "reference").get() == ("Ann Ash", "V1")
    other = handed_in(managers_office, pasted="NUMMER\tHobby\twer\nV2\tgo\tBea Birch\n")
    assert "1 row new" in shown(managers_office, other)
    # A column can be left out that would be found by its name.
    kept = handed_in(managers_office, pasted="name\treference\temail\nCat Cedar\tV3\tcat@example.org\n")
    do(managers_office, kept, "match", **{"column-0": "name", "column-1": "reference", "column-2": ""})
    do(managers_office, kept, "apply")
    assert models.Volunteer.objects.get(reference="V3").email == ""


def test_a_file_that_also_has_a_column_under_our_name_is_read_by_the_remembered_match(managers_office: Client) -> None:
    run = handed_in(managers_office, pasted="name\tContact\nAnn Ash\tann@example.org\n")
    do(managers_office, run, "match", **{"column-0": "name", "column-1": "email"})
    both = "name\tEmail\tContact\nBea Birch\told@example.org\tbea@example.org\n"
    other = handed_in(managers_office, pasted=both)
    page = shown(managers_office, other)
    assert "1 row new" in page
    assert "Columns that are not read: Email." in page
    assert "bea@example.org" in page
    do(managers_office, other, "match", **{"column-0": "name", "column-1": "email", "column-2": ""})
    do(managers_office, other, "apply")
    assert models.Volunteer.objects.get(name="Bea Birch").email == "old@example.org"


def test_a_file_with_two_columns_that_were_matched_with_one_of_ours_is_kept_to_say_which_is_meant(
    managers_office: Client,
) -> None:
    for name in ("Contact", "Mailbox"):
        run = handed_in(managers_office, pasted=f"name\t{name}\nAnn Ash\tann@example.org\n")
        do(managers_office, run, "match", **{"column-0": "name", "column-1": "email"})
    both = handed_in(managers_office, pasted="name\tContact\tMailbox\nBea Birch\tbea@example.org\tall@example.org\n")
    assert "The column “email” stands in the header 2 times" in shown(managers_office, both)
    do(managers_office, both, "match", **{"column-0": "name", "column-1": "email", "column-2": ""})
    do(managers_office, both, "apply")
    assert models.Volunteer.objects.get(name="Bea Birch").email == "bea@example.org"


def test_a_file_of_a_spreadsheet_with_semicolons_and_surnames_in_a_column_of_their_own_comes_in(
    managers_office: Client, cumbria: models.Area
) -> None:
    rows = "Title;First name;Surname;E-mail;Area\nMs;Zoë;O’Brien;zoe@example.org;Cumbria\n;Ann Ash;Ash;ann@example.org;Cumbria\n"
    run = handed_in(managers_office, file=SimpleUploadedFile("people.csv", rows.encode("cp1252")))
    page = shown(managers_office, run)
    assert "Columns that are not read: Title. If you need one of them, say under “Which column is which” what it is." in page
    do(managers_office, run, "apply")
    assert "Columns that are not read" not in shown(managers_office, run)
    assert set(models.Volunteer.objects.values_list("name", "email")) == {
        ("Zoë O’Brien", "zoe@example.org"),
        ("Ann Ash", "ann@example.org"),  # the whole name stood in the first column
    }


def test_contacts_with_surnames_in_a_column_of_their_own_have_whole_names(managers_office: Client) -> None:
    school = factories.SchoolFactory()
    rows = f"URN\tForename\tLast name\tMail\n{school.register_id}\tRuth\tBowness\truth@example.org\n"
    do(managers_office, handed_in(managers_office, "contacts", pasted=rows), "apply")
    assert models.Contact.objects.values_list("name", "email").get() == ("Ruth Bowness", "ruth@example.org")


def test_where_no_row_can_be_used_the_columns_are_open_and_there_is_nothing_to_apply(
    managers_office: Client, cumbria: models.Area
) -> None:
    run = handed_in(managers_office, pasted="Volunteer\tContact e-mail\nAnn Ash\tann@example.org\n")
    page = shown(managers_office, run)
    assert "0 rows new, 0 changed, 0 known and the same; 1 refused." in page
    assert "Columns that are not read: Contact e-mail." in page
    assert re.search(r"<details [^>]*\bopen\b[^>]*> <summary>Which column is which", page)
    assert "Apply exactly this" not in page
    page = do(managers_office, run, "match", **{"column-0": "name", "column-1": "email"})
    assert "Columns that are not read" not in page
    assert "Apply exactly this" in page
    assert not re.search(r"<details [^>]*\bopen\b[^>]*> <summary>Which column is which", page)


def test_a_header_without_rows_sends_nobody_to_match_its_columns(managers_office: Client) -> None:
    page = shown(managers_office, handed_in(managers_office, file=SimpleUploadedFile("people.csv", b"name,email\n")))
    assert "people.csv has a header and no rows. Nothing was changed; save it with its rows." in page
    assert "Hand in another file" in page
    assert "say below which is which" not in page


def test_somebodys_details_are_no_names_of_columns_and_are_not_remembered(managers_office: Client) -> None:
    rows = b"Asha Rahman,asha@example.org,07700 900123,LA9 4XX\nBen Cole,ben@example.org,07700 900124,CA1 1AA\n"
    run = handed_in(managers_office, file=SimpleUploadedFile("people.csv", rows))
    page = shown(managers_office, run)
    assert "say below which is which" not in page
    run.refresh_from_db()
    assert run.header in (None, [])


def test_a_workbook_and_a_file_with_titles_above_come_in(managers_office: Client) -> None:
    book = openpyxl.Workbook()
    for row in (["Our volunteers"], [], ["Full name", "Reference", "Joined"], ["Ann Ash", 12, date(2024, 9, 1)]):
        book.worksheets[0].append(row)
    target = io.BytesIO()
    book.save(target)
    run = handed_in(managers_office, file=SimpleUploadedFile("people.xlsx", target.getvalue()))
    do(managers_office, run, "apply")
    volunteer = models.Volunteer.objects.get()
    assert (volunteer.name, volunteer.reference, volunteer.joined) == ("Ann Ash", "12", date(2024, 9, 1))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose the file, or paste the rows below."),
        ({"pasted": "name\nAnn\n", "file": "people.csv"}, "Leave out one of them."),
        ({"file": "people.pdf"}, "This is not a table that can be read."),
        ({"kind": "pupils", "pasted": "name\nAnn\n"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_taken_is_told_in_the_form(managers_office: Client, fields: dict[str, Any], words: str) -> None:
    if "file" in fields:
        fields = fields | {"file": SimpleUploadedFile(fields["file"], b"name\nAnn\n")}
    answer = managers_office.post("/admin/imports/", {"do": "upload", "kind": "volunteers"} | fields)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not models.ImportRun.objects.exists()


@pytest.mark.parametrize("pasted", ["just one line", "name\n", "=1+1\t@x\n-1\t+2\n", "é" * 5000])
def test_nonsense_that_is_pasted_ends_in_a_sentence_and_stores_nothing(managers_office: Client, pasted: str) -> None:
    run = handed_in(managers_office, pasted=pasted)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.problem
    assert run.problem in shown(managers_office, run).replace("&quot;", '"').replace("&#x27;", "'")
    assert not models.Volunteer.objects.exists()


def test_a_coordinator_imports_for_their_own_areas_and_sees_their_own_imports(
    managers_office: Client, coordinator: models.User, cumbria: models.Area
) -> None:
    others = handed_in(managers_office, pasted=PEOPLE)
    coordinators_office = Client()
    coordinators_office.force_login(coordinator)
    factories.AreaFactory(name="Fylde")
    run = handed_in(coordinators_office, pasted="name\treference\tareas\nAnn Ash\tV8\tCumbria\nBea Birch\tV9\tFylde\n")
    assert "None of your areas is called “Fylde”" in shown(coordinators_office, run, part="refused")
    do(coordinators_office, run, "apply")
    assert models.Volunteer.objects.get().reference == "V8"
    assert coordinators_office.get(f"/admin/imports/{others.pk}/").status_code == 404
    assert coordinators_office.get(f"/admin/invite/?import={others.pk}").status_code == 404
    listed = coordinators_office.get("/admin/imports/").content.decode()
    assert f"/admin/imports/{run.pk}/" in listed
    assert f"/admin/imports/{others.pk}/" not in listed


def test_contacts_come_in_by_the_same_page(managers_office: Client) -> None:
    school = factories.SchoolFactory(register_id="100001")
    run = handed_in(managers_office, "contacts", pasted="URN\tName\tRole\n100001\tJo Head\tHead teacher\n999999\tNo One\t\n")
    assert "1 row new" in shown(managers_office, run)
    do(managers_office, run, "apply")
    assert [str(contact) for contact in school.contacts.all()] == ["Jo Head (Head teacher)"]


def test_runs_of_registers_and_of_tables_are_each_on_their_own_page(managers_office: Client) -> None:
    run = handed_in(managers_office, pasted=PEOPLE)
    assert managers_office.get(f"/admin/registers/{run.pk}/").headers["Location"] == f"/admin/imports/{run.pk}/"
    assert "pasted.csv" not in managers_office.get("/admin/registers/").content.decode()


@pytest.mark.parametrize(
    ("pasted", "rows"),
    [
        ("a\tb\r\n1\t2\r\n", "a,b\r\n1,2\r\n"),
        ('a\tb\n"x\ny"\t2\n', 'a,b\r\n"x\ny",2\r\n'),
        ("a;b\n1;2", "a,b\r\n1,2\r\n"),
        ('a\tb\n"1\t2\n3\t"4" five', 'a,b\r\n"""1",2\r\n3,"""4"" five"\r\n'),
        ("a\n1,5\n", 'a\r\n"1,5"\r\n'),
    ],
)
def test_what_a_spreadsheet_copies_is_read_cell_by_cell(pasted: str, rows: str) -> None:
    assert as_csv(pasted) == rows


def test_the_imported_are_invited_in_a_step_that_shows_who_gets_a_mail(managers_office: Client, cumbria: models.Area) -> None:
    factories.VolunteerFactory(name="Zed Old", email="zed@example.org")
    factories.UserFactory(email="cat@example.org")
    run = handed_in(managers_office, pasted=PEOPLE + "V4\tCat Cedar\tcat@example.org\t\n")
    do(managers_office, run, "apply")
    page = " ".join(managers_office.get(f"/admin/invite/?import={run.pk}").content.decode().split())
    assert "1 gets a mail" in page
    assert "Zed Old" not in page
    assert "1: have no address" in page
    assert "1: have an address that is taken" in page
    assert not OutboxMessage.objects.exists()
    ann = models.Volunteer.objects.get(reference="V1")
    answer = managers_office.post(f"/admin/invite/?import={run.pk}", {"do": "invite", "person": ["x", str(ann.pk)]}, follow=True)
    assert "1 person invited to sign in." in answer.content.decode()
    assert "1: were invited already" in " ".join(answer.content.decode().split())
    # A page that was left open sends no second mail.
    answer = managers_office.post("/admin/invite/", {"do": "invite", "person": str(ann.pk)}, follow=True)
    assert "They were invited already" in answer.content.decode()
    assert models.Invitation.objects.filter(volunteer=ann).count() == 1


def test_nobody_is_invited_by_a_coordinator_of_another_area(office: Client) -> None:
    other = factories.VolunteerFactory(email="other@example.org")
    office.post("/admin/invite/", {"do": "invite", "person": str(other.pk)})
    assert not models.Invitation.objects.exists()
    assert "other@example.org" not in office.get("/admin/invite/").content.decode()


@pytest.mark.parametrize("people", [1, 3])
def test_the_pages_take_the_same_queries_for_one_row_and_for_three(
    people: int, managers_office: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    rows = "".join(f"V{number}\tAnn Ash\t{number}@example.org\n" for number in range(people))
    run = handed_in(managers_office, pasted=f"reference\tname\temail\n{rows}")
    managers_office.get("/admin/imports/")
    with django_assert_num_queries(9):
        managers_office.get(f"/admin/imports/{run.pk}/")
    do(managers_office, run, "apply")
    with django_assert_num_queries(5):
        managers_office.get("/admin/imports/")
    with django_assert_num_queries(6):
        managers_office.get("/admin/invite/")


OWN_TABLES = {
    "areas": (
        "area\tauthority_gss\tregion\nWest\tE06000063\tNorth West\n",
        "Cumberland E06000063",
        "From always: West from then on",
    ),
    "authorities": ("name\tgss\tcode\nNew Council\tE06000099\t999\n", "New Council E06000099", "LA code: 999"),
    "terms": ("name\tfirst_day\tlast_day\tnation\nAutumn\t2026-09-02\t2026-12-18\tengland\n", "Autumn, England", "First day"),
    "rolls": ("URN\tyear\tacademic year\tpupils\n100001\tYear 5\t2025/26\t31\n", "100001", "Year 5 in 2025/26: 31"),
    "deprivation": ("LSOA code (2021)\tdecile\nE01000001\t3\n", "E01000001", "Fifth"),
}


def stored_of(kind: str) -> int:
    tables = {"areas": models.AreaAuthority, "authorities": models.Authority, "terms": models.Term, "rolls": models.Roll}
    tables["deprivation"] = models.Deprivation
    return int(tables[kind]._default_manager.count())


@pytest.mark.parametrize("kind", OWN_TABLES)
def test_each_table_of_the_charity_is_previewed_and_applied_once_by_the_same_page(kind: str, managers_office: Client) -> None:
    pasted, name, fact = OWN_TABLES[kind]
    factories.AuthorityFactory(gss="E06000063", name="Cumberland")
    factories.SchoolFactory(register_id="100001", authority=None)
    before = stored_of(kind)
    run = handed_in(managers_office, kind, pasted=pasted)
    page = shown(managers_office, run)
    assert "1 row new, 0 changed, 0 known and the same; 0 refused." in page
    assert name in page
    assert fact in page
    assert stored_of(kind) == before
    do(managers_office, run, "apply")
    assert stored_of(kind) == before + 1
    assert list(run.changes.values_list("state", flat=True)) == ["done"]
    again = handed_in(managers_office, kind, pasted=pasted)
    assert "every row of the file was known just so" in shown(managers_office, again)


def test_an_area_that_somebody_moved_after_the_preview_is_left_and_the_others_come_in(managers_office: Client) -> None:
    for number in (1, 2):
        factories.AuthorityFactory(gss=f"E0600000{number}", name=f"Council {number}")
    other = factories.AreaFactory(name="Elsewhere")
    rows = "area\tauthority_gss\tregion\nWest\tE06000001\tNorth West\nWest\tE06000002\tNorth West\n"
    run = handed_in(managers_office, "areas", pasted=rows)
    factories.AreaAuthorityFactory(area=other, authority=models.Authority.objects.get(gss="E06000001"))
    do(managers_office, run, "apply")
    holders = dict(models.AreaAuthority.objects.values_list("authority__gss", "area__name"))
    assert holders == {"E06000001": "Elsewhere", "E06000002": "West"}
    assert dict(run.changes.values_list("known_by", "state")) == {"E06000001": "left", "E06000002": "done"}


def test_a_coordinator_does_not_import_what_is_the_managers(office: Client) -> None:
    assert office.post("/admin/imports/", {"do": "upload", "kind": "areas", "pasted": OWN_TABLES["areas"][0]}).status_code == 200
    assert not models.ImportRun.objects.exists()
