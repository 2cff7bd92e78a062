"""The addresses to which the mail provider, and who takes our SMS, report; there is none where nobody does."""

from django.conf import settings
from django.urls import URLPattern, path


def report_urls(provider: str, secret: str) -> list[URLPattern]:
    """Return the address of the provider’s reports; without a provider none."""
    if not provider:
        return []
    # Imported here, because nobody else needs anymail.
    from schools.messages.reports import view_of

    return [path(f"mail-events/{provider}/", view_of(provider, secret), name="mail-events")]


def sms_report_urls(adapter: str, secret: str) -> list[URLPattern]:
    """Return the address of the reports about SMS; none where nobody makes any."""
    if adapter != "notify":
        return []
    from schools.messages.sms_reports import view_of

    return [path("sms-events/", view_of(secret), name="sms-events")]


urlpatterns = [
    *report_urls(settings.MAIL_PROVIDER, settings.SPEAKOUT_MAIL_SECRET),
    *sms_report_urls(settings.SPEAKOUT_SMS, settings.SPEAKOUT_SMS_SECRET),
]
