"""Whatever came first: the same files in any order give the same sessions and the same reach of a past year, byte for byte."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schools.core.periods import AcademicYear
from schools.directory.actions import import_areas, import_authorities, import_register
from schools.reach.actions.mending import mend_places
from schools.reach.exports import csv_lines
from schools.reach.filters import EVERYTHING
from schools.reach.queries import reach, scope_of
from schools.reach.queries.sessions import sessions_behind
from schools.reach.rows import PLACE_CUTS, Cut
from schools.visits.session_files.columns import COLUMNS
from schools.visits.session_files.exports import session_lines
from schools.visits.session_files.importing import import_sessions
from tests.directory.gias_files import row, written
from tests.profiles import examples

pytestmark = pytest.mark.django_db

CUMBERLAND = {"gss": "E06000063", "la_name": "Cumberland", "la_code": "942"}
WESTMORLAND = {"gss": "E06000064", "la_name": "Westmorland and Furness", "la_code": "943"}
HARTLEPOOL = {"gss": "E06000001", "la_name": "Hartlepool", "la_code": "805", "region": "North East"}
TEES = {"gss": "E06000900", "la_name": "Tees Mouth", "la_code": "999", "region": "North East"}
"""An authority that follows Hartlepool by a file of the charity's own: no register and no list of ours knows why."""

OF_2019 = (
    row(urn="100001", name="Alderfell Primary School"),
    row(urn="100002", pupils="90"),
    row(urn="100003", pupils="60", status="Open, but proposed to close"),
    row(urn="100004", **HARTLEPOOL),
    row(urn="100006", pupils="", phone="01539 720000"),
)
OF_2022 = (row(urn="100006", pupils="75", phone="01539 720001"), row(urn="100002", pupils="95"))
OF_2025 = (
    row(urn="100001", name="Alderfell School", pupils="", status="Closed", closed="31-08-2023"),
    row(urn="100002", pupils="", **CUMBERLAND),
    row(urn="100003", pupils="", status="Closed", closed="31-08-2022"),
    row(urn="100004", pupils="", **TEES),
    row(urn="100005", name="Alderfell Academy", pupils="", opened="01-09-2023", **WESTMORLAND),
    row(urn="100006", pupils="", phone="", **WESTMORLAND),
)
LINKS = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n100001,100005,Alderfell Academy,Successor,31-08-2023\n"
AUTHORITIES = (
    "gss,name,opened,closed,followed_by\n"
    "E06000001,Hartlepool,,2024-03-31,E06000900\n"
    "E06000900,Tees Mouth,2024-04-01,,\n"
)  # fmt: skip
AREAS = "region,area,authority_gss\nNorth,Lakes,E10000006\n"


def saved(folder: Path, text: str, name: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def session(urn: str, day: str, pupils: int) -> dict[str, str]:
    facts = {"visit": f"R-{urn}", "nation": "england", "register_id": urn, "session_type": "ks2-assembly", "day": day}
    return facts | {"starts": "09:15", "stage": "delivered", "pupils_5": str(pupils), "pupils_6": str(pupils + 1)}


SESSIONS = (
    session("100001", "2022-03-07", 28),
    session("100002", "2022-03-14", 24),
    session("100003", "2022-03-21", 17),
    session("100004", "2022-03-28", 31),
    session("100006", "2022-05-09", 12),
)


class Office:
    """The files, and what somebody does with each of them."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder, self.now = folder, now
        self.links = folder / "links.csv"
        self.links.write_text(LINKS)
        lines = [",".join(COLUMNS), *(",".join(one.get(column, "") for column in COLUMNS) for one in SESSIONS)]
        self.sessions = saved(folder, "\n".join(lines) + "\n", "sessions.csv")
        self.do: dict[str, Callable[[], object]] = {
            "2019": lambda: self.register("2019-09-01", OF_2019),
            "2022": lambda: self.register("2022-02-01", OF_2022),
            "2025": lambda: self.register("2025-04-22", OF_2025, links=self.links),
            "authorities": lambda: import_authorities(saved(folder, AUTHORITIES, "authorities.csv")),
            "areas": lambda: import_areas(saved(folder, AREAS, "areas.csv")),
            "sessions": self.visit,
        }

    def register(self, day: str, rows: Sequence[list[str]], links: Path | None = None) -> None:
        path = written(self.folder, *rows, name=f"edubase-{day}.csv")
        import_register(path, day=date.fromisoformat(day), now=self.now, links=links)

    def visit(self) -> None:
        assert not import_sessions(self.sessions, now=self.now).refused

    def exports(self) -> dict[str, str]:
        """Every export of sessions and of the reach of 2021/22."""
        period, on = AcademicYear(2021).period, self.now.date()
        of_reach = {f"by {cut}": "".join(csv_lines(reach(period, by=cut, as_of=on))) for cut in (*PLACE_CUTS, Cut.TYPE)}
        behind = scope_of(period, by=Cut.AREA, within=None, filters=EVERYTHING, as_of=on, areas=None)
        lines = [",".join(map(str, cells)) for _, cells in sessions_behind(behind).rows()]
        return {**of_reach, "sessions": "".join(session_lines(period)), "behind": "\n".join(lines)}


IN_USUAL_ORDER: dict[str, str] = {}
"""The exports after the usual order, made once."""
USUAL = ("2019", "2022", "sessions", "2025", "authorities", "areas")


def after(office: Office, order: Sequence[str]) -> dict[str, str]:
    """The exports after the files came in this order and the places were mended; nothing of it stays."""
    with transaction.atomic():
        for name in order:
            office.do[name]()
        mend_places(now=office.now)
        exports = office.exports()
        transaction.set_rollback(True)
    return exports


def possible(order: Sequence[str]) -> bool:
    """Whether the sessions come after a register that has their schools: that of 2019, or that of 2025."""
    return order.index("sessions") > min(order.index("2019"), order.index("2025"))


@settings(deadline=None, max_examples=examples(12))
@given(order=st.permutations(USUAL).filter(possible))
@example(order=["2025", "sessions", "2022", "2019", "areas", "authorities"])
@example(order=["areas", "authorities", "2025", "sessions", "2019", "2022"])
@example(order=["2025", "2019", "2022", "sessions", "authorities", "areas"])
@pytest.mark.exhaustive
def test_any_order_of_the_same_files_gives_the_same_bytes(order: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    office = Office(tmp_path_factory.mktemp("files"), datetime.fromisoformat("2026-11-24T08:50:00+00:00"))
    if not IN_USUAL_ORDER:
        IN_USUAL_ORDER.update(after(office, USUAL))
    assert after(office, order) == IN_USUAL_ORDER


def test_sessions_of_march_2022_are_cumbrias_at_once_though_only_todays_register_was_loaded(
    tmp_path: Path, now: datetime
) -> None:
    office = Office(tmp_path, now)
    office.do["2025"]()
    office.visit()
    table = reach(AcademicYear(2021).period, by=Cut.AUTHORITY, as_of=now.date())
    held = {(one.area, one.authority, one.authority_gss): one.sessions_delivered for one in table.rows}
    assert held == {("Cumbria", "Cumbria", "E10000006"): 4, ("Tees Mouth", "Tees Mouth", "E06000900"): 1}
