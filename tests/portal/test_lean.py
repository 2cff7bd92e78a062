"""Pages are sent without the indentation of their templates, and with every blank that somebody typed."""

from django.template import Context, Template


def test_indentation_is_left_out_and_what_somebody_typed_stays() -> None:
    page = """{% load lean %}{% lean %}
      <p>
        Bring <b>two</b> bags.

      </p>
      <input value="{{ typed }}">
      <textarea>
        {{ typed }}</textarea>
      <script>
        x
      </script>
    {% endlean %}"""
    typed = 'We\n    said "no".\n\n  Then yes.'
    shown = "We\n    said &quot;no&quot;.\n\n  Then yes."
    assert Template(page).render(Context({"typed": typed})) == (
        "\n<p>\nBring <b>two</b> bags.\n</p>\n"
        f'<input value="{shown}">\n'
        f"<textarea>\n        {shown}</textarea>\n"
        "<script>\n        x\n      </script>\n"
    )
