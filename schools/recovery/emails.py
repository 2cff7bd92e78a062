"""The mails about somebody who is locked out. Those to the person go as mails of signing in do, even to a marked address."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.accounts.queries import managers
from schools.charity.queries import current
from schools.core.words import long_day, short_time
from schools.messages.actions import put
from schools.messages.links import Link
from schools.messages.models import OF_SIGNING_IN
from schools.recovery import texts
from schools.recovery.links import Pointer, Purpose, link_to
from schools.recovery.models import AGREED_WITHIN, LINK_HOLDS, Recovery, RecoveryStep, StepHow, StepKind, Trustee, Why


def tell_of_step(step: RecoveryStep, user: User) -> None:
    """Tell the person of the step, at the address from before, and at the one that holds now where that is another."""
    recovery = step.recovery
    with in_language_of(user):
        body = "\n\n".join(_words_of(step, user)) + "\n"
        subject = _(texts.SUBJECT) % {"charity": current().brand}
    # Blank once somebody was erased.
    for address in sorted({recovery.old_email, user.email if step.kind in _AFTERWARDS else recovery.old_email} - {""}):
        key = f"{OF_SIGNING_IN}way-back:{recovery.pk}:{step.pk}:{'old' if address == recovery.old_email else 'new'}"
        put(key, to=address, subject=subject, body=body)


_AFTERWARDS = {StepKind.DONE, StepKind.CAME_IN}


def _words_of(step: RecoveryStep, user: User) -> list[str]:
    recovery, charity = step.recovery, current().brand
    by = _(texts.YOURSELF) if step.by_id == user.pk else step.actor
    facts = {
        "charity": charity,
        "by": by or (_(texts.YOURSELF) if step.kind == StepKind.STOPPED and step.how != StepHow.COMMAND else _(texts.OPERATOR)),
        "what": _(texts.WHAT[Recovery.Lost(recovery.lost)]),
        "how": _(texts.HOW[RecoveryStep.How(step.how)]) if step.kind == StepKind.OVER else "",
    }
    parts = [_(texts.HELLO) % {"name": user.name}, _(texts.STEPS[StepKind(step.kind)]) % facts]
    if step.kind == StepKind.DONE and not recovery.takes_factor and not user.is_staff:
        parts.append(_(texts.NO_FACTOR if recovery.why == Why.ADDRESS_TAKEN else texts.NO_PASSKEY))
    if recovery.ended_at is not None:
        return [*parts, _(texts.NOT_YOU)] if step.kind in _AFTERWARDS else parts
    if recovery.takes_effect_at is None:
        parts.append(_(texts.NEEDS_MORE))
    else:
        at = timezone.localtime(recovery.takes_effect_at)
        parts.append(_(texts.TAKES_EFFECT) % {"day": long_day(at.date()), "time": short_time(at.time())})
    link = Link(link_to(Pointer(Purpose.STOP, recovery)), _(texts.STOP_BUTTON))
    return [*parts, _(texts.STOP), link.text, _(texts.STOP_ELSE)]


def ask_new_address(recovery: Recovery, user: User) -> None:
    """Ask the new address whether it is the person’s."""
    expires_at = recovery.asked_at + AGREED_WITHIN
    with in_language_of(user):
        facts = {"charity": current().brand, "day": _day(expires_at)}
        link = Link(link_to(Pointer(Purpose.NEW, recovery)), _(texts.NEW_ADDRESS_BUTTON))
        parts = [_(texts.HELLO_UNKNOWN), _(texts.NEW_ADDRESS) % facts, link.text, _(texts.NEW_ADDRESS_ELSE)]
        body = "\n\n".join(parts) + "\n"
        subject = _(texts.SUBJECT) % facts
    key = f"{OF_SIGNING_IN}way-back:{recovery.pk}:is-it-yours"
    put(key, to=recovery.new_email, subject=subject, body=body, expires_at=expires_at)


def ask_for_yes(recovery: Recovery, of_office: list[User], trustees: list[Trustee]) -> None:
    """Ask those who may agree; the mails name nobody, the page does."""
    expires_at, key = recovery.asked_at + AGREED_WITHIN, f"way-back:{recovery.pk}:yes"
    for manager in of_office:
        with in_language_of(manager):
            page = Link.to("admin:locked-out-request", recovery.pk, words=_(texts.ASK_BUTTON))
            body = _letter(manager.name, _(texts.ASK_MANAGER) % {"charity": current().brand}, page.text)
            put(f"{key}:{manager.pk}", to=manager.email, subject=_(texts.SUBJECT_ASK), body=body, expires_at=expires_at)
    for trustee in trustees:
        with in_language_of(None):
            words = _(texts.ASK_TRUSTEE) % {"charity": current().brand, "day": _day(expires_at)}
            link = Link(link_to(Pointer(Purpose.AGREE, recovery, trustee)), _(texts.ASK_BUTTON))
            body = _letter(trustee.name, words, link.text)
            put(f"{key}:trustee:{trustee.pk}", to=trustee.email, subject=_(texts.SUBJECT_ASK), body=body, expires_at=expires_at)


def let_in(recovery: Recovery, user: User, *, now: datetime) -> None:
    """Send the link that lets the person in once, to the address that holds from now on."""
    expires_at = now + LINK_HOLDS
    with in_language_of(user):
        charity = current().brand
        words = _(texts.COME_IN) % {"day": _day(expires_at)}
        later = _(texts.COME_IN_LATER) % {"site": settings.SPEAKOUT_ADDRESS}
        link = Link(link_to(Pointer(Purpose.ENTER, recovery)), _(texts.COME_IN_BUTTON))
        body = _letter(user.name, words, link.text, later)
        subject = _(texts.SUBJECT) % {"charity": charity}
    key = f"{OF_SIGNING_IN}way-back:{recovery.pk}:come-in"
    put(key, to=user.email, subject=subject, body=body, expires_at=expires_at)


def ask_trustee(trustee: Trustee, *, now: datetime) -> None:
    """Ask somebody whether they will be a trustee, and tell every manager that they were named."""
    expires_at = now + AGREED_WITHIN
    with in_language_of(None):
        words = _(texts.TRUSTEE) % {"by": trustee.named_by, "charity": current().brand}
        link = Link(link_to(Pointer(Purpose.TRUSTEE, None, trustee)), _(texts.TRUSTEE_BUTTON))
        body = _letter(trustee.name, words, link.text, _(texts.TRUSTEE_ELSE))
        put(f"trustee:{trustee.pk}", to=trustee.email, subject=_(texts.SUBJECT_TRUSTEE), body=body, expires_at=expires_at)
    for manager in managers().order_by("pk"):
        with in_language_of(manager):
            words = _(texts.NEW_TRUSTEE) % {"by": trustee.named_by, "name": trustee.name}
            page = Link.to("admin:trustees", words=_(texts.NEW_TRUSTEE_BUTTON))
            body, subject = _letter(manager.name, words, page.text), _(texts.SUBJECT_NEW_TRUSTEE)
            put(f"trustee:{trustee.pk}:{manager.pk}", to=manager.email, subject=subject, body=body)


def _letter(name: str, *parts: str) -> str:
    return "\n\n".join([_(texts.HELLO) % {"name": name}, *parts]) + "\n"


def _day(at: datetime) -> str:
    return long_day(timezone.localdate(at))
