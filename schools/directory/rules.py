"""Reasons not to change the register."""

from schools.directory.models import LinkKind, School, SchoolLink


def reasons_not_to_link(predecessor: School, successor: School, *, kind: str) -> list[str]:
    """Why `successor` cannot be entered as what followed `predecessor` (or is fed by it); empty if it can."""
    if predecessor == successor:
        return [f"{predecessor} cannot follow itself. Choose two schools."]
    reasons = []
    if kind not in LinkKind.values:
        reasons.append(f"“{kind}” is no kind of link. Choose one of {', '.join(LinkKind.values)}.")
    if predecessor.nation != successor.nation:
        reasons.append(f"{predecessor} and {successor} are in different nations. Check the register numbers.")
    if SchoolLink.objects.filter(predecessor=predecessor, successor=successor).exists():
        reasons.append(f"{predecessor} and {successor} are linked already. Take the link away first if its kind is wrong.")
    if kind != LinkKind.FEEDER and _followed(successor, by=predecessor):
        reasons.append(f"{predecessor} follows {successor} already, so it cannot also come before it. Check which came first.")
    return reasons


def _followed(school: School, *, by: School) -> bool:
    """Whether one of the schools that followed, at any remove, is `by`."""
    seen = {school.pk}
    latest = {school.pk}
    while latest:
        rows = SchoolLink.objects.exclude(kind=LinkKind.FEEDER).filter(predecessor__in=latest)
        latest = set(rows.values_list("successor_id", flat=True)) - seen
        seen |= latest
    return by.pk in seen
