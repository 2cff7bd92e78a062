"""What a coordinator types to change a session without moving it, or to correct one that is over."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from schools.core.nations import Language
from schools.core.year_groups import year_group_name
from schools.directory.models import School
from schools.office.bookings.forms.booking import number_field
from schools.office.bookings.guests import Guest
from schools.office.frame.fields import DayField
from schools.office.frame.optimistic_forms import in_words
from schools.visits.models import Session


class CorrectSessionForm(forms.Form):
    """Where a session that is over was and in which language."""

    room = forms.CharField(required=False, max_length=80)
    language = forms.ChoiceField(choices=Language.choices)

    def __init__(self, data: Any = None, *, session: Session) -> None:
        super().__init__(data, initial={name: getattr(session, name) for name in self.base_fields})

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """All but the pupils'."""
        return [self[name] for name in self.base_fields if name in self.fields]

    def stored_now(self) -> Iterator[tuple[str, str]]:
        """Label and stored words of each box in which something else was typed."""
        for name in self.changed_data:
            words = in_words(self.fields[name], self.get_initial_for_field(self.fields[name], name))
            yield self.called(name), words or "nothing"

    def called(self, name: str) -> str:
        """What people call the box, where it stands by itself."""
        return str(self[name].label)


class EditSessionForm(CorrectSessionForm):
    """Room, language, the end of an online window, and of each school which year groups come and how many are expected."""

    until_day = DayField(label="Last day", required=False, help_text="The end of the window.")

    def __init__(self, data: Any = None, *, session: Session, schools: Sequence[Guest]) -> None:
        stored = {(count.school_id, count.year_group): count.expected for count in session.headcounts.all()}
        super().__init__(data, session=session)
        self.schools = schools
        if not session.type.is_online:
            del self.fields["until_day"]
        # Nobody said yet who of the host comes: all. A guest of another session comes to this one only once somebody ticks it.
        host = session.visit.school_id
        fresh = host if not any(school == host for school, _ in stored) else None
        for one in schools if session.type.is_for_pupils else ():
            self._add_school(one.school, one, stored, fresh=one.school.pk == fresh)

    def _add_school(self, school: School, one: Guest, stored: dict[tuple[int, int], int | None], *, fresh: bool) -> None:
        names = [(str(group), year_group_name(group, school.nation)) for group in one.known]
        self.fields[f"come{school.pk}"] = forms.MultipleChoiceField(
            choices=names,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            label=f"Who comes from {school}",
            initial=[str(group) for group in one.known if fresh or (school.pk, group) in stored],
        )
        for group, pupils in one.known.items():
            box = number_field(group, school.nation, pupils)
            box.initial = stored.get((school.pk, group))
            self.fields[f"n{school.pk}_{group}"] = box

    @property
    def of_schools(self) -> Iterator[tuple[forms.BoundField, list[forms.BoundField]]]:
        """Of each school its year groups to tick, and their boxes."""
        for one in self.schools:
            if f"come{one.school.pk}" in self.fields:
                yield self[f"come{one.school.pk}"], [self[f"n{one.school.pk}_{group}"] for group in one.known]

    def called(self, name: str) -> str:
        """A year group is one of a school's."""
        of_school = next((f" of {one.school}" for one in self.schools if name.startswith(f"n{one.school.pk}_")), "")
        return f"{super().called(name)}{of_school}"

    def expected(self) -> dict[School, dict[int, int | None]]:
        """Of each school the year groups that were ticked or have a number."""
        data = self.cleaned_data
        coming = {}
        for one in self.schools:
            ticked = {int(group) for group in data.get(f"come{one.school.pk}", [])}
            numbers = {group: data.get(f"n{one.school.pk}_{group}") for group in one.known}
            groups = {group: number for group, number in numbers.items() if group in ticked or number is not None}
            if groups:
                coming[one.school] = groups
        return coming
