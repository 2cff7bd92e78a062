"""Guest schools that no mail reaches: what somebody has to tell them on the phone, derived as mails are (docs/messages.md)."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from schools.accounts.models import User
from schools.visits import school_kinds
from schools.visits.models import Visit
from schools.visits.queries import VisitNotifications, outstanding, people_to_tell
from schools.visits.queries.notifications import GuestNotification
from schools.visits.queries.standings import Pair


def everybody_to_tell(user: User, *, on: date, visit_id: int | None = None) -> list[VisitNotifications]:
    """Return who has to be told what about the visits that the user sees, with the guests to phone; a constant number of queries.

    A guest stands there for as long as it does not know, also where its pupils come no more, or where the host knows.
    """
    visits = Visit.objects.for_user(user, on=on)
    if visit_id is not None:
        visits = visits.filter(pk=visit_id)
    ids = list(outstanding.with_guests_out_of_reach(visits, on=on).order_by().values_list("pk", flat=True))
    return people_to_tell(user, on=on, visit_id=visit_id, guests=guests_to_tell(ids, on=on))


def guests_to_tell(visits: Collection[int], *, on: date) -> dict[int, list[GuestNotification]]:
    """Return the guests of these visits (by id) that have to be phoned, by the visit’s id; visits without any are left out."""
    guests: defaultdict[int, list[GuestNotification]] = defaultdict(list)
    for pair, mail in _unreached_guests(visits, on=on).items():
        guests[pair[0]].append(
            GuestNotification(
                mail.schools[0],
                text=mail.write()[1],
                box=f"{pair[0]}-{pair[1]}:{mail.about[0].facts}",
                first_day=min(news.day for news in mail.news),
            )
        )
    return dict(guests)


def as_it_is_told(visits: Collection[int], *, on: date) -> dict[Pair, str]:
    """Return what the page shows of each guest of these visits that has to be phoned, as a fingerprint that changes with it."""
    return {pair: mail.about[0].facts for pair, mail in _unreached_guests(visits, on=on).items()}


def _unreached_guests(visits: Collection[int], *, on: date) -> dict[Pair, school_kinds.SchoolMail]:
    """Return what the guests have to be told that no mail reaches, by visit and school."""
    if not visits:
        return {}
    mails = {mail.about[0].pair: mail for mail in school_kinds.unreached(on, visits)}
    return {pair: mail for pair, mail in mails.items() if pair[1] != mail.visit.school_id}
