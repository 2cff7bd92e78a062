"""The retention table, the record of processing and the impact assessment say what the code does, and nothing else."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import ForeignKey

from schools.delivery.models import Feedback
from schools.directory.models import SchoolAgreement
from schools.directory.registers import REGISTERS
from schools.erasing.columns import COLUMNS
from schools.erasing.links import SAID_BY_LINK
from schools.erasing.models import EarlierValue
from schools.erasing.people import KINDS
from schools.erasing.registry import PEOPLE, Fate, label_of, own_table, tables
from schools.erasing.rules import IMPORTS_OF_PEOPLE
from schools.keeping.periods import BY_NAME, PERIODS
from schools.keeping.record import EVERY_GROUP, GROUPS, INSIDE, RECIPIENTS, SUBJECTS
from schools.keeping.without_period import KEPT_IMPORTS, WITHOUT_PERIOD
from schools.office.registers.kinds import KINDS as KINDS_OF_TABLES
from schools.volunteers.models import Volunteer
from speakout.settings.environment import KNOWN, PROVIDERS
from tests.house import assert_none, assert_stated

DOCS = Path(settings.BASE_DIR) / "docs"


def rows(document: str, heading: str) -> Iterator[list[str]]:
    """The rows of the first table under the heading, without its head."""
    text = (DOCS / document).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.partition("\n#")[0].splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def names(cell: str) -> set[str]:
    """What stands between backticks."""
    return set(re.findall(r"`([^`]+)`", cell))


def test_the_retention_table_is_the_codes() -> None:
    written = {cells[0].strip("`"): cells[1:] for cells in rows("retention.md", "The table")}
    in_code = {period.name: [period.of, period.in_words, f"`{period.setting}`", period.since, period.then] for period in PERIODS}
    assert list(written) == list(in_code)
    assert written == in_code


def test_every_period_has_a_reason() -> None:
    reasons = {cells[0].strip("`"): cells[1] for cells in rows("retention.md", "Why so long")}
    assert_stated(
        BY_NAME,
        reasons,
        add="Say under “Why so long” in docs/retention.md why each is kept so long.",
        remove="There is no such period: take each out of docs/retention.md.",
    )
    assert all(len(reason) > 30 for reason in reasons.values())


def test_every_table_that_may_hold_somebody_has_a_period_or_is_said_to_have_none() -> None:
    holding = {table for table, fates in COLUMNS.items() if fates.keys() - {Fate.NOBODY}}
    without = {table for names_of_tables in WITHOUT_PERIOD.values() for table in names_of_tables.split()}
    of_periods = {table for period in PERIODS for table in period.tables}
    assert_none(
        holding - of_periods - without,
        to_do="Give each table a period (schools/keeping/periods.py), or say that it has none (without_period.py).",
    )
    assert_none(
        (of_periods | without) - {label_of(model) for model in tables()}, to_do="There is no such table: schools/keeping."
    )


def test_the_imports_of_every_kind_have_a_period_or_are_said_to_stay() -> None:
    assert not KEPT_IMPORTS & IMPORTS_OF_PEOPLE.keys()
    assert_stated(
        {*REGISTERS, *KINDS_OF_TABLES},
        KEPT_IMPORTS | IMPORTS_OF_PEOPLE.keys(),
        add="Let its imports be purged (schools/erasing/rules.py), or say that they stay (schools/keeping/without_period.py).",
        remove="Nothing of this kind is imported: schools/keeping/without_period.py.",
    )
    without = {table for names_of_tables in WITHOUT_PERIOD.values() for table in names_of_tables.split()}
    assert_none({"ImportRun", "ImportChange"} - without, to_do="A part of it goes and a part stays: say so in without_period.py.")


def test_what_has_no_period_is_written_with_its_tables_and_why() -> None:
    written = {cells[0]: cells[1:] for cells in rows("retention.md", "What has no period")}
    assert {what: names(cells[0]) for what, cells in written.items()} == {
        what: set(of_it.split()) for what, of_it in WITHOUT_PERIOD.items()
    }
    assert all(len(why) > 30 for _, why in written.values())


def test_every_table_that_may_hold_somebody_is_in_one_group() -> None:
    grouped = [table for group in GROUPS for table in group.tables.split()]
    assert len(grouped) == len(set(grouped))
    assert_none(
        {table for table, fates in COLUMNS.items() if fates.keys() - {Fate.NOBODY}} - set(grouped),
        to_do="Put each table into a group of schools/keeping/record.py, and into docs/record-of-processing.md.",
    )
    assert_none(
        set(grouped) - {label_of(model) for model in tables()}, to_do="There is no such table: schools/keeping/record.py."
    )


def test_the_record_of_processing_names_the_groups_their_tables_and_periods() -> None:
    written = {cells[0]: (names(cells[1]), names(cells[4])) for cells in rows("record-of-processing.md", "What is processed")}
    assert written == {group.name: (set(group.tables.split()), set(group.periods.split())) for group in GROUPS}
    of_groups = {period for group in GROUPS for period in group.periods.split()}
    assert_stated(
        BY_NAME,
        of_groups,
        add="Name each period with a group of schools/keeping/record.py.",
        remove="There is no such period: schools/keeping/record.py.",
    )


def test_the_record_says_of_whom_each_group_may_hold_something() -> None:
    written = {cells[0]: cells[2] for cells in rows("record-of-processing.md", "Of whom, and what")}
    groups = {name: EVERY_GROUP if cell == "all" else set(re.findall(r"\*([^*]+)\*", cell)) for name, cell in written.items()}
    assert groups == {subjects.name: subjects.groups for subjects in SUBJECTS}


def test_whoever_the_registry_knows_is_named_with_each_group_that_leads_to_them() -> None:
    group_of = {table: group.name for group in GROUPS for table in group.tables.split()}
    said = {subjects.name: subjects.groups for subjects in SUBJECTS}
    people = {table for subjects in SUBJECTS for table in subjects.tables.split()}
    assert {label_of(model) for model in PEOPLE} <= people
    for model in tables():
        label = label_of(own_table(model))
        for column in model._meta.concrete_fields:
            related: Any = column.related_model if isinstance(column, ForeignKey) else None
            owner = label_of(related) if related else label if column.primary_key else ""
            if owner in people and label in group_of:
                groups = {group for subjects in SUBJECTS if owner in subjects.tables.split() for group in subjects.groups}
                assert group_of[label] in groups, (label, column.name, owner)
    for label in map(label_of, KINDS):
        groups = {group for subjects in SUBJECTS if label in subjects.tables.split() for group in subjects.groups}
        assert "rights of people" in groups, label
    said_by_schools: tuple[Any, ...] = (*SAID_BY_LINK, Feedback, SchoolAgreement)
    signed = {group_of[label_of(model)] for model in said_by_schools}
    assert signed == said["whoever signs what a school says"]
    noted = {group_of[table] for table, fates in COLUMNS.items() if Fate.NOTE in fates}
    assert noted == said["whoever is named in a note"]
    kept_before = {group_of[label_of(model)] for model in (Volunteer, EarlierValue)}
    assert kept_before == said["whom to call in an emergency"]


def test_periods_change_tables_of_their_groups() -> None:
    tables_of = {group.name: set(group.tables.split()) for group in GROUPS}
    for period in PERIODS:
        of_its_groups = {table for group in GROUPS if period.name in group.periods.split() for table in tables_of[group.name]}
        assert set(period.tables) <= of_its_groups, period.name


def test_the_record_of_processing_names_the_recipients_and_their_settings() -> None:
    written = {cells[0]: names(cells[2]) for cells in rows("record-of-processing.md", "Who receives it")}
    assert written == {who.name: {f"SPEAKOUT_{name}" for name in who.settings.split()} for who in RECIPIENTS}
    text = (DOCS / "record-of-processing.md").read_text()
    assert_none(
        {provider for provider, *_ in PROVIDERS.values() if provider.title() not in text},
        to_do="Name each provider of mail in docs/record-of-processing.md.",
    )


ON_PAGES = re.compile(
    r"\b(?:\w+\.)*(?:contact|safeguarding_contact|person|partner|keeper|seen_by|recovery)"
    r"\.(?:name|role|phone|email|user|asked_by)\b"
)
"""What templates show of people by name."""
READERS = {"portal/*way_back*": "trustees", "portal/*": "volunteers", "school_portal/*": "schools"}
"""Who outside of the office reads the pages of these templates; the first that fits."""
IN_WORDS = {
    "name": "name", "role": "role", "phone": "phone", "email": "e-mail address", "user": "who is locked out",
    "asked_by": "who asked for them", "contact": "whom to ask for", "safeguarding_contact": "safeguarding lead",
    "partner": "who goes with them", "keeper": "keeps a store", "person": "coordinator", "seen_by": "who saw to an alarm",
}  # fmt: skip
"""What the record calls who is shown, and what of them."""


def test_whoever_reads_a_page_outside_of_the_office_is_a_recipient_of_what_it_shows_of_people() -> None:
    folder = Path(settings.BASE_DIR) / "templates"
    shown: dict[str, set[str]] = {reader: set() for reader in READERS.values()}
    for portal in ("portal", "school_portal"):
        for template in (folder / portal).rglob("*.html"):
            name = template.relative_to(folder).as_posix()
            reader = next(reader for pattern, reader in READERS.items() if fnmatch(name, pattern))
            shown[reader] |= set(ON_PAGES.findall(template.read_text()))
    assert shown == {who.name: set(who.shown.split()) for who in RECIPIENTS if who.shown}
    written = {cells[0]: cells[1] for cells in rows("record-of-processing.md", "Who receives it")}
    parts = {(who, IN_WORDS[part]) for who in shown for each in shown[who] for part in each.split(".")[-2:] if part in IN_WORDS}
    assert_none(
        {f"{who}: {words}" for who, words in parts if words not in written[who]},
        to_do="Say in docs/record-of-processing.md, “Who receives it”, what of whom each of them reads.",
    )


def test_every_setting_leads_data_to_a_recipient_or_to_nobody() -> None:
    of_recipients = {name for who in RECIPIENTS for name in who.settings.split()}
    inside = set(INSIDE.split())
    assert not of_recipients & inside
    known = {name.removeprefix("SPEAKOUT_") for name in KNOWN}
    assert_stated(
        {name for name in known if not name.startswith("KEEP_")},
        of_recipients | inside,
        add="Say in schools/keeping/record.py to whom each setting leads data, or that it leads none out (INSIDE).",
        remove="Nothing reads these settings any more: schools/keeping/record.py.",
    )


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_the_impact_assessment_names_every_group(group: object) -> None:
    assert f"*{getattr(group, 'name', '')}*" in (DOCS / "dpia.md").read_text()


def test_the_impact_assessment_names_every_recipient_and_only_periods_that_there_are() -> None:
    text = (DOCS / "dpia.md").read_text()
    assert_none(
        {who.name for who in RECIPIENTS if f"*{who.name.removeprefix('the ')}*" not in text},
        to_do="Name each recipient, in italics, with a risk in docs/dpia.md.",
    )
    named = {name for name in re.findall(r"period[s]? ((?:`[\w-]+`(?:, | and )?)+)", text) for name in names(name)}
    assert named
    assert named <= BY_NAME.keys()
    in_italics = {" ".join(name.split()) for name in re.findall(r"\*([a-z][^*]+)\*", text)}
    subjects = {each.name for each in SUBJECTS}
    assert_none(subjects - in_italics, to_do="Name everybody of whom something is kept, in italics, in docs/dpia.md.")
    known = {group.name for group in GROUPS} | {who.name.removeprefix("the ") for who in RECIPIENTS} | subjects
    assert_none(in_italics - known, to_do="docs/dpia.md names groups, people and recipients that there are not.")
