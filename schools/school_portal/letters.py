"""The words of a letter of assurance: its page and its PDF say the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from schools.charity.queries import current
from schools.core.words import long_day, short_time
from schools.school_portal.queries import Opened
from schools.visits.queries.letters import Letter, LetterDay


@dataclass(frozen=True)
class LetterWords:
    """Everything that the letter says, in the reader’s language, as plain text."""

    language: str
    """The language, as browsers call it."""
    charity: str
    title: str
    sender: list[str]
    """Who says it, and where they are."""
    made: str
    """For which school, and when it was made."""
    opening: str
    days: list[tuple[str, list[str]]]
    """The days, each with the site where the school has several, and with a line for everybody who comes."""
    notes: list[str]
    """What to do at the gate, and what the letter does not say."""
    phones_title: str
    phones: list[str]
    """Empty where nobody has given a number yet."""


def words_of(letter: Letter, link: Opened, *, now: datetime) -> LetterWords:
    """Return what the letter says to the school of the link, made at that moment."""
    charity, at = current(), timezone.localtime(now)
    when = {"school": link.school, "day": long_day(at.date()), "time": short_time(at.time())}
    facts = {"school": link.school, "charity": charity.brand, "scheme": letter.scheme.label}
    return LetterWords(
        language=get_language() or "en",
        charity=charity.brand,
        title=_("Letter of assurance"),
        sender=[line for line in (charity.brand, charity.address_on_one_line) if line],
        made=_("For %(school)s, made on %(day)s at %(time)s.") % when,
        opening=_(
            "These people come to %(school)s for %(charity)s. Each person whom this letter names was checked under %(scheme)s"
            " and is clear on that day."
        )
        % facts,
        days=[(_when_and_where(day), list(_people(day, letter.scheme.label))) for day in letter.days],
        notes=list(_notes()),
        phones_title=_("Whom to phone"),
        phones=list(_phones(link)),
    )


def _when_and_where(day: LetterDay) -> str:
    return f"{long_day(day.day)}, {day.place.name}, {day.place.postcode}" if day.place else long_day(day.day)


def _people(day: LetterDay, scheme: str) -> Iterator[str]:
    for person in day.named:
        yield _("%(name)s: checked under %(scheme)s, clear on that day") % {"name": person.name, "scheme": scheme}
    if day.others and day.named:
        others = ngettext("one more person: phone us", "%(number)s more people: phone us", day.others)
        yield others % {"number": day.others}
    elif day.others:
        yield ngettext("one person: phone us", "%(number)s people: phone us", day.others) % {"number": day.others}


def _notes() -> Iterator[str]:
    yield _("Ask everybody at the gate for their name. Before you let somebody in whom this letter does not name, phone us.")
    yield _("This is how it was when the letter was made. It is made anew each time that you open it: do so on the morning.")
    yield _("The number of a certificate is in no letter of ours. Whoever is named here can read that it was opened.")


def _phones(link: Opened) -> Iterator[str]:
    if link.duty_phone:
        yield _("On the day: %(phone)s") % {"phone": link.duty_phone.as_national}
    person = link.person
    if person and person.phone:
        yield f"{person.name}: {person.phone.as_national}"
    elif person:
        yield f"{person.name}: {person.email}"
    elif not link.duty_phone and current().reply_to:
        yield current().reply_to
