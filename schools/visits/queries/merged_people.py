"""By what volunteers were known whose entries were made one with another: files of other programs still call them so."""

from schools.visits.models import Merge, MergeKind

NAMES = ("reference", "email")


def earlier_names() -> dict[str, int]:
    """Return the references and addresses of entries that were made one, in small letters, each with the id of the kept one.

    Kept is the entry of today: one that was kept first may have been made one with another since. What an entry was called
    before it got the reference or the address of the other is among them.
    """
    merges = Merge.objects.filter(kind=MergeKind.VOLUNTEER, undone_at=None).order_by("pk")
    rows = list(merges.values_list("kept_id", "gone_id", "moves"))
    kept_today: dict[int, int] = {}
    # The last merge first: whom an earlier one kept may have gone in a later one.
    for kept, gone, _ in reversed(rows):
        kept_today[gone] = kept_today.get(kept, kept)
    names: dict[str, int] = {}
    for _, gone, moves in rows:
        before = (step["before"] for step in moves if step["table"] == MergeKind.VOLUNTEER and "before" in step)
        names |= {name.lower(): kept_today[gone] for entry in before for column in NAMES if (name := entry.get(column))}
    return names
