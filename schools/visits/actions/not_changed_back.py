"""Why the details of a visit or of a session stay when their change is undone: all of it is put back, or nothing."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from schools.accounts.models import User
from schools.directory.models import School
from schools.visits import rules
from schools.visits.actions.batches import Change
from schools.visits.actions.changed import OF_DETAILS, OF_SESSION, STAGE
from schools.visits.actions.editing import as_new, schools_expected
from schools.visits.actions.not_put_back import Key, as_left
from schools.visits.models import Batch, Headcount, Session, SessionStage, Visit
from schools.visits.rules import VisitDetails
from schools.visits.rules.closed_periods import closed_periods

CHANGED_SINCE = "Somebody changed it again since, so nothing is undone. Look at what is stored now, and change that by hand."
GONE = "Whoever it named before is not there any more. Change it by hand."
ELSEWHERE = "It is in another area now. Ask its coordinator to change it."
SIGNED_OFF = "A signed-off return rests on its language. Correct that on its page, and say there why."


def reasons_not_to_change_back(batch: Batch, rows: Mapping[Key, Model], *, by: User, now: datetime) -> list[str]:
    """Return why nothing of the batch is put back; none where all of it is. `rows` are its rows, locked, as they are now."""
    changes: list[Change] = batch.changes
    session, on = _session_of(rows.values()), timezone.localdate(now)
    if session is not None and (happened := _reasons_of_stage(session, changes)):
        return happened
    there = [rows.get((change["table"], change["pk"])) for change in changes]
    if not all(row is not None and as_left(row, change) for row, change in zip(there, changes, strict=True)):
        return [CHANGED_SINCE]
    if session is not None:
        return _reasons_of_session(session, changes, rows, by=by, on=on)
    pairs = zip(there, changes, strict=True)
    return [reason for row, change in pairs if isinstance(row, Visit) for reason in _reasons_of_visit(row, change, by=by, on=on)]


def _session_of(rows: Iterable[Model]) -> Session | None:
    """Return the session whose details were changed; None: those of a visit were."""
    for row in rows:
        if isinstance(row, Session):
            return row
        if isinstance(row, Headcount):
            return row.session
    return None


def _reasons_of_visit(visit: Visit, change: Change, *, by: User, on: date) -> list[str]:
    before: dict[str, Any] = {name: getattr(visit, name) for name in OF_DETAILS}
    for name, value in change["before"].items():
        field = Visit._meta.get_field(name)
        people = field.related_model
        if isinstance(people, type) and value is not None:
            before[name] = people._default_manager.filter(pk=value).first()
            if before[name] is None:
                return [GONE]
        else:
            before[name] = field.to_python(value)  # type: ignore[union-attr]  # columns alone are named
    return rules.reasons_not_to_change_visit(visit, VisitDetails(**before), by=by, on=on)


def _reasons_of_stage(session: Session, changes: Iterable[Change]) -> list[str]:
    """Return a reason where the session was to come when it was changed, and is over or cancelled now."""
    stages = [change["after"][STAGE] for change in changes if STAGE in change["after"]]
    return rules.reasons_not_to_edit(session) if SessionStage.SCHEDULED in (stages or [SessionStage.SCHEDULED]) else []


def _reasons_of_session(
    session: Session, changes: Iterable[Change], rows: Mapping[Key, Model], *, by: User, on: date
) -> list[str]:
    before: dict[str, Any] = {name: getattr(session, name) for name in OF_SESSION}
    for change in changes:
        if change["table"] == "session":
            columns = {name: Session._meta.get_field(name) for name in OF_SESSION if name in change["before"]}
            before |= {name: field.to_python(change["before"][name]) for name, field in columns.items()}  # type: ignore[union-attr]  # columns alone are named
    if session.stage != SessionStage.SCHEDULED:
        return _reasons_of_correction(session, before["language"], by=by, on=on)
    expected = _expected_before(session, changes, rows)
    if expected is None:
        return [CHANGED_SINCE]
    reasons = rules.reasons_not_theirs(session.visit, by=by, on=on)
    reasons += rules.reasons_locked([session], by=by, schools=[school.pk for school in expected])
    new = as_new(session, **before, expected=expected)
    reasons += rules.reasons_of_session(session.visit.school, new, there=schools_expected(session))
    return list(dict.fromkeys(reasons))


def _expected_before(
    session: Session, changes: Iterable[Change], rows: Mapping[Key, Model]
) -> dict[School, dict[int, int | None]] | None:
    """Return who is expected in the session once all is put back; None: somebody said anew of a year group that it comes."""
    there = {
        (row.school, row.year_group): row.expected for row in Headcount.objects.filter(session=session).select_related("school")
    }
    for change in changes:
        row = rows[change["table"], change["pk"]]
        if not isinstance(row, Headcount):
            continue
        key = (row.school, row.year_group)
        if not change["after"] and key in there:
            return None
        if "before" in change:
            there[key] = change["before"]["expected"]
        else:
            del there[key]
    expected: dict[School, dict[int, int | None]] = {}
    for (school, group), pupils in there.items():
        expected.setdefault(school, {})[group] = pupils
    return expected


def _reasons_of_correction(session: Session, language: str, *, by: User, on: date) -> list[str]:
    """Return why room and language of a session that is over stay: a signed-off return names the language, and no room."""
    if not Session.objects.for_user(by, on=on).filter(pk=session.pk).exists():
        return [ELSEWHERE]
    return [SIGNED_OFF] if language != session.language and closed_periods([session]) else []
