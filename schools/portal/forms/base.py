"""The base of the portal's forms: how fields are drawn, and the summary of errors above a form."""

from crispy_forms.helper import FormHelper
from django import forms

from schools.delivery.forms import Problem


class PortalForm(forms.Form):
    """A form that is drawn as all forms of the portal: label, hint, errors, box."""

    @property
    def helper(self) -> FormHelper:
        """The crispy helper, which draws the fields only; the page writes the form tag."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.field_template = "delivery/_field.html"
        return helper

    @property
    def problems(self) -> list[Problem]:
        """Every error, with the anchor of its field, for the summary at the top of the page."""
        problems = [Problem("", str(error)) for error in self.non_field_errors()]
        for name in self.errors:
            if name in self.fields:
                several = isinstance(self.fields[name].widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
                anchor = f"{self[name].auto_id}_0" if several else self[name].auto_id
                problems += [Problem(anchor, str(error)) for error in self[name].errors]
        return problems
