"""A mail of an example for each text of what schools are sent by itself before and after a visit."""

from copy import copy
from dataclasses import replace
from datetime import timedelta
from functools import partial

from schools.office.messages.example import NO_ACCESS, Example, ExampleMail, Make
from schools.visits import school_reminder_emails as to_schools
from schools.visits.school_links import link_with, with_others


def online(make: Make) -> Make:
    """Return what makes the same mail about sessions that the school shows by itself."""
    return lambda example: make(example.online)


def _for_adults(make: Make) -> Make:
    return lambda example: make(example.for_adults)


def _pack(example: Example, *, is_named: bool = True, has_items: bool = True) -> ExampleMail:
    example.visit.safeguarding_contact = (example.visit.safeguarding_contact or example.contact) if is_named else None
    words_of = partial(to_schools.words_of_pack, has_items=has_items, has_letter=True)
    return _of_words("school-pack", words_of)(example)


def _of_words(kind: str, words_of: to_schools.WordsOf, *, is_guest: bool = False) -> Make:
    """Return what makes the mail of this kind about the example alone, to its host or to a guest."""

    def make(example: Example) -> ExampleMail:
        party = replace(example.party, school=example.guest) if is_guest else example.party
        return ExampleMail(kind, to_schools.mail_to_reader([(words_of, party)]), link_with(NO_ACCESS))

    return make


def mail_of_several_visits(
    example: Example, kind: str = "school-week", words_of: to_schools.WordsOf = to_schools.words_of_week
) -> ExampleMail:
    """Return a mail about the visit, and about one of a week later at another school."""
    party, other = example.party, copy(example.visit)
    other.school, other.reference = example.guest, f"{other.reference}-2"
    later = [copy(session) for session in example.sessions]
    for session in later:
        session.visit, session.day, session.site = other, session.day + timedelta(days=7), None
    second = replace(party, visit=other, school=other.school, sessions=later)
    parties, link = [party, second], link_with(NO_ACCESS)
    mail = to_schools.mail_to_reader([(words_of, each) for each in parties])
    return ExampleMail(kind, mail, with_others([(heading, link) for heading in to_schools.headings_of(parties)]))


OF_REMINDERS_TO_SCHOOLS: dict[str, Make] = {
    "school-pack": _pack,
    "school-pack.online": online(_pack),
    "school-pack.for-adults": _for_adults(_pack),
    "school-pack.for-adults.what-is-taught": _for_adults(partial(_pack, has_items=False)),
    "school-pack.if-a-child-tells-and-nobody-is-named": partial(_pack, is_named=False),
    "school-pack.if-a-child-tells-at-another-school": _of_words("school-pack", to_schools.words_of_pack, is_guest=True),
    "school-pack.what-is-taught": partial(_pack, has_items=False),
    "school-week": _of_words("school-week", to_schools.words_of_week),
    "school-week.for-adults": _for_adults(_of_words("school-week", to_schools.words_of_week)),
    "school-week.online": online(_of_words("school-week", to_schools.words_of_week)),
    "school-day-before": _of_words("school-day-before", to_schools.words_of_day_before),
    **dict.fromkeys(("school-thanks", "questions"), _of_words("school-thanks", to_schools.words_of_thanks)),
    "school-thanks.opening-of-guest": _of_words("school-thanks", to_schools.words_of_thanks, is_guest=True),
    **dict.fromkeys(
        ("school-thanks.closing-of-several", "questions.of-several"),
        partial(mail_of_several_visits, kind="school-thanks", words_of=to_schools.words_of_thanks),
    ),
    **dict.fromkeys(("school-thanks.online", "questions.online"), online(_of_words("school-thanks", to_schools.words_of_thanks))),
    "questions.for-adults": _for_adults(_of_words("school-thanks", to_schools.words_of_thanks)),
    "school-thanks-again": _of_words("school-thanks-again", to_schools.words_of_thanks_again),
    "school-thanks-again.online": online(_of_words("school-thanks-again", to_schools.words_of_thanks_again)),
}
"""As MAILS has them: by the keys of the texts, or by how these begin."""
