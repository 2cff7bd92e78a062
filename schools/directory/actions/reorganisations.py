"""Storing the known reorganisations between stored authorities, and the days on which these authorities closed and opened."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from schools.directory.models import Authority, Reorganisation
from schools.directory.reorganisations import REORGANISATIONS


@dataclass
class PendingReorganisations:
    """The known facts that are not stored yet."""

    reorganisations: list[Reorganisation] = field(default_factory=list)
    authorities: dict[int, Authority] = field(default_factory=dict)
    """Authorities whose first or last day is to be written, by id."""

    def __bool__(self) -> bool:
        """Return whether there is anything to write."""
        return bool(self.reorganisations or self.authorities)


def pending_reorganisations() -> PendingReorganisations:
    """Return what `keep_reorganisations` would write; nothing is changed."""
    codes = {code for old, new, _ in REORGANISATIONS for code in (old, new)}
    authorities = {authority.gss: authority for authority in Authority.objects.filter(gss__in=codes)}
    known = set(Reorganisation.objects.values_list("old_id", "new_id"))
    pending = PendingReorganisations()
    for old_gss, new_gss, day in REORGANISATIONS:
        old, new = authorities.get(old_gss), authorities.get(new_gss)
        if old and new and (old.pk, new.pk) not in known:
            pending.reorganisations.append(Reorganisation(old=old, new=new, day=day))
        if old:
            _lifetime(pending, old, closed=day - timedelta(days=1))
        if new:
            _lifetime(pending, new, opened=day)
    return pending


def _lifetime(
    pending: PendingReorganisations, authority: Authority, *, opened: date | None = None, closed: date | None = None
) -> None:
    """Set a day that is blank; a day that somebody entered stays, and a day that contradicts it is not set."""
    days = authority.opened or opened, authority.closed or closed
    if days == (authority.opened, authority.closed) or (days[0] and days[1] and days[1] < days[0]):
        return
    authority.opened, authority.closed = days
    pending.authorities[authority.pk] = authority


def keep_reorganisations() -> None:
    """Store the known reorganisations inside the caller's transaction; a second call changes nothing."""
    pending = pending_reorganisations()
    Reorganisation.objects.bulk_create(pending.reorganisations)
    Authority.objects.bulk_update(list(pending.authorities.values()), ["opened", "closed"])
