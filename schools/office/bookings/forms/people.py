"""The form on a visit's page that puts people on several of its sessions at once."""

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from schools.charity.notes import NoteField
from schools.office.frame.fields import RowsField
from schools.volunteers.models import Volunteer


class PutOnForm(forms.Form):
    """The people to put on; the note says what they answered where something speaks against it."""

    person = RowsField(
        Volunteer.objects.none(),
        label="Who",
        error_messages={
            "required": "Tick somebody.",
            "invalid_choice": "Somebody you ticked can’t be chosen here any more. Look at the visit again.",
        },
    )
    note = NoteField(
        required=False,
        max_length=300,
        label="Note",
        help_text="Where something has to be asked first (away, not usually free, too far, no time for the way): what they said.",
    )

    def __init__(self, data: QueryDict | None = None, *, people: QuerySet[Volunteer]) -> None:
        super().__init__(data, auto_id="put_%s")
        field = self.fields["person"]
        assert isinstance(field, RowsField)  # noqa: S101  # as declared above
        field.queryset = people
