"""That a form sent twice (two clicks, a page loaded again, a bad line) does its work once."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.materials.models import StockSubmission


class WrittenAlready(RuleBroken):
    """The very same form did its work before; nothing is to be done."""

    def __init__(self) -> None:
        super().__init__(["That is written down already, so nothing was written twice."])


class SaidOtherwise(RuleBroken):
    """The form did its work before and says something else now: perhaps it happened too, perhaps it is a correction."""

    def __init__(self) -> None:
        then = "This form was sent already and said something else, which is written down."
        super().__init__([f"{then} Look at what is there; if this happened as well, press the button again."])


@transaction.atomic
def once[Done](key: UUID, work: Callable[[], Done], *, said: str, by: User, now: datetime) -> Done:
    """Do `work` unless the form came before, also at this very moment from elsewhere; what it returns.

    `key` is made when the form is opened and comes back with it; `said` is all that the form says. Raises WrittenAlready where
    the same person sent the same before, SaidOtherwise where the key came with something else, and what `work` raises: then
    nothing is written and the key can be used again.
    """
    noted = {"by": by, "digest": sha256(said.encode()).hexdigest(), "received_at": now}
    # The key first, before any store is locked: of two that arrive together the second waits here until the first is through.
    submission, is_new = StockSubmission.objects.get_or_create(key=key, defaults=noted)
    if not is_new:
        raise WrittenAlready if (submission.by_id, submission.digest) == (by.pk, noted["digest"]) else SaidOtherwise
    return work()
