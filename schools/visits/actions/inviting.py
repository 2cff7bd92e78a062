"""Inviting many people so that it can be undone: the mails wait a minute, as those of every act on many rows do."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.messages.models import OutboxMessage
from schools.visits.actions.batches import Changes
from schools.visits.models import Batch, BatchKind
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.volunteers.actions import invite_each
from schools.volunteers.emails import key_of_invitation
from schools.volunteers.models import Volunteer


@transaction.atomic
def invite_to_undo(volunteers: Iterable[Volunteer], *, by: User, now: datetime) -> Batch:
    """Invite these people, as `invite_each` does; an undo takes back each invitation whose mail nobody can have got.

    Why others got none is what the batch has `left_out`; where nobody got one, it is not stored.
    """
    changes, held_until = Changes(), now + HELD_FOR + CLOCKS_APART
    invitations, reasons = invite_each(volunteers, by=by, now=now, not_before=held_until)
    for invitation in invitations:
        changes.record_created(invitation, ("volunteer", "expires_at", "used_at"))
    number = len(invitations)
    # Without names: the words of a batch stay when somebody is erased.
    words = "1 person invited to sign in" if number == 1 else f"{number} people invited to sign in"
    batch = changes.keep_any(BatchKind.INVITE, words, by=by, now=now)
    batch.left_out = reasons
    if invitations:
        mails = OutboxMessage.objects.filter(key__in=[key_of_invitation(invitation.pk) for invitation in invitations])
        batch.held_until, batch.messages = held_until, sorted(mails.values_list("pk", flat=True))
        batch.save(update_fields=["held_until", "messages"])
    return batch
