"""Working out again, for all schools, to which authorities they belonged, and bringing the authorities that were before."""

from datetime import datetime

from django.db import transaction

from schools.core.history import CHANGED, record_history
from schools.core.nations import Nation
from schools.directory.actions.belongings import schools_of, work_out
from schools.directory.actions.locks import lock_register
from schools.directory.actions.places import make_places, plan_places
from schools.directory.actions.reorganisations import follow_predecessors, keep_reorganisations
from schools.directory.models import AreaAuthority, Authority, School
from schools.directory.registers import AuthorityFacts
from schools.directory.reorganisations import ONLY_PREDECESSORS


@transaction.atomic
def settle_the_past(*, now: datetime, reason: str) -> int:
    """Store what the known reorganisations say, and work out all schools' authorities again; return how many have others today.

    This is for what was imported before such facts were kept. A second call changes nothing.
    """
    lock_register()
    places = plan_places(_authorities_of_today(), Nation.ENGLAND)
    make_places(places, Nation.ENGLAND, by_id=None, now=now, reason=reason)
    moved = work_out(School.objects.order_by().values_list("pk", flat=True))
    record_history(School, sorted(moved), kind=CHANGED, by_id=None, now=now, reason=reason)
    return len(moved)


def _authorities_of_today() -> dict[str, AuthorityFacts]:
    """Return the stored authorities that came out of another one, as a register would name them."""
    regions = dict(AreaAuthority.objects.order_by("pk").values_list("authority_id", "area__region__name"))
    stored = Authority.objects.filter(nation=Nation.ENGLAND, gss__in=ONLY_PREDECESSORS, schools__isnull=False).distinct()
    return {
        str(authority.gss): AuthorityFacts(
            authority.nation, str(authority.gss), authority.code, authority.name, regions.get(authority.pk, "")
        )
        for authority in stored.order_by("pk")
    }


def after_reorganisations(authority_ids: set[int], *, now: datetime, reason: str) -> None:
    """Work out again what follows for schools and areas once these authorities have other days, or other predecessors.

    Call it inside the transaction that wrote them, under the register's lock.
    """
    keep_reorganisations()
    follow_predecessors()
    if authority_ids:
        moved = work_out(schools_of(authority_ids))
        record_history(School, sorted(moved), kind=CHANGED, by_id=None, now=now, reason=reason)
