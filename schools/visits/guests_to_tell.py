"""Guest schools that no mail reaches: what somebody has to tell them on the phone, derived as mails are (docs/messages.md).

So are hosts, of what stands at none of their sessions: whose pupils come to them, and what was taken out of the visit.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from schools.accounts.models import User
from schools.directory.models import School
from schools.directory.queries import contacts_of, with_contacts
from schools.messages.masking import text_to_show
from schools.messages.models import OutboxMessage
from schools.visits import school_kinds
from schools.visits.fingerprints import fingerprint
from schools.visits.models import MessageAbout, Session, Visit
from schools.visits.queries import VisitNotifications, outstanding, people_to_tell
from schools.visits.queries.came_back import came_back
from schools.visits.queries.notifications import GuestNotification
from schools.visits.queries.phone_lines import line_for_school
from schools.visits.queries.standings import Pair
from schools.visits.queries.to_phone import Soon, not_reported, who_to_phone
from schools.visits.rules.notices import SchoolTelling


def everybody_to_tell(user: User, *, on: date, visit_id: int | None = None) -> list[VisitNotifications]:
    """Return who has to be told what about visits at the user's schools, with the guests to phone; a constant number of queries.

    A guest stands there for as long as it does not know, also where its pupils come no more, or where the host knows; and, though
    it was mailed, where what it was mailed begins soon or came back.
    """
    visits = Visit.objects.at_own_schools(user, on=on)
    if visit_id is not None:
        visits = visits.filter(pk=visit_id)
    ids = set(outstanding.with_guests_out_of_reach(visits, on=on).order_by().values_list("pk", flat=True))
    phoned = set(MessageAbout.objects.filter(phone_until__gte=on).order_by().values_list("visit", flat=True))
    phoned |= set(came_back(on=on).order_by().values_list("visit", flat=True))
    ids |= set(visits.filter(pk__in=phoned).order_by().values_list("pk", flat=True)) if phoned else set()
    return people_to_tell(user, on=on, visit_id=visit_id, guests=guests_to_tell(ids, on=on), phoned=phoned)


def guests_to_tell(visits: Collection[int], *, on: date) -> dict[int, list[GuestNotification]]:
    """Return the guests of these visits (by id) that have to be phoned, by the visit’s id; visits without any are left out.

    With the hosts of which this module tells.
    """
    guests: defaultdict[int, list[GuestNotification]] = defaultdict(list)
    unreached = _unreached(visits, on=on)
    soon = {pair: each for pair, each in _soon(visits, on=on).items() if each.is_host or pair not in unreached}
    mailed = dict(_mailed_guests(soon, on=on))
    for pair, mail in unreached.items():
        as_well = mailed.pop(pair, None)
        guests[pair[0]].append(
            GuestNotification(
                mail.schools[0],
                role=_role(is_host=pair[1] == mail.visit.school_id),
                text="\n\n".join([mail.write()[1], *([as_well.text] if as_well else [])]),
                box=f"{pair[0]}-{pair[1]}:{_facts(mail, soon.get(pair))}",
                first_day=min(news.day for news in mail.news),
            )
        )
    for pair, guest in mailed.items():
        guests[pair[0]].append(guest)
    return dict(guests)


def _facts(mail: school_kinds.SchoolMail, as_well: "_Mailed | None") -> str:
    """Return a fingerprint of what the page shows of a school that no mail reaches, and of what it was mailed before."""
    facts = mail.about[0].facts
    return facts if as_well is None else fingerprint(facts, as_well.soon.facts)


@dataclass(frozen=True)
class _Mailed:
    """What a guest was mailed of what begins soon, or in vain; or the host, of what was taken out of the visit."""

    soon: Soon
    is_host: bool
    gone: frozenset[int]
    """The ids of the mails of sessions that were taken out of the visit; 0: of one that was erased."""


def _soon(visits: Collection[int], *, on: date) -> dict[Pair, _Mailed]:
    """Return what guests were mailed of what begins soon, and hosts of what was taken out, by visit and school."""
    phoned = who_to_phone(visits, on=on).schools if visits else {}
    if not phoned:
        return {}
    hosts = dict(Visit.objects.filter(pk__in={visit for visit, _ in phoned}).values_list("pk", "school"))
    out = {pk for soon in phoned.values() for pk in soon.taken_out}
    there = set(Session.objects.filter(pk__in=out).values_list("pk", flat=True))
    mailed = {}
    for pair, soon in phoned.items():
        gone = frozenset(message or 0 for pk, message in soon.taken_out.items() if pk not in there)
        is_host = hosts.get(pair[0]) == pair[1]
        if gone or not is_host:
            mailed[pair] = _Mailed(soon, is_host, gone)
    return mailed


def _mailed_guests(mailed: Mapping[Pair, _Mailed], *, on: date) -> Iterable[tuple[Pair, GuestNotification]]:
    """Yield the schools that were mailed and are to be phoned as well, with the words to say; six queries at most."""
    if not mailed:
        return
    soon = {pair: each.soon for pair, each in mailed.items()}
    mails = OutboxMessage.objects.in_bulk({pk for each in mailed.values() for pk in each.gone if pk})
    schools = School.objects.filter(pk__in={school for _, school in soon}).prefetch_related(*with_contacts())
    guests = {school.pk: school for school in schools}
    wanted = {pk for each in soon.values() for pk in each.sessions}
    rows = not_reported(wanted).select_related("type", "visit__school").order_by("day", "starts", "pk")
    sessions = list(rows)
    for pair, each in sorted(soon.items()):
        theirs = [session for session in sessions if session.pk in each.sessions]
        is_host, gone = mailed[pair].is_host, [_words_of(mails.get(pk)) for pk in sorted(mailed[pair].gone)]
        if not theirs and not gone:
            continue
        texts = gone if is_host or not theirs else [_words(guests[pair[1]], theirs, each), *gone]
        yield (
            pair,
            GuestNotification(
                guests[pair[1]],
                role=_role(is_host=is_host),
                text="\n\n".join(texts),
                box=f"{pair[0]}-{pair[1]}:{each.facts}",
                first_day=theirs[0].day if theirs else on,
                is_soon=True,
                came_back=each.came_back,
            ),
        )


def _words(guest: School, sessions: Sequence[Session], soon: Soon) -> str:
    """Return how the guest stands to the sessions, ready to be copied."""
    lines = "\n".join(line_for_school(session, soon.true.get(session.pk), is_guest=True) for session in sessions)
    first = next((contact.name for contact in contacts_of(guest)), "everybody")
    return f"Hello {first},\n\nabout our visit to {sessions[0].visit.school}, where your pupils are guests:\n{lines}\n"


def _words_of(mail: OutboxMessage | None) -> str:
    """Return the words of the mail that a session is taken out: nothing else knows any more what it was."""
    return text_to_show(mail) if mail else "A session was taken out of the visit; its mail was erased since."


def as_it_is_told(visits: Collection[int], *, on: date) -> dict[Pair, str]:
    """Return what the page shows of each of these schools that has to be phoned, as a fingerprint that changes with it."""
    soon = _soon(visits, on=on)
    unreached = _unreached(visits, on=on)
    as_well = {pair: each for pair, each in soon.items() if each.is_host}
    shown = {pair: each.soon.facts for pair, each in soon.items()}
    return shown | {pair: _facts(mail, as_well.get(pair)) for pair, mail in unreached.items()}


def _unreached(visits: Collection[int], *, on: date) -> dict[Pair, school_kinds.SchoolMail]:
    """Return what guests have to be told that no mail reaches, by visit and school; and of hosts without an address the rest.

    For them, what is new of a session that is there stands at the session.
    """
    unreached: dict[Pair, school_kinds.SchoolMail] = {}
    for mail in school_kinds.unreached(on, visits) if visits else ():
        pair = mail.about[0].pair
        if pair[1] == mail.visit.school_id:
            news = [each for each in mail.news if each.telling is SchoolTelling.GUESTS or each.session is None]
            mail.news = [] if mail.contact.email else news
        if mail.news:
            unreached[pair] = mail
    return unreached


def _role(*, is_host: bool) -> str:
    return "the school" if is_host else "a guest"
