"""`manage.py import_schools --links` stores which school followed which, with the schools, in one transaction."""

import json
import random
from datetime import date, datetime
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from schools.directory.actions import import_register
from schools.directory.actions.link_files import LinkFile, StoredLink, plan_links
from schools.directory.lineage import in_circles
from schools.directory.registers import Ignored, Refused
from schools.directory.registers.gias_links import COLUMNS, LinkFacts, link_reader
from schools.models import ImportChange, School, SchoolLink
from tests.directory.gias_files import row, written
from tests.factories import SchoolFactory

HEADER = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate"
read_row = link_reader(COLUMNS)


def links_file(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "links.csv"
    path.write_bytes("\r\n".join([header, *lines, ""]).encode("cp1252"))
    return path


def schools_file(folder: Path, *urns: str, **facts: str) -> Path:
    return written(folder, *(row(urn=urn, **facts) for urn in urns), name="schools.csv")


def run(path: Path, links: Path, *options: str) -> dict[str, object]:
    out = StringIO()
    call_command("import_schools", str(path), "--links", str(links), "--json", *options, stdout=out)
    told: dict[str, object] = json.loads(out.getvalue())["links"]
    return told


def numbers(told: dict[str, object]) -> tuple[object, ...]:
    """Created, updated, unchanged."""
    return told["created"], told["updated"], told["unchanged"]


def stored() -> set[tuple[str, str, str, date | None]]:
    columns = ("predecessor__register_id", "successor__register_id", "kind", "day")
    return set(SchoolLink.objects.values_list(*columns))


def kin() -> dict[str, tuple[bool, bool]]:
    """Whether each school is in a chain, and in a lineage, with others."""
    return {s.register_id: (s.chain is not None, s.lineage is not None) for s in School.objects.all()}


@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("Successor", ("1", "2", "successor")),
        ("Predecessor", ("2", "1", "successor")),
        ("Successor - merged", ("1", "2", "merged")),
        ("Predecessor - merged", ("2", "1", "merged")),
        ("Successor - amalgamated", ("1", "2", "amalgamated")),
        ("Predecessor - amalgamated", ("2", "1", "amalgamated")),
        ("Successor - Split School", ("1", "2", "split")),
        ("predecessor  -\u00a0Split School", ("2", "1", "split")),
        ("Successor - in a way unheard of", ("1", "2", "merged")),
    ],
)
def test_every_kind_of_successor_and_predecessor_is_read(words: str, link: tuple[str, str, str]) -> None:
    assert read_row(["1", "2", words, ""]) == LinkFacts(*link, None)
    assert read_row(["1.0", "2", words, "01-09-2019"]).day == date(2019, 9, 1)


@pytest.mark.parametrize(
    "words", ["Closure", "Sixth Form Centre Link", "Merged - change in age range", "Result of Amalgamation", ""]
)
def test_other_kinds_are_ignored(words: str) -> None:
    with pytest.raises(Ignored, match="neither successor nor predecessor"):
        read_row(["1", "2", words, ""])


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["x", "2", "Successor", ""], "URN is “x”; it must be a number."),
        (["1", "", "Successor", ""], "LinkURN is “”; it must be a number."),
        (["1", "1", "Successor", ""], "A school cannot follow itself."),
        (["1", "2", "Successor", "soon"], "LinkEstablishedDate is “soon”"),
        (["1", "2", "Successor"], "The row has 3 cells and the header 4."),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_the_value(cells: list[str], words: str) -> None:
    with pytest.raises(Refused) as refused:
        read_row(cells)
    assert words in refused.value.reason


@pytest.mark.django_db
def test_links_come_with_their_schools_and_make_chains_and_lineages(tmp_path: Path) -> None:
    path = schools_file(tmp_path, "100001", "100002", "100003", "100004", "100005")
    links = links_file(
        tmp_path,
        '100001,100002,"The New, Academy",Successor,',
        "100003,100005,Merged School,Successor - merged,01-09-2019",
        "100004,100005,Merged School,Successor - merged,01-09-2019",
    )
    told = run(path, links)
    assert numbers(told) == (3, 0, 0)
    assert stored() == {
        ("100001", "100002", "successor", None),
        ("100003", "100005", "merged", date(2019, 9, 1)),
        ("100004", "100005", "merged", date(2019, 9, 1)),
    }
    assert kin() == {
        "100001": (True, True),
        "100002": (True, True),
        "100003": (False, True),
        "100004": (False, True),
        "100005": (False, True),
    }


@pytest.mark.django_db
def test_the_two_rows_of_a_link_are_one_link_that_began_when_the_successor_did(tmp_path: Path) -> None:
    path = schools_file(tmp_path, "100001", "100002", "100003")
    links = links_file(
        tmp_path,
        "100001,100002,b,Successor,31-08-2019",
        "100002,100001,a,Predecessor,01-09-2019",
        "100002,100003,c,Successor,",
        "100003,100002,b,Predecessor - merged,01-01-2024",
    )
    assert numbers(run(path, links)) == (2, 0, 0)
    assert stored() == {
        ("100001", "100002", "successor", date(2019, 9, 1)),
        ("100002", "100003", "merged", date(2024, 1, 1)),
    }


@pytest.mark.django_db
def test_the_second_time_nothing_changes_and_nothing_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = schools_file(tmp_path, "100001", "100002")
    links = links_file(tmp_path, "100001,100002,b,Successor,31-08-2019", "100002,100001,a,Predecessor,01-09-2019")
    run(path, links)
    before = stored(), kin(), School.history.count()
    monkeypatch.setattr("schools.directory.actions.registers.lock_register", lambda: pytest.fail("the register was locked"))
    assert numbers(run(path, links)) == (0, 0, 1)
    assert (stored(), kin(), School.history.count()) == before


@pytest.mark.django_db
@pytest.mark.parametrize(("schools", "queries"), [(2, 52), (60, 52)])
def test_a_first_import_with_links_asks_the_same_few_questions_and_none_for_the_schools_that_it_made(
    tmp_path: Path, schools: int, queries: int, django_assert_num_queries: DjangoAssertNumQueries, now: datetime
) -> None:
    urns = [str(100_001 + number) for number in range(schools)]
    path = schools_file(tmp_path, *urns)
    links = links_file(tmp_path, *(f"{one},{other},b,Successor," for one, other in pairwise(urns)))
    with django_assert_num_queries(queries) as asked:
        import_register(path, links=links, day=now.date(), now=now)
    assert SchoolLink.objects.count() == schools - 1
    assert not [query["sql"] for query in asked.captured_queries if '"register_id" IN' in query["sql"]]


@pytest.mark.django_db
def test_what_was_linked_is_kept_with_its_school_whether_the_import_made_it_or_knew_it(tmp_path: Path) -> None:
    run(schools_file(tmp_path, "100002"), links_file(tmp_path, "888888,999999,c,Successor,"))
    links = links_file(tmp_path, "100001,100002,b,Successor,", "100002,100003,c,Successor,")
    run(schools_file(tmp_path, "100001", "100002", "100003"), links)
    linked = ImportChange.objects.filter(kind=ImportChange.Kind.LINKED).order_by("register_id")
    assert list(linked.values_list("other_id", "school__register_id")) == [("100001", "100002"), ("100002", "100003")]


@pytest.mark.django_db
def test_a_dry_run_tells_the_same_and_changes_nothing(tmp_path: Path) -> None:
    path = schools_file(tmp_path, "100001", "100002")
    links = links_file(tmp_path, "100001,100002,b,Successor,", "100001,999999,c,Successor,", "100001,100002,b,Closure,")
    told = run(path, links, "--dry-run")
    assert stored() == set()
    assert run(path, links) == told
    assert told == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "ignored": 1,
        "ignored_because": {"neither successor nor predecessor": 1},
        "unknown": [{"line": 3, "id": "999999", "reason": "The link 100001 → 999999 waits until 999999 is one of our schools."}],
        "refused": [],
    }


@pytest.mark.django_db
def test_a_link_that_waited_for_its_school_is_stored_once_the_school_comes(tmp_path: Path) -> None:
    links = links_file(tmp_path, "100001,100002,b,Successor,", "888888,999999,c,Successor,")
    told = run(schools_file(tmp_path, "100001"), links)
    assert numbers(told) == (0, 0, 0)
    assert told["ignored_because"] == {"between schools that are not ours": 1}
    assert numbers(run(schools_file(tmp_path, "100002"), links)) == (1, 0, 0)
    assert kin() == {"100001": (True, True), "100002": (True, True)}


@pytest.mark.django_db
@pytest.mark.parametrize("order", [("2021", "2022"), ("2022", "2021"), ("2022", "2021", "2022")])
def test_in_whatever_order_two_registers_are_loaded_the_later_one_says_what_a_link_is(
    tmp_path: Path, order: tuple[str, ...], now: datetime
) -> None:
    path = schools_file(tmp_path, "100001", "100002")
    said = {"2021": "100001,100002,b,Successor,01-09-2019", "2022": "100001,100002,b,Successor - merged,01-09-2020"}
    for year in order:
        links = links_file(tmp_path, said[year])
        import_register(path, links=links, day=date(int(year), 4, 1), now=now)
    link = SchoolLink.objects.get()
    assert (link.kind, link.day, link.given_on) == ("merged", date(2020, 9, 1), date(2022, 4, 1))


@pytest.mark.django_db
def test_a_blank_day_keeps_the_known_one_and_the_register_corrects_a_kind(tmp_path: Path) -> None:
    path = schools_file(tmp_path, "100001", "100002")
    run(path, links_file(tmp_path, "100001,100002,b,Successor,01-09-2019"))
    assert numbers(run(path, links_file(tmp_path, "100001,100002,b,Successor,"))) == (0, 0, 1)
    assert kin()["100001"] == (True, True)
    assert numbers(run(path, links_file(tmp_path, "100001,100002,b,Successor - merged,"))) == (0, 1, 0)
    assert stored() == {("100001", "100002", "merged", date(2019, 9, 1))}
    assert kin()["100001"] == (False, True)


@pytest.mark.django_db
def test_circles_are_refused_and_the_rest_is_stored(tmp_path: Path) -> None:
    path = schools_file(tmp_path, "100001", "100002", "100003")
    links = links_file(tmp_path, "100001,100002,b,Successor,", "100002,100001,a,Successor,", "100002,100003,c,Successor,")
    for _ in range(2):
        told = run(path, links)
        assert told["refused"] == [
            {
                "line": line,
                "id": first,
                "reason": f"The link {first} → {second} is part of a circle. Look up which school came first.",
            }
            for line, first, second in ((2, "100001", "100002"), (3, "100002", "100001"))
        ]
        assert stored() == {("100002", "100003", "successor", None)}


@pytest.mark.django_db
def test_a_conversion_shows_only_when_the_days_of_closing_and_opening_agree(tmp_path: Path) -> None:
    links = links_file(tmp_path, "100001,100002,b,Successor,")
    closed = row(urn="100001", status="Closed", closed="31-08-2019")
    run(written(tmp_path, closed, row(urn="100002", opened="01-09-1990")), links)
    assert kin()["100001"] == (False, True)
    run(written(tmp_path, closed, row(urn="100002", opened="01-09-2019")), links)
    assert kin()["100001"] == (True, True)


@pytest.mark.django_db
def test_links_and_schools_are_stored_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("schools.directory.actions.registers.write_links", broken)
    with pytest.raises(RuntimeError, match="power cut"):
        run(schools_file(tmp_path, "100001", "100002"), links_file(tmp_path, "100001,100002,b,Successor,"))
    assert not School.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "header", "words"),
    [
        ((), HEADER, "has a header and no rows"),
        (("1,2",), "URN,LinkURN", "is not GIAS's file of links: it has no column “LinkType”"),
    ],
)
def test_a_file_that_holds_no_links_changes_nothing(tmp_path: Path, lines: tuple[str, ...], header: str, words: str) -> None:
    with pytest.raises(CommandError, match=words) as refused:
        run(schools_file(tmp_path, "100001"), links_file(tmp_path, *lines, header=header))
    assert refused.value.returncode == 2
    assert not School.objects.exists()


@pytest.mark.django_db
def test_the_report_in_words_tells_of_links(tmp_path: Path) -> None:
    out = StringIO()
    links = links_file(tmp_path, "100001,100002,b,Successor,", "x,100002,b,Successor,", "1,2,b,Closure,", "100001,3,b,Successor,")
    call_command("import_schools", str(schools_file(tmp_path, "100001", "100002")), "--links", str(links), stdout=out)
    assert out.getvalue().splitlines()[3:] == [
        "Links: 1 created, 0 updated, 0 unchanged.",
        "Links to schools that are not ours: 1.",
        "Links ignored, neither successor nor predecessor: 1.",
        "Link refused, line 3, no number: URN is “x”; it must be a number.",
    ]


NUMBERS = st.sampled_from("12345")
LINKS = st.lists(
    st.builds(
        LinkFacts,
        NUMBERS,
        NUMBERS,
        st.sampled_from(["successor", "merged", "amalgamated", "split"]),
        st.sampled_from([None, date(2019, 8, 31), date(2019, 9, 1)]),
    ).filter(lambda link: link.predecessor != link.successor),
    max_size=10,
)


def planned(links: list[LinkFacts], *, known: str = "1234") -> tuple[set[LinkFacts], int, set[str]]:
    content = LinkFile()
    for line, link in enumerate(links, start=2):
        content.add(line, link)
    plan = plan_links(content, {}, known, day=date(2025, 4, 22))
    return set(plan.created), len(plan.unknown), {complaint.reason for complaint in plan.refused}


@given(LINKS, st.randoms(use_true_random=False))
def test_any_order_of_rows_gives_the_same_links(links: list[LinkFacts], chance: random.Random) -> None:
    shuffled = [*links, *links]
    chance.shuffle(shuffled)
    assert planned(shuffled) == planned(links)


@given(LINKS)
def test_what_is_stored_is_unchanged_the_next_time(links: list[LinkFacts]) -> None:
    content = LinkFile()
    for link in links:
        content.add(2, link)
    created = plan_links(content, {}, "1234", day=date(2025, 4, 22)).created
    there = {(link.predecessor, link.successor): StoredLink(0, link.kind, link.day, date(2025, 4, 22)) for link in created}
    plan = plan_links(content, there, "1234", day=date(2025, 4, 22))
    assert (plan.is_nothing, plan.unchanged) == (True, len(created))


@given(LINKS)
def test_circles_are_those_links_from_which_one_comes_back(links: list[LinkFacts]) -> None:
    pairs = {(link.predecessor, link.successor) for link in links}
    reach = set(pairs)
    while grown := {(a, d) for a, b in reach for c, d in reach if b == c} - reach:
        reach |= grown
    assert in_circles(pairs) == {(one, other) for one, other in pairs if (other, one) in reach}


@pytest.mark.django_db
def test_a_feeder_entered_by_hand_becomes_the_succession_that_the_register_tells(tmp_path: Path) -> None:
    infant, junior = SchoolFactory(register_id="100001"), SchoolFactory(register_id="100002")
    SchoolLink.objects.create(predecessor=infant, successor=junior, kind="feeder")
    told = run(schools_file(tmp_path, "100001", "100002"), links_file(tmp_path, "100001,100002,b,Successor - merged,"))
    assert numbers(told) == (0, 1, 0)
    assert stored() == {("100001", "100002", "merged", None)}
