"""Keeping the reorganisations that are known: between stored authorities, with the days on which these closed and opened."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from schools.directory.models import Authority, Reorganisation
from schools.directory.reorganisations import REORGANISATIONS


@dataclass
class PendingReorganisations:
    """What of the known facts is not stored yet."""

    reorganisations: list[Reorganisation] = field(default_factory=list)
    authorities: dict[int, Authority] = field(default_factory=dict)
    """Those whose first or last day is to be written, by id."""

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.reorganisations or self.authorities)


def pending_reorganisations() -> PendingReorganisations:
    """What `keep_reorganisations` would write; nothing is changed."""
    codes = {code for old, new, _ in REORGANISATIONS for code in (old, new)}
    authorities = {authority.gss: authority for authority in Authority.objects.filter(gss__in=codes)}
    known = set(Reorganisation.objects.values_list("old_id", "new_id"))
    owing = PendingReorganisations()
    for old_gss, new_gss, day in REORGANISATIONS:
        old, new = authorities.get(old_gss), authorities.get(new_gss)
        if old and new and (old.pk, new.pk) not in known:
            owing.reorganisations.append(Reorganisation(old=old, new=new, day=day))
        if old:
            _lifetime(owing, old, closed=day - timedelta(days=1))
        if new:
            _lifetime(owing, new, opened=day)
    return owing


def _lifetime(
    owing: PendingReorganisations, authority: Authority, *, opened: date | None = None, closed: date | None = None
) -> None:
    """Set a day that is blank; what somebody entered stays, and so does a day that it would contradict."""
    days = authority.opened or opened, authority.closed or closed
    if days == (authority.opened, authority.closed) or (days[0] and days[1] and days[1] < days[0]):
        return
    authority.opened, authority.closed = days
    owing.authorities[authority.pk] = authority


def keep_reorganisations() -> None:
    """Store the known reorganisations between stored authorities, inside the caller's transaction; twice changes nothing."""
    owing = pending_reorganisations()
    Reorganisation.objects.bulk_create(owing.reorganisations)
    Authority.objects.bulk_update(list(owing.authorities.values()), ["opened", "closed"])
