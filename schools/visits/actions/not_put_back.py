"""Why a row of a batch stays as it is when it is undone: it was changed since, is another area's by now, or it is too late."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.db.models import Exists, Model, OuterRef, Q
from django.utils import timezone

from schools.accounts.models import User
from schools.core.references import is_referenced
from schools.directory.models import AreaCoordinator, School, SchoolAgreement
from schools.visits import rules
from schools.visits.actions.batches import Change, field_values
from schools.visits.actions.cover.written import GIVEN_UP
from schools.visits.actions.moved_since import reasons_of_session, reasons_place_moved
from schools.visits.actions.named_again import Known, reasons_not_to_name_again
from schools.visits.actions.spoken_since import reasons_of_agreement, schools_spoken_with_since
from schools.visits.actions.undoable import kept_back_with
from schools.visits.models import (
    BOOKED_STAGES,
    CALLED_OFF_STAGES,
    LIVE_STATES,
    Batch,
    BatchKind,
    ChangeWhat,
    ContactLog,
    Cover,
    CoverState,
    MessageAbout,
    OfferedDates,
    SchoolChange,
    Session,
    SessionStage,
    Visit,
    VisitStage,
)
from schools.visits.queries import CoverRecords
from schools.visits.queries.requests import numbers_of, visits_there
from schools.volunteers.emails import key_of_invitation
from schools.volunteers.models import Invitation, Volunteer, VolunteerStatus, VolunteerStep

TELLING = frozenset({"news_why", "told_at", "school_news", "school_told_at"})
"""The fields that may differ from what the batch left: that somebody was told meanwhile does not stop the undoing.

They are to be told again. A cover's `news` is not among these fields: with other news, such as that somebody was taken off, the
cover was changed since.
"""

type Key = tuple[str, int]
"""The table and the id of a row."""


def as_left(row: Model, change: Change, *, but: frozenset[str] = TELLING) -> bool:
    """Return whether the row is still as the batch left it, without the fields that may differ."""
    after = {name: value for name, value in change["after"].items() if name not in but}
    return field_values(row, list(after)) == after


def _gave_up_place(change: Change) -> bool:
    return (change.get("before", {}).get("state"), change["after"].get("state")) == GIVEN_UP


def _was_asked(change: Change) -> bool:
    """Return whether a question waited for an answer before: it ended where somebody else was put on, or they were put on."""
    return change.get("before", {}).get("state") in {CoverState.OFFERED, CoverState.ASKED}


def _reasons_not_to_ask_again(cover: Cover) -> list[str]:
    """Return why the question of the cover does not stand again: they are gone, or there is nothing to come to."""
    reasons = []
    if cover.volunteer.status == VolunteerStatus.LEFT:
        reasons.append("They have left since.")
    if cover.session.stage != SessionStage.SCHEDULED:
        reasons.append("It was cancelled or reported since.")
    return reasons


def _reasons_of_visit(batch: Batch, change: Change, visit: Visit, *, known: Known, on: date) -> list[str]:
    if "before" not in change:
        # What people knew before the change was written down for the undo itself.
        is_used = is_referenced(visit, but=(MessageAbout,))
        return ["Others have worked on it since. Decline or cancel it on its page instead."] if is_used else []
    reasons = _reasons_of_cancelled(batch, visit) if change["after"].get("stage") == VisitStage.CANCELLED else []
    if change["before"].get("stage") == VisitStage.REQUESTED and (other := _instead_of(visit, batch, on=on)):
        reasons.append(f"The school has visit {other.reference} by now. Use that one.")
    took_place = visit.sessions.delivered().filter(recorded_at__gte=batch.made_at)
    if batch.kind == BatchKind.CONFIRM and took_place.exists():
        reasons.append("A session of it took place since. Correct on its page what was agreed.")
    return reasons + reasons_not_to_name_again(change, visit, known=known, on=on)


def _reasons_of_cancelled(batch: Batch, visit: Visit) -> list[str]:
    """Return why the visit stays cancelled: it was booked again, or its school has chosen another one instead."""
    again = Visit.objects.filter(replaces=visit).exclude(stage__in=CALLED_OFF_STAGES)
    if again.exists():
        return ["It was booked again meanwhile. Cancel the new visit first if this one is to take place."]
    if other := _booked_instead_of(visit, batch):
        return [f"The school has visit {other.reference} by now. If both are to take place, book this one again."]
    return []


def _instead_of(request: Visit, batch: Batch, *, on: date) -> Visit | None:
    """Return what else its school has asked for, or has booked since the batch; None: nothing, so the request can stand again.

    What was booked before stood beside the request already.
    """
    was_there = Exists(Visit.history.filter(id=OuterRef("pk"), history_date__lt=batch.made_at))
    others = visits_there(numbers_of(request.school), on=on).exclude(pk=request.pk)
    return others.filter(Q(stage=VisitStage.REQUESTED) | ~was_there).first()


def _booked_instead_of(visit: Visit, batch: Batch) -> Visit | None:
    """Return what was booked since its school cancelled the visit by its page; None: nothing, or somebody else cancelled it.

    Any number of the school counts. What was booked before stood beside the visit already; what is over since, came instead.
    """
    if not SchoolChange.objects.filter(batch=batch, what=ChangeWhat.CANCEL).exists():
        return None
    since = timezone.localdate(batch.made_at)
    was_booked = Visit.history.filter(id=OuterRef("pk"), stage__in=BOOKED_STAGES, history_date__lt=batch.made_at)
    sessions = Session.objects.filter(visit=OuterRef("pk"))
    # Not what is written down since of times long before.
    later = sessions.exclude(stage=SessionStage.CANCELLED).filter(Q(day__gte=since) | Q(until_day__gte=since))
    others = Visit.objects.filter(school__in=numbers_of(visit.school), stage__in=BOOKED_STAGES).exclude(pk=visit.pk)
    return others.filter(~Exists(was_booked), Exists(later) | ~Exists(sessions)).order_by("pk").first()


def _reasons_of_day(row: Model, rows: Iterable[Model]) -> list[str]:
    """Return why the day on which a school is asked again stays: the visit to which it said no then stays declined."""
    declined = any(isinstance(each, Visit) and each.stage == VisitStage.DECLINED for each in rows)
    return ["Its visit stays declined."] if declined and isinstance(row, School) else []


@dataclass(frozen=True)
class Undoing:
    """A batch that somebody undoes, with its rows as they are now; `back` are those that have been put back so far."""

    batch: Batch
    rows: Mapping[Key, Model]
    by: User
    now: datetime
    back: dict[Key, Model] = field(default_factory=dict)
    _known: dict[Key, list[str]] = field(default_factory=dict)
    """The reasons why a visit, a school or a volunteer is not theirs, so that each is looked up once."""
    _coordinators: Known = field(default_factory=dict)

    def reasons(self, change: Change, row: Model) -> list[str]:
        """Return why the row is not put back although nobody changed it since; none where it is."""
        if self.batch.kind == BatchKind.CHANGE:
            return []  # all of it was judged before (reasons_not_to_change_back)
        if self.batch.kind == BatchKind.STEP:
            return self._reasons_not_theirs(row) + self._reasons_of_step()
        if self.batch.kind == BatchKind.TELL:
            return self._reasons_not_theirs(row)
        if isinstance(row, Cover):
            return self._reasons_of_cover(change, row)
        if isinstance(row, Invitation):
            return self._reasons_of_invitation(row)
        return self._reasons_not_theirs(row) + self._reasons_of_row(change, row)

    def _reasons_of_row(self, change: Change, row: Model) -> list[str]:
        match row:
            case Visit():
                return _reasons_of_visit(self.batch, change, row, known=self._coordinators, on=self._on)
            case Session():
                return reasons_of_session(self.batch, change, row, by=self.by, now=self.now)
            case VolunteerStep() | User() if not self._goes_with_whose_it_is(row):
                return ["Whose it was stays as they are."]
            case MessageAbout() if not self._answer_is_back(row):
                return ["What they answered stays."]
            case ContactLog() | School() | SchoolAgreement():
                return self._reasons_of_call(change, row)
        return self._reasons_of_area(change, row) if isinstance(row, AreaCoordinator) else []

    def _reasons_of_area(self, change: Change, row: AreaCoordinator) -> list[str]:
        """Return why an area stays handed over: who left it may not coordinate by now, or does not get it back.

        Without its new row nobody would have it.
        """
        if "to_day" in change.get("before", {}):
            return rules.reasons_not_to_coordinate(row.user)
        of_area = [each for each in self.batch.changes if each["table"] == "areacoordinator"]
        ended = [each for each in of_area if "to_day" in each.get("before", {})]
        leaving = [(each, self.rows.get((each["table"], each["pk"]))) for each in ended]
        theirs = [(each, held) for each, held in leaving if isinstance(held, AreaCoordinator)]
        if reasons := [reason for _, held in theirs[:1] for reason in rules.reasons_not_to_coordinate(held.user)]:
            return reasons
        begins = row.from_day or date.min
        comes_back = any(as_left(held, each) or (held.to_day or date.max) >= begins for each, held in theirs)
        return [] if comes_back else ["Whoever left it does not get it back. Look at who coordinates it."]

    def _reasons_of_invitation(self, row: Invitation) -> list[str]:
        """Return why an invitation stays: what somebody may have read lets them in, and no mail would correct it."""
        has_gone = key_of_invitation(row.pk) not in self._mails_kept_back
        gone = ["Its mail has gone, or may have, so its link lets them in."] if has_gone else []
        return self._reasons_not_seen(Volunteer, row.volunteer_id) + gone

    @cached_property
    def _mails_kept_back(self) -> set[str]:
        """The keys of what was kept back with the batch and is deleted by the undo."""
        return {message.key for message in kept_back_with(self.batch)}

    def _reasons_of_cover(self, change: Change, cover: Cover) -> list[str]:
        """Return the reasons of a cover; one whose session is of the batch goes with it, whose own reasons are known by then."""
        if ("session", cover.session_id) in self._keys:
            return [] if ("session", cover.session_id) in self.back else ["Its session stays as it is."]
        if self.batch.kind == BatchKind.DROP_OUT:
            return self._reasons_of_replacing(change, cover)
        late = self._reasons_not_theirs(cover) + rules.reasons_over(cover.session, on=self._on)
        is_asked_again = self.batch.kind == BatchKind.ASSIGN and _was_asked(change)
        if is_asked_again or self.batch.kind == BatchKind.ANSWER:
            late += _reasons_not_to_ask_again(cover)
        follow = self._reasons_of_replacing if self.batch.kind == BatchKind.ANSWER else self._reasons_of_leaving
        return late or follow(change, cover)

    @property
    def is_in_time(self) -> bool:
        """Whether nobody can have heard of it yet."""
        return self.batch.held_until is not None and self.now < self.batch.held_until

    @property
    def _on(self) -> date:
        return timezone.localdate(self.now)

    @cached_property
    def _keys(self) -> set[Key]:
        return {(change["table"], change["pk"]) for change in self.batch.changes}

    def _reasons_not_theirs(self, row: Model) -> list[str]:
        """Return a reason where the row is in none of the coordinator's areas any more, in which it was when they did it."""
        if self.batch.kind in {BatchKind.STEP, BatchKind.LEAVE}:
            return self._reasons_not_seen(Volunteer, self._step.volunteer_id) if self._step else []
        match row:
            case Visit():
                visit = row
            case Session():
                visit = row.visit
            case Cover():
                visit = row.session.visit
            case MessageAbout():
                visit = row.visit
            case School():
                return self._reasons_not_seen(School, row.pk)
            case ContactLog() | OfferedDates() | SchoolAgreement():
                return self._reasons_not_seen(School, row.school_id)
            case _:
                return []
        return self._reasons_not_their_visit(visit)

    def _reasons_not_their_visit(self, visit: Visit) -> list[str]:
        key = ("visit", visit.pk)
        if key not in self._known:
            self._known[key] = rules.reasons_not_theirs(visit, by=self.by, on=self._on)
        return list(self._known[key])

    def _reasons_not_seen(self, model: type[School] | type[Volunteer], pk: int) -> list[str]:
        if self.by.is_manager or not self.by.is_coordinator:
            return []
        key = (str(model._meta.model_name), pk)
        if key not in self._known:
            seen = model.objects.for_user(self.by, on=self._on).filter(pk=pk).exists()
            self._known[key] = [] if seen else ["It is in another area now. Ask its coordinator to change it."]
        return list(self._known[key])

    def _answer_is_back(self, row: MessageAbout) -> bool:
        """Return whether an answer of theirs, by which they need not be phoned, was taken back, or the batch holds none."""
        theirs = [key for key, cover in self.rows.items() if isinstance(cover, Cover) and cover.volunteer_id == row.volunteer_id]
        return not theirs or any(key in self.back for key in theirs)

    def _reasons_of_call(self, change: Change, row: ContactLog | School | SchoolAgreement) -> list[str]:
        """Return why what a school said, or when it is asked again, stays: the visit of the call stays, or what was said."""
        if self.batch.kind != BatchKind.CALL:
            return _reasons_of_day(row, self.rows.values())
        if isinstance(row, SchoolAgreement):
            return reasons_of_agreement(self.batch, change, row)
        school = row if isinstance(row, School) else row.school
        numbers = set(School.objects.filter(school.under_any_number).values_list("pk", flat=True))
        stay = [each for key, each in self.rows.items() if key not in self.back]
        if any(isinstance(each, Visit) and each.school_id in numbers for each in stay):
            return ["The visit that they asked for stays."]
        if isinstance(row, ContactLog):
            return []
        if any(isinstance(each, ContactLog) and each.school_id in numbers for each in stay):
            return ["The conversation stays."]
        is_over = numbers & self._spoken_since or self._has_another_day(school)
        return ["Somebody has spoken with it since."] if is_over else []

    def _has_another_day(self, school: School) -> bool:
        """Return whether another number of the school has a day on which to ask again that the batch knows nothing of."""
        of_batch = {
            change["pk"]: {change.get(state, {}).get("ask_again_on") for state in ("before", "after")}
            for change in self.batch.changes
            if change["table"] == "school"
        }
        others = School.objects.filter(school.under_any_number, ask_again_on__isnull=False).exclude(pk=school.pk)
        return any(day.isoformat() not in of_batch.get(pk, ()) for pk, day in others.values_list("pk", "ask_again_on") if day)

    @cached_property
    def _spoken_since(self) -> set[int]:
        """The schools, by id, of which a later conversation says when they are asked again."""
        return schools_spoken_with_since(self.batch)

    @property
    def _step(self) -> VolunteerStep | None:
        """The volunteer’s step that the batch wrote; None: it wrote none, or it is gone."""
        return next((row for row in self.rows.values() if isinstance(row, VolunteerStep)), None)

    @cached_property
    def _is_theirs_as_left(self) -> bool:
        """Whether the volunteer whose step the batch wrote was as it left them before the undo, and has that step still.

        Status and sign-in follow from the step, so they are put back together; of two entries that were made one since, neither.
        """
        of_batch = [change for change in self.batch.changes if change["table"] == "volunteer"]
        theirs = [(self.rows.get(("volunteer", change["pk"])), change) for change in of_batch]
        is_left = all(row is not None and as_left(row, change) for row, change in theirs)
        return is_left and self._step is not None and {change["pk"] for change in of_batch} <= {self._step.volunteer_id}

    def _goes_with_whose_it_is(self, row: VolunteerStep | User) -> bool:
        """Return whether the volunteer is put back, too: with a step they were so just now, with a sign-in they are next."""
        return self._is_theirs_as_left if isinstance(row, User) else ("volunteer", row.volunteer_id) in self.back

    def _reasons_of_step(self) -> list[str]:
        """Return why the step stays: what follows from it does, or it is not the latest one any more."""
        if self._step is None:
            return ["The step itself is gone."]
        if not self._is_theirs_as_left:
            return ["Whose it is was changed since, or made one with another entry. Write down what is true now."]
        since = VolunteerStep.objects.filter(pk__gt=self._step.pk, volunteer=self._step.volunteer_id)
        return ["Another step was written down since. Write down what is true now."] if since.exists() else []

    def _reasons_of_leaving(self, change: Change, cover: Cover) -> list[str]:
        """Return the reasons why what somebody gave back on leaving is not theirs again: others may have come since."""
        if self.batch.kind != BatchKind.LEAVE:
            return []
        if ("volunteer", cover.volunteer_id) not in self.back:
            return ["Whose it was stays as they are."]
        return self._reasons_of_place(change, cover) if _gave_up_place(change) else []

    def _reasons_of_replacing(self, change: Change, cover: Cover) -> list[str]:
        """Return the reasons why who could not make it does not come back; where they do not, who came instead stays."""
        if _gave_up_place(change):
            return self._places_given_up[cover.session_id]
        stays = self._places_given_up.get(cover.session_id)
        return ["Whose place it was does not come back."] if stays else []

    @cached_property
    def _places_given_up(self) -> dict[int, list[str]]:
        """The reasons why nobody comes back to a place that was given up, by the session's id, as of before the undo."""
        reasons: dict[int, list[str]] = {}
        for change in filter(_gave_up_place, self.batch.changes):
            cover = self.rows.get((change["table"], change["pk"]))
            if not isinstance(cover, Cover):
                continue
            if not as_left(cover, change):
                reasons[cover.session_id] = [] if cover.state in LIVE_STATES else ["It was changed since."]
                continue
            late = self._reasons_not_theirs(cover) + rules.reasons_over(cover.session, on=self._on)
            reasons[cover.session_id] = late or self._reasons_of_place(change, cover)
        return reasons

    def _reasons_of_place(self, change: Change, cover: Cover) -> list[str]:
        """Return why the place is not theirs again, where whoever the batch put on it instead would make room."""
        if moved := reasons_place_moved(change, cover.session):
            return moved
        # As they are now: the row was read before they were put back.
        volunteer = Volunteer.objects.select_related("user").get(pk=cover.volunteer_id)
        instead = next((each.volunteer for each in self._others_on(cover) if each.state == CoverState.ACCEPTED), None)
        records = CoverRecords.of([volunteer, *filter(None, [instead])], [cover.session])
        reasons = rules.reasons_not_to_cover(
            volunteer, cover.session, role=cover.role, on=self._on, records=records, instead_of=instead
        )
        # What comes back together stood together before; so did what they had said yes to when they were taken off.
        with_it = {row.session_id for row in self.back.values() if isinstance(row, Cover)}
        made_at = self.batch.made_at
        return reasons + rules.reasons_no_way_back(cover, records=records, but=with_it, was_theirs_at=made_at)

    def _others_on(self, cover: Cover) -> Iterator[Cover]:
        """Yield the other covers of the batch on the session that nobody changed since, so that they go with the undo."""
        for change in self.batch.changes:
            row = self.rows.get((change["table"], change["pk"]))
            if isinstance(row, Cover) and row.session_id == cover.session_id and row.pk != cover.pk and as_left(row, change):
                yield row
