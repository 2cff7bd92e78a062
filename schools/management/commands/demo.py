"""`manage.py demo`: loads a made-up charity once, prints who can sign in, and where a school reads of its next visit."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from schools.core.errors import RuleBroken
from schools.demo import rules
from schools.demo.actions import Size, load
from schools.demo.packs import lines_for_schools
from schools.demo.people import SIGN_INS


class Command(BaseCommand):
    """Loads a made-up charity, all or nothing; a second call changes nothing and prints the sign-ins again."""

    requires_system_checks = ()  # what follows it, a server or a benchmark, makes them

    help = "Load a made-up charity for trying Speakout, and print four sign-ins. Refuses on real schools and in production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add size, years and seed."""
        parser.add_argument(
            "--size",
            choices=[size.value for size in Size],
            default=Size.SMALL.value,
            help="small: three areas; area: what one coordinator looks after; national: the whole kingdom, for benchmarks",
        )
        parser.add_argument(
            "--years", type=int, default=2, help="whole academic years of visits before the running one (1 to 10)"
        )
        parser.add_argument("--seed", type=int, default=1, help="another number makes another charity")

    def handle(self, *, size: str, years: int, seed: int, **_: Any) -> None:
        """Load the charity where there is none yet, then print the sign-ins, and the page of a school with a visit to come."""
        if not 1 <= years <= 10:
            raise CommandError("Give --years a number from 1 to 10.", returncode=2)
        if reasons := rules.reasons_not_to_demo():
            raise CommandError(" ".join(reasons), returncode=2)
        if not rules.is_loaded():
            try:
                load(Size(size), years=years, seed=seed, on=timezone.localdate(), progress=self._progress)
            except RuleBroken as error:
                raise CommandError(" ".join(error.reasons), returncode=2) from error
        for person in SIGN_INS:
            self.stdout.write(person.line)
        for line in lines_for_schools(on=timezone.localdate()):
            self.stdout.write(line)

    def _progress(self, words: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(words)
