"""Reasons not to record, amend or correct an outcome, and not to store that somebody was told what a child said.

Each function returns all reasons, each a sentence that says what to do next. Rule numbers are those of docs/rules.md.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.names import looks_like_a_name
from schools.core.nations import Language
from schools.core.words import long_day, short_time
from schools.core.year_groups import YEAR_GROUPS, year_group_words
from schools.delivery.queries import Outcome, covers_of, shares_of
from schools.directory.models import School
from schools.materials.models import MOST_PIECES, Material
from schools.visits.models import (
    CancelCode,
    ClosedPeriod,
    CountBasis,
    CoverRole,
    PupilsAre,
    Session,
    SessionStage,
    WentAhead,
    WhatDiffered,
)
from schools.visits.rules import reasons_locked
from schools.visits.rules.closed_periods import closed_periods, closed_to_reports, signed_off_words

CORRECTION_TIME = timedelta(days=14)
"""How long after the recording somebody who was on the session may correct its outcome (rule 14)."""

FAR = 10
"""Pupils: a count is far from the expected number if it differs by more than this, and is below half or above 1.5 times of it."""

LONGEST_NOTE = 500
"""How many letters a note on an outcome may have."""

LONGEST_ROOM = 80
"""How many letters the name of a room may have."""

SURPRISE = gettext_lazy("%(number)s? We expected about %(expected)s.")

LOOKS_LIKE_A_NAME = gettext_lazy("“%(word)s” looks like a name. Take out any child’s name; a role or a year group is enough.")

CANCELLED = gettext_lazy("This session was cancelled. If it took place after all, tell its coordinator.")


def has_outcome(session: Session) -> bool:
    """Whether somebody has reported how the session went; that it did not go ahead is an outcome too."""
    return session.went_ahead != ""


def starts_at(session: Session) -> datetime:
    """Return the moment at which the session starts, from its local wall-clock day and time."""
    return timezone.make_aware(datetime.combine(session.day, session.starts))


def is_on(session: Session, user: User) -> bool:
    """Whether the user had said yes to the session, whether or not they came in the end."""
    return any(cover.volunteer.user_id == user.pk for cover in covers_of(session))


def looks_after(session: Session, user: User, *, now: datetime) -> bool:
    """Whether the user coordinates the session's area today, or is a manager."""
    if not (user.is_manager or user.is_coordinator):
        return False
    return Session.objects.for_user(user, on=timezone.localdate(now)).filter(pk=session.pk).exists()


def reasons_not_to_record(session: Session, outcome: Outcome, *, by: User, now: datetime, restates: bool = False) -> list[str]:
    """Return the reasons why this outcome cannot become the session's first one; `restates`: a restatement is written with it."""
    reasons = []
    if not (is_on(session, by) or looks_after(session, by, now=now)):
        reasons.append(
            _("Only people on this session and its area’s coordinator report it. Ask the coordinator to put you on it.")
        )
    reasons += reasons_called_off(session, by=by, now=now)
    reasons += reasons_too_early(session, now=now)
    reasons += reasons_not_to_believe(session, outcome)
    return [*reasons, *reasons_closed(session, schools_of(outcome), by=by, restates=restates)]


def reasons_called_off(session: Session, *, by: User, now: datetime) -> list[str]:
    """Return a reason where the session was cancelled beforehand: only its area's coordinator or a manager reports an outcome."""
    called_off = session.stage == SessionStage.CANCELLED and not has_outcome(session)
    return [str(CANCELLED)] if called_off and not looks_after(session, by, now=now) else []


def reasons_moved(session: Session, *, day: date, may_wait: bool) -> list[str]:
    """Return a reason where the session is no longer on the day of whose form it is a part.

    `may_wait`: another session of the form is still on that day, so that this one can be left for later.
    """
    if session.day == day:
        return []
    if may_wait:
        words = _("This session was moved to %(day)s. Choose “Not yet” here, and tell us on that day’s form how it went.")
    else:
        words = _(
            "This session was moved to %(day)s. Open that day from “Mine” and tell us there how it went; "
            "what you typed stays on this phone."
        )
    return [words % {"day": long_day(session.day)}]


def reasons_too_early(session: Session, *, now: datetime) -> list[str]:
    """Return a reason where the session has not started yet: nobody knows how it went."""
    if now >= starts_at(session):
        return []
    words = _(
        "This session starts on %(day)s at %(time)s. Tell us how it went afterwards; "
        "if it will not take place, tell its coordinator."
    )
    return [words % {"day": long_day(session.day), "time": short_time(session.starts)}]


def reasons_not_to_amend(session: Session, outcome: Outcome, *, by: User, now: datetime, restates: bool = False) -> list[str]:
    """Return the reasons why this outcome cannot replace the session's outcome (rule 14); `restates` as for the first one."""
    reasons = [] if has_outcome(session) else [_("Nobody has told us yet how this session went. Tell us first; then correct it.")]
    reasons += reasons_no_longer_theirs(session, by=by, now=now)
    reasons += reasons_not_to_believe(session, outcome)
    return [*reasons, *reasons_closed(session, schools_of(outcome), by=by, restates=restates)]


def reasons_no_longer_theirs(session: Session, *, by: User, now: datetime) -> list[str]:
    """Return a reason where this person may not correct the outcome, or not any more.

    People on the session may correct it for 14 days after it was recorded; its area's coordinator and managers always may.
    """
    in_time = session.recorded_at is not None and now <= session.recorded_at + CORRECTION_TIME
    if (in_time and is_on(session, by)) or looks_after(session, by, now=now):
        return []
    if not is_on(session, by):
        return [
            _("Only people on this session and its area’s coordinator correct its outcome. Tell the coordinator what is wrong.")
        ]
    if not in_time:
        words = _(
            "An outcome can be corrected here for %(days)s days. Tell the coordinator what is wrong; they can still change it."
        )
        return [words % {"days": CORRECTION_TIME.days}]
    return []


def reasons_to_show_no_form(session: Session, *, by: User, now: datetime) -> list[str]:
    """Return the reasons why somebody on the session is not shown the form at all; what they type is checked once it is sent."""
    if has_outcome(session):
        return reasons_no_longer_theirs(session, by=by, now=now)
    return reasons_called_off(session, by=by, now=now) or reasons_too_early(session, now=now)


def reasons_not_to_correct(
    session: Session, *, room: str, language: str, by: User, now: datetime, restates: bool = False
) -> list[str]:
    """Return the reasons why a session that is over cannot get this room and language; `restates` as for an outcome.

    A signed-off return locks the language, because figures are split by language and a return's lines name it. A room is in
    neither.
    """
    reasons = []
    if session.stage == SessionStage.SCHEDULED:
        reasons.append(_("Nobody has told us yet how this session went. Open it again to change what is planned."))
    if not looks_after(session, by, now=now):
        reasons.append(_("Only the coordinator of this session’s area corrects it. Tell them what is wrong."))
    if language not in Language.values:
        reasons.append(_("That is no language of ours. Choose one of the languages."))
    if len(room) > LONGEST_ROOM:
        reasons.append(_("Name the room in at most %(most)s letters.") % {"most": LONGEST_ROOM})
    if language != session.language:
        reasons += reasons_closed(session, by=by, restates=restates)
    return reasons


def schools_of(outcome: Outcome) -> set[int]:
    """Return the ids of the schools with headcounts in the outcome."""
    return {school_id for school_id, _ in outcome.headcounts}


def reasons_closed(session: Session, schools: Collection[int] = (), *, by: User, restates: bool) -> list[str]:
    """Return the reasons where a signed-off return rests on the session's day, in the host's area or that of a counted school.

    Then only a manager may change the session, and only with a restatement (rule 14). `schools` are the ids of further schools
    that the new outcome counts pupils of.
    """
    if not by.is_manager:
        return reasons_locked([session], by=by, schools=schools)
    return [] if restates else [_restated_in_office(period) for period in closed_periods([session], schools=schools)]


def _restated_in_office(period: ClosedPeriod) -> str:
    words = _(
        "The return of %(area)s for %(first_day)s to %(last_day)s is signed off. "
        "Open the session in the office and say there why its outcome changes."
    )
    return words % {"area": period.area, "first_day": long_day(period.first_day), "last_day": long_day(period.last_day)}


def reasons_closed_each(sessions: Iterable[Session], *, by: User, on: date) -> dict[int, list[str]]:
    """Return for each session (by id) what `reasons_closed` says of it where nothing is restated; they are read together.

    Only those that have one; nothing, and no query, of today (`on`) and later.
    """
    each = closed_to_reports(sessions, on=on)
    words = _restated_in_office if each and by.is_manager else signed_off_words
    return {pk: [words(period) for period in periods] for pk, periods in each.items()}


def reasons_not_to_believe(session: Session, outcome: Outcome) -> list[str]:
    """Return what cannot be right in the outcome itself, whoever reports it."""
    return [
        *_reasons_of_choices(outcome),
        *_reasons_of_headcounts(session, outcome),
        *_reasons_of_people(session, outcome),
        *_reasons_of_materials(outcome),
    ]


def _reasons_of_choices(outcome: Outcome) -> list[str]:
    reasons = []
    if outcome.went_ahead not in WentAhead.values:
        reasons.append(_("Say whether it went ahead: yes, partly or no."))
    if outcome.count_basis not in CountBasis.values:
        reasons.append(_("Say how you counted."))
    if outcome.pupils_are not in PupilsAre.values:
        reasons.append(_("Say whether the pupils were new or the same as before."))
    if outcome.went_ahead == WentAhead.NO and outcome.cancelled_code not in CancelCode.values:
        reasons.append(_("Say why it did not go ahead."))
    most = current().most_pupils
    if outcome.adults is not None and not 0 <= outcome.adults <= most:
        words = _("%(number)s adults cannot be right. Give 0 to %(most)s, or leave the box empty.")
        reasons.append(words % {"number": f"{outcome.adults:,}", "most": f"{most:,}"})
    return [*reasons, *_reasons_of_words(outcome)]


def _reasons_of_words(outcome: Outcome) -> list[str]:
    reasons = []
    if outcome.differed not in {"", *WhatDiffered.values}:
        reasons.append(_("Choose what went differently from the list."))
    if len(outcome.note) > LONGEST_NOTE:
        words = _("The note has %(letters)s letters. Say it in at most %(most)s.")
        reasons.append(words % {"letters": len(outcome.note), "most": LONGEST_NOTE})
    return reasons


def _reasons_of_headcounts(session: Session, outcome: Outcome) -> list[str]:
    counted = {key: pupils for key, pupils in outcome.headcounts.items() if pupils is not None}
    if outcome.went_ahead == WentAhead.NO:
        there = any(counted.values()) or bool(outcome.adults)
        words = _("You said that it did not go ahead, but gave a number. Take the number out, or choose “Partly”.")
        return [words] if there else []
    if outcome.headcounts and not session.type.is_for_pupils:
        return [_("This session is for adults. Count the adults only.")]
    reasons, most = [], current().most_pupils
    schools = School.objects.in_bulk({school_id for school_id, _ in outcome.headcounts})
    if any(school_id not in schools for school_id, _ in outcome.headcounts):
        reasons.append(_("A school whose pupils you counted is unknown. Choose it again."))
    if any(year_group not in YEAR_GROUPS for _, year_group in outcome.headcounts):
        reasons.append(_("A year group is 0 (Reception or P1) to 6. Choose it again."))
    for (school_id, year_group), pupils in sorted(counted.items()):
        if school_id in schools and year_group in YEAR_GROUPS and not 0 <= pupils <= most:
            name = year_group_words(year_group, schools[school_id].nation)
            words = _("%(number)s pupils in %(name)s cannot be right. Give 0 to %(most)s, or leave the box empty.")
            reasons.append(words % {"number": f"{pupils:,}", "name": name, "most": f"{most:,}"})
    return [*reasons, *_reasons_of_mixed_classes(outcome)]


def _reasons_of_mixed_classes(outcome: Outcome) -> list[str]:
    reasons = []
    if any(len(row.shares) < 2 for row in outcome.mixed):
        reasons.append(_("A mixed class has two year groups or more. Tick those that were in it."))
    shares = shares_of(outcome.mixed)
    if any(pupils < 0 or pupils > (outcome.headcounts.get(key) or 0) for key, pupils in shares.items()):
        reasons.append(
            _("The number of a mixed class is not in those of its year groups. Open the form again and count once more.")
        )
    return reasons


def _reasons_of_people(session: Session, outcome: Outcome) -> list[str]:
    there = [cover for cover in covers_of(session) if cover.pk in outcome.attended]
    reasons = []
    if outcome.attended - {cover.pk for cover in there}:
        reasons.append(_("Somebody whom you ticked is not on this session. Look at it again, and tell the coordinator who came."))
    if len({cover.volunteer_id for cover in there}) < len(there):
        reasons.append(_("Somebody is ticked twice. Untick one of the two lines."))
    if sum(cover.role == CoverRole.LEAD for cover in there) > 1:
        reasons.append(_("Two people are ticked as lead. Tell the coordinator who led."))
    return reasons


def _reasons_of_materials(outcome: Outcome) -> list[str]:
    materials = Material.objects.in_bulk(list(outcome.materials))
    reasons = []
    if outcome.materials.keys() - materials.keys():
        reasons.append(_("One of the materials is unknown. Look at the session again."))
    words = _("%(number)s of “%(material)s” cannot be right. Give 0 to %(most)s, or leave the box empty.")
    for pk, material in materials.items():
        reasons += [
            words % {"number": f"{number:,}", "material": material, "most": f"{MOST_PIECES:,}"}
            for number in outcome.materials[pk]
            if number is not None and not 0 <= number <= MOST_PIECES
        ]
    return reasons


def reasons_not_to_share_out(total: int | None, pupils: Mapping[str, int | None], *, basis: str) -> list[str]:
    """Return the reasons why one total cannot be shared out over the year groups; `pupils` are the numbers typed for each.

    A year group with 0 stays at 0: none of its pupils came.
    """
    counted = [number for number in pupils.values() if number is not None]
    if total is None:
        if basis == CountBasis.SPREAD and not counted:
            return [
                _("Give the total that you know; or say that you counted, and leave the boxes of those you did not count empty.")
            ]
        return []
    if any(counted):
        return [_("Give the total or a number for each year group, not both. Empty one of them.")]
    if total and len(counted) == len(pupils):
        return [_("You said that none came of any year group, but gave a total. Empty the boxes of those who came.")]
    return []


def ordinary_counts(expected: int) -> tuple[int, int]:
    """Return the least and the most pupils that surprise nobody where so many are expected; others are asked about once."""
    return min(expected // 2, max(0, expected - FAR)), max(expected * 3 // 2, expected + FAR)


def question_about(pupils: int | None, expected: int | None) -> str:
    """Return what to ask about a number that is far from the expected one, such as “900? We expected about 30.”; "" for none."""
    if pupils is None or expected is None:
        return ""
    least, most = ordinary_counts(expected)
    if least <= pupils <= most:
        return ""
    return str(SURPRISE) % {"number": f"{pupils:,}", "expected": f"{expected:,}"}


def reasons_to_look_again(note: str) -> list[str]:
    """Return what to check again in the note before it is stored, such as a word that looks like a name (rule 12)."""
    word = looks_like_a_name(note)
    return [str(LOOKS_LIKE_A_NAME) % {"word": word}] if word else []


def reasons_not_to_tell(session: Session, *, role_told: str, told_at: datetime, by: User, now: datetime) -> list[str]:
    """Return the reasons why a safeguarding notice cannot be stored: it needs a time and a role, and nothing else (rule 12)."""
    reasons = []
    if not (is_on(session, by) or looks_after(session, by, now=now)):
        reasons.append(_("Only people on this session and its area’s coordinator write this down. Phone the duty number."))
    if not role_told.strip():
        reasons.append(_("Say whom you told, by role: the school’s safeguarding lead."))
    if len(role_told) > 100:
        reasons.append(_("Give the role alone, in at most 100 letters; nothing of what was said."))
    if told_at > now:
        reasons.append(_("The time you gave is still to come. Give the time when you told them."))
    elif timezone.localdate(told_at) < session.day:
        words = _("The time you gave is before %(day)s, the day of the session. Give the time when you told them.")
        reasons.append(words % {"day": long_day(session.day)})
    return reasons
