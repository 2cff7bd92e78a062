"""Who is erased: the rows that are the person, and the words that stand in place of their name afterwards."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from schools.accounts.models import Role, User
from schools.core.erased import FORMER_CONTACT
from schools.core.search_words import words_of
from schools.directory.models import Contact, School
from schools.erasing.models import EarlierValue, PersonKind
from schools.recovery.models import Trustee
from schools.visits.models import Merge, MergeKind, VisitRequest
from schools.volunteers.models import ERASED, Volunteer

type PersonRow = Volunteer | Contact | User | VisitRequest | Trustee

KINDS: dict[type[Model], PersonKind] = {
    Volunteer: PersonKind.VOLUNTEER,
    Contact: PersonKind.CONTACT,
    User: PersonKind.STAFF,
    VisitRequest: PersonKind.REQUESTER,
    Trustee: PersonKind.TRUSTEE,
}
"""Of which kind a row of the table is. A request is a person where nobody entered whoever asked among the people at schools."""

FORMER_COLLEAGUE = "Former colleague"
FORMER_TRUSTEE = "Former trustee"

TITLES = frozenset(words_of("Mr Mrs Miss Ms Mx Dr Prof Rev Sir the of and for"))
"""Words beside a name that many have."""


@dataclass(frozen=True)
class Person:
    """Somebody with all their rows: entries that were merged into theirs, and the sign-ins that are theirs."""

    kind: PersonKind
    reference: str
    name: str
    instead: str
    """What stands in place of the name."""
    volunteers: frozenset[int] = frozenset()
    users: frozenset[int] = frozenset()
    contacts: frozenset[int] = frozenset()
    requests: frozenset[int] = frozenset()
    """Their requests for a visit: those that were joined with an entry of theirs, and those of nobody under an address of theirs.

    What a colleague asked for from the mailbox of an entry is not the person's, although it was joined with that entry.
    """
    kept_requests: frozenset[int] = frozenset()
    """Of whoever has no entry at a school: requests of nobody whom we know, under an address and a name of theirs.

    The rows stay; what stands there makes no value somebody else's.
    """
    trustees: frozenset[int] = frozenset()
    other_references: tuple[str, ...] = ()
    """The references of entries that were merged into theirs, and then of their requests.

    A backup from before knows them by these: as two entries, or as somebody who has asked and had no entry yet.
    """

    @property
    def references(self) -> tuple[str, ...]:
        """Return all references by which they are listed as erased, that of the person first.

        Volunteers are listed by the numbers of their entries and sign-ins too: those never become anybody else’s. In a backup of
        before, somebody may still have worked in the office.
        """
        sign_ins = self.users if self.kind is PersonKind.VOLUNTEER else ()
        numbers = (*_references(PersonKind.VOLUNTEER, self.volunteers), *_references(PersonKind.STAFF, sign_ins))
        return (self.reference, *self.other_references, *numbers)

    def rows_of(self, table: str) -> frozenset[int]:
        """Return the ids of their rows in a table of people, or of those who asked for a visit."""
        return {
            "volunteer": self.volunteers,
            "user": self.users,
            "contact": self.contacts,
            "visitrequest": self.requests,
            "trustee": self.trustees,
        }[table]


def kind_of_row(row: PersonRow) -> PersonKind:
    """Return of which kind the person is."""
    return KINDS[row._meta.model]  # not its type: a request’s user comes in a wrapper


def reference_of(row: PersonRow) -> str:
    """Return the reference under which they are erased; that of a volunteer has no colon, so no two kinds meet."""
    return row.reference if isinstance(row, Volunteer) else f"{kind_of_row(row).value}:{row.pk}"


def person_of(row: PersonRow) -> Person:
    """Return the person with all that is theirs."""
    kind, reference = kind_of_row(row), reference_of(row)
    if isinstance(row, User):
        kept = requests_under_address({User: {row.pk}})
        return Person(kind, reference, row.name, f"{FORMER_COLLEAGUE} {row.pk}", users=frozenset({row.pk}), kept_requests=kept)
    if isinstance(row, Contact):
        contacts = merged_into(MergeKind.CONTACT, row.pk)
        under_address = requests_under_address({Contact: contacts}, _entries_before(MergeKind.CONTACT, contacts))
        requests = under_address | _requests_of_entries(contacts)
        others = (*_references(kind, contacts - {row.pk}), *_references(PersonKind.REQUESTER, requests))
        return Person(kind, reference, row.name, FORMER_CONTACT, contacts=contacts, requests=requests, other_references=others)
    if isinstance(row, Trustee):
        kept = requests_under_address({Trustee: {row.pk}})
        return Person(kind, reference, row.name, f"{FORMER_TRUSTEE} {row.pk}", trustees=frozenset({row.pk}), kept_requests=kept)
    if isinstance(row, VisitRequest):
        ids = requests_like(row)
        others = _references(kind, ids - {row.pk})
        return Person(kind, reference, row.name, FORMER_CONTACT, requests=ids, other_references=others)
    ids = merged_into(MergeKind.VOLUNTEER, row.pk)
    entries = _entries_before(MergeKind.VOLUNTEER, ids)
    references = {str(entry["reference"]) for entry in entries if entry.get("reference")}
    before = EarlierValue.objects.filter(table="volunteer", column="reference", row__in=ids)
    references = references.union(before.values_list("value", flat=True)) - {reference}
    # What they were listed under before, or an entry that was merged into theirs, is free for somebody else.
    references -= set(Volunteer.objects.filter(reference__in=references).values_list("reference", flat=True))
    users = [user for entry in entries if (user := entry.get("user_id")) is not None]
    unused = User.objects.filter(pk__in=users, volunteer=None)
    theirs = {user.pk for user in unused if not works_in_office(user)}
    if row.user is not None and not works_in_office(row.user):
        theirs.add(row.user.pk)
    kept = requests_under_address({Volunteer: ids, User: theirs}, entries)
    others = tuple(sorted(references))
    return Person(
        kind, reference, row.name, f"{ERASED} {reference}", ids, frozenset(theirs), kept_requests=kept, other_references=others
    )


def _references(kind: PersonKind, ids: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{kind.value}:{pk}" for pk in sorted(ids))


def works_in_office(user: User) -> bool:
    """Return whether somebody signs in to the office; their sign-in stays until a manager has ended that."""
    return user.is_active and (user.is_superuser or bool(user.roles - {Role.VOLUNTEER}))


def requests_like(row: VisitRequest) -> frozenset[int]:
    """Return the id with those of whatever else was asked for under the same name and address by somebody who is no contact.

    Another name under the address is somebody else's: an office has one mailbox for all.
    """
    same = VisitRequest.objects.filter(email__iexact=row.email, name__iexact=row.name).exclude(email="")
    return frozenset({row.pk, *(each.pk for each in same if not is_of_entry(each))})


def is_of_entry(request: VisitRequest) -> bool:
    """Return whether who asked is the person of the entry with which their request was joined.

    A request is joined by its address alone, so it may be a colleague's, from the mailbox of all.
    """
    if request.contact is None or request.contact_id is None:
        return False
    if set(words_of(request.contact.name)).intersection(words_of(request.name)) - TITLES:
        return True  # asked of the row alone, since lists ask it of each
    return request.pk in _requests_of_entries(merged_into(MergeKind.CONTACT, request.contact_id))


def _requests_of_entries(contacts: frozenset[int]) -> frozenset[int]:
    """Return the requests that were joined with one of the entries and are of its person: a word of the name is the same."""
    words, _ = _names_and_addresses({Contact: contacts}, _entries_before(MergeKind.CONTACT, contacts))
    requests = VisitRequest.objects.filter(contact__in=contacts).values_list("pk", "name")
    return frozenset(pk for pk, name in requests if words.intersection(words_of(name)))


def names_of_colleagues(contacts: frozenset[int]) -> list[str]:
    """Return what others at the schools of these entries are called, who have no word of the name of their person."""
    words, _ = _names_and_addresses({Contact: contacts}, _entries_before(MergeKind.CONTACT, contacts))
    schools = School.objects.filter(Q(contacts__in=contacts) | Q(shared_contacts__in=contacts))
    others = Contact.objects.at(schools).exclude(pk__in=contacts).order_by().values_list("name", flat=True)
    return sorted({name for name in others if not words.intersection(words_of(name))})


def requests_under_address(
    rows: Mapping[type[Model], Collection[int]], before: Iterable[Mapping[str, Any]] = ()
) -> frozenset[int]:
    """Return the requests that belong to nobody whom we know, under an address and the name of the person of these entries.

    The entries are ids by table of people; `before` is what stood in them before they were merged. “Mrs Patel” is Anita Patel
    there. A name without any word of theirs is somebody else's, who has the same mailbox.
    """
    words, addresses = _names_and_addresses(rows, before)
    under = Q(pk=None)
    for address in addresses:
        under |= Q(email__iexact=address)
    requests = VisitRequest.objects.filter(under, contact=None).values_list("pk", "name")
    return frozenset(pk for pk, name in requests if words.intersection(words_of(name)))


def _names_and_addresses(
    rows: Mapping[type[Model], Collection[int]], before: Iterable[Mapping[str, Any]]
) -> tuple[set[str], set[str]]:
    """Return the words of the names, and the addresses, that the entries have and had; no word such as “Mrs”."""
    known = list(before)
    earlier = Q(pk=None)
    for model, ids in rows.items():
        known += model._default_manager.filter(pk__in=ids).values("name", "email")
        earlier |= Q(table=model._meta.model_name, row__in=ids)
    names = {str(entry.get("name") or "") for entry in known}
    addresses = {str(entry.get("email") or "") for entry in known}
    for column, value in EarlierValue.objects.filter(earlier).values_list("column", "value"):
        if column in {"name", "email"}:
            (names if column == "name" else addresses).add(value)
    return {word for name in names for word in words_of(name)} - TITLES, addresses - {""}


def merged_into(kind: MergeKind, pk: int) -> frozenset[int]:
    """Return the id with those of all entries that were merged into it and are still one with it."""
    ids, wider = set[int](), {pk}
    while wider - ids:
        ids |= wider
        merges = Merge.objects.filter(kind=kind, kept_id__in=ids, undone_at=None)
        wider = set(merges.values_list("gone_id", flat=True))
    return frozenset(ids)


def _entries_before(kind: MergeKind, ids: frozenset[int]) -> list[dict[str, Any]]:
    """Return what stood in the entries that were merged, as the merges keep it."""
    merges = Merge.objects.filter(Q(kept_id__in=ids), kind=kind, undone_at=None)
    return [step["before"] for merge in merges for step in merge.moves if step["table"] == kind.value and "before" in step]
