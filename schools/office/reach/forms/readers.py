"""The form for a program that reads the figures."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.directory.models import Area


class TokenForm(forms.Form):
    """The program, and the areas whose figures it reads."""

    name = forms.CharField(
        max_length=100,
        label="Which program reads?",
        help_text="Such as “Dashboard”, so that everybody knows what stops when it is revoked.",
    )
    everywhere = forms.BooleanField(required=False, label="The figures of all areas")
    areas = forms.ModelMultipleChoiceField(
        Area.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Or of these areas alone"
    )

    def __init__(self, *args: Any, areas: QuerySet[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["areas"]
        field.queryset = areas
