"""Choices that are drawn inside their labels."""

from typing import Any

from django import forms


class _InTheirLabels(forms.widgets.ChoiceWidget):
    """Only the first choice has an id, to which an error links: each is inside its label, and a page of many has to be light."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the choice, without an id unless it is the first."""
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        if option["index"] != "0":
            option["attrs"].pop("id", None)
        return option


class Radios(_InTheirLabels, forms.RadioSelect):
    """Radio buttons of which one is chosen."""


class Ticks(_InTheirLabels, forms.CheckboxSelectMultiple):
    """Boxes of which any are ticked."""
