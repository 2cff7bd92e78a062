"""The list to choose from, which we write ourselves, is what a browser would make of Django's own."""

from html.parser import HTMLParser

from django import forms
from django.forms.renderers import BaseRenderer, DjangoTemplates, TemplatesSetting
from django.utils.safestring import mark_safe

CHOICES = [
    ("", "Any area"),
    (1, "Larkthwaite & Ash"),
    ("<script>", 'A "hostile" <b>label</b>'),
    ("Wales", [(2, "Ynys Môn"), (3, mark_safe("Bangor <wbr>and beyond"))]),
    (1000, 1000),
]


class Pieces(HTMLParser):
    """Everything of a list that a browser reads: tags with their attributes, and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.read: list[object] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.read.append((tag, sorted(attrs, key=str)))

    def handle_endtag(self, tag: str) -> None:
        self.read.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.read.extend([data.strip()] if data.strip() else [])


def shown(widget: forms.Select, value: object, renderer: BaseRenderer) -> list[object]:
    return Pieces(widget.render("area", value, attrs={"id": "id_area", "required": True}, renderer=renderer)).read


def test_a_list_is_what_django_would_have_written() -> None:
    for widget in (forms.Select(choices=CHOICES), forms.SelectMultiple(choices=CHOICES)):
        for value in (None, "", 1, "3", "<script>", ["1", "2"]):
            assert shown(widget, value, TemplatesSetting()) == shown(widget, value, DjangoTemplates())


def test_what_somebody_typed_as_a_name_is_never_markup() -> None:
    html = forms.Select(choices=CHOICES).render("area", None, renderer=TemplatesSetting())
    assert "<script>" not in html
    assert "<b>" not in html
