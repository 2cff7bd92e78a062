"""Who takes our SMS: nobody, a list for tests and the demo, or GOV.UK Notify. One more is one more function here.

An adapter calls `before_text` just before it hands the text over, and raises what mail raises (`schools.messages.sending`):
NoEntry, Unanswered, TooMany, Refused, or AddressRefused where the number is at fault.
"""

from collections.abc import Callable

from django.conf import settings

from schools.messages.models import OutboxMessage
from schools.messages.refusals import Refused

type BeforeText = Callable[[], None]

taken: list[tuple[str, str]] = []
"""The number and text of each SMS that the stub took in this process, as Django keeps mails for tests in `mail.outbox`."""


def hand_over(sms: OutboxMessage, *, before_text: BeforeText) -> None:
    """Hand the SMS to whoever the settings name. Raises what the adapter raises, or Refused where no SMS go any more."""
    adapter = ADAPTERS.get(settings.SPEAKOUT_SMS)
    if adapter is None:
        raise Refused("SMS are switched off (SPEAKOUT_SMS).")
    adapter(sms, before_text)


def _to_stub(sms: OutboxMessage, before_text: BeforeText) -> None:
    before_text()
    taken.append((sms.to, sms.body))


def _to_notify(sms: OutboxMessage, before_text: BeforeText) -> None:
    # Imported here, because nobody else needs its client.
    from schools.messages.notify import hand_to_notify

    hand_to_notify(sms, before_text=before_text)


ADAPTERS: dict[str, Callable[[OutboxMessage, BeforeText], None]] = {"stub": _to_stub, "notify": _to_notify}
