"""What the pages give as an example of a phone number, an e-mail address or a postcode can be typed, and what is typed stored."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.urls import get_resolver
from phonenumber_field.formfields import PhoneNumberField

from schools.directory.registers import cells
from tests.house import assert_none

SCHOOLS = Path(__file__).parent.parent / "schools"
LIKE = r"(?:[Ll]ike|such as|e\.g\.|for example)"
PHONE = rf"{LIKE} ([+0]\d[\d ]{{5,}}\d)"
EMAIL = rf"{LIKE} ([\w.]+@[\w.]+\w)"
POSTCODE = rf"{LIKE} ([A-Z]{{1,2}}\d[\dA-Z]? ?\d[A-Z]{{2}})"


def all_forms(known: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    """Every form that a page of ours has; the pages are loaded with their addresses."""
    assert get_resolver().url_patterns
    for form in known.__subclasses__():
        yield form
        yield from all_forms(form)


def all_fields() -> Iterator[tuple[str, forms.Field]]:
    """The boxes of our forms, and of the office's forms that follow the tables."""
    for form in dict.fromkeys(all_forms()):
        yield from ((f"{form.__name__}.{name}", field) for name, field in getattr(form, "base_fields", {}).items())
    for model in apps.get_app_config("schools").get_models():
        yield from ((f"{model.__name__}.{one.name}", box) for one in model._meta.fields if (box := one.formfield()))


def a_postcode(example: str) -> str:
    """As the boxes for postcodes take it, each in its `clean_…`."""
    if cells.postcode(example) != example:
        raise forms.ValidationError("This is not a postcode.")
    return example


BY_KIND: dict[str, Callable[[str], object]] = {
    PHONE: PhoneNumberField(region="GB").clean,
    EMAIL: forms.EmailField().clean,
    POSTCODE: a_postcode,
}
"""What takes an example that a sentence gives which no box has of its own: those of rules, actions and `clean_…`."""


def examples() -> Iterator[tuple[str, str, Callable[[str], object]]]:
    """Where each example stands, the example, and what has to take it."""
    for name, field in all_fields():
        texts = (field.help_text, field.widget.attrs.get("placeholder", ""), *field.error_messages.values())
        words = " ".join(str(text) for text in texts)
        yield from ((name, example, field.clean) for kind in BY_KIND for example in re.findall(kind, words))
    for file in sorted(SCHOOLS.rglob("*.py")):
        text, name = file.read_text(), file.relative_to(SCHOOLS).as_posix()
        yield from (
            (file.relative_to(SCHOOLS).as_posix(), example, take)
            for kind, take in BY_KIND.items()
            for example in re.findall(kind, text)
        )


@pytest.mark.django_db  # hints name the charity’s number
def test_every_example_is_taken_by_the_box_that_gives_it() -> None:
    found = list(examples())
    boxes = {"ContactForm.phone", "ContactForm.email", "AddressForm.new_email", "Area.duty_phone", "Volunteer.phone"}
    files = {
        "office/frame/fields.py", "office/schools/admin.py", "materials/actions/stores.py", "volunteers/actions/homes.py",
        "volunteers/rules.py",
    }  # fmt: skip
    assert boxes | files <= {name for name, *_ in found}
    refused = []
    for name, example, take in found:
        try:
            take(example)
        except forms.ValidationError as error:
            refused.append(f"{name}: {example}: {' '.join(error.messages)}")
    assert_none(refused, to_do="Write an example that the box itself takes.")


def test_no_box_takes_an_e_mail_address_that_is_too_long_to_be_stored() -> None:
    ours = [form for form in dict.fromkeys(all_forms()) if form.__module__.startswith("schools.")]
    boxes = [(form, name, box) for form in ours for name, box in getattr(form, "base_fields", {}).items()]
    addresses = {f"{form.__name__}.{name}": box for form, name, box in boxes if isinstance(box, forms.EmailField)}
    assert {"AskForm.email", "TrusteeForm.email", "AddressForm.new_email"} <= addresses.keys()
    del addresses["RequestCodeForm.email"]  # somebody is looked for by it, and it is stored nowhere
    too_long = [name for name, box in addresses.items() if box.max_length is None or box.max_length > 254]
    assert_none(too_long, to_do="Give the box max_length=254: every column of an address has that length.")
