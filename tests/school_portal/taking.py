"""What the tests share in which the office takes what a school said."""

from schools import models
from schools.office.bookings.as_read import to_post
from schools.visits.rules.school_answers import answer_as_shown


def as_read(*answers: models.SchoolAnswer) -> dict[int, str]:
    """What somebody in the office has read of these answers who opens the page of the visit now."""
    return {each.pk: answer_as_shown(each) for each in models.SchoolAnswer.objects.filter(pk__in=[each.pk for each in answers])}


def all_waiting(visit: models.Visit) -> dict[int, str]:
    """What they have read of all that waits; at which site it is is taken by itself."""
    return as_read(*models.SchoolAnswer.objects.filter(visit=visit, state="open").exclude(item="site"))


def to_press(*answers: models.SchoolAnswer) -> list[str]:
    """What the buttons beside these answers post."""
    return [to_post(pk, shown) for pk, shown in as_read(*answers).items()]
