"""Erasing what we know about somebody who has left and asks for it; what was counted stays."""

from datetime import datetime
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Q

from schools.accounts.models import AddressChange, Role, User
from schools.core.erasures import keep_erasures
from schools.core.errors import RuleBroken
from schools.directory.models import ImportChange, ImportRun
from schools.messages.models import OutboxMessage
from schools.messages.sms import as_stored
from schools.messages.suppression import forget
from schools.visits.models import Batch, Cover, Merge, MergeKind, TwoPeople
from schools.volunteers.models import ERASED, Accepted, Clearance, FeedToken, Invitation, Volunteer, VolunteerStatus

NOTES = ("override_note", "news_why")
"""The fields of a cover that hold somebody's own words, or say why something changed."""


@transaction.atomic
def erase(volunteer: Volunteer, *, by: User, now: datetime) -> Volunteer:
    """Erase who the volunteer was: name, addresses, phone, home and clearances, in tables, histories, logs and the outbox.

    Sessions, covers, hours and steps stay, under the reference alone. Raises RuleBroken unless they have left.
    """
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=volunteer.pk)
    if volunteer.status != VolunteerStatus.LEFT:
        raise RuleBroken([f"{volunteer} has not left. End the membership first."])
    name, references = volunteer.name, [volunteer.reference]
    _erase_what_belongs(volunteer)
    _erase_words_about(name)
    _erase_from_imports(volunteer)
    # Whatever address they went to, and whatever name stands in them.
    theirs = Q(about__volunteer=volunteer) | Q(readers__volunteer=volunteer)
    OutboxMessage.objects.filter(pk__in=OutboxMessage.objects.filter(theirs).values("pk")).delete()
    if volunteer.email:
        OutboxMessage.objects.filter(to__iexact=volunteer.email).delete()
        forget(volunteer.email)
    references += _erase_merges(volunteer)
    if volunteer.user is not None:
        _erase_user(volunteer, volunteer.user)
    volunteer.name = f"{ERASED} {volunteer.reference}"
    volunteer.email = volunteer.phone = volunteer.emergency_contact = volunteer.home_postcode = volunteer.place_precision = ""
    volunteer.easting = volunteer.northing = volunteer.furthest_km = None
    volunteer.share_phone = False
    volunteer.save()
    # The list outlives a restore of a backup that still knows them (docs/operations.md).
    transaction.on_commit(partial(keep_erasures, settings.SPEAKOUT_ERASURES, references, at=now), robust=True)
    return volunteer


def _erase_what_belongs(volunteer: Volunteer) -> None:
    Clearance.history.filter(volunteer=volunteer.pk).delete()
    volunteer.clearances.all().delete()
    # The deletion has just written a last row into the history.
    Clearance.history.filter(volunteer=volunteer.pk).delete()
    for rows in (volunteer.availabilities, volunteer.aways, volunteer.conflicts):
        rows.all().delete()
    for model in (Invitation, FeedToken, Accepted):
        model.objects.filter(volunteer=volunteer).delete()
    for covers in (Cover.objects.filter(volunteer=volunteer), Cover.history.filter(volunteer=volunteer.pk)):
        covers.update(**dict.fromkeys(NOTES, ""))
    _erase_from_batches(volunteer)


def _erase_from_batches(volunteer: Volunteer) -> None:
    """Erase notes and names from batches: they keep the notes of covers, and name who could not be put back."""
    theirs = set(Cover.objects.filter(volunteer=volunteer).values_list("pk", flat=True))
    for batch in Batch.objects.order_by("pk").iterator():
        changes = [
            _without_notes(change) if change["table"] == "cover" and change["pk"] in theirs else change
            for change in batch.changes
        ]
        left_alone = [line.replace(volunteer.name, f"{ERASED} {volunteer.reference}") for line in batch.left_alone]
        if (changes, left_alone) != (batch.changes, batch.left_alone):
            batch.changes, batch.left_alone = changes, left_alone
            batch.save(update_fields=["changes", "left_alone"])


def _erase_merges(volunteer: Volunteer) -> list[str]:
    """Erase the other entries that were merged into this one: their names, their sign-ins, and how to undo the merges.

    Return the references that these entries had.
    """
    references: list[str] = []
    ids, wider = set[int](), {volunteer.pk}
    while wider - ids:
        ids |= wider
        wider = set(Merge.objects.filter(kind=MergeKind.VOLUNTEER, kept_id__in=ids).values_list("gone_id", flat=True))
    merges = Merge.objects.filter(Q(kept_id__in=ids) | Q(gone_id=volunteer.pk), kind=MergeKind.VOLUNTEER)
    for merge in merges:
        if merge.undone_at is None:
            entries = [step["before"] for step in merge.moves if step["table"] == "volunteer" and "before" in step]
            references += [entry["reference"] for entry in entries if entry.get("reference")]
            for name in {entry["name"] for entry in entries if entry.get("name")}:
                _erase_words_about(name)
            users = {entry.get("user_id") for entry in entries} - {None, volunteer.user_id}
            for user in User.objects.filter(pk__in=users, volunteer=None):
                _erase_user(volunteer, user)
    merges.delete()
    for pk in ids:
        TwoPeople.objects.about(MergeKind.VOLUNTEER, pk).delete()
    return sorted(set(references) - {volunteer.reference})


def _without_notes(change: dict[str, Any]) -> dict[str, Any]:
    """Return the change of a cover with blank notes before and after, as in the cover itself."""
    states = {name: change[name] for name in ("before", "after") if name in change}
    return change | {when: {name: "" if name in NOTES else value for name, value in was.items()} for when, was in states.items()}


def _erase_from_imports(volunteer: Volunteer) -> None:
    """Delete what imports of volunteers kept about the person: their rows, and lines of reports that name them."""
    runs = ImportRun.objects.filter(register="volunteers")
    known_by = {volunteer.reference.casefold(), volunteer.mail_address.casefold()} - {""}
    ImportChange.objects.filter(Q(known_by__in=known_by) | Q(name=volunteer.name), run__in=runs).delete()
    for run in runs.exclude(report__isnull=True).order_by("pk").iterator():
        report = dict(run.report or {})
        for kept in ("refused", "left_out"):
            report[kept] = [problem for problem in report.get(kept, ()) if problem["id"].casefold() not in known_by]
        if report != run.report:
            run.report = report
            run.save(update_fields=["report"])


def _erase_words_about(name: str) -> None:
    """Delete the mails and the lines of the admin's log that name the person."""
    OutboxMessage.objects.filter(Q(body__icontains=name) | Q(subject__icontains=name)).delete()
    LogEntry.objects.filter(Q(object_repr__icontains=name) | Q(change_message__icontains=name)).delete()


def _erase_user(volunteer: Volunteer, user: User) -> None:
    OutboxMessage.objects.filter(to=user.email).delete()
    LogEntry.objects.filter(object_repr__icontains=user.email).delete()
    if user.is_superuser or user.roles - {Role.VOLUNTEER}:
        # Somebody who works in the office can still sign in; a manager ends that.
        volunteer.user = None
        return
    forget(user.email)
    forget(as_stored(user.sms_number))
    user.sms_number, user.sms_since = "", None
    AddressChange.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    UserSession.objects.filter(user=user).delete()
    user.email = f"erased-{user.pk}@erased.invalid"
    user.name = f"{ERASED} {volunteer.reference}"
    user.is_active = False
    user.set_unusable_password()
    user.save()
