"""Writing what a file of volunteers changes, 500 people at a time, in a few statements each; nobody is mailed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import batched

from django.utils import timezone
from django.utils.crypto import get_random_string

from schools.accounts.actions import end_sessions
from schools.accounts.models import User
from schools.core.history import CHANGED, CREATED, record_history
from schools.core.ids import Ids
from schools.core.words import REFERENCE_LETTERS
from schools.directory.actions.table_kinds import Importer
from schools.directory.queries import places_of_postcodes
from schools.volunteers.actions.clearances import withdraw_earlier
from schools.volunteers.actions.files.comparing import VolunteerPlan
from schools.volunteers.actions.files.person import PersonChange
from schools.volunteers.actions.files.rows import ClearanceCells
from schools.volunteers.actions.locks import lock_newcomers
from schools.volunteers.actions.looks import look_at
from schools.volunteers.actions.steps import switched_off_before_leaving
from schools.volunteers.models import (
    Availability,
    Away,
    Clearance,
    Decision,
    LookPage,
    SignOff,
    Stage,
    Volunteer,
    VolunteerStep,
)

ROWS_A_STATEMENT = 500
FIELDS = (
    "name", "email", "phone", "home_postcode", "easting", "northing", "place_precision", "joined", "left", "furthest_km",
    "languages", "status",
)  # fmt: skip
"""What an import may change of a volunteer whom we know."""
CLEARANCE_FIELDS = ("level", "reference", "decision", "decided_on", "decided_by", "recheck_on")
REASON = "import of volunteers"


def lock_people() -> None:
    """Wait until nobody else adds volunteers, and keep other changes of them waiting until the transaction ends."""
    lock_newcomers()
    list(Volunteer.objects.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def write_volunteers(plan: VolunteerPlan, importer: Importer) -> None:
    """Write the plan. Each clearance of the file counts as looked at by whoever imports it (rule 13)."""
    for some in batched(plan.people(), ROWS_A_STATEMENT):
        if people := [change for change in some if change.fields]:
            _write_people(people)
            _write_what_belongs(people, plan.types, importer)
            _let_in(people)
            _write_clearances(people, importer)
        _log_looks(some, by=importer.by, now=importer.now)


def _write_people(changes: Sequence[PersonChange]) -> None:
    places = places_of_postcodes(str(change.values["home_postcode"]) for change in changes if change.values.get("home_postcode"))
    new, changed = [], []
    references = _new_references(sum(change.volunteer is None and "reference" not in change.values for change in changes))
    for change in changes:
        if postcode := change.values.get("home_postcode"):
            place = places.get(postcode)
            change.values |= dict(zip(("easting", "northing", "place_precision"), place or (None, None, ""), strict=True))
        if change.volunteer is None:
            change.volunteer = Volunteer(**{"reference": "", **change.values})
            change.volunteer.reference = change.volunteer.reference or next(references)
            new.append(change.volunteer)
        elif change.values:
            for name, value in change.values.items():
                setattr(change.volunteer, name, value)
            changed.append(change.volunteer)
    Volunteer.objects.bulk_create(new, batch_size=ROWS_A_STATEMENT)
    Volunteer.objects.bulk_update(changed, FIELDS, batch_size=ROWS_A_STATEMENT)


def _new_references(number: int) -> Iterator[str]:
    """Yield so many references that nobody has; they are read out on the phone, so they look like those made in the office."""
    taken = {reference.casefold() for reference in Volunteer.objects.values_list("reference", flat=True)} if number else set()
    while number:
        reference = f"P{get_random_string(6, REFERENCE_LETTERS)}"
        if reference.casefold() not in taken:
            taken.add(reference.casefold())
            number -= 1
            yield reference


def _id(change: PersonChange) -> int:
    assert change.volunteer is not None  # noqa: S101  # written before what belongs to them
    return change.volunteer.pk


def _write_what_belongs(people: Sequence[PersonChange], types: Mapping[str, int], importer: Importer) -> None:
    through = Volunteer.areas.through
    through.objects.bulk_create(
        [through(volunteer_id=_id(change), area_id=area) for change in people for area in change.areas],
        batch_size=ROWS_A_STATEMENT,
    )
    steps = [(change, *change.step) for change in people if change.step]
    VolunteerStep.objects.bulk_create(
        [VolunteerStep(volunteer_id=_id(change), step=step, day=day, by=importer.by) for change, step, day in steps],
        batch_size=ROWS_A_STATEMENT,
    )
    _write_sign_offs(people, types, importer)
    Availability.objects.bulk_create(
        [Availability(volunteer_id=_id(change), weekday=day, part=part) for change in people for day, part in change.halves],
        batch_size=ROWS_A_STATEMENT,
    )
    Away.objects.bulk_create(
        [Away(volunteer_id=_id(change), first_day=first, last_day=last) for change in people for first, last in change.aways],
        batch_size=ROWS_A_STATEMENT,
    )


def _write_sign_offs(people: Sequence[PersonChange], types: Mapping[str, int], importer: Importer) -> None:
    def sign_off(change: PersonChange, slug: str, day: date) -> SignOff:
        of_type = {"session_type_id": types[slug], "stage": Stage.SIGNED_OFF}
        return SignOff(volunteer_id=_id(change), day=day, by=importer.by, **of_type)

    new = [sign_off(change, slug, day) for change in people for slug, day in change.new_sign_offs.items()]
    SignOff.objects.bulk_create(new, batch_size=ROWS_A_STATEMENT)
    changed = []
    for known, day in (pair for change in people for pair in change.changed_sign_offs):
        known.day, known.by = day, importer.by
        changed.append(known)
    SignOff.objects.bulk_update(changed, ["day", "by"], batch_size=ROWS_A_STATEMENT)


def _let_in(changes: Iterable[PersonChange]) -> None:
    """Switch the sign-in of people on who had left and came back; somebody who works in the office keeps theirs as it is.

    Whom a manager had switched off before they left stays out.
    """
    back = {
        change.volunteer.pk: change.volunteer.user_id
        for change in changes
        if change.comes_back and change.volunteer and change.volunteer.user_id
    }
    if back:
        off_before = switched_off_before_leaving(back)
        users = [user for volunteer, user in back.items() if volunteer not in off_before]
        off = list(User.objects.filter(pk__in=Ids(users), is_staff=False, is_active=False).values_list("pk", flat=True))
        User.objects.filter(pk__in=off).update(is_active=True)
        end_sessions(off)


def _write_clearances(changes: Iterable[PersonChange], importer: Importer) -> None:
    new, changed = [], []
    for change in changes:
        new += [_filled(Clearance(volunteer_id=_id(change)), cells, importer.by) for cells in change.new_clearances]
        changed += [_filled(clearance, cells, importer.by) for clearance, cells in change.changed_clearances]
    Clearance.objects.bulk_create(new, batch_size=ROWS_A_STATEMENT)
    Clearance.objects.bulk_update(changed, CLEARANCE_FIELDS, batch_size=ROWS_A_STATEMENT)
    by_id = importer.by.pk if importer.by else None
    for rows, kind in ((new, CREATED), (changed, CHANGED)):
        if rows:
            ids = [clearance.pk for clearance in rows]
            record_history(Clearance, ids, kind=kind, by_id=by_id, now=importer.now, reason=REASON)
    for clearance in (*new, *changed):
        withdraw_earlier(clearance, on=timezone.localdate(importer.now))


def _filled(clearance: Clearance, cells: ClearanceCells, by: User | None) -> Clearance:
    """Return the clearance with what the file says; `by` becomes the one who decided, where the file decides something new."""
    if clearance.decision != cells.decision or clearance.pk is None:
        clearance.decided_by = None if cells.decision == Decision.PENDING else by
    for name, value in cells._asdict().items():
        setattr(clearance, name, value)
    return clearance


def _log_looks(changes: Iterable[PersonChange], *, by: User | None, now: datetime) -> None:
    """Log a look at each person of whose clearances the file names one, also where it says nothing new."""
    named = {(_id(change), *key) for change in changes for key in change.person.clearances}
    if not named:
        return
    people = Ids({volunteer for volunteer, _, _ in named})
    rows = Clearance.objects.filter(volunteer__in=people).order_by().values_list("volunteer_id", "scheme", "issued")
    look_at((key[0] for key in rows if key in named), LookPage.IMPORT, by=by, now=now)
