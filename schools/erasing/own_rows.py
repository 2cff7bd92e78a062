"""Taking out what belongs to somebody alone: their rows are deleted, or blanked where figures and hours rest on them."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as BrowserSession
from django.db.models import BooleanField, F, JSONField, Model, Q, QuerySet

from schools.accounts.browsers import sessions_of
from schools.accounts.models import AddressChange, OfficeFeed, User
from schools.core.erased import NO_ADDRESS
from schools.directory.models import Contact, ImportChange, ImportRun
from schools.erasing.links import Links, said_by_link
from schools.erasing.people import Person
from schools.erasing.registry import Fate, fates_of
from schools.erasing.values import Value, ValueKind, earlier_values_of
from schools.messages.actions import erase_texts
from schools.messages.erasing import hold_mails
from schools.messages.kinds import kind_of
from schools.messages.models import OutboxMessage
from schools.messages.suppression import forget
from schools.reach.models import Subscription
from schools.recovery.models import Recovery, Trustee
from schools.visits.models import Batch, Cover, Merge, MergeKind, RequestState, TwoPeople, VisitRequest
from schools.volunteers.models import (
    Accepted,
    Availability,
    Away,
    Clearance,
    Conflict,
    FeedToken,
    Invitation,
    Volunteer,
)

NOTES = ("override_note", "news_why")
"""The fields of a cover that hold somebody's own words, or say why something changed."""

BELONGS: tuple[type[Model], ...] = (Availability, Away, Conflict, Invitation, FeedToken, Accepted)
"""What goes with a volunteer."""
OF_SIGN_IN: tuple[type[Model], ...] = (
    AddressChange, OfficeFeed, Subscription, EmailAddress, Authenticator, SocialAccount, UserSession,
)  # fmt: skip
"""What goes with a sign-in."""


class OwnRows:
    """Erases the rows of one person and counts them by table."""

    def __init__(self, person: Person, values: Iterable[Value], links: Links) -> None:
        self.person = person
        self.links = links
        self.gone: Counter[str] = Counter()
        """How many rows were deleted or blanked, by what rows of the table are called."""
        theirs = (value.text for value in values if value.kind is ValueKind.OTHER and value.is_theirs_alone)
        self.addresses = {text.lower() for text in theirs if "@" in text or text.startswith("+")}
        """E-mail addresses and phone numbers, as messages have them."""
        self.needed: Collection[int] = ()
        """The ids of messages to the person that stay as they are."""

    def erase(self) -> None:
        """Erase all of it, in the caller's transaction."""
        self._mails()
        for address in sorted(self.addresses):
            forget(address)
        if self.person.volunteers:
            self._what_belongs()
            self._imports()
            self._merges(MergeKind.VOLUNTEER, self.person.volunteers)
        if self.person.requests:
            self._what_they_asked_for()
        if self.person.contacts:
            self._contacts()
        if self.person.trustees:
            self._trustees()
        self._sign_ins()
        if self.person.volunteers:
            self._volunteer()
        # Last: blanking the rows has just kept their values once more.
        earlier_values_of(self.person).delete()

    def _delete(self, rows: QuerySet[Any]) -> None:
        if number := rows.count():
            rows.delete()
            self.gone[str(rows.model._meta.verbose_name_plural)] += number

    def _mails(self) -> None:
        """Delete mail to them: by the lists of whom it is for, and by addresses that are theirs alone."""
        to_them = (Q(pk__in=self.links.mails_to_them) | self._to_their_addresses()) & ~Q(pk__in=self.needed)
        if not self.person.contacts:
            ids = _ids(OutboxMessage.objects.filter(to_them))
            hold_mails(ids)
            self._delete(OutboxMessage.objects.filter(pk__in=ids))
            return
        # A school's mail stays in its log, without address and words; what nobody can have got is asked for anew.
        mails = OutboxMessage.objects.filter(to_them)
        # Locked before what they are about, as whoever sends them does.
        told_nobody = mails.filter(sent_at=None, handed_over_at=None, left_at=None)
        for message in told_nobody.select_for_update(of=("self",)).order_by("pk"):
            kind = kind_of(message)
            # What was refused holds for whoever reads next, whom its key need not name. Of news it says what nobody was told.
            if message.stopped_at is not None and (kind is None or kind.is_corrected):
                continue
            if kind:
                kind.unwritten(message)
            message.delete()
        # What may have arrived and waits for another try is over with the address.
        waiting = mails.filter(sent_at=None, stopped_at=None)
        waiting.update(stopped_at=F("handed_over_at"), left_at=F("handed_over_at"), next_try=None)
        self.gone["messages"] += erase_texts(mails)

    def _to_their_addresses(self) -> Q:
        to_them = Q(pk=None)
        for address in self.addresses:
            to_them |= Q(to__iexact=address) | Q(beside__to__iexact=address)
        return to_them

    def _what_belongs(self) -> None:
        ids = self.person.volunteers
        self._delete(Clearance.objects.filter(volunteer__in=ids))
        # The deletion has just written a last row into the history.
        Clearance.history.filter(volunteer__in=ids).delete()
        for model in BELONGS:
            self._delete(model._default_manager.filter(volunteer__in=ids))
        blank = dict.fromkeys(NOTES, "")
        with_history: tuple[Any, Any] = (Cover.objects, Cover.history)
        for covers in with_history:
            covers.filter(volunteer__in=ids).exclude(**blank).update(**blank)
        for batch in Batch.objects.filter(pk__in=self.links.ids[Batch]).order_by("pk"):
            changes = [self._without_notes(change) for change in batch.changes if not self._is_about_them(change)]
            if changes != batch.changes:
                batch.changes = changes
                batch.save(update_fields=["changes"])

    def _is_about_them(self, change: dict[str, Any]) -> bool:
        """Whether it is how they or their sign-in were before they left: nobody who was erased comes back by an undo."""
        theirs: dict[str, frozenset[int]] = {"volunteer": self.person.volunteers, "user": self.person.users}
        return change["pk"] in theirs.get(change["table"], ())

    def _without_notes(self, change: dict[str, Any]) -> dict[str, Any]:
        """Return the change of one of their covers with blank notes before and after, as in the cover itself."""
        if change["table"] != "cover" or change["pk"] not in self.links.ids[Cover]:
            return change
        states = {when: change[when] for when in ("before", "after") if when in change}
        return change | {when: was | {name: "" for name in NOTES if name in was} for when, was in states.items()}

    def _imports(self) -> None:
        """Delete what imports of volunteers kept about them: their rows, and lines of reports."""
        runs = ImportRun.objects.filter(register="volunteers")
        references = {self.person.reference, *self.person.other_references}
        known_by = {text.casefold() for text in references} | self.addresses
        self._delete(ImportChange.objects.filter(known_by__in=known_by, run__in=runs))
        for run in runs.exclude(report__isnull=True).order_by("pk").iterator():
            report = dict(run.report or {})
            for kept in ("refused", "left_out"):
                report[kept] = [problem for problem in report.get(kept, ()) if problem["id"].casefold() not in known_by]
            if report != run.report:
                run.report = report
                run.save(update_fields=["report"])

    def _merges(self, kind: MergeKind, ids: frozenset[int]) -> None:
        """Delete how to undo the merges of their entries, which name them, and of which others they were told apart."""
        self._delete(Merge.objects.filter(Q(kept_id__in=ids) | Q(gone_id__in=ids), kind=kind))
        self._delete(TwoPeople.objects.filter(Q(first_id__in=ids) | Q(second_id__in=ids), kind=kind))

    def _contacts(self) -> None:
        self._what_they_said()
        self._merges(MergeKind.CONTACT, self.person.contacts)
        self._delete(Contact.objects.filter(pk__in=self.person.contacts))

    def _what_they_asked_for(self) -> None:
        """Take out who asked for a visit, and delete what nobody has confirmed; what they wished stays with the visit."""
        requests = VisitRequest.objects.filter(pk__in=self.person.requests)
        self._delete(requests.filter(state=RequestState.UNCONFIRMED))
        nobody = {"name": self.person.instead, "role": "", "email": "", "phone": ""}
        if blanked := requests.exclude(**nobody).update(**nobody):
            self.gone[str(VisitRequest._meta.verbose_name_plural)] += blanked

    def _what_they_said(self) -> None:
        """Take out how they signed what came by their links, whatever they called themselves; what they said stays."""
        for rows, (given_by, *others) in said_by_link(self.person):
            theirs = rows.exclude(**{given_by: ""})
            for other in others:
                theirs.filter(**{other: F(given_by)}).update(**{other: self.person.instead})
            if signed := theirs.update(**{given_by: self.person.instead}):
                self.gone[f"signatures of {rows.model._meta.verbose_name_plural}"] += signed

    def _trustees(self) -> None:
        """Blank who they were; the row stays, because the record of who was let in points to it."""
        self.gone["trustees"] += Trustee.objects.filter(pk__in=self.person.trustees).update(name="", email="")

    def _sign_ins(self) -> None:
        users = self.person.users
        self._delete(BrowserSession.objects.filter(session_key__in=sessions_of(users, self.addresses)))
        for model in OF_SIGN_IN:
            self._delete(model._default_manager.filter(user__in=users))
        # What still waits for them ends by itself, because they may not sign in any more.
        ways_back = Recovery.objects.filter(user__in=users).exclude(old_email="", new_email="")
        self.gone["addresses of ways back in"] += ways_back.update(old_email="", new_email="")
        for user in User.objects.filter(pk__in=users).order_by("pk"):
            user.email, user.name = f"erased-{user.pk}@{NO_ADDRESS}", self.person.instead
            _blank(user, but=("name", "email", "password"))
            user.is_active = False
            user.set_unusable_password()
            user.save()
            self.gone["sign-ins"] += 1

    def _volunteer(self) -> None:
        volunteer = Volunteer.objects.select_related("user").get(reference=self.person.reference)
        if volunteer.user_id is not None and volunteer.user_id not in self.person.users:
            # Somebody who works in the office can still sign in; a manager ends that.
            volunteer.user = None
        volunteer.name = self.person.instead
        _blank(volunteer, but=("name",))
        volunteer.save()
        self.gone["volunteers"] += 1


def _blank(row: Volunteer | User, *, but: Collection[str]) -> None:
    """Blank every column of which the registry says that it goes, whatever it holds."""
    for name, fate in fates_of(type(row)).items():
        if fate is Fate.GONE and name not in but:
            setattr(row, name, nothing_in(type(row)._meta.get_field(name)))


def nothing_in(column: Any) -> Any:
    """Return what stands in the column of somebody of whom it says nothing any more."""
    if column.null:
        return None
    if isinstance(column, JSONField):
        return []
    return False if isinstance(column, BooleanField) else ""


def _ids(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True))
