"""`manage.py mend_places`: sessions that an earlier order of loading froze in a wrong place are put right."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.reach.actions.mending import Mended, mend_places, preview_mending


class Command(BaseCommand):
    """Works out again where schools lay, and freezes delivered sessions there; a second call changes nothing."""

    help = "Puts delivered sessions where their schools lay on their day, by all registers and reorganisations known now."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("--dry-run", action="store_true", help="Tell what would change, and change nothing.")
        parser.add_argument("--by", default="", metavar="EMAIL", help="The manager who restates closed returns.")
        parser.add_argument("--why", default="", metavar="TEXT", help="Why closed returns are restated.")

    def handle(self, *_: Any, dry_run: bool, by: str, why: str, **__: Any) -> None:
        """Mend the places, and tell what moved."""
        now = timezone.now()
        if dry_run:
            self.stdout.write("This is what the command would do; nothing was changed.")
            self._tell(preview_mending(now=now))
            return
        manager = User.objects.filter(email__iexact=by).first() if by else None
        if by and manager is None:
            raise CommandError(f"Nobody signs in as {by}. Name a manager.", returncode=2)
        try:
            self._tell(mend_places(now=now, by=manager, why=why))
        except RuleBroken as broken:
            raise CommandError(" ".join([*broken.reasons, "Nothing was changed."])) from broken

    def _tell(self, mended: Mended) -> None:
        self.stdout.write(
            f"Sessions that were in a wrong place: {mended.sessions:,}, {mended.restated:,} of them in closed returns."
        )
        if mended.published:
            self.stdout.write(
                f"In months that were published: {mended.published:,}. What was published stays where it was; publishing a year "
                "with them says whose pupils it would leave out."
            )
        for (before, after), number in sorted(mended.moves.items()):
            self.stdout.write(f"{_in_words(before)} → {_in_words(after)}: {number:,}.")
        self.stdout.write(f"Schools that belong to another authority today: {mended.schools:,}.")


def _in_words(place: tuple[str, str]) -> str:
    authority, area = place
    return f"{authority or 'no authority'} ({area or 'no area'})"
