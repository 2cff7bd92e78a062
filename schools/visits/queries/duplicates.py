"""Entries that are probably the same person: volunteers and contacts with the same address, phone or nearly the same name."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from schools.accounts.models import User
from schools.core.search_words import LEAST_NEAR, near_forms, words_of
from schools.directory.models import Contact, School
from schools.visits.models import MergeKind, TwoPeople
from schools.volunteers.models import Volunteer

MOST_TOGETHER = 6
"""Entries that share something; more of them share it for another reason, like the phone of a school."""
ERASED = "Former volunteer "


@dataclass(frozen=True)
class Pair[Row: (Volunteer, Contact)]:
    """Two entries, and in words what they have in common."""

    kept: Row
    """The one that is proposed to stay: the earlier one."""
    gone: Row
    why: str


def duplicate_volunteers(user: User, *, on: date) -> list[Pair[Volunteer]]:
    """Return pairs of the user's volunteers that are probably one person, by name, in a constant number of queries."""
    people = Volunteer.objects.for_user(user, on=on).exclude(name__startswith=ERASED).select_related("user")
    volunteers = list(people.prefetch_related("areas", "invitations").order_by("pk"))
    common: list[tuple[str, Hashable, Volunteer]] = []
    for volunteer in volunteers:
        addresses = {invitation.email.lower() for invitation in volunteer.invitations.all()}
        addresses |= {volunteer.mail_address.lower()} if volunteer.mail_address else set()
        common += [("the same e-mail address", address, volunteer) for address in addresses]
        if volunteer.phone:
            common.append(("the same phone", str(volunteer.phone), volunteer))
    for first, second in _nearly_named(volunteers):
        areas = {area.pk for area in first.areas.all()} & {area.pk for area in second.areas.all()}
        common += [("nearly the same name in one area", (first.pk, second.pk), each) for each in (first, second) if areas]
    return _pairs(common, MergeKind.VOLUNTEER)


def duplicate_contacts(user: User, *, on: date) -> list[Pair[Contact]]:
    """Return pairs of contacts at the user's schools that are probably one, by name, in a constant number of queries.

    Colleagues share the phone of their school, so a phone counts only together with nearly the same name.
    """
    people = Contact.objects.all() if user.is_manager else Contact.objects.at(School.objects.for_user(user, on=on))
    contacts = list(people.select_related("school").prefetch_related("also_at").order_by("pk"))
    common: list[tuple[str, Hashable, Contact]] = [
        ("the same e-mail address", contact.email.lower(), contact) for contact in contacts if contact.email
    ]
    for first, second in _nearly_named(contacts):
        schools = [{contact.school_id, *(school.pk for school in contact.also_at.all())} for contact in (first, second)]
        if schools[0] & schools[1]:
            common += [("nearly the same name at one school", (first.pk, second.pk), each) for each in (first, second)]
        elif first.phone and first.phone == second.phone:
            common += [("nearly the same name and the same phone", (first.pk, second.pk), each) for each in (first, second)]
    return _pairs(common, MergeKind.CONTACT)


def _pairs[Row: (Volunteer, Contact)](common: Iterable[tuple[str, Hashable, Row]], kind: MergeKind) -> list[Pair[Row]]:
    # Of these somebody said that they are not the same person.
    apart = set(TwoPeople.objects.filter(kind=kind).values_list("first_id", "second_id"))
    together: defaultdict[tuple[str, Hashable], dict[int, Row]] = defaultdict(dict)
    for why, value, row in common:
        together[why, value][row.pk] = row
    reasons: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    rows: dict[int, Row] = {}
    for (why, _), by_id in together.items():
        if len(by_id) <= MOST_TOGETHER:
            rows |= by_id
            for pair in combinations(sorted(by_id), 2):
                reasons[pair].append(why)
    pairs = [
        Pair(rows[kept], rows[gone], " · ".join(dict.fromkeys(why)))
        for (kept, gone), why in reasons.items()
        if (kept, gone) not in apart
    ]
    return sorted(pairs, key=lambda pair: (pair.kept.name, pair.kept.pk, pair.gone.pk))


def _nearly_named[Row: (Volunteer, Contact)](rows: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Yield each two rows of nearly the same name once; rows are compared only with those whose last word is near."""
    named: defaultdict[str, list[tuple[list[str], Row]]] = defaultdict(list)
    for row in rows:
        words = words_of(row.name)
        if len(words) < 2:
            continue
        partners = {id(other): (known, other) for form in _forms(words[-1]) for known, other in named[form]}
        yield from ((other, row) for known, other in partners.values() if same_name(known, words))
        for form in _forms(words[-1]):
            named[form].append((words, row))


def _forms(word: str) -> frozenset[str]:
    return near_forms(word) if len(word) >= LEAST_NEAR and word.isalpha() else frozenset([word])


def same_name(left: list[str], right: list[str]) -> bool:
    """Return whether two names are nearly the same: one letter of each word may be wrong, and a middle name left out."""
    shorter, longer = sorted((left, right), key=len)
    if len(longer) > len(shorter) + 1:
        return False
    if len(longer) > len(shorter):
        longer = [longer[0], *longer[2:]] if len(longer) > 2 else longer
    return len(longer) == len(shorter) and all(bool(_forms(a) & _forms(b)) for a, b in zip(shorter, longer, strict=True))
