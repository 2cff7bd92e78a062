"""Undoing a batch, once: rows that are still as the batch left them are put back, the others are listed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, Q
from django.utils import timezone

from schools.accounts.actions import end_sessions
from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.year_groups import year_group_name
from schools.directory.forgetting import forget_made, hold_before_forgetting
from schools.directory.models import AreaCoordinator, Contact, School, SchoolAgreement
from schools.visits import rules
from schools.visits.actions.batches import Change, points_to_nobody, store_checked, table_of
from schools.visits.actions.changed import READER_KNEW
from schools.visits.actions.cover.claiming import end_offers_on_full_sessions, news_to_phone
from schools.visits.actions.locks import hold_off_closing, lock_people_and_sessions
from schools.visits.actions.not_changed_back import reasons_not_to_change_back
from schools.visits.actions.not_put_back import TELLING, Undoing, as_left
from schools.visits.actions.not_unbooked import KINDS, UNBOOKS, Unbooking, still_shared
from schools.visits.actions.spoken_since import days_left_over, numbers_spoken_with
from schools.visits.actions.undoable import forget_held
from schools.visits.actions.waking import nobody_else_reads, reader_of, schools_about_to_change, somebody_else_reads, wake
from schools.visits.models import (
    Batch,
    BatchKind,
    ContactLog,
    Cover,
    CoverNews,
    CoverState,
    Headcount,
    KnownBy,
    MessageAbout,
    OfferedDates,
    SchoolAnswer,
    SchoolNews,
    Session,
    SessionStage,
    Visit,
    VisitRequest,
)
from schools.visits.queries import CoverRecords
from schools.volunteers.emails import key_of_invitation
from schools.volunteers.models import Invitation, VolunteerStep

TOLD = {"told_at": ("news", CoverNews.BACK), "school_told_at": ("school_news", SchoolNews.BACK)}
"""The field that says when they were told, with the field of their news and the news that tells them of the undoing."""

TABLES = (
    "user",
    "volunteer",
    "volunteerstep",
    "contact",
    "areacoordinator",
    "visit",
    "schoolanswer",
    "session",
    "headcount",
    "cover",
    "contactlog",
    "school",
    "schoolagreement",
    "offereddates",
    "messageabout",
    "visitrequest",
    "invitation",
)
"""The tables with rows that a batch may hold, in the order in which they are put back."""

LONGEST_WHY = 300


@transaction.atomic
def undo(batch: Batch, *, by: User, now: datetime) -> Batch:
    """Put back what is still as the batch left it; the batch's `left_alone` lists what was changed since or cannot be put back.

    People who were on a session get the place back if they are still free. People whom somebody told are to be told again;
    people who were only mailed are mailed again, and what nobody had begun to send is never sent. Raises RuleBroken when the
    batch was undone before, and where details that were changed cannot all be put back.
    """
    batch = _locked(batch)
    on = timezone.localdate(now)
    rows = _locked_rows(batch.changes)
    hold_off_closing(_days_before(batch.changes, rows), on=on)
    undoing = Undoing(batch, rows, by, now)
    if batch.kind == BatchKind.CHANGE and (reasons := reasons_not_to_change_back(batch, rows, by=by, now=now)):
        raise RuleBroken(reasons)
    readers = _readers(batch, rows)
    left = _all_put_back(undoing)
    if batch.kind == BatchKind.CHANGE and left:
        raise RuleBroken(left)
    # Neither that somebody does not know yet after all, nor a detail, changes anything of who may be there.
    left += [] if batch.kind in {BatchKind.TELL, BatchKind.CHANGE} else _judged_again(undoing, on=on)
    left += still_shared(batch)
    left += forget_held(batch, but=_invitations_that_stay(undoing))
    _settle(undoing, readers)
    for change, school in days_left_over(batch, rows.values()):
        _put_back(change, school)
    batch.undone_at, batch.undone_by, batch.left_alone = now, by, left
    batch.save()
    return batch


def _all_put_back(undoing: Undoing) -> list[str]:
    """Put back what can be, note it in `undoing.back`, and return a sentence on each row that stays."""
    batch, rows, left = undoing.batch, undoing.rows, list[str]()
    stays = Unbooking(batch, rows, undoing.by, undoing.now).reasons if batch.kind in KINDS else undoing.reasons
    for change in _in_order(batch):
        key = (change["table"], change["pk"])
        row = rows.get(key)
        if row is None or not as_left(row, change, but=frozenset() if batch.kind == BatchKind.TELL else TELLING):
            left.append(f"{_name(change, row)} was changed since, so it stays as it is.")
        elif reasons := stays(change, row):
            left.append(f"{_name(change, row)} stays as it is. {' '.join(reasons)}")
        elif _put_back(change, row):
            undoing.back[key] = row
        else:
            left.append(f"{_name(change, row)} stays as it is: what was there before no longer fits. Change it by hand.")
    return left


def _invitations_that_stay(undoing: Undoing) -> list[str]:
    """Return the keys of the mails of the batch's invitations that were not put back and still let somebody in."""
    left = [row.pk for key, row in undoing.rows.items() if isinstance(row, Invitation) and key not in undoing.back]
    stay = Invitation.objects.open(now=undoing.now).filter(pk__in=left)
    return [key_of_invitation(pk) for pk in stay.values_list("pk", flat=True)]


def _locked(batch: Batch) -> Batch:
    """Return the batch, locked; where it made an entry of somebody, what deleting that needs is locked before."""
    if any(change["table"] == "contact" and "before" not in change for change in batch.changes):
        hold_before_forgetting()
    batch = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.undone_at is not None:
        raise RuleBroken(["This was undone already. Look at the rows themselves to change them further."])
    return batch


def _in_order(batch: Batch) -> list[Change]:
    """Return the changes in the order in which they are put back: a visit comes back before its sessions, and goes after them.

    It goes after the request that it was made of, too, and so does whoever was written down for one. What was written last is put
    back first: a session gets its slot back only after the session that took it over has left.
    """
    is_last_first = batch.kind in UNBOOKS or batch.kind == BatchKind.REQUEST
    order, latest_first = TABLES[::-1] if is_last_first else TABLES, batch.changes[::-1]
    return sorted(latest_first, key=lambda change: order.index(change["table"]))


def _readers(batch: Batch, rows: Mapping[tuple[str, int], Model]) -> list[tuple[Visit, str]]:
    """Return the visits whose contact may be another one before, each with the address to which their mails go until then."""
    if batch.kind not in {BatchKind.REQUEST, BatchKind.CHANGE}:
        return []
    return [(row, reader_of(row)) for row in rows.values() if isinstance(row, Visit)]


def _settle(undoing: Undoing, readers: Iterable[tuple[Visit, str]]) -> None:
    """Do what follows: who was asked or put on meanwhile is asked no more, or never was; whoever reads for a school is told.

    Whose sign-in is on or off as before signs in anew.
    """
    batch = undoing.batch
    if users := [row.pk for row in undoing.back.values() if isinstance(row, User)]:
        end_sessions(users)
    covers = [row for row in undoing.back.values() if isinstance(row, Cover)]
    if batch.kind in {BatchKind.ASSIGN, BatchKind.DROP_OUT, BatchKind.ANSWER}:
        _take_back_agreements(undoing, covers)
    if batch.kind in {BatchKind.ASK, BatchKind.ASSIGN, BatchKind.DROP_OUT}:
        _forget_unheard(covers)
    if batch.kind in {BatchKind.ASSIGN, BatchKind.DROP_OUT, BatchKind.LEAVE, BatchKind.ANSWER}:
        end_offers_on_full_sessions([row.session for row in undoing.rows.values() if isinstance(row, Cover)])
    for visit, before in readers:
        if visit.pk is not None and visit in undoing.back.values():  # a visit that the request made is gone
            _reads_again(undoing, visit, before=before)
    # What the school was offered in a conversation before is the latest once more.
    if spoken_about := [talk.visit_id for talk in undoing.back.values() if isinstance(talk, ContactLog) and talk.visit_id]:
        wake(spoken_about)


def _reads_again(undoing: Undoing, visit: Visit, *, before: str) -> None:
    """Let whoever read for the host read again; who knew all, and never heard that it was somebody else, is told nothing anew."""
    knew = any(change.get(READER_KNEW) for change in undoing.batch.changes if change["pk"] == visit.pk)
    if knew and undoing.is_in_time:
        nobody_else_reads(visit)
    else:
        somebody_else_reads(visit, before=before, now=undoing.now)


def _locked_rows(changes: Sequence[Change]) -> dict[tuple[str, int], Model]:
    """Lock the rows of the batch and return them by table and id.

    Requests are locked first, then visits, people and sessions, each in order of id, as in every action.
    """
    ids: dict[str, set[int]] = {"school": numbers_spoken_with(changes)}
    for change in changes:
        ids.setdefault(change["table"], set()).add(change["pk"])
    notices = list(MessageAbout.objects.filter(pk__in=ids.get("messageabout", ())).values_list("pk", "visit"))
    requests = VisitRequest.objects.select_for_update(of=("self",)).filter(pk__in=ids.get("visitrequest", ()))
    locked: list[Model] = list(requests.select_related("school", "visit__school").order_by("pk"))
    sessions = ids.get("session", set()) | {counted["session"] for counted in _headcounts(changes).values()}
    sessions |= set(Session.objects.filter(visit__in=[visit for _, visit in notices]).values_list("pk", flat=True))
    sessions |= set(Cover.objects.filter(pk__in=ids.get("cover", ())).values_list("session", flat=True))
    people = _people_of(ids, sessions)
    # Those of the sessions too: where a session comes back to a day, nobody may change the site of that day meanwhile.
    of_rows = Session.objects.filter(pk__in=ids.get("session", ())).order_by().values("visit")
    # One that the batch made is deleted, so nobody may begin to refer to it meanwhile.
    is_deleted = any(change["table"] == "visit" and "before" not in change for change in changes)
    visits = Visit.objects.select_for_update(of=("self",), no_key=not is_deleted)
    visits = visits.filter(Q(pk__in=ids.get("visit", ())) | Q(pk__in=of_rows)).order_by("pk")
    locked += visits.select_related("school")
    volunteers, _ = lock_people_and_sessions(people, sessions)
    locked += [volunteer for pk, volunteer in volunteers.items() if pk in ids.get("volunteer", ())]
    locked += Invitation.objects.filter(pk__in=ids.get("invitation", ())).select_related("volunteer")
    locked += User.objects.select_for_update(of=("self",)).filter(pk__in=ids.get("user", ())).order_by("pk")
    locked += VolunteerStep.objects.filter(pk__in=ids.get("volunteerstep", ())).select_related("volunteer")
    of_sessions = Session.objects.filter(pk__in=sessions).order_by().values_list("visit", flat=True)
    schools_about_to_change({*ids.get("visit", ()), *of_sessions})
    locked += Session.objects.filter(pk__in=ids.get("session", ())).select_related("type", "visit__school", "site")
    locked += _headcounts_now(changes)
    covers = Cover.objects.filter(pk__in=ids.get("cover", ()))
    locked += covers.select_related("volunteer__user", "session__type", "session__visit__school", "session__site")
    for table in (AreaCoordinator, ContactLog, School, SchoolAgreement, SchoolAnswer, Contact):
        rows: Any = table._default_manager.select_for_update(of=("self",))
        locked += rows.filter(pk__in=ids.get(str(table._meta.model_name), ())).order_by("pk")
    offered = OfferedDates.objects.select_for_update(of=("self",)).filter(pk__in=ids.get("offereddates", ()))
    locked += offered.select_related("school").order_by("pk")
    locked += _locked_told([pk for pk, _ in notices])
    return {(table_of(row), row.pk): row for row in locked}


def _people_of(ids: Mapping[str, set[int]], sessions: Iterable[int]) -> set[int]:
    """Return the volunteers of the batch by id: itself, by their invitations, and on its sessions."""
    people = set(Cover.objects.filter(session__in=sessions).values_list("volunteer", flat=True))
    people |= set(Invitation.objects.filter(pk__in=ids.get("invitation", ())).values_list("volunteer", flat=True))
    return people | ids.get("volunteer", set())


def _locked_told(ids: Sequence[int]) -> Iterable[MessageAbout]:
    """Lock what a tick wrote of who knows what, and return it."""
    about = MessageAbout.objects.select_for_update(of=("self",)).filter(pk__in=ids)
    return about.select_related("visit__school", "volunteer", "school").order_by("pk")


def _headcounts(changes: Iterable[Change]) -> dict[int, dict[str, Any]]:
    """Return of each headcount of the batch, by its id, what it holds after the act, or held before it was deleted."""
    return {change["pk"]: change["after"] or change["before"] for change in changes if change["table"] == "headcount"}


def _headcounts_now(changes: Iterable[Change]) -> Iterator[Headcount]:
    """Yield the headcounts of the batch, whose sessions are locked; those that it deleted as they would be written anew."""
    change_of = {change["pk"]: change for change in changes if change["table"] == "headcount"}
    if not change_of:
        return
    there = Headcount.objects.filter(pk__in=change_of).select_related("school", "session__type", "session__visit__school")
    yield from there
    gone = [pk for pk, change in change_of.items() if not change["after"] and all(row.pk != pk for row in there)]
    before = [change_of[pk]["before"] for pk in gone]
    sessions = Session.objects.select_related("type", "visit__school").in_bulk({was["session"] for was in before})
    schools = School.objects.in_bulk({was["school"] for was in before})
    for pk in gone:
        was = change_of[pk]["before"]
        if was["session"] in sessions and was["school"] in schools:
            of_school = {"session": sessions[was["session"]], "school": schools[was["school"]]}
            yield Headcount(pk=pk, year_group=was["year_group"], **of_school)


def _days_before(changes: Iterable[Change], rows: dict[tuple[str, int], Model]) -> Iterator[tuple[int, date]]:
    """Yield the school's id and the day of each session as it is put back."""
    for change in changes:
        session = rows.get((change["table"], change["pk"]))
        if isinstance(session, Session) and (day := change.get("before", {}).get("day")):
            yield session.visit.school_id, date.fromisoformat(day)


def _name(change: Change, row: Model | None) -> str:
    if isinstance(row, Headcount):
        return f"{row.school}, {year_group_name(row.year_group, row.school.nation)}, {row.session}"
    if row is None and change["table"] == "headcount":
        there = change["after"] or change["before"]
        if school := School.objects.filter(pk=there["school"]).first():
            return f"{school}, {year_group_name(there['year_group'], school.nation)}"
    if isinstance(row, Invitation):
        return f"The invitation of {row.volunteer}"
    return str(row) if row is not None else f"A row that is gone ({change['table']} {change['pk']})"


def _put_back(change: Change, row: Model) -> bool:
    """Write what was there before, in a savepoint; return False where a constraint forbids it, or it points to who is gone."""
    if points_to_nobody(row, change.get("before", {})):
        return False
    # Blank in the batch and filled in since: somebody told them, and they have to be told once more.
    was_taken_off = isinstance(row, Cover) and row.news == CoverNews.TAKEN_OFF
    blank = [name for name in TOLD if change["after"].get(name, "") is None]
    told_since = {name: TOLD[name] for name in blank if getattr(row, name) is not None}
    try:
        with transaction.atomic():
            if "before" not in change:
                _take_back_created(row)
                return True
            for name, value in change["before"].items():
                field = row._meta.get_field(name)
                setattr(row, field.attname, field.to_python(value))  # type: ignore[union-attr]  # columns alone are named
            for name, (news, back) in told_since.items():
                setattr(row, name, None)
                setattr(row, news, _news_of_place(row) if was_taken_off else back)
            store_checked(row, list(change["before"]))
    except (ValidationError, IntegrityError):
        if not row._state.adding:  # noqa: SLF001  # one that would be written anew is in no database to be read from
            row.refresh_from_db()
        return False
    return True


def _news_of_place(row: Model) -> CoverNews:
    """Return what is said on the phone to who was taken off, and is on it again: nothing was called off."""
    return CoverNews.OFFERED if isinstance(row, Cover) and row.state == CoverState.OFFERED else CoverNews.ASSIGNED


def _take_back_created(row: Model) -> None:
    """Delete a row that the batch created; whom it asked is not asked any more, which they may have to be told."""
    if isinstance(row, Contact):
        forget_made(row)
        return
    if not isinstance(row, Cover):
        row.delete()
        return
    row.news = news_to_phone(row) if row.told_at else ""
    row.state, row.news_why, row.told_at = CoverState.WITHDRAWN, "", None
    row.save()


def _forget_unheard(covers: Iterable[Cover]) -> None:
    """Delete the questions that were taken back before anybody heard of them; it is as if nobody had been asked."""
    for cover in covers:
        theirs = MessageAbout.objects.filter(visit=cover.session.visit_id, volunteer=cover.volunteer_id)
        heard = theirs.exclude(known_by=KnownBy.BEFORE).values_list("says", flat=True)
        is_heard = any(standing[0] == cover.session_id for says in heard for standing in says)
        if cover.state == CoverState.WITHDRAWN and not cover.news and not is_heard:
            cover.delete()


def _take_back_agreements(undoing: Undoing, covers: Iterable[Cover]) -> None:
    """Forget that people agreed by phone to come, where the undo is in time; who agreed is to be told otherwise.

    Those with an account are mailed, because what is known of them says that they agreed.
    """
    for cover in covers:
        agreed = MessageAbout.objects.filter(visit=cover.session.visit_id, volunteer=cover.volunteer_id, at=undoing.batch.made_at)
        agreed = agreed.filter(known_by=KnownBy.OTHERWISE)
        if undoing.is_in_time:
            agreed.delete()
        elif cover.state == CoverState.WITHDRAWN and agreed.exists():
            cover.news, cover.told_at = news_to_phone(cover), None
            cover.save()


def _judged_again(undoing: Undoing, *, on: date) -> list[str]:
    """Check everybody on the sessions that were put back, and return a sentence on each person who was taken off.

    People who may no longer be there are taken off; the others are mailed.
    """
    rows, by, now, made_at = list(undoing.back.values()), undoing.by, undoing.now, undoing.batch.made_at
    back_on = [row for row in rows if isinstance(row, Session) and row.pk is not None]  # one that was taken out has no id
    sessions = {row.pk: row for row in back_on if row.stage == SessionStage.SCHEDULED and row.last_day >= on}
    covers = list(Cover.objects.live().filter(session__in=sessions).select_related("volunteer__user").order_by("pk"))
    for cover in covers:
        cover.session = sessions[cover.session_id]
    people = {cover.volunteer for cover in covers}
    records = CoverRecords.of(people, sessions.values())
    strangers = rules.redacted_for(by, people, on=on)
    gone = []
    for cover in covers:
        reasons = rules.reasons_not_there(cover.volunteer, cover.session, role=cover.role, records=records)
        if cover.state == CoverState.ACCEPTED:
            # What comes back together stood together before; so did what they had said yes to when it was done.
            before = made_at if cover.answered_at is not None and cover.answered_at < made_at else None
            reasons += rules.reasons_no_way_back(cover, records=records, but=sessions, was_theirs_at=before)
        if not reasons:
            continue
        redacted = [rules.redacted_reason(cover.volunteer)]
        is_guest = bool(rules.redacted_at(cover.session.visit.school, [cover.volunteer], on=on))
        why = " ".join(redacted if is_guest else reasons)
        cover.state, cover.answered_at = CoverState.WITHDRAWN, now
        cover.news, cover.news_why, cover.told_at = CoverNews.DROPPED, why[:LONGEST_WHY], None
        cover.save()
        readable = redacted if cover.volunteer_id in strangers else reasons
        gone.append(f"{cover.volunteer} is no longer on {cover.session}. {' '.join(readable)}")
    return gone
