"""Rolls that somebody types, or takes over from a school: they come before what the charity's list and the register say."""

from django.db import transaction

from schools.directory.models import Roll, RollSource, School


def keep_roll(roll: Roll) -> None:
    """Store the row as a coordinator’s number; those of the list and of the register stay beside it."""
    roll.source = RollSource.COORDINATOR
    roll.save()


@transaction.atomic
def correct_roll(school: int, *, academic_year: int, year_group: int, pupils: int) -> tuple[Roll, int | None]:
    """Store so many pupils of a year group as a coordinator’s number, of that academic year (its first calendar year) alone.

    Returns the row, and what a coordinator’s number was before; None: there was none. The caller has checked the number.
    """
    _lock(school)
    key = {"school_id": school, "academic_year": academic_year, "year_group": year_group, "source": RollSource.COORDINATOR}
    roll = Roll.objects.filter(**key).first()
    before = roll.pupils if roll is not None else None
    roll = roll or Roll(**key)
    roll.pupils = pupils
    keep_roll(roll)
    return roll, before


@transaction.atomic
def put_roll_back(school: int, *, academic_year: int, year_group: int, pupils: int, before: int | None) -> bool:
    """Put back what a coordinator’s number was before `correct_roll`; None: there was none.

    Returns False, and changes nothing, where it is not `pupils` any more.
    """
    _lock(school)
    key = {"academic_year": academic_year, "year_group": year_group, "source": RollSource.COORDINATOR}
    roll = Roll.objects.filter(school=school, pupils=pupils, **key).first()
    if roll is None:
        return False
    if before is None:
        roll.delete()
        return True
    roll.pupils = before
    keep_roll(roll)
    return True


def _lock(school: int) -> None:
    """Lock the school, so that two people who correct its roll at once write one row."""
    list(School.objects.select_for_update(of=("self",)).filter(pk=school).values_list("pk", flat=True))
