"""What the racing processes of test_merging_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def merge_one(kept_id: int, gone_id: int, user_id: int) -> str:
    """Merge the second volunteer into the first: "" where it was done, else the reasons why not."""
    from schools import models
    from schools.core.errors import RuleBroken
    from schools.visits.actions.merging import merge_people

    kept, gone = models.Volunteer(pk=kept_id), models.Volunteer(pk=gone_id)
    try:
        merge_people(kept, gone, chosen=(), mark=None, by=models.User.objects.get(pk=user_id), now=NOW)
    except RuleBroken as broken:
        return " ".join(broken.reasons)
    return ""


def undo_one(merge_id: int, user_id: int) -> str:
    """Undo the merge: "" where it was done, else the reasons why not."""
    from schools import models
    from schools.core.errors import RuleBroken
    from schools.visits.actions.merging import undo_merge

    try:
        undo_merge(models.Merge.objects.get(pk=merge_id), by=models.User.objects.get(pk=user_id), now=NOW)
    except RuleBroken as broken:
        return " ".join(broken.reasons)
    return ""
