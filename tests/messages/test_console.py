"""Mail on the console is written as people read it."""

import io

from django.core.mail import EmailMessage

from schools.messages.console import PlainBackend


def test_a_long_link_stands_on_one_line_and_an_attachment_is_named() -> None:
    link = f"http://127.0.0.1:8000/accounts/confirm-email/{'MQ' * 60}/"
    mail = EmailMessage("Welcome", f"Press “Confirm”:\n{link}\n", "a@example.org", ["b@example.org", "c@example.org"])
    mail.attach("reach.csv", "area\n", "text/csv")
    stream = io.StringIO()
    assert PlainBackend(stream=stream).send_messages([mail]) == 1
    assert stream.getvalue().splitlines()[:4] == ["To: b@example.org, c@example.org", "Subject: Welcome", "", "Press “Confirm”:"]
    assert link in stream.getvalue().splitlines()
    assert "(attached: reach.csv)" in stream.getvalue()
