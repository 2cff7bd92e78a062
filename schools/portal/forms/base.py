"""How every form of the portal is drawn: label, hint, what is wrong, box; and a summary of what is wrong above it."""

from crispy_forms.helper import FormHelper
from django import forms

from schools.delivery.forms import Problem


class PortalForm(forms.Form):
    """A form drawn as every form of the portal is: label, hint, what is wrong, box."""

    @property
    def helper(self) -> FormHelper:
        """The fields alone; the page brings the form tag."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.field_template = "delivery/_field.html"
        return helper

    @property
    def problems(self) -> list[Problem]:
        """Every error for the summary at the top of the page."""
        found = [Problem("", str(error)) for error in self.non_field_errors()]
        for name in self.errors:
            if name in self.fields:
                several = isinstance(self.fields[name].widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
                anchor = f"{self[name].auto_id}_0" if several else self[name].auto_id
                found += [Problem(anchor, str(error)) for error in self[name].errors]
        return found
