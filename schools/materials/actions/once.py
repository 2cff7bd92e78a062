"""A form that is sent twice (two clicks, a page loaded again, a bad connection) does its work once (rule 18)."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.materials.models import StockSubmission


class AlreadySubmitted(RuleBroken):
    """The same form was sent before with the same content; nothing is left to do."""

    def __init__(self) -> None:
        super().__init__(["That is written down already, so nothing was written twice."])


class SubmissionChanged(RuleBroken):
    """The form was sent before with other content: that may be a second event or a correction."""

    def __init__(self) -> None:
        then = "This form was sent already and said something else, which is written down."
        super().__init__([f"{then} Look at what is there; if this happened as well, press the button again."])


@transaction.atomic
def run_once[Done](key: UUID, work: Callable[[], Done], *, content: str, by: User, now: datetime) -> Done:
    """Do `work` and return its result, unless the form was sent before or is being sent elsewhere at this moment.

    `key` is made when the form is opened and comes back with it; `content` is all that the form says. Raises AlreadySubmitted
    where the same person sent the same content before, SubmissionChanged where the key came with other content or from another
    person. Passes on what `work` raises; then nothing is written and the key can be used again.
    """
    noted = {"by": by, "digest": sha256(content.encode()).hexdigest(), "received_at": now}
    # The key is written before any store is locked: of two that arrive together the second waits here for the first to end.
    submission, is_new = StockSubmission.objects.get_or_create(key=key, defaults=noted)
    if not is_new:
        raise AlreadySubmitted if (submission.by_id, submission.digest) == (by.pk, noted["digest"]) else SubmissionChanged
    return work()
