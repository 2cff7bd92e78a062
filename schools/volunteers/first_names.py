"""What volunteers are called where others read no more of them than the first name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from schools.volunteers.models import Volunteer


def called_apart(people: Iterable[Volunteer]) -> dict[int, str]:
    """Return what each of the people (by id) is called among them: the first name, where two share it with an initial.

    Where that is the same, too, with as many letters of the last name as it takes, or with the whole name. Two of one whole name
    are called the same.
    """
    each = {person.pk: person for person in people}
    sharing: defaultdict[str, list[Volunteer]] = defaultdict(list)
    for person in each.values():
        sharing[person.first_name].append(person)
    names = {pk: name for those in sharing.values() for pk, name in _apart(those).items()}
    return {pk: names[pk] for pk in each}


def _apart(people: Sequence[Volunteer]) -> dict[int, str]:
    """Return what each of these people, who share a first name, is called."""
    first_name = people[0].first_name
    if len(people) == 1:
        return {people[0].pk: first_name}
    last_names = [person.name.removeprefix(first_name).rpartition(" ")[2] for person in people]
    return {
        person.pk: person.name or first_name
        if last_names.count(last) > 1
        else f"{first_name} {_beginning(last, last_names)}".rstrip()
        for person, last in zip(people, last_names, strict=True)
    }


def _beginning(name: str, names: Sequence[str]) -> str:
    """Return the fewest letters by which the name, which is there once, differs from all others, as “R.”; or all of it."""
    for letters in range(1, len(name)):
        if sum(other[:letters] == name[:letters] for other in names) == 1:
            return f"{name[:letters]}."
    return name
