"""What volunteers are called where others read no more of them than the first name."""

from collections import Counter
from collections.abc import Iterable

from schools.volunteers.models import Volunteer


def called_apart(people: Iterable[Volunteer]) -> dict[int, str]:
    """Return what each of the people (by id) is called among them: the first name, with an initial where two share it."""
    each = {person.pk: person for person in people}
    shared = Counter(person.first_name for person in each.values())
    return {pk: person.first_name if shared[person.first_name] == 1 else _with_initial(person) for pk, person in each.items()}


def _with_initial(volunteer: Volunteer) -> str:
    last = volunteer.name.split()[-1:] if len(volunteer.name.split()) > 1 else []
    return f"{volunteer.first_name} {last[0][0]}." if last else volunteer.first_name
