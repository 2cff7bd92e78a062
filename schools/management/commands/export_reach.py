"""`manage.py export_reach`: the reach of a period as CSV, to the terminal or a file, or as a workbook to a file."""

from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from schools.core.nations import Language
from schools.core.periods import Period
from schools.core.words import joined
from schools.core.year_groups import YEAR_GROUPS
from schools.directory.models import Sector
from schools.directory.models.deprivation import FIFTHS
from schools.management.commands._exports import add_output, export
from schools.programme.models import Channel, SessionType
from schools.reach.exports import Stamp, csv_lines, workbook
from schools.reach.filters import Filters
from schools.reach.queries import reach
from schools.reach.rows import DEFINITIONS, FIRST_DEFINITIONS, KIND_CUTS, PLACE_CUTS, Cut


class Command(BaseCommand):
    """Writes the table of reach as of today; it changes nothing."""

    help = "Write the reach of a period by area, authority, region or nation, or by a kind within them, as CSV or XLSX."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the period, the cut, the filters and the file."""
        parser.add_argument("--period", required=True, help="2025/26, 2025/26..2026/27, FY2025 or 2025-10-01..2025-12-19")
        parser.add_argument(
            "--by", required=True, help=f"{joined((*PLACE_CUTS, Cut.FIFTH), last='or')}; or {joined(KIND_CUTS, last='or')}"
        )
        parser.add_argument("--within", help="of a kind: a row for each in each area, authority, region or nation")
        parser.add_argument("--type", action="append", default=[], help="only this session type, by its slug; may be repeated")
        parser.add_argument("--channel", action="append", default=[], help="only in_person or online")
        parser.add_argument("--language", action="append", default=[], help="only this language, by its code; may be repeated")
        parser.add_argument("--year-group", action="append", default=[], help="only this year group, 0 to 6; may be repeated")
        parser.add_argument("--sector", action="append", default=[], help="only this sector; may be repeated")
        parser.add_argument(
            "--fifth", action="append", default=[], help="only this fifth of deprivation, 1 to 5; may be repeated"
        )
        parser.add_argument(
            "--definitions",
            type=int,
            choices=range(FIRST_DEFINITIONS, DEFINITIONS + 1),
            default=DEFINITIONS,
            help="by an older version of the definitions, as older returns were counted",
        )
        add_output(parser)

    def handle(self, *, period: str, by: str, within: str | None, output: Path | None, **options: Any) -> None:
        """Check the options, read the figures and write them."""
        try:
            days = Period.parse(period)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        filters = _filters(options)
        version = options["definitions"]
        cut, place = _cut(by, within), _place(within)
        table = reach(days, by=cut, within=place, filters=filters, as_of=timezone.localdate(), definitions=version)
        stamp = Stamp("", timezone.now(), filters.words(list(SessionType.objects.all())))
        export(self, output, lines=partial(csv_lines, table), workbook=partial(workbook, table, stamp))


def _cut(by: str, within: str | None) -> Cut:
    if by in {*PLACE_CUTS, Cut.FIFTH} and within is None:
        return Cut(by)
    if by not in KIND_CUTS:
        known = KIND_CUTS if within else (*PLACE_CUTS, Cut.FIFTH)
        msg = f"“{by}” is not a cut{' within a place' if within else ''}. Write --by {joined(known, last='or')}."
        raise CommandError(msg, returncode=2)
    return Cut(by)


def _place(within: str | None) -> Cut | None:
    if within is not None and within not in PLACE_CUTS:
        msg = f"“{within}” is not a kind of place. Write --within {joined(PLACE_CUTS, last='or')}."
        raise CommandError(msg, returncode=2)
    return None if within is None else Cut(within)


def _filters(options: dict[str, Any]) -> Filters:
    known = {
        "type": list(SessionType.objects.values_list("slug", flat=True)),
        "channel": Channel.values,
        "language": Language.values,
        "year_group": [str(group) for group in YEAR_GROUPS],
        "sector": Sector.values,
        "fifth": [str(fifth) for fifth in FIFTHS],
    }
    for name, values in known.items():
        for value in options[name]:
            if value not in values:
                option = f"--{name.replace('_', '-')}"
                msg = f"“{value}” is not known to {option}. Write {option} {joined(values, last='or')}."
                raise CommandError(msg, returncode=2)
    return Filters(
        types=frozenset(options["type"]),
        channels=frozenset(options["channel"]),
        languages=frozenset(options["language"]),
        year_groups=frozenset(int(group) for group in options["year_group"]),
        sectors=frozenset(options["sector"]),
        fifths=frozenset(int(fifth) for fifth in options["fifth"]),
    )
