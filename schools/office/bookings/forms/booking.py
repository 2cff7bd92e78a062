"""The forms in which a coordinator books a visit."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.accounts.models import User
from schools.charity.notes import NoteField
from schools.core.errors import RuleBroken
from schools.core.nations import Language
from schools.directory.models import Contact, School, Site
from schools.office.bookings.forms.visits import NOT_OFFERED
from schools.office.bookings.forms.year_groups import SchoolBoxes, SchoolFields
from schools.office.bookings.guests import Guest
from schools.office.frame.fields import ClockField, DayField
from schools.office.frame.optimistic_forms import OptimisticForm
from schools.programme.models import SessionType
from schools.visits.actions import NewSession, VisitDetails
from schools.visits.models import Visit, VisitStage, VisitTemplate
from schools.visits.queries import new_reference

REFERENCE = re.compile(r"\AV[2-9A-Z]{6}\Z")
MOST_SESSIONS = 20


class BookingForm(OptimisticForm, forms.Form):
    """The form of the visit itself; `reference` is made when the form is opened and sent back with it, so that it books once.

    It is that of the visit for which the school has asked, where there is one, of which nothing is overwritten unseen.
    """

    OF_REQUEST = ("contact", "safeguarding_contact", "arrival_notes", "parking")
    """The boxes that begin with what is stored of a visit for which the school has asked."""
    hushed = False
    """Whether the page shows no errors yet."""

    reference = forms.RegexField(REFERENCE, widget=forms.HiddenInput)
    coordinator = forms.ModelChoiceField(User.objects.none(), required=False, help_text="Blank: you.", error_messages=NOT_OFFERED)
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, label="Whom to ask for")
    safeguarding_contact = forms.ModelChoiceField(
        Contact.objects.none(),
        required=False,
        label="Safeguarding contact",
        help_text="Whom a volunteer tells when a child says something.",
    )
    arrival_notes = NoteField(required=False, max_length=2000, rows=2, help_text="Gates, sign-in, the hall.")
    parking = NoteField(required=False, max_length=300)
    replaces = forms.ModelChoiceField(Visit.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        school: School,
        people: QuerySet[User],
        cancelled: QuerySet[Visit],
        requested: Visit | None,
        **kwargs: Any,
    ) -> None:
        """Take the visit for which the school has asked and nobody has planned yet, None: there is none, besides the choices."""
        super().__init__(*args, **kwargs)
        self.school, self.requested = school, requested
        self.fields["replaces"].queryset = cancelled  # type: ignore[attr-defined]  # as declared above
        contacts = Contact.objects.at([school])
        for name, rows in (("coordinator", people), ("contact", contacts), ("safeguarding_contact", contacts)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
            field.queryset = rows
        if not self.is_bound:
            self._begin()

    def _begin(self) -> None:
        """Begin with what is stored of the visit for which the school has asked: it is newer than what another one had."""
        self.initial["reference"] = self.requested.reference if self.requested else new_reference()
        for name in self.OF_REQUEST if self.requested else ():
            self.initial[name] = self.stored(name) or self.initial.get(name)
        self._choose_the_only_ones(self._contacts)

    @cached_property
    def _contacts(self) -> list[Contact]:
        """The people at the school."""
        return list(Contact.objects.at([self.school]))

    def _choose_the_only_ones(self, contacts: Sequence[Contact]) -> None:
        """Choose whom to ask for, and the safeguarding contact, where there is exactly one."""
        leads = [contact for contact in contacts if "safeguarding" in contact.role.lower()]
        others = [contact for contact in contacts if contact not in leads]
        for name, choices in (("contact", others or contacts), ("safeguarding_contact", leads)):
            # Of a visit that is booked again, who is there no more is nobody.
            is_there = self.initial.get(name) in {each for contact in contacts for each in (contact, contact.pk)}
            if len(choices) == 1 and not is_there:
                self.initial[name] = choices[0].pk

    @property
    def row(self) -> Visit | None:
        """The visit for which the school has asked; None: it has asked for none, so a new one is booked."""
        return self.requested

    @property
    def compared(self) -> dict[str, forms.Field]:
        """The boxes that begin with what is stored of it."""
        return {name: self.fields[name] for name in self.OF_REQUEST}

    def stored(self, name: str) -> Any:
        """Return what is stored of it; whom it asks for under an earlier number of its school may not be at this one."""
        if name not in {"contact", "safeguarding_contact"}:
            return getattr(self.requested, name)
        contact = getattr(self.requested, f"{name}_id")
        return contact if contact in {each.pk for each in self._contacts} else None

    def shown(self) -> list[tuple[str, str]]:
        """Return what the page shows of it, and which it is; nothing where there is none."""
        return [("reference", self.requested.reference), *super().shown()] if self.requested else []

    @property
    def seen_name(self) -> str:
        """The name of the hidden box that sends `seen` back: by `seen` alone, the page says which warnings were looked at."""
        return "visit-seen"

    @property
    def seen(self) -> str:
        """A fingerprint of what the page has shown, which stays the same while it shows no errors."""
        return self._sent_back if self.hushed and self.is_bound else super().seen

    @property
    def details(self) -> VisitDetails:
        """The details of the visit that were typed."""
        return VisitDetails(**{name: value for name, value in self.cleaned_data.items() if name not in {"reference", "replaces"}})

    def compare_with(self, locked: Visit | None) -> None:
        """Raise RuleBroken where somebody changed what the school has asked for while the form was sent.

        `locked`: the visit with the reference, which stays as it is now until the booking is stored; None: there is none.
        """
        self.requested = locked if locked and locked.stage == VisitStage.REQUESTED else None
        if conflict := self.conflict():
            raise RuleBroken(conflict)

    def restart(self, requested: Visit | None, *, keep_replaces: bool) -> list[str]:
        """Let what was typed be booked as the visit for which the school has asked by now; None: as a new one.

        Return what else than was typed is stored of it. With `keep_replaces` it still replaces the cancelled visit for which the
        form was opened.
        """
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict, of which a dict would hold lists
        data["reference"] = requested.reference if requested else new_reference()
        if not keep_replaces:
            data["replaces"] = ""
        self.data, self.requested = data, requested
        self.shows_conflict = requested is not None
        return self.stored_now() if requested else []


class StartForm(forms.Form):
    """How a booking begins: a template, and the first day. Without a template the day is given to the sessions that are there."""

    template = forms.ModelChoiceField(
        VisitTemplate.objects.filter(active=True),
        required=False,
        label="Template",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose a template from the list."},
    )
    first_day = DayField(label="Another day", error_messages={"required": "Give the first day."})
    part = forms.CharField(required=False, widget=forms.HiddenInput)
    """The half of the first day that a school chose, a value of PartOfDay; anything else: when the template says."""
    filled = forms.CharField(required=False, widget=forms.HiddenInput)
    """The id of the template that filled the sessions in; blank: none did."""


class SiteField(forms.TypedChoiceField):
    """At which of a school's places something is: its own address, or one of the sites."""

    def __init__(self, *, school: School, sites: Sequence[Site], **kwargs: Any) -> None:
        by_pk = {str(site.pk): site for site in sites}
        choices = [("", f"The school’s own address, {school.postcode}".removesuffix(", "))]
        choices += [(pk, f"{site.name}, {site.postcode}") for pk, site in by_pk.items()]
        wrong = {"invalid_choice": "Choose a site from the list."}
        super().__init__(
            choices=choices, coerce=by_pk.get, empty_value=None, required=False, label="Site", error_messages=wrong, **kwargs
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return False: a row of a booking in which nothing but a site is chosen is empty."""
        return False


class SessionForm(forms.Form):
    """The form of one session; a row that is left empty makes no session."""

    type = forms.TypedChoiceField(
        label="Session type",
        empty_value=None,
        error_messages={"required": "Choose a type.", "invalid_choice": "Choose a type from the list."},
    )
    day = DayField(error_messages={"required": "Give the day."})
    starts = ClockField(label="Starts at", error_messages={"required": "Give the time."})
    ends = ClockField(label="Ends at", required=False)
    room = forms.CharField(required=False, max_length=80)
    language = forms.ChoiceField(choices=Language.choices, initial=Language.ENGLISH)
    until_day = DayField(label="Last day, if online", required=False)
    fitted = forms.CharField(required=False, widget=forms.HiddenInput)
    """The id of the type whose year groups the row shows; blank: none yet."""

    def __init__(
        self,
        *args: Any,
        host: Guest,
        guests: Sequence[Guest] = (),
        types: Mapping[str, SessionType],
        sites: Sequence[Site] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if sites:
            self.fields["site"] = SiteField(school=host.school, sites=sites)
        self.types, self.schools = types, [host, *guests]
        type_field = self.fields["type"]
        assert isinstance(type_field, forms.TypedChoiceField)  # noqa: S101  # as declared above
        names = [(pk, session_type.name_in(host.school.nation)) for pk, session_type in types.items()]
        type_field.choices = [("", "Choose a type"), *names]
        type_field.coerce = lambda pk: types[str(pk)]
        for attending in self.schools:
            self._fields_of(attending).add()

    def _fields_of(self, attending: Guest) -> SchoolFields:
        return SchoolFields(self, attending, attending.ticks, {group: attending.number(group) for group in attending.known})

    @property
    def shown_type(self) -> SessionType | None:
        """The type that is chosen; None: none yet, or one that cannot be chosen."""
        return self.types.get(str(self["type"].value() or ""))

    @property
    def of_schools(self) -> list[SchoolBoxes]:
        """The boxes of each school with pupils in the session, the host first; none before a type for pupils is chosen."""
        shown = self.shown_type
        if not shown or not shown.is_for_pupils:
            return []
        return [self._fields_of(attending).boxes(shown) for attending in self.schools]

    def clean(self) -> dict[str, Any]:
        """Refuse a session to which nobody comes although year groups of the host fit it, and numbers of who does not come."""
        data = super().clean() or {}
        session_type, host = data.get("type"), self.schools[0]
        if session_type and session_type.is_for_pupils:
            for attending in self.schools:
                # A row is filled in with the numbers on roll, so these may stand where a tick was taken out.
                self._fields_of(attending).refuse_numbers_without_a_tick(may_stand=attending.known)
        if session_type and set(host.known) & set(session_type.year_groups) and not self.coming(host):
            self.add_error(host.ticks, "Tick the year groups that come.")
        return data

    def coming(self, attending: Guest) -> dict[int, int | None]:
        """Return the school's year groups that are ticked, with their numbers; None: not known."""
        return self._fields_of(attending).coming()

    def new_session(self) -> NewSession:
        """Return the typed session."""
        data = self.cleaned_data
        host, *guests = self.schools
        is_for_pupils = data["type"].is_for_pupils
        return NewSession(
            type=data["type"],
            day=data["day"],
            starts=data["starts"],
            ends=data["ends"],
            until_day=data["until_day"],
            room=data["room"],
            language=data["language"],
            expected=self.coming(host) if is_for_pupils else {},
            guests=tuple((guest.school, coming) for guest in guests if (coming := self.coming(guest))) if is_for_pupils else (),
            site=data.get("site") if data["type"].presenters else None,  # a row that was filled in may have one
        )


class BaseSessionFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # not generic at run time
    """The rows for sessions. A row that is filled in when the page opens may be emptied like any other row."""

    def initial_form_count(self) -> int:
        """Return 0: no session is stored yet, so no row counts as existing."""
        return 0

    def total_form_count(self) -> int:
        """Return how many rows were posted; on a page that opens the filled in rows and an empty one, but at least two."""
        if self.is_bound:
            return super().total_form_count()
        return min(max(len(self.initial or ()) + 1, 2), MOST_SESSIONS)


# A tampered form can ask for any number of rows: `absolute_max` makes no more than a visit may have.
SessionFormSet = forms.formset_factory(
    SessionForm, formset=BaseSessionFormSet, max_num=MOST_SESSIONS, absolute_max=MOST_SESSIONS, validate_max=True
)
"""The forms of a visit's sessions."""
