"""The forms that change a session without moving it, or correct a session that is over."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from schools.core.nations import Language
from schools.core.year_groups import year_group_name
from schools.directory.models import School, Site
from schools.office.bookings.forms.booking import SiteField, number_field
from schools.office.bookings.forms.far_numbers import ask_about_far_numbers
from schools.office.bookings.guests import Guest
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
        # While no year group of the host is stored, all are ticked. A guest of another session comes only once somebody ticks it.
        host = session.visit.school_id
        fresh = host if not any(school == host for school, _ in stored) else None
        for attending in schools if session.type.is_for_pupils else ():
            self._add_school(attending.school, attending, stored, fresh=attending.school.pk == fresh)

    def _add_school(self, school: School, attending: Guest, stored: dict[tuple[int, int], int | None], *, fresh: bool) -> None:
        names = [(str(group), year_group_name(group, school.nation)) for group in attending.known]
        self.fields[f"come{school.pk}"] = forms.MultipleChoiceField(
            choices=names,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            label=f"Who comes from {school}",
            initial=[str(group) for group in attending.known if fresh or (school.pk, group) in stored],
        )
        for group, pupils in attending.known.items():
            box = number_field(group, school.nation, pupils)
            box.initial = stored.get((school.pk, group))
            self.fields[f"n{school.pk}_{group}"] = box

    def clean(self) -> dict[str, Any]:
        """Ask once about numbers that are far from the roll."""
        data = super().clean() or {}
        rolls = {f"n{attending.school.pk}_{group}": roll for attending in self.schools for group, roll in attending.known.items()}
        ask_about_far_numbers(self, {name: roll for name, roll in rolls.items() if name in self.fields})
        return data

    @property
    def of_schools(self) -> Iterator[tuple[forms.BoundField, list[forms.BoundField]]]:
        """For each school the year groups to tick, and the boxes for their pupils."""
        for attending in self.schools:
            pk = attending.school.pk
            if f"come{pk}" in self.fields:
                yield self[f"come{pk}"], [self[f"n{pk}_{group}"] for group in attending.known]

    def label_of(self, name: str) -> str:
        """Return the label of the box; a year group's names its school too."""
        schools = (attending.school for attending in self.schools)
        of_school = next((f" of {school}" for school in schools if name.startswith(f"n{school.pk}_")), "")
        return f"{super().label_of(name)}{of_school}"

    def expected(self) -> dict[School, dict[int, int | None]]:
        """Return for each school the year groups that were ticked or have a number, with that number."""
        data = self.cleaned_data
        coming = {}
        for attending in self.schools:
            school = attending.school
            ticked = {int(group) for group in data.get(f"come{school.pk}", [])}
            numbers = {group: data.get(f"n{school.pk}_{group}") for group in attending.known}
            groups = {group: number for group, number in numbers.items() if group in ticked or number is not None}
            if groups:
                coming[school] = groups
        return coming
