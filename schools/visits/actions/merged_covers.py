"""The places of two entries that become one, and what becomes of them where the two are two again."""

from collections.abc import Iterable
from datetime import datetime

from schools.visits.actions.cover.claiming import news_to_phone
from schools.visits.actions.merged_rows import Moves, Step, row_of
from schools.visits.models import Cover, CoverQuerySet, CoverRole, CoverState
from schools.visits.rules.merging import reasons_not_back
from schools.volunteers.models import Volunteer

_STRENGTH = (CoverState.ATTENDED, CoverState.ACCEPTED, CoverState.OFFERED, CoverState.ASKED)
"""The states in which a cover means something, the one that says most first."""


def covers_of(volunteer: int) -> CoverQuerySet:
    """Return the covers of the volunteer (by id) that mean something, also what they have only asked for."""
    return Cover.objects.filter(volunteer=volunteer, state__in=_STRENGTH)


def one_cover_a_session(kept: Volunteer, gone: Volunteer, moves: Moves) -> None:
    """Leave one cover where both are on a session: the one that says more, as lead where one of them leads."""
    mine = {cover.session_id: cover for cover in covers_of(kept.pk)}
    for cover in covers_of(gone.pk).filter(session__in=mine).order_by("pk"):
        stays, goes = sorted((mine[cover.session_id], cover), key=_weakness)
        for swap in Cover.objects.filter(instead_of=goes).exclude(pk=stays.pk):
            moves.change(Cover, swap.pk, {"instead_of_id": goes.pk}, {"instead_of_id": stays.pk})
        if stays.instead_of_id == goes.pk:
            moves.change(Cover, stays.pk, {"instead_of_id": goes.pk}, {"instead_of_id": None})
        moves.drop(goes)


def _weakness(cover: Cover) -> tuple[int, bool]:
    """Return by what covers of one session are put in order, the one that says most first."""
    return _STRENGTH.index(CoverState(cover.state)), cover.role != CoverRole.LEAD


def covers_dropped(steps: Iterable[Step]) -> list[Step]:
    """Return those of the steps that dropped a cover because the other entry had one that says more."""
    return [step for step in steps if step["table"] == Cover._meta.model_name and "after" not in step]


def put_back_cover(step: Step, *, merged_at: datetime) -> list[str]:
    """Write the cover that the step dropped; return a sentence where it is withdrawn now, with every reason.

    Meanwhile the place was nobody's, so others may have it. The caller has locked the session, and put back whose cover it is.
    """
    cover: Cover = row_of(step)
    reasons = reasons_not_back(cover, merged_at=merged_at)
    if reasons:
        cover.news = news_to_phone(cover) if cover.told_at else ""
        cover.state, cover.news_why, cover.told_at = CoverState.WITHDRAWN, "", None
    cover.save_base(raw=True, force_insert=True)
    if not reasons:
        return []
    cover.save()  # with a line in its history
    return [f"{cover} is withdrawn. {' '.join(reasons)}"]
