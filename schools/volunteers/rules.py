"""Reasons not to invite volunteers or store their steps, and the state of a clearance.

Who may cover a session is decided in visits.rules.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.words import long_day
from schools.volunteers.models import Clearance, Decision, SignOff, StepKind, Volunteer, VolunteerStatus

RENEWING_TAKES = timedelta(days=90)
"""How long before the recheck of a clearance somebody should begin a new one."""


def reasons_not_to_add(volunteer: Volunteer) -> list[str]:
    """Return the reasons why a volunteer cannot be added: their reference or e-mail address is somebody else's."""
    reasons = []
    if volunteer.reference:
        try:
            volunteer.clean_fields(exclude={field.name for field in Volunteer._meta.fields} - {"reference"})
            volunteer.validate_constraints()
        except ValidationError as wrong:
            reasons += wrong.messages
        if Volunteer.objects.filter(reference__iexact=volunteer.reference).exists() and not reasons:
            reasons.append("Another volunteer has this reference.")
    if volunteer.email:
        theirs = Volunteer.objects.filter(Q(email__iexact=volunteer.email) | Q(user__email=volunteer.email))
        if theirs.exists():
            reasons.append(f"Another volunteer has the address {volunteer.email}. Look for them in the list of volunteers.")
        elif User.objects.filter(email=volunteer.email).exists():
            link = "Add them without an address, then ask a manager to link that sign-in on their page."
            reasons.append(f"Somebody already signs in as {volunteer.email}. {link}")
    return reasons


def reasons_not_to_replace_sign_in(goes: User | None, stays: User | None) -> list[str]:
    """Return why a volunteer's sign-in does not give way to another one, or to none (None).

    Somebody who adds a double with a mailbox of their own, and comes in by it, would else be the volunteer. One that was used
    first may take the place of a later one; whoever lost their mailbox is let in by two people and after a wait. One manager
    switches a sign-in off, and gives it a role in the office: so neither makes it give way.
    """
    if goes is None or goes == stays or not _was_used(goes):
        return []
    if stays is not None and stays.is_active and stays.last_login is not None and stays.date_joined <= goes.date_joined:
        return []
    words = (
        f"{goes} signs in as {goes.email} already, and that sign-in stays: neither a later one nor none takes its place. Of two "
        "entries, keep the one with it, or choose that sign-in. Where they have lost that mailbox, a manager asks for them under "
        "“Somebody is locked out”."
    )
    off = (
        f"That sign-in is switched off: first write down that {goes} came back, where they have left, or have a manager tick "
        "“may sign in”."
    )
    return [words] if goes.is_active else [f"{words} {off}"]


def _was_used(user: User) -> bool:
    """Whether somebody came in by the sign-in, or made it theirs by a password or a second factor."""
    has_password = bool(user.password) and user.has_usable_password()
    return user.last_login is not None or has_password or bool(Authenticator.objects.filter(user=user).exists())


def reasons_not_to_invite(volunteer: Volunteer, *, email: str) -> list[str]:
    """Return the reasons why the volunteer cannot be sent an invitation to this address."""
    reasons = []
    if volunteer.status == VolunteerStatus.LEFT:
        reasons.append(f"{volunteer} has left. Make them active again first.")
    if volunteer.user is not None and not volunteer.user.is_active:
        reasons.append(f"The sign-in of {volunteer} is switched off. Ask a manager to switch it on.")
    if volunteer.user is not None and email and email != volunteer.user.email:
        reasons.append(f"{volunteer} signs in as {volunteer.user.email}. They change that themselves, under “Me”.")
    if volunteer.user is None:
        try:
            validate_email(email)
        except ValidationError:
            reasons.append("Give the e-mail address to which the invitation goes, like name@example.org.")
        if User.objects.filter(email=email).exists():
            reasons.append(f"Somebody already signs in as {email}. Use another address, or ask a manager to link that sign-in.")
    return reasons


def reasons_not_to_take_step(volunteer: Volunteer, step: str, *, day: date, on: date) -> list[str]:
    """Return the reasons why the step cannot be stored for the day.

    Nobody becomes active, or comes back, without a clear decision and a sign-off that hold.
    """
    if step not in StepKind.values:
        return ["Choose one of the steps."]
    reasons = []
    if day > on:
        reasons.append(f"{long_day(day)} is still to come. Write a step down once it has happened.")
    if volunteer.steps.filter(step=step, day=day).exists():
        reasons.append(f"“{StepKind(step).label}” is written down for {long_day(day)} already.")
    reasons += _reasons_before_joining(volunteer, step, day=day) + _reasons_before_the_latest(volunteer, step, day=day)
    resting = {VolunteerStatus.PAUSED, VolunteerStatus.LEFT}
    if step == StepKind.RETURNED and volunteer.status not in resting:
        reasons.append(f"{volunteer} neither rests nor has left. Choose another step.")
    elif step != StepKind.RETURNED and volunteer.status == VolunteerStatus.LEFT:
        reasons.append(f"{volunteer} has left. Write down first that they came back.")
    if step == StepKind.PAUSED and volunteer.status != VolunteerStatus.ACTIVE:
        reasons.append(f"{volunteer} is {volunteer.get_status_display().lower()}. Only active people pause.")
    if step in {StepKind.ACTIVE, StepKind.RETURNED}:
        reasons += _reasons_not_ready(volunteer, on=on)
    return reasons


def _reasons_before_joining(volunteer: Volunteer, step: str, *, day: date) -> list[str]:
    if step != StepKind.LEFT or volunteer.joined is None or day >= volunteer.joined:
        return []
    return [f"{volunteer} joined on {long_day(volunteer.joined)}. Correct that day first, or give a later one."]


def _reasons_before_the_latest(volunteer: Volunteer, step: str, *, day: date) -> list[str]:
    """Return a reason where somebody would leave, or come back, before their latest step, which their status goes by.

    They would give back what they are down for, and not have left.
    """
    latest = volunteer.steps.order_by("-day", "-pk").first()
    if latest is None or day >= latest.day or step not in {StepKind.LEFT, StepKind.RETURNED}:
        return []
    return [f"“{latest.get_step_display()}” is written down for {long_day(latest.day)}. Give that day or a later one."]


def _reasons_not_ready(volunteer: Volunteer, *, on: date) -> list[str]:
    reasons = []
    held = Clearance.objects.filter(volunteer=volunteer).values_list("scheme", flat=True)
    if not any(Clearance.objects.clear_on(on, scheme).filter(volunteer=volunteer).exists() for scheme in set(held)):
        reasons.append(f"{volunteer} has no clear decision that holds today. Record it first.")
    if not SignOff.objects.holding_on(on).filter(volunteer=volunteer).exists():
        reasons.append(f"{volunteer} has no sign-off that holds today. Record it first.")
    return reasons


def next_steps(clearances: Iterable[Clearance], *, on: date) -> list[tuple[Clearance, str, str]]:
    """Return each clearance with the kind of its chip on the day (covered, needs, problem or quiet) and what to do next."""
    known = list(clearances)
    return [
        (clearance, *(_replaced() if _is_replaced(clearance, by=known) else _standing(clearance, on=on))) for clearance in known
    ]


def _is_replaced(clearance: Clearance, *, by: Iterable[Clearance]) -> bool:
    """Whether another clear decision of the scheme holds longer; queries.clearances_ending asks the database the same."""

    def holds_until(decision: Clearance) -> date:
        standing = decision.decision == Decision.CLEAR and decision.withdrawn_on is None
        return (decision.recheck_on if standing else None) or date.min

    end = holds_until(clearance)
    return end > date.min and any(other.scheme == clearance.scheme and holds_until(other) > end for other in by)


def _replaced() -> tuple[str, str]:
    return "quiet", _("A newer decision has taken its place. There is nothing to do.")


def _standing(clearance: Clearance, *, on: date) -> tuple[str, str]:
    if clearance.withdrawn_on is not None and clearance.withdrawn_on <= on:
        return "problem", _("It was withdrawn. Ask your coordinator what it means for you.")
    if clearance.decision == Decision.PENDING:
        return "quiet", _("You have applied. There is nothing to do: your coordinator tells you once it is decided.")
    if clearance.decision != Decision.CLEAR or clearance.recheck_on is None:
        return "problem", _("Ask your coordinator what comes next.")
    day = date_format(clearance.recheck_on, "j F Y")
    if clearance.recheck_on <= on:
        ran_out = _("It ran out on %(day)s. Ask your coordinator to begin a new one; until then nobody can put you on sessions.")
        return "problem", ran_out % {"day": day}
    if clearance.recheck_on - RENEWING_TAKES <= on:
        return "needs", _("It holds until %(day)s. Ask your coordinator now to begin a new one: it takes weeks.") % {"day": day}
    return "covered", _("It holds until %(day)s. There is nothing to do.") % {"day": day}
