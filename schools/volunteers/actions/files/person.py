"""What a file changes of one person: what is new, what is said otherwise, and why it may not be. Nothing is ever taken away."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schools.core.nations import Language, Scheme
from schools.directory.actions.table_kinds import Fields, RowChange, day_words
from schools.directory.registers import Refused
from schools.volunteers.actions.clearances import fact_of_clearance
from schools.volunteers.actions.files.people import FilePerson
from schools.volunteers.actions.files.rows import WEEKDAYS, ClearanceCells
from schools.volunteers.actions.files.stored import StoredPerson
from schools.volunteers.models import Clearance, Decision, SignOff, StepKind, Volunteer, VolunteerStatus

STEP_TO: dict[str, StepKind] = {
    VolunteerStatus.ENQUIRER: StepKind.ENQUIRED,
    VolunteerStatus.APPLICANT: StepKind.APPLIED,
    VolunteerStatus.IN_TRAINING: StepKind.TRAINING,
    VolunteerStatus.ACTIVE: StepKind.ACTIVE,
    VolunteerStatus.PAUSED: StepKind.PAUSED,
    VolunteerStatus.LEFT: StepKind.LEFT,
}
"""The step that is written down where a file gives a status."""
SINGLE = {"name": "name", "phone": "phone", "postcode": "home_postcode", "joined": "joined", "furthest_km": "furthest_km"}
"""Columns of which a person has one value, each with its field."""
RESTING = {VolunteerStatus.PAUSED, VolunteerStatus.LEFT}


@dataclass(eq=False, slots=True)
class PersonChange:
    """What the file adds to a person and changes of them; `volunteer` is None for somebody new."""

    person: FilePerson
    volunteer: Volunteer | None
    fields: Fields = field(default_factory=dict)
    """For each change, in words, what was there and what will be."""
    values: dict[str, Any] = field(default_factory=dict)
    """Fields of the volunteer, with their new values."""
    areas: list[int] = field(default_factory=list)
    new_clearances: list[ClearanceCells] = field(default_factory=list)
    changed_clearances: list[tuple[Clearance, ClearanceCells]] = field(default_factory=list)
    new_sign_offs: dict[str, date] = field(default_factory=dict)
    changed_sign_offs: list[tuple[SignOff, date]] = field(default_factory=list)
    halves: list[tuple[int, str]] = field(default_factory=list)
    aways: list[tuple[date, date]] = field(default_factory=list)
    step: tuple[StepKind, date] | None = None
    other_sign_in: bool = False
    """Whether the file gives another address than the one that they sign in with."""
    comes_back: bool = False
    """Whether somebody who had left is active again by the file."""

    @property
    def new_email(self) -> str:
        """The address that the person gets; "" where it stays."""
        return str(self.values.get("email", ""))

    def add_areas(self, areas: Iterable[int], names: Mapping[int, str], before: Iterable[int]) -> None:
        """Add these areas to the ones before."""
        self.areas = sorted(areas)
        if self.areas:
            were = sorted(names[area] for area in before if area in names)
            self.fields["Areas"] = [_words(were), _words([*were, *sorted(names[area] for area in self.areas)])]

    def as_row(self) -> RowChange:
        """Return the change as the page shows it."""
        name = self.person.name or (self.volunteer.name if self.volunteer else "")
        return RowChange(self.person.key, name, self.person.lines, self.volunteer is None, self.fields)


def change_of(person: FilePerson, volunteer: Volunteer | None, stored: StoredPerson, *, on: date) -> PersonChange:
    """Return what the file changes of the person on the day. Raises Refused where it cannot be so."""
    change = PersonChange(person, volunteer)
    _single_values(change)
    _languages(change)
    for key, cells in sorted(person.clearances.items(), key=lambda item: (item[0][0], item[0][1] or date.min)):
        _clearance(change, cells, stored.clearances.get(key))
    _refuse_who_is_not_clear(change, stored)
    _sign_offs(change, stored)
    _days(change, stored)
    _status(change, stored, on=on)
    return change


def _words(values: Iterable[object]) -> str | None:
    return "; ".join(str(value) for value in values) or None


def _plain(value: object) -> object:
    """Return a value as the page shows it; None where there is none."""
    if isinstance(value, date):
        return day_words(value)
    return value if isinstance(value, int) else str(value or "") or None


def _single_values(change: PersonChange) -> None:
    person, volunteer = change.person, change.volunteer
    if volunteer is None and person.reference:
        change.values["reference"] = person.reference
        change.fields["Reference"] = [None, person.reference]
    for column, name in SINGLE.items():
        now = getattr(person, column)
        before = getattr(volunteer, name) if volunteer else None
        if now and now != before:
            change.values[name] = now
            change.fields[column.replace("_km", " (km)").capitalize()] = [_plain(before), _plain(now)]
    if person.email and (volunteer is None or person.email != volunteer.mail_address.lower()):
        change.other_sign_in = bool(volunteer and volunteer.user)
        if not change.other_sign_in:
            change.values["email"] = person.email
            change.fields["E-mail"] = [_plain(volunteer.email if volunteer else ""), person.email]
    if volunteer and volunteer.left and "joined" in change.values and change.values["joined"] > volunteer.left:
        raise Refused(f"joined is {person.joined}, and they left on {volunteer.left}. Correct the day.")


def _languages(change: PersonChange) -> None:
    if not change.person.languages:
        return
    before = set(change.volunteer.languages) if change.volunteer else set()
    now = [code for code in Language.values if code in before | change.person.languages]
    if set(now) != before:
        change.values["languages"] = now
        change.fields["Languages"] = [_words(Language(code).label for code in Language.values if code in before),
                                      _words(Language(code).label for code in now)]  # fmt: skip


def _clearance(change: PersonChange, cells: ClearanceCells, stored: Clearance | None) -> None:
    """Note a clearance; of a certificate's number and level the page says only that they change."""
    before = _clearance_cells(stored) if stored else None
    after = cells.over(before) if before else cells
    after = after._replace(decision=after.decision or Decision.PENDING)
    if reason := _reason_not_so(after) or (_reason_not_instead(cells, before) if before else ""):
        raise Refused(f"The {Scheme(cells.scheme).label} {reason}")
    if before == after:
        return
    if stored:
        change.changed_clearances.append((stored, after))
    else:
        change.new_clearances.append(after)
    name = fact_of_clearance(cells.scheme, cells.issued)
    was, now = _decision_words(before) if before else None, _decision_words(after)
    if was != now:
        change.fields[name] = [was, now]
    if before is None or before[2:4] != after[2:4]:
        known = bool(before and (before.level or before.reference))
        if known or after.level or after.reference:
            change.fields[f"{name}: certificate"] = ["as stored" if known else None, "as in the file"]


def _clearance_cells(clearance: Clearance) -> ClearanceCells:
    return ClearanceCells(
        clearance.scheme,
        clearance.issued,
        clearance.level,
        clearance.reference,
        clearance.decision,
        clearance.decided_on,
        clearance.recheck_on,
    )


def _reason_not_so(cells: ClearanceCells) -> str:
    """Return why a clearance cannot be stored like this; "" where it can."""
    if cells.decision == Decision.CLEAR and not (cells.issued and cells.decided_on and cells.recheck_on):
        return "decision is clear, which needs issued, decided_on and recheck_on. Give all three days."
    if cells.issued and cells.recheck_on and cells.recheck_on <= cells.issued:
        return "recheck_on must be after issued. Correct the days."
    return ""


def _reason_not_instead(cells: ClearanceCells, before: ClearanceCells) -> str:
    """Return why what the file decides does not take the place of the decision before; "" where it does.

    An older file must not put back what was decided since, and no file alone lets somebody go to schools whom we would not let.
    """
    decides = cells.decision not in {"", before.decision}
    if decides and before.decision == Decision.NOT_CLEAR:
        return "decision is stored as not clear, and a file never changes that. Change it in the office, or leave it blank."
    if decides and cells.decided_on is None and (before.decided_on or before.decision != Decision.PENDING):
        return "decision is stored otherwise, and decided_on is blank. Give the day of the new decision, or leave it blank."
    if before.decided_on and cells.decided_on and cells.decided_on < before.decided_on:
        return f"decision is stored as of {before.decided_on}, after decided_on. Take the row out, or correct the day."
    if not decides and cells.decided_on in {None, before.decided_on} and _lets_in(cells.over(before), before):
        ask = "Give the day of the new decision, or change it in the office"
        return f"decision is stored with the recheck on {before.recheck_on}, and is no new one. {ask}."
    return ""


def _lets_in(after: ClearanceCells, before: ClearanceCells | None) -> bool:
    """Return whether the decision makes somebody clear, or clear for longer than the one before."""
    if after.decision != Decision.CLEAR:
        return False
    if before is None or before.decision != Decision.CLEAR:
        return True
    return (after.recheck_on or date.min) > (before.recheck_on or date.min)


def _refuse_who_is_not_clear(change: PersonChange, stored: StoredPerson) -> None:
    """Raise Refused where the file makes somebody clear, or clear for longer, who was decided not to be since, in another row.

    That row is stored or in the file; often it is of an application, which has no day of issue.
    """
    new: list[tuple[ClearanceCells | None, ClearanceCells]] = [(None, cells) for cells in change.new_clearances]
    pairs = new + [(_clearance_cells(clearance), cells) for clearance, cells in change.changed_clearances]
    decisions = [*map(_clearance_cells, stored.not_clear), *(after for _, after in pairs)]
    not_clear = [cells for cells in decisions if cells.decision == Decision.NOT_CLEAR]
    for after in (after for before, after in pairs if _lets_in(after, before)):
        for other in not_clear:
            if other.scheme == after.scheme and (other.decided_on or date.max) >= (after.decided_on or date.min):
                reason = f"is clear on {after.decided_on}, and another one, {_day_or_none(other)}, is not clear."
                raise Refused(f"The {Scheme(after.scheme).label} decision {reason} Take the row out, or decide it in the office.")


def _day_or_none(cells: ClearanceCells) -> str:
    return f"on {cells.decided_on}" if cells.decided_on else "without its day"


def _decision_words(cells: ClearanceCells) -> str:
    words = [Decision(cells.decision).label.lower()]
    words += [f"decided on {day_words(cells.decided_on)}"] if cells.decided_on else []
    words += [f"recheck on {day_words(cells.recheck_on)}"] if cells.recheck_on else []
    return ", ".join(words)


def _sign_offs(change: PersonChange, stored: StoredPerson) -> None:
    joined = change.person.joined or (change.volunteer.joined if change.volunteer else None)
    for slug, written in sorted(change.person.signed_off.items()):
        known = stored.sign_offs.get(slug)
        day = written or (known.day if known else joined)
        if day is None:
            raise Refused(f"signed_off gives no day for {slug}, and joined is blank. Write it like {slug}=2025-09-30.")
        if known and known.day == day:
            continue
        if known and known.recheck_on and known.recheck_on <= day:
            raise Refused(f"signed_off gives {day} for {slug}, after its recheck. Correct the day, or change it in the office.")
        change.fields[f"Signed off for {slug}"] = [day_words(known.day) if known else None, day_words(day)]
        if known:
            change.changed_sign_offs.append((known, day))
        else:
            change.new_sign_offs[slug] = day


def _days(change: PersonChange, stored: StoredPerson) -> None:
    change.halves = sorted(change.person.availability - stored.halves)
    if change.halves:
        after = sorted(stored.halves | change.person.availability)
        change.fields["Available"] = [_halves(sorted(stored.halves)), _halves(after)]
    for first, last in sorted(change.person.away):
        if not any(begins <= first and last <= ends for begins, ends in stored.aways):
            change.aways.append((first, last))
            change.fields[f"Away from {day_words(first)}"] = [None, f"to {day_words(last)}"]


def _halves(halves: Iterable[tuple[int, str]]) -> str | None:
    return _words(f"{WEEKDAYS[weekday].capitalize()} {part}" for weekday, part in halves)


def _status(change: PersonChange, stored: StoredPerson, *, on: date) -> None:
    """Note the step that leads to the status of the file; that of somebody new is a fact, a change is judged as in the office."""
    status, volunteer = change.person.status, change.volunteer
    if not status or (volunteer and volunteer.status == status):
        return
    step = STEP_TO[status]
    if volunteer:
        step = StepKind.RETURNED if step == StepKind.ACTIVE and volunteer.status in RESTING else step
        if reason := _reason_not_to_become(change, volunteer, stored, on=on):
            raise Refused(reason)
        if (step, on) in stored.steps:
            raise Refused(f"“{step.label}” is written down for today already. Change the status in the office.")
        change.comes_back = volunteer.status == VolunteerStatus.LEFT  # who becomes nothing but active
    day = change.person.joined if step == StepKind.ACTIVE and not volunteer else None
    change.step = step, day or on
    change.values["status"] = status
    if status == VolunteerStatus.LEFT:
        change.values["left"] = on
    elif volunteer and volunteer.left:
        change.values["left"] = None
    if step == StepKind.ACTIVE and not change.person.joined and not (volunteer and volunteer.joined):
        change.values["joined"] = on
    was = VolunteerStatus(volunteer.status).label if volunteer else None
    change.fields["Status"] = [was, VolunteerStatus(status).label]


def _reason_not_to_become(change: PersonChange, volunteer: Volunteer, stored: StoredPerson, *, on: date) -> str:
    """Return why a volunteer whom we know cannot get the status of the file; "" where they can."""
    status = change.person.status
    if status == VolunteerStatus.LEFT:
        return "Somebody leaves by ending their membership, on their page: that gives back what they are down for."
    if status == VolunteerStatus.PAUSED and volunteer.status != VolunteerStatus.ACTIVE:
        return f"They are {volunteer.get_status_display().lower()}. Only active people pause; correct the status."
    if volunteer.status == VolunteerStatus.LEFT and status != VolunteerStatus.ACTIVE:
        return "They have left. Only somebody who came back gets another status: active. Correct it, or leave it blank."
    if status == VolunteerStatus.ACTIVE and not _is_clear(change, stored, on=on):
        return "They have no clear decision that holds today. Record it first, or give it in the file."
    if status == VolunteerStatus.ACTIVE and not _is_signed_off(change, stored, on=on):
        return "They have no sign-off that holds today. Record it first, or give it in the file."
    return ""


def _is_signed_off(change: PersonChange, stored: StoredPerson, *, on: date) -> bool:
    """Return whether a sign-off holds on the day, once the file is imported; none of the file has an end or is still to come."""
    changed = {sign_off.pk for sign_off, _ in change.changed_sign_offs}
    return bool(change.new_sign_offs) or any(
        (sign_off.day <= on or sign_off.pk in changed) and (sign_off.recheck_on is None or sign_off.recheck_on > on)
        for sign_off in stored.sign_offs.values()
    )


def _is_clear(change: PersonChange, stored: StoredPerson, *, on: date) -> bool:
    """Return whether a clear decision holds on the day, once the file is imported (rule 6)."""
    changed = {clearance.pk: cells for clearance, cells in change.changed_clearances}
    held = [
        changed.get(clearance.pk) or _clearance_cells(clearance)
        for clearance in stored.clearances.values()
        if clearance.withdrawn_on is None or clearance.withdrawn_on > on
    ]
    return any(
        cells.decision == Decision.CLEAR and cells.issued and cells.recheck_on and cells.issued <= on < cells.recheck_on
        for cells in (*held, *change.new_clearances)
    )
