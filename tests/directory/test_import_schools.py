"""`manage.py import_schools` stores what the register says, and never what it does not say."""

import json
from collections.abc import Callable
from datetime import date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from schools.directory.actions import import_register, link_schools, plans, registers
from schools.directory.actions.differences import StoredSchool
from schools.directory.registers import Register
from schools.models import Area, AreaAuthority, Authority, Contact, Region, Reorganisation, School, SchoolAuthority
from tests.directory.gias_files import row, text, written
from tests.factories import AreaAuthorityFactory, AreaFactory, AuthorityFactory, SchoolFactory, VisitFactory

HARTLEPOOL = {"gss": "E06000001", "la_name": "Hartlepool", "la_code": "805"}  # there is still, unlike the usual row's Cumbria

pytestmark = pytest.mark.django_db


def run(path: Path, *options: str) -> dict[str, object]:
    out = StringIO()
    call_command("import_schools", str(path), "--json", *options, stdout=out)
    told: dict[str, object] = json.loads(out.getvalue())
    return told


def numbers(told: dict[str, object]) -> tuple[object, ...]:
    """Created, updated, unchanged, closed, ignored, and how many were refused."""
    refused = told["refused"]
    assert isinstance(refused, list)
    return (*(told[name] for name in ("created", "updated", "unchanged", "closed", "ignored")), len(refused))


def school(urn: str = "100001") -> School:
    return School.objects.get(nation="england", register_id=urn)


def places(urn: str = "100001") -> list[tuple[str | None, date | None, date | None]]:
    """What authorities the school belonged to, and when."""
    rows = SchoolAuthority.objects.filter(school__register_id=urn).order_by("pk")
    return list(rows.values_list("authority__gss", "from_day", "to_day"))


def test_schools_their_authority_and_an_area_of_its_name_are_stored(tmp_path: Path) -> None:
    told = run(written(tmp_path, row(), row(urn="100002", name="Other"), row(urn="100003", gss="W06000001"), row(urn="x")))
    assert told == {
        "day": "2023-03-31",  # the last one of Cumbria, whatever day somebody gives
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "closed": 0,
        "ignored": 1,
        "refused": [{"line": 5, "id": "", "reason": "URN is “x”; it must be a number."}],
        "ignored_because": {"not in England": 1},
        "left_out": [],
        "authority_changed": 0,
        "authorities_created": 1,
        "areas_created": 1,
        "regions_created": 1,
        **dict.fromkeys(("links", "rolls", "missing", "read_again")),
    }
    stored = school()
    assert (stored.name, stored.pupils, stored.source, stored.is_bookable) == ("Fellside Primary School", 210, "register", True)
    assert stored.authority is not None
    assert (stored.authority.gss, stored.authority.code, stored.authority.name) == ("E10000006", "909", "Cumbria")
    assert places() == [("E10000006", None, None)]
    holding = AreaAuthority.objects.get()
    assert (holding.area.name, holding.area.region.name, holding.area.automatic) == ("Cumbria", "North West", True)
    assert (holding.from_day, holding.to_day, holding.area.history.get().history_type) == (None, None, "+")
    assert "Headingley" not in repr(School.objects.values_list())


def test_the_second_time_nothing_changes_and_nothing_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, row(), row(urn="100002", fsm="12.5", website="www.a.example", opened="01-09-2019"))
    run(path)
    monkeypatch.setattr(registers, "lock_register", lambda: pytest.fail("the register was locked"))
    assert numbers(run(path)) == (0, 0, 2, 0, 0, 0)
    assert School.history.count() == 2


@pytest.mark.parametrize(("rows", "queries"), [(1, 9), (60, 9)])
def test_an_unchanged_import_asks_the_same_few_questions_whatever_its_size(
    tmp_path: Path, rows: int, queries: int, django_assert_num_queries: DjangoAssertNumQueries, now: datetime
) -> None:
    path = written(tmp_path, *(row(urn=str(100001 + number)) for number in range(rows)))
    run(path)
    with django_assert_num_queries(queries):
        import_register(path, day=now.date(), now=now)


def test_a_dry_run_tells_the_same_and_changes_nothing(tmp_path: Path) -> None:
    first = written(tmp_path, row(), row(urn="100002"))
    told = run(first, "--dry-run")
    assert (School.objects.count(), Authority.objects.count(), Region.objects.count()) == (0, 0, 0)
    assert run(first) == told
    second = written(tmp_path, row(name="Renamed", status="Closed"), row(urn="100003", gss="E06000063", la_name="Cumberland"))
    told = run(second, "--dry-run")
    assert school().name == "Fellside Primary School"
    assert run(second) == told
    assert numbers(told) == (1, 1, 0, 1, 0, 0)


def test_the_report_in_words_names_line_number_and_reason(tmp_path: Path) -> None:
    out = StringIO()
    path = written(tmp_path, row(), row(urn="100002", pupils="-5"), row(urn="100003", postcode="?"), row(urn="100004", gss="z"))
    call_command("import_schools", str(path), "--dry-run", stdout=out)
    assert out.getvalue().splitlines() == [
        "This is what the import would do; nothing was changed.",
        "Schools: 2 created, 0 updated, 0 unchanged.",
        "Of the updated, 0 closed and 0 are in another authority.",
        "Authorities: 1 created. Areas: 1 created.",
        "Ignored, not in England: 1.",
        "Refused, line 3, 100002: NumberOfPupils is “-5”; it must be a whole number from 0 to 20,000.",
        "Left out, line 4, 100003: Postcode is “?”, which cannot be used; the rest of the row can.",
    ]


def test_a_blank_never_erases_and_a_census_day_stays_with_its_number(tmp_path: Path) -> None:
    full = row(opened="01-09-1998", fsm="12.5", phone="01539 123456", website="a.example", lsoa="E01019999")
    run(written(tmp_path, full))
    before = School.objects.values().get()
    blank = row(
        pupils="nan",
        census_day="15-01-2025",
        street="",
        town="nan",
        postcode="",
        easting="0",
        northing="0",
        low="",
        kind="",
        phase="",
    )
    assert numbers(run(written(tmp_path, blank))) == (0, 0, 1, 0, 0, 0)
    assert School.objects.values().get() == before


def test_a_new_number_of_pupils_takes_its_own_census_day_even_a_blank_one(tmp_path: Path) -> None:
    run(written(tmp_path, row()))
    run(written(tmp_path, row(pupils="200", census_day="")))
    assert (school().pupils, school().census_day) == (200, None)


def test_a_rename_a_move_and_new_ages_update_and_what_was_before_is_known(tmp_path: Path, now: datetime) -> None:
    run(written(tmp_path, row()))
    told = run(written(tmp_path, row(name="Fellside Academy", low="3", easting="351600", street="High Road"), name="later.csv"))
    assert numbers(told) == (0, 1, 0, 0, 0, 0)
    assert (school().name, school().low_age, school().easting, school().address) == (
        "Fellside Academy",
        3,
        351600,
        "High Road, Kendal",
    )
    history = list(School.history.filter(id=school().pk).order_by("history_id"))
    assert [(old.history_type, old.name, old.low_age, old.history_change_reason) for old in history] == [
        ("+", "Fellside Primary School", 4, "import_schools edubase.csv"),
        ("~", "Fellside Academy", 3, "import_schools later.csv"),
    ]
    assert abs((history[1].history_date - history[0].history_date).total_seconds()) < 600
    assert history[1].authority == school().authority


def test_a_closure_closes_and_a_reopening_reopens(tmp_path: Path) -> None:
    run(written(tmp_path, row(**HARTLEPOOL)))
    assert numbers(run(written(tmp_path, row(status="Closed", closed="31-08-2019", **HARTLEPOOL)))) == (0, 1, 0, 1, 0, 0)
    assert (school().status, school().closed, school().is_bookable) == ("closed", date(2019, 8, 31), False)
    assert numbers(run(written(tmp_path, row(status="Open", **HARTLEPOOL)))) == (0, 1, 0, 0, 0, 0)
    assert (school().status, school().closed, school().is_bookable) == ("open", None, True)


def test_a_school_that_loses_our_year_groups_is_no_longer_bookable(tmp_path: Path) -> None:
    run(written(tmp_path, row()))
    told = run(
        written(tmp_path, row(phase="Secondary", low="11", high="16"), row(urn="100002", phase="Secondary", low="11", high="16"))
    )
    assert numbers(told) == (0, 1, 0, 0, 1, 0)
    assert not school().is_bookable


def test_what_a_person_typed_is_never_touched(tmp_path: Path) -> None:
    run(written(tmp_path, row()))
    School.objects.update(access_notes="Side gate", ask_again_on=date(2027, 1, 1), welsh_medium="none")
    Contact.objects.create(school=school(), name="Office")
    VisitFactory(school=school())
    run(written(tmp_path, row(name="Renamed")))
    kept = school()
    assert (kept.name, kept.access_notes, kept.ask_again_on, kept.welsh_medium) == (
        "Renamed",
        "Side gate",
        date(2027, 1, 1),
        "none",
    )
    assert (kept.contacts.count(), kept.visits.count()) == (1, 1)


def test_a_school_entered_by_hand_or_missed_becomes_the_registers_and_keeps_its_notes(tmp_path: Path) -> None:
    SchoolFactory(register_id="100001", name="By hand", source="manual", authority=None, access_notes="Side gate")
    SchoolFactory(register_id="100002", missing_since=date(2019, 1, 17))
    assert numbers(run(written(tmp_path, row(), row(urn="100002")))) == (0, 2, 0, 0, 0, 0)
    assert (school().name, school().source, school().access_notes) == ("Fellside Primary School", "register", "Side gate")
    assert places() == [("E10000006", None, None)]
    assert school("100002").missing_since is None


def test_a_school_entered_by_hand_in_another_authority_belonged_there_before(tmp_path: Path) -> None:
    by_hand = School.objects.create(nation="england", register_id="100001", name="By hand", authority=AuthorityFactory(gss="E1"))
    run(written(tmp_path, row(**HARTLEPOOL)), "--day", "2025-04-22")
    assert places() == [("E1", None, date(2025, 4, 21)), ("E06000001", date(2025, 4, 22), None)]
    assert school() == by_hand


def test_a_school_that_changes_authority_keeps_its_past_one_until_the_day_before(tmp_path: Path) -> None:
    run(written(tmp_path, row()))
    later = written(tmp_path, row(gss="E06000099", la_name="Westmorland and Furness", la_code="943"))
    told = run(later, "--day", "2023-04-01")
    assert (told["updated"], told["authority_changed"], told["authorities_created"], told["areas_created"]) == (1, 1, 1, 1)
    assert school().authority == Authority.objects.get(gss="E06000099")
    assert places() == [("E10000006", None, date(2023, 3, 31)), ("E06000099", date(2023, 4, 1), None)]
    assert numbers(run(later, "--day", "2023-04-01")) == (0, 0, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "day"), [("gias-2025-04-22.csv", date(2025, 4, 22)), ("edubasealldata20250422.csv", date(2025, 4, 22))]
)
def test_a_move_dates_from_the_day_in_the_files_name(tmp_path: Path, name: str, day: date) -> None:
    run(written(tmp_path, row(**HARTLEPOOL)), "--day", "2019-01-17")
    run(written(tmp_path, row(gss="E06000099"), name=name))
    assert places()[1][1] == day


def test_a_move_dates_from_today_when_nothing_tells_its_day(tmp_path: Path, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to("2026-11-24T23:30Z")
    run(written(tmp_path, row(**HARTLEPOOL)), "--day", "2019-01-17")
    run(written(tmp_path, row(gss="E06000099"), name="gias-2099-01-01-1234567890.csv"))
    assert places()[1][1] == date(2026, 11, 24)


def test_a_move_dates_from_the_reorganisation_that_made_it(tmp_path: Path) -> None:
    run(written(tmp_path, row()))
    new = AuthorityFactory(gss="E06000064")
    Reorganisation.objects.create(old=Authority.objects.get(gss="E10000006"), new=new, day=date(2023, 4, 1))
    run(written(tmp_path, row(gss="E06000064")), "--day", "2025-04-22")
    assert places() == [("E10000006", None, date(2023, 3, 31)), ("E06000064", date(2023, 4, 1), None)]


def test_an_older_file_does_not_undo_a_move_and_one_of_the_same_day_corrects_it(tmp_path: Path) -> None:
    old, new = written(tmp_path, row(), name="old.csv"), written(tmp_path, row(gss="E06000064"), name="new.csv")
    run(old)
    run(new, "--day", "2023-04-01")
    assert numbers(run(old, "--day", "2019-01-17")) == (0, 0, 1, 0, 0, 0)
    assert [place[0] for place in places()] == ["E10000006", "E06000064"]
    run(written(tmp_path, row(gss="E06000063")), "--day", "2023-04-01")
    assert places() == [("E10000006", None, date(2023, 3, 31)), ("E06000063", date(2023, 4, 1), None)]


def test_an_authority_joins_the_area_of_the_one_it_followed(tmp_path: Path) -> None:
    area = AreaFactory(name="Lakes")
    old = AreaAuthorityFactory(area=area, authority__gss="E10000006").authority
    new = AuthorityFactory(gss="E06000064")
    Reorganisation.objects.create(old=old, new=new, day=date(2023, 4, 1))
    told = run(written(tmp_path, row(gss="E06000064")))
    assert (told["authorities_created"], told["areas_created"]) == (0, 0)
    assert list(new.holdings.values_list("area__name", "from_day", "to_day")) == [("Lakes", None, None)]


def test_an_authority_that_an_area_holds_or_once_held_gets_no_other(tmp_path: Path) -> None:
    AreaAuthorityFactory(authority__gss="E10000006", to_day=date(2023, 3, 31))
    assert run(written(tmp_path, row()))["areas_created"] == 0
    assert AreaAuthority.objects.count() == 1


def test_two_codes_of_one_name_share_an_area_and_regions_are_known_in_any_case(tmp_path: Path) -> None:
    Region.objects.create(nation="england", name="South west")
    dorset = {"la_name": "Dorset", "region": "South West"}
    told = run(written(tmp_path, row(gss="E10000009", **dorset), row(urn="100002", gss="E06000059", **dorset)))
    assert (told["authorities_created"], told["areas_created"], told["regions_created"]) == (2, 1, 0)
    assert Area.objects.get().holdings.count() == 2


def test_an_authority_without_region_or_code_takes_them_from_another_row(tmp_path: Path) -> None:
    run(written(tmp_path, row(region="nan", la_code=""), row(urn="100002")))
    assert Area.objects.get().region.name == "North West"
    assert Authority.objects.get().code == "909"


def test_an_authority_of_no_known_region_is_in_the_nation(tmp_path: Path) -> None:
    run(written(tmp_path, row(region="")))
    assert Area.objects.get().region.name == "England"


def test_an_authority_entered_by_hand_is_known_and_gains_its_code(tmp_path: Path) -> None:
    by_hand = AuthorityFactory(gss=None, name="Cumbria", code="")
    assert run(written(tmp_path, row()))["authorities_created"] == 0
    by_hand.refresh_from_db()
    assert (by_hand.gss, by_hand.code) == ("E10000006", "909")


def test_one_code_with_two_names_keeps_the_first_and_tells(tmp_path: Path) -> None:
    told = run(written(tmp_path, row(), row(urn="100002", la_name="Cumbria CC"), row(urn="100003", la_name="Cumbria CC")))
    assert Authority.objects.get().name == "Cumbria"
    reason = "It is called “Cumbria CC” here and “Cumbria” before; the first name was used."
    assert told["left_out"] == [{"line": 3, "id": "E10000006", "reason": reason}]


def test_a_number_twice_is_ignored_if_alike_and_refused_if_it_differs(tmp_path: Path) -> None:
    told = run(written(tmp_path, row(), row(), row(name="Other", gss="E06000063")))
    assert numbers(told) == (1, 0, 0, 0, 1, 1)
    reason = "Line 2 has it already, with another name, authority, and was used. Look up which is right."
    assert told["refused"] == [{"line": 4, "id": "100001", "reason": reason}]
    assert school().name == "Fellside Primary School"


def test_the_days_of_linked_schools_decide_whether_they_are_one_chain(tmp_path: Path) -> None:
    run(written(tmp_path, row(status="Closed"), row(urn="100002")))
    link_schools(school("100001"), school("100002"), kind="successor", day=None)
    assert school("100001").chain == school("100002").chain == school("100001").pk
    run(written(tmp_path, row(status="Closed", closed="31-08-2019"), row(urn="100002", opened="01-09-2005")))
    assert (school("100001").chain, school("100002").chain) == (None, None)
    assert school("100001").lineage == school("100002").lineage == school("100001").pk


@pytest.mark.parametrize(
    ("content", "words"), [
        (lambda: b"", "edubase.csv is empty"),
        (lambda: text().encode(), "has a header and no rows"),
        (lambda: b"URN,LinkURN,LinkName\r\n1,2,x\r\n", "is not England's register of schools (GIAS, establishment fields)"),
        (lambda: text(row(), row()).encode()[:-40], "is broken off"),
        (lambda: text(row(name='"quoted"')).encode()[:-150].rsplit(b'"', 1)[0], "ends inside a quoted cell"),
        (lambda: text(row(), row(name="x" * 40_000_000)).encode(), "more than 1,000,000 characters"),
        (lambda: text(row()).encode("utf-16"), "UTF-16"),
        (lambda: b"%PDF-1.7", "is not a CSV file but a PDF"),
        (lambda: b"\x00" * 100, "NUL"),
        (lambda: text(row(name="x\x81")).encode("latin-1"), "neither UTF-8 nor cp1252"),
        (lambda: text(row()).replace("LA (name)", "URN").encode(), "The column “URN” stands in the header 2 times"),
        (lambda: b"<!DOCTYPE html><html>\n<p>Not found</p>\n", "it has no column “URN”"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_such_register_changes_nothing_and_exits_2_with_one_line(
    tmp_path: Path, content: Callable[[], bytes], words: str
) -> None:
    path = tmp_path / "edubase.csv"
    path.write_bytes(content())
    with pytest.raises(CommandError) as refused:
        run(path)
    assert refused.value.returncode == 2
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert School.objects.count() == 0


def test_a_day_that_is_none_or_still_to_come_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, row())
    for day, words in (("2023-02-30", "is not a day"), ("2999-01-01", "lies in the future")):
        with pytest.raises(CommandError, match=words):
            run(path, "--day", day)
    assert School.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["_create", "_belong", "record_history"])
def test_an_import_that_is_killed_half_way_has_changed_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    run(written(tmp_path, row()))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(registers, step, killed)
    before = list(School.objects.values())
    with pytest.raises(KeyboardInterrupt):
        run(written(tmp_path, row(gss="E06000064"), row(urn="100002")))
    assert list(School.objects.values()) == before
    assert (Authority.objects.count(), Area.objects.count(), School.history.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_school_that_somebody_enters_at_that_very_moment_is_seen_on_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = plans.stored_schools
    seen = []

    def stale(source: Register) -> dict[str, StoredSchool]:
        seen.append(read(source))
        if len(seen) == 2:
            SchoolFactory(register_id="100001", source="manual", authority=None)
        return seen[-1]

    monkeypatch.setattr(registers, "stored_schools", stale)
    # The first try fails on the school that came between, and takes the one made in its own transaction back with it.
    assert numbers(run(written(tmp_path, row())))[:2] == (1, 0)
    assert len(seen) == 3
