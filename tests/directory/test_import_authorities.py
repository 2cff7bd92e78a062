"""`manage.py import_authorities`: names, codes, first and last days, and who followed whom."""

from datetime import date
from pathlib import Path

import pytest

from schools.models import Authority, Reorganisation
from tests import factories
from tests.directory.own_files import numbers, reasons, run, written

pytestmark = pytest.mark.django_db

HEADER = "nation,gss,code,name,opened,closed,followed_by"


def imported(folder: Path, *lines: str) -> tuple[int, ...]:
    return numbers(run("import_authorities", written(folder, HEADER, *lines)))


def test_authorities_are_stored_and_twice_changes_nothing(tmp_path: Path) -> None:
    lines = (
        "england,E10000006,909,Cumbria,,2023-03-31,",
        ",E06000063,942,Cumberland,01-04-2023,,",
        "scotland,S12000005,,Clackmannanshire,,,",
        "isle-of-man,,,Isle of Man,,,",
    )
    told = run("import_authorities", written(tmp_path, HEADER, *lines), "--dry-run")
    assert (numbers(told), Authority.objects.count()) == ((4, 0, 0, 0, 0, 0), 0)
    assert run("import_authorities", written(tmp_path, HEADER, *lines)) == told
    cumberland = Authority.objects.get(gss="E06000063")
    assert (cumberland.nation, cumberland.code, cumberland.opened) == ("england", "942", date(2023, 4, 1))
    before = list(Authority.objects.order_by("pk").values())
    assert imported(tmp_path, *lines) == (0, 0, 4, 0, 0, 0)
    assert list(Authority.objects.order_by("pk").values()) == before


def test_what_ships_about_reorganisations_is_kept_as_soon_as_both_are_known(tmp_path: Path) -> None:
    imported(tmp_path, "england,E10000006,909,Cumbria,,,", "england,E06000063,942,Cumberland,,,")
    assert Authority.objects.get(gss="E10000006").closed == date(2023, 3, 31)
    assert Reorganisation.objects.get().day == date(2023, 4, 1)


def test_who_followed_whom_is_stored_from_the_day_after_the_last(tmp_path: Path) -> None:
    lines = ("wales,W06000001,660,Old,,2027-03-31,W06000002;W06000099", "wales,W06000002,661,New,2027-04-01,,")
    told = run("import_authorities", written(tmp_path, HEADER, *lines))
    assert told["reorganisations_created"] == 1
    assert [(one.old.name, one.new.name, one.day) for one in Reorganisation.objects.all()] == [("Old", "New", date(2027, 4, 1))]
    assert reasons(told, of="left_out") == [
        (2, "W06000001", "W06000099, which is said to follow it, is no other authority that we know; it was left out.")
    ]
    assert run("import_authorities", written(tmp_path, HEADER, *lines))["reorganisations_created"] == 0


def test_a_blank_never_erases_and_a_rename_and_a_closure_are_told(tmp_path: Path) -> None:
    factories.AuthorityFactory(gss="W06000001", nation="wales", code="660", name="Old", opened=date(1996, 4, 1))
    assert imported(tmp_path, "wales,W06000001,,Renamed,,2027-03-31,") == (0, 1, 0, 1, 0, 0)
    stored = Authority.objects.get()
    assert (stored.name, stored.code, stored.opened, stored.closed) == ("Renamed", "660", date(1996, 4, 1), date(2027, 3, 31))


def test_a_corrected_last_day_moves_the_reorganisation_and_the_schools_with_it(tmp_path: Path) -> None:
    old = factories.AuthorityFactory(gss="W06000001", nation="wales", name="Old", opened=date(1996, 4, 1))
    new = factories.AuthorityFactory(gss="W06000002", nation="wales", name="New")
    imported(tmp_path, "wales,W06000001,,Old,,2027-03-31,W06000002")
    told = run("import_authorities", written(tmp_path, HEADER, "wales,W06000001,,Old,,2028-03-31,W06000002"))
    assert (told["reorganisations_created"], told["reorganisations_corrected"]) == (0, 1)
    stored = Reorganisation.objects.get()
    assert (stored.old, stored.new, stored.day) == (old, new, date(2028, 4, 1))
    told = run("import_authorities", written(tmp_path, HEADER, "wales,W06000001,,Old,,2028-03-31,W06000002"))
    assert (told["reorganisations_corrected"], numbers(told)) == (0, (0, 0, 1, 0, 0, 0))


def test_one_entered_by_hand_without_its_code_is_known_by_its_name(tmp_path: Path) -> None:
    factories.AuthorityFactory(gss=None, nation="wales", name="Gwynedd")
    assert imported(tmp_path, "wales,W06000002,661,gwynedd,,,") == (0, 1, 0, 0, 0, 0)
    assert Authority.objects.get().gss == "W06000002"


def test_a_row_without_a_code_is_of_the_one_authority_of_its_name_whatever_its_code(tmp_path: Path) -> None:
    factories.AuthorityFactory(gss="W06000002", nation="wales", name="Gwynedd")
    factories.AuthorityFactory(gss="E06000099", nation="england", name="Gwynedd")
    assert imported(tmp_path, "wales,,661,Gwynedd,,,", "scotland,,,Gwynedd,,,") == (1, 1, 0, 0, 0, 0)
    stored = Authority.objects.order_by("gss").values_list("nation", "gss", "code")
    assert set(stored) == {("wales", "W06000002", "661"), ("england", "E06000099", ""), ("scotland", None, "")}
    assert imported(tmp_path, "wales,,661,gwynedd,,,", "scotland,,,Gwynedd,,,") == (0, 1, 1, 0, 0, 0)


def test_a_row_without_a_code_is_refused_where_two_authorities_have_its_name(tmp_path: Path) -> None:
    for gss in ("E10000009", "E06000059"):
        factories.AuthorityFactory(gss=gss, nation="england", name="Dorset")
    told = run("import_authorities", written(tmp_path, HEADER, "england,,838,Dorset,,,"))
    assert reasons(told) == [(2, "Dorset", "2 authorities of England are called Dorset. Give the GSS code.")]
    assert Authority.objects.count() == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("england,E06000063,942,Cumberland,2023-04-01,2023-03-31,", "It closed on 2023-03-31, before it opened on 2023-04-01"),
        ("wales,W06000001,660,Anglesey,,1990-01-01,", "before it opened on 1996-04-01"),
        ("england,6000063,942,Cumberland,,,", "a GSS code is a letter and eight figures"),
        ("wales,E06000063,942,Cumberland,,,", "is not one of Wales"),
        (",,,Somewhere,,,", "nation is “”"),
        ("england,E06000063,942,,,,", "name is “”"),
        ("england,E06000063,942,Cumberland,soon,,", "opened is “soon”, which is no date"),
        ("england,E06000063,942,Cumberland,,,E06000064", "followed_by needs"),
    ],
)
def test_a_row_that_cannot_be_used_is_listed_and_the_rest_is_stored(tmp_path: Path, line: str, words: str) -> None:
    factories.AuthorityFactory(gss="W06000001", nation="wales", name="Anglesey", opened=date(1996, 4, 1))
    told = run("import_authorities", written(tmp_path, HEADER, line, "wales,W06000002,661,Gwynedd,,,"))
    assert numbers(told) == (1, 0, 0, 0, 0, 1)
    assert (told["refused"][0]["line"], words in told["refused"][0]["reason"]) == (2, True)
    assert set(Authority.objects.values_list("name", flat=True)) == {"Anglesey", "Gwynedd"}


def test_a_refused_row_stores_nothing_of_who_followed_it(tmp_path: Path) -> None:
    factories.AuthorityFactory(gss="W06000001", nation="wales", name="Old", opened=date(1996, 4, 1))
    factories.AuthorityFactory(gss="W06000002", nation="wales", name="New")
    told = run("import_authorities", written(tmp_path, HEADER, "wales,W06000001,660,Old,,1990-01-01,W06000002;W06000099"))
    assert (numbers(told), told["reorganisations_created"], told["left_out"]) == ((0, 0, 0, 0, 0, 1), 0, [])
    assert not Reorganisation.objects.exists()
    assert Authority.objects.get(gss="W06000001").closed is None


def test_one_code_with_two_names_is_refused_twice(tmp_path: Path) -> None:
    told = run(
        "import_authorities",
        written(tmp_path, HEADER, "england,E06000063,942,Cumberland,,,", "england,E06000063,942,Cumbria,,,"),
    )
    assert [(line, gss) for line, gss, _ in reasons(told)] == [(2, "E06000063"), (3, "E06000063")]
    assert Authority.objects.count() == 0
