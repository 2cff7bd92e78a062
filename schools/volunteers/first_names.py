"""What volunteers are called where others read no more of them than the first name."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from schools.volunteers.models import Volunteer


def called_apart(people: Iterable[Volunteer]) -> dict[int, str]:
    """Return what each of the people (by id) is called among them: the first name, where two share it with an initial.

    Where that is the same, too, with as many letters of the last name as it takes, or with the whole name. Two of one whole name
    are called the same, and no more is read of it than tells them from the others: more would not tell the two apart.
    """
    each = {person.pk: person for person in people}
    sharing: defaultdict[str, list[Volunteer]] = defaultdict(list)
    for person in each.values():
        sharing[person.first_name].append(person)
    names = {pk: name for those in sharing.values() for pk, name in _apart(those).items()}
    return {pk: names[pk] for pk in each}


def _apart(people: Sequence[Volunteer]) -> dict[int, str]:
    """Return what each of these people, who share a first name, is called."""
    if len(people) == 1:
        return {people[0].pk: people[0].first_name}
    last_names = {person.name: _last_name(person) for person in people}
    return {person.pk: _called(person, last_names) for person in people}


def _last_name(person: Volunteer) -> str:
    return person.name.removeprefix(person.first_name).rpartition(" ")[2]


def _called(person: Volunteer, last_names: Mapping[str, str]) -> str:
    """Return what the person is called among others of the first name, given the last name of each whole name."""
    last = last_names[person.name]
    others = [other for name, other in last_names.items() if name != person.name]
    if last in others:
        return person.name or person.first_name
    return f"{person.first_name} {_beginning(last, others)}".rstrip()


def _beginning(name: str, others: Collection[str]) -> str:
    """Return the fewest letters by which the name differs from all others, as “R.”; or all of it."""
    for letters in range(1, len(name)):
        if not any(other[:letters] == name[:letters] for other in others):
            return f"{name[:letters]}."
    return name
