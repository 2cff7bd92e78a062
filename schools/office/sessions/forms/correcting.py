"""The forms that change a session without moving it, or correct a session that is over."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django import forms

from schools.core.nations import Language
from schools.directory.models import School, Site
from schools.office.bookings.forms.booking import SiteField
from schools.office.bookings.forms.year_groups import SchoolBoxes, SchoolFields
from schools.office.bookings.guests import Guest
from schools.office.frame.far_numbers import ask_about_far_numbers
from schools.office.frame.fields import DayField
from schools.office.frame.optimistic_forms import in_words
from schools.visits.models import Session


class CorrectSessionForm(forms.Form):
    """The room and the language of a session that is over."""

    room = forms.CharField(required=False, max_length=80)
    language = forms.ChoiceField(choices=Language.choices)

    def __init__(self, data: Any = None, *, session: Session) -> None:
        super().__init__(data, initial={name: getattr(session, name) for name in self.base_fields})

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """All boxes except those for pupils."""
        return [self[name] for name in self.base_fields if name in self.fields]

    def stored_now(self) -> Iterator[tuple[str, str]]:
        """Yield the label of each box in which something else was typed, with what is stored for it."""
        for name in self.changed_data:
            words = in_words(self.fields[name], self.get_initial_for_field(self.fields[name], name))
            yield self.label_of(name), words or "nothing"

    def label_of(self, name: str) -> str:
        """Return the label of the box where it stands outside the form."""
        return str(self[name].label)


class SiteOfDayForm(forms.Form):
    """At which of the school's places the whole visit day is."""

    seen_site = forms.CharField(required=False, widget=forms.HiddenInput)
    """The id of the site that the page showed; blank: the school's own address."""

    def __init__(self, data: Any = None, *, session: Session, sites: Sequence[Site]) -> None:
        shown = str(session.site_id or "")
        super().__init__(data, initial={"site": shown, "seen_site": shown})
        kept = [session.site] if session.site and session.site not in sites else []
        self.fields["site"] = SiteField(school=session.visit.school, sites=[*sites, *kept])


class EditSessionForm(CorrectSessionForm):
    """Room, language, end of an online window, and for each school which year groups come and how many pupils are expected."""

    until_day = DayField(label="Last day", required=False, help_text="The end of the window.")

    def __init__(self, data: Any = None, *, session: Session, schools: Sequence[Guest]) -> None:
        stored = {(count.school_id, count.year_group): count.expected for count in session.headcounts.all()}
        super().__init__(data, session=session)
        self.schools = schools
        if not session.type.is_online:
            del self.fields["until_day"]
        self._fields = [self._fields_of(attending, stored) for attending in schools if session.type.is_for_pupils]
        for fields in self._fields:
            pk = fields.attending.school.pk
            # Of whom nothing is stored nothing is ticked: else another room would say who comes.
            fields.add(coming={group: stored[pk, group] for group in fields.numbers if (pk, group) in stored})
        self.type = session.type

    def _fields_of(self, attending: Guest, stored: Collection[tuple[int, int]]) -> SchoolFields:
        """Return where the form has the fields of the school: of what it teaches, and of what is stored, so that all is seen."""
        pk = attending.school.pk
        groups = sorted({*attending.known, *(group for school, group in stored if school == pk)})
        return SchoolFields(self, attending, f"come{pk}", {group: f"n{pk}_{group}" for group in groups})

    def clean(self) -> dict[str, Any]:
        """Refuse numbers without a tick, and ask once about numbers that are far from the roll."""
        data = super().clean() or {}
        rolls: dict[str, int | None] = {}
        for fields in self._fields:
            fields.refuse_numbers_without_a_tick()
            rolls |= {name: fields.attending.known.get(group) for group, name in fields.numbers.items()}
        ask_about_far_numbers(self, rolls)
        return data

    @property
    def of_schools(self) -> list[SchoolBoxes]:
        """The boxes of each school, the host first; none where the session is for adults."""
        return [fields.boxes(self.type) for fields in self._fields]

    def label_of(self, name: str) -> str:
        """Return the label of the box; a year group's names its school too."""
        schools = (attending.school for attending in self.schools)
        of_school = next((f" of {school}" for school in schools if name.startswith(f"n{school.pk}_")), "")
        return f"{super().label_of(name)}{of_school}"

    def expected(self) -> dict[School, dict[int, int | None]]:
        """Return for each school the year groups that are ticked, with their numbers; None: not known."""
        return {fields.attending.school: coming for fields in self._fields if (coming := fields.coming())}
