"""What a process of its own does in a test; it imports nothing of ours before Django is set up."""

SHARED_CACHE = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "speakout_cache"}}
"""Production's kind of cache: one for all processes."""


def guesses(tries: int) -> list[bool]:
    """In a process of its own, with production's kind of cache: which of the guesses were looked at, not refused unseen."""
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    settings.CACHES = SHARED_CACHE
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    form = {"login": "asha@example.org", "password": "a-guess"}
    return [b"Too many" not in client.post(reverse("account_login"), form).content for _ in range(tries)]
