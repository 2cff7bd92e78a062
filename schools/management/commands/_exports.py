"""What the commands that write a table of figures have in common: CSV to the terminal or a file, or a workbook to a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from schools.core.csv import write


def add_output(parser: CommandParser) -> None:
    """Add the file."""
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write to this file instead of the terminal; .xlsx is a workbook"
    )


def export(
    command: BaseCommand, output: Path | None, *, lines: Callable[[], Iterator[str]], workbook: Callable[[], Iterator[bytes]]
) -> None:
    """Write the workbook where the file is one, else the lines; a file gets its name only once it is complete."""
    if output is None:
        if reconfigure := getattr(command.stdout, "reconfigure", None):
            # The bytes are the same whatever the terminal's encoding is.
            reconfigure(encoding="utf-8", newline="")
        for line in lines():
            command.stdout.write(line, ending="")
        return
    try:
        write(workbook() if output.suffix.lower() == ".xlsx" else lines(), output)
    except OSError as error:
        msg = f"{output} cannot be written: {error.strerror or error}. Nothing was written; name another file with -o."
        raise CommandError(msg, returncode=2) from error
