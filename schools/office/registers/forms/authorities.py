"""The form that moves an authority to another area."""

from typing import Any

from django import forms

from schools.directory.models import Area, Authority
from schools.office.frame.fields import DayField


class AreaField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A choice of areas. Each is shown with its region, since two regions may have areas of the same name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the area and its region, like “Lakes (North West)”."""
        return f"{obj} ({obj.region})"


class MoveAuthorityForm(forms.Form):
    """The new area of an authority, and its first day there."""

    area = AreaField(
        Area.objects.none(),
        label="Move it to",
        empty_label="Choose an area",
        error_messages={"required": "Choose an area.", "invalid_choice": "Choose an area from the list."},
    )
    from_day = DayField(
        label="From",
        help_text="Its first day there. Sessions that were delivered stay in the area that they were delivered in.",
        error_messages={"required": "Give the day."},
    )

    def __init__(self, *args: Any, authority: Authority, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        area = self.fields["area"]
        assert isinstance(area, AreaField)  # noqa: S101  # as declared above
        area.queryset = Area.objects.filter(region__nation=authority.nation).select_related("region").order_by("name", "pk")
