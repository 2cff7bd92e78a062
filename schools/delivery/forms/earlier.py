"""Reports of one session, as phones of the release before the day's form still send them: nothing that waits there is lost."""

from uuid import UUID

from django.http import QueryDict

from schools.delivery.forms.questions import UNASKED
from schools.delivery.queries import covers_of
from schools.visits.models import CancelCode, Session, WentAhead

OF_THE_DAY = ("csrfmiddlewaretoken", "key", "replaces", "differed", "note", "names_nobody", "arrived_", "used_")
"""How the names begin that mean the same in the day's form; `adults` too, but in a session for adults."""


def as_day(data: QueryDict, session: Session) -> QueryDict:
    """Return the report of one session as a report of its day, which speaks of that session alone."""
    prefix = f"s{session.pk}-"
    if any(name.startswith(prefix) for name in data):
        return data  # an answer of ours that the phone sends again speaks of the day already
    day = QueryDict(mutable=True)
    of_the_day = (*OF_THE_DAY, "adults") if session.type.is_for_pupils else OF_THE_DAY
    for name, values in data.lists():
        if name not in {"attended", "shown"}:
            day.setlist(name if name.startswith(of_the_day) else f"{prefix}{name}", values)
    people = {str(cover.pk): str(cover.volunteer_id) for cover in covers_of(session)}
    day.setlist("there", list(dict.fromkeys(people.get(pk, pk) for pk in data.getlist("attended"))))
    if "shown" in data:
        day["shown"] = " ".join(f"{pk}:{people.get(pk, '')}" for pk in data.get("shown", "").split())
    if data.get("went_ahead") == WentAhead.NO and not data.get("cancelled_code"):
        day[f"{prefix}cancelled_code"] = CancelCode.NOT_HELD
    day.setdefault(f"{prefix}version", "")
    day[f"{prefix}{UNASKED}"] = day[UNASKED] = "1"
    return day


def key_as_sent(key: UUID, _session: Session) -> UUID:
    """Return the key of a report of one session: the session's outcome is stored under it as it is."""
    return key
