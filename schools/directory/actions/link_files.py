"""Links from a register's file: read into plain values, compared with what is stored, and written."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from schools.core.ids import Ids
from schools.core.nations import Nation
from schools.directory.actions.reading import OUTDATED, NotThisRegister, RowProblem, opened_table, table_header
from schools.directory.lineage import in_circles
from schools.directory.models import LinkKind, School, SchoolLink
from schools.directory.registers import Ignored, Refused
from schools.directory.registers.gias_links import NEEDS, LinkFacts, link_reader

ROWS_A_STATEMENT = 500
TITLE = "GIAS's file of links"

type Pair = tuple[str, str]
"""The register ids of a predecessor and its successor."""


class StoredLink(NamedTuple):
    """A link as it is stored."""

    pk: int
    kind: str
    day: date | None
    given_on: date | None = None
    """The day of the latest register that gave it; None: none did, or not known."""


@dataclass
class LinkFile:
    """The content of a file; each link once, whichever of its two schools names it, and in any order."""

    links: dict[Pair, LinkFacts] = field(default_factory=dict)
    lines: dict[Pair, int] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    refused: list[RowProblem] = field(default_factory=list)

    def add(self, line: int, link: LinkFacts) -> None:
        """Merge what two rows say about a link: the more precise kind than "successor", and the later of the two days.

        The predecessor's row has its last day, the successor's row its first day.
        """
        pair = link.predecessor, link.successor
        known = self.links.get(pair, link)
        kind = min(known.kind, link.kind, key=lambda kind: (kind == LinkKind.SUCCESSOR, kind))
        day = max(filter(None, (known.day, link.day)), default=None)
        self.links[pair] = LinkFacts(*pair, kind, day)
        self.lines[pair] = min(line, self.lines.get(pair, line))


@dataclass
class LinkPlan:
    """Everything that the import will write; a link counts once, however many rows name it."""

    created: list[LinkFacts] = field(default_factory=list)
    updated: list[tuple[int, LinkFacts]] = field(default_factory=list)
    """The id of a stored link, and its new facts."""
    given_again: list[int] = field(default_factory=list)
    """The ids of stored links that the register gives as they are, and that an older one gave last."""
    day: date | None = None
    """The day of the register."""
    unchanged: int = 0
    unknown: list[RowProblem] = field(default_factory=list)
    """Links between one of our schools and a school that is not ours."""
    refused: list[RowProblem] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.created or self.updated or self.given_again)

    def report(self) -> "LinkReport":
        """Return the counts, for people and for scripts."""
        return LinkReport(
            created=len(self.created),
            updated=len(self.updated),
            unchanged=self.unchanged,
            ignored=self.ignored.total(),
            ignored_because=dict(self.ignored),
            unknown=self.unknown,
            refused=self.refused,
        )


@dataclass(frozen=True)
class LinkReport:
    """What an import did, or would do, with a file of links."""

    created: int
    updated: int
    unchanged: int
    ignored: int
    """The number of rows of other kinds, and of links between two schools that are not ours."""
    ignored_because: dict[str, int]
    unknown: list[RowProblem]
    """Links between one of our schools and one that is not ours, with the latter's number; no errors."""
    refused: list[RowProblem]

    def as_json(self) -> dict[str, object]:
        """Return the object that `--json` prints."""
        return asdict(self)


def read_links(path: Path) -> LinkFile:
    """Read the file. Raises UnreadableTable or NotThisRegister, each with a message of one line."""
    content = LinkFile()
    with opened_table(path, NEEDS) as rows:
        read = link_reader(table_header(path, rows, NEEDS, title=TITLE))
        for line, cells in rows:
            try:
                content.add(line, read(cells))
            except Ignored as ignored:
                content.ignored[str(ignored)] += 1
            except Refused as refused:
                content.refused.append(RowProblem(line, refused.register_id, refused.reason))
    if not (content.links or content.ignored or content.refused):
        msg = f"{path.name} has a header and no rows. Nothing was changed; download it again."
        raise NotThisRegister(msg)
    return content


def stored_links(nation: Nation) -> dict[Pair, StoredLink]:
    """Return every link of the nation's schools.

    Two plain reads, put together here: right after a first import PostgreSQL may know nothing of how large the tables are, and
    a join of them has then been seen to take minutes.
    """
    schools = {pk: (of, number) for pk, of, number in School.objects.order_by().values_list("pk", "nation", "register_id")}
    links = SchoolLink.objects.order_by().values_list("predecessor_id", "successor_id", "pk", "kind", "day", "given_on")
    return {
        (schools[before][1], schools[after][1]): StoredLink(pk, kind, day, given_on)
        for before, after, pk, kind, day, given_on in links
        if schools[before][0] == nation
    }


def plan_links(content: LinkFile, stored: Mapping[Pair, StoredLink], known: Collection[str], *, day: date) -> LinkPlan:
    """Compare the file with what is stored; `known` are the register ids of our schools, including new ones.

    `day` is that of the register: what it says otherwise than a later one changes nothing.

    A link by which a school would come before its own predecessor is refused, and so is every link of that circle: nobody can
    tell which of them is wrong. A feeder link that was entered by hand becomes the kind that the register gives.
    """
    plan = LinkPlan(day=day, refused=list(content.refused), ignored=Counter(content.ignored))
    ours = {}
    for pair, link in content.links.items():
        unknown = [register_id for register_id in pair if register_id not in known]
        if not unknown:
            ours[pair] = link
        elif len(unknown) == 1:
            reason = f"The link {' → '.join(pair)} waits until {unknown[0]} is one of our schools."
            plan.unknown.append(RowProblem(content.lines[pair], unknown[0], reason))
        else:
            plan.ignored["between schools that are not ours"] += 1
    followed = {pair for pair, link in stored.items() if link.kind != LinkKind.FEEDER}
    circles = in_circles(ours.keys() | followed)
    for pair, link in ours.items():
        if pair in circles:
            reason = f"The link {' → '.join(pair)} is part of a circle. Look up which school came first."
            plan.refused.append(RowProblem(content.lines[pair], pair[0], reason))
        else:
            _compare(plan, link, stored.get(pair), day=day)
    plan.refused.sort(key=lambda complaint: complaint.line)
    plan.unknown.sort(key=lambda complaint: complaint.line)
    return plan


def _compare(plan: LinkPlan, link: LinkFacts, old: StoredLink | None, *, day: date) -> None:
    if old is None:
        plan.created.append(link)
    elif (old.kind, old.day) == (link.kind, link.day or old.day):
        plan.unchanged += 1
        if old.given_on is None or old.given_on < day:
            plan.given_again.append(old.pk)
    elif old.given_on is not None and day < old.given_on:
        plan.ignored[OUTDATED] += 1
    else:
        plan.updated.append((old.pk, link._replace(day=link.day or old.day)))


def write_links(plan: LinkPlan, ids: Mapping[str, int]) -> set[int]:
    """Write the plan inside the caller's transaction; `ids` are the ids of the stored schools, by register id.

    Returns the ids of the schools whose chains have to be worked out again.
    """
    SchoolLink.objects.bulk_create(
        [
            SchoolLink(
                predecessor_id=ids[link.predecessor],
                successor_id=ids[link.successor],
                kind=link.kind,
                day=link.day,
                given_on=plan.day,
            )
            for link in sorted(plan.created, key=lambda link: (link.predecessor, link.successor))
        ],
        batch_size=ROWS_A_STATEMENT,
    )
    changed = [SchoolLink(pk=pk, kind=link.kind, day=link.day, given_on=plan.day) for pk, link in plan.updated]
    SchoolLink.objects.bulk_update(changed, ["kind", "day", "given_on"], batch_size=ROWS_A_STATEMENT)
    if plan.given_again:
        SchoolLink.objects.filter(pk__in=Ids(plan.given_again)).update(given_on=plan.day)
    links = [*plan.created, *(link for _, link in plan.updated)]
    return {ids[register_id] for link in links for register_id in (link.predecessor, link.successor)}
