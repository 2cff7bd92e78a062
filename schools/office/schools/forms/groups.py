"""The form of one call about several schools of a trust or federation."""

from collections.abc import Collection
from typing import Any

from schools.charity.notes import NoteField
from schools.directory.models import School
from schools.office.frame.fields import RowsField
from schools.office.schools.forms.calls import CallForm


class GroupCallForm(CallForm):
    """What somebody typed, and for which of the schools, before they press how the call ended."""

    # Shorter than of one school, because the conversation says of which group, too.
    note = NoteField(rows=2, required=False, max_length=1500, label="What was said")
    school = RowsField(
        School.objects.none(),
        error_messages={
            "required": "Tick at least one school.",
            "invalid_choice": "One of the schools is no longer in this list. Look at the ticks, then press again.",
        },
    )

    def __init__(self, *args: Any, schools: Collection[School], first: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, RowsField)  # noqa: S101  # as declared above
        field.queryset = School.objects.filter(pk__in=[school.pk for school in schools])
        self.listed = {school.pk for school in schools}
        self.first = first

    @property
    def ticked(self) -> set[int]:
        """The ids of the schools that are ticked: as they were sent; those ticked at first where nothing was sent yet."""
        if not self.is_bound:
            return self.listed.intersection(self.first)
        sent = {str(text) for text in self["school"].value() or ()}
        return {pk for pk in self.listed if str(pk) in sent}
