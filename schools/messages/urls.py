"""The address to which the mail provider reports; there is none where mail goes by SMTP."""

from django.conf import settings
from django.urls import URLPattern, path


def report_urls(provider: str, secret: str) -> list[URLPattern]:
    """Return the address of the provider’s reports; without a provider none."""
    if not provider:
        return []
    # Imported here, because nobody else needs anymail.
    from schools.messages.reports import view_of

    return [path(f"mail-events/{provider}/", view_of(provider, secret), name="mail-events")]


urlpatterns = report_urls(settings.MAIL_PROVIDER, settings.SPEAKOUT_MAIL_SECRET)
