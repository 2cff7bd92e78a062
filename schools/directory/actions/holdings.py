"""Moving an authority to another area, and finding areas that nobody needs any more."""

from collections.abc import Collection
from datetime import date

from django.db import models, transaction
from django.db.models.fields.reverse_related import ForeignObjectRel

from schools.core.errors import RuleBroken
from schools.directory.actions.locks import lock_register
from schools.directory.holdings import FirstDay, Holding, without_overlaps
from schools.directory.models import Area, AreaAuthority, Authority
from schools.directory.queries import area_holding
from schools.directory.rules import reasons_not_to_move_authority


@transaction.atomic
def move_authority(authority: Authority, area: Area, *, from_day: date, leaving: Area | None) -> None:
    """Let `area` hold the authority from the day until a known later holding begins, and end the holding of `leaving`.

    `leaving` is the area that the user saw holding it on that day (None: no area). Delivered sessions stay in the area that they
    were delivered in. An area that an import created automatically is deleted once it holds nothing. Raises RuleBroken with every
    reason.
    """
    lock_register()
    now = area_holding(authority, on=from_day)
    reasons = reasons_not_to_move_authority(authority, area, from_day=from_day)
    if now != leaving:
        reasons.append(
            f"Somebody moved {authority} meanwhile: on that day it is in {now or 'no area'}. Look at what moves once more."
        )
    if reasons:
        raise RuleBroken(reasons)
    stored: dict[FirstDay, AreaAuthority] = {row.from_day: row for row in authority.holdings.all()}
    declared = {day: Holding(row.area_id, row.to_day) for day, row in stored.items()}
    holdings = without_overlaps(declared | {from_day: Holding(area.pk, None)})
    # First write the ends: an authority has at most one holding without an end, and the database checks that row by row.
    for day, holding in sorted(holdings.items(), key=lambda item: item[1].to_day or date.max):
        row = stored.get(day) or AreaAuthority(authority=authority, from_day=day)
        if row.pk is None or (row.area_id, row.to_day) != holding:
            row.area_id, row.to_day = holding
            row.save()
    if leaving and leaving.automatic and not leaving.holdings.exists() and unneeded_areas({leaving.pk}):
        leaving.delete()


def unneeded_areas(area_ids: Collection[int], *, but_for: Collection[str] = ()) -> set[int]:
    """Return those areas to which nothing but holdings points: no volunteer, coordinator or session belongs to them.

    `but_for` are the names of further tables whose rows do not count.
    """
    needed: set[int] = set()
    if not area_ids:
        return needed
    for relation in Area._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.on_delete is models.DO_NOTHING:
            continue  # a field of Area itself, or a history, which points to areas that are gone as well
        if relation.related_model is not AreaAuthority and relation.related_model._meta.model_name not in but_for:
            name = relation.field.name
            rows = relation.related_model._default_manager.filter(**{f"{name}__in": area_ids})
            needed |= set(rows.order_by().values_list(name, flat=True))
    return set(area_ids) - needed
