"""Where an authority is moved to, and from when on."""

from typing import Any

from django import forms

from schools.directory.models import Area, Authority
from schools.office.frame.fields import DayField


class AreaField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Areas, with their region: two regions may have an area of one name."""

    def label_from_instance(self, obj: Any) -> str:
        """Like “Lakes (North West)”."""
        return f"{obj} ({obj.region})"


class MoveAuthorityForm(forms.Form):
    """The area that an authority is to belong to, and its first day there."""

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
