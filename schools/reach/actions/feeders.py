"""Accepts or refuses likely feeders, and takes either back."""

from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.directory.actions import link_schools
from schools.directory.models import LinkKind, School, SchoolLink
from schools.reach.actions.drift import note_drift
from schools.reach.actions.linking import remove_feeder
from schools.reach.models import Confirmed, DoubtKind
from schools.reach.places import areas_of_authorities
from schools.reach.queries.doubt_lines import digest_of
from schools.reach.queries.feeders import Proposal, decided_of
from schools.reach.queries.moving import areas_of_schools

NOT_ITS_FEEDER = "It does not feed it."


def accept_feeder(proposal: Proposal, *, by: User, now: datetime) -> SchoolLink:
    """Link the two schools: their pupils count as the same children from now on. Raises RuleBroken with every reason.

    Its effect stands beside the proposal; closed returns that it moves get a line.
    """
    schools = School.objects.in_bulk([proposal.infant, proposal.junior])
    infant, junior = schools[proposal.infant], schools[proposal.junior]
    link = link_schools(infant, junior, kind=LinkKind.FEEDER, day=None)
    note_drift(f"{infant} feeds {junior}", now=now, by=by, areas=areas_of_schools([infant, junior]))
    return link


@transaction.atomic
def refuse_feeder(proposal: Proposal, *, by: User, now: datetime) -> Confirmed:
    """Remember that the infant school does not feed the junior school, so that nobody is asked again."""
    schools = School.objects.in_bulk([proposal.infant, proposal.junior])
    area, *_ = areas_of_authorities(on=now.date()).get(proposal.authority, (None,))
    values = {
        "digest": digest_of([proposal.infant, proposal.junior]),
        "area_id": area,
        "words": f"{schools[proposal.infant]} may feed {schools[proposal.junior]}."[:500],
        "reason": NOT_ITS_FEEDER,
        "at": now,
        "by": by,
    }
    return Confirmed.objects.update_or_create(kind=DoubtKind.FEEDER, subject=proposal.subject, defaults=values)[0]


@transaction.atomic
def take_feeder_back(infant: School, junior: School, *, mark: str, by: User, now: datetime) -> bool:
    """Take back what was decided of the two schools: the link, or the refusal, of which this is the mark (`mark_of`).

    What a colleague has decided since stays. Return whether it was there.
    """
    decided = decided_of(infant, junior, mark=mark)
    if isinstance(decided, SchoolLink):
        remove_feeder(decided, by=by, now=now)
    elif decided is not None:
        return bool(Confirmed.objects.filter(pk=decided.pk, by=decided.by_id, at=decided.at).delete()[0])
    return decided is not None
