"""Questions about what schools get beforehand."""

from schools.programme.models import PackItem


def session_types_with_items() -> set[int]:
    """Return the ids of the session types of which there is something to look at beforehand; one query."""
    return set(PackItem.objects.order_by().values_list("session_type", flat=True).distinct())
