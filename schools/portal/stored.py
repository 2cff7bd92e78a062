"""What these pages store on somebody’s device, as the page about cookies says it: cookies, and what scripts keep in the browser.

Names and times come from the settings and the code that sets them. Tests compare: each cookie that an answer sets, and each name
by which a script stores something, has to be here.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from schools.accounts import devices

WAITS_KEPT = timedelta(days=60)
"""How long the cookie of portal/lost.js is kept; a test compares."""

COOKIES = gettext_noop("Cookies")
BROWSER = gettext_noop("In the browser’s own storage")

OF_THE_BROWSER = gettext_noop("until you close the browser")
UNTIL_SIGNED_OUT = gettext_noop("until you sign out on this device, or somebody else signs in on it")
UNTIL_CLEARED = gettext_noop("until you clear what your browser keeps of this site")


@dataclass(frozen=True)
class Stored:
    """One thing that is stored on a device."""

    name: str
    """As the browser lists it; a star stands for what differs from device to device."""
    where: str
    what_for: str
    kept: str | timedelta
    """How long: in words that are marked for translation, or a time of days."""
    scripts: tuple[str, ...] = ()
    """The scripts that store it; empty: the server does, with an answer."""

    @property
    def how_long(self) -> str:
        """How long it is kept, in the reader's language."""
        if isinstance(self.kept, str):
            return _(self.kept)
        return ngettext("%(days)s day", "%(days)s days", self.kept.days) % {"days": self.kept.days}


# Longer than 40 lines: it is one list.
def all_stored() -> list[Stored]:
    """Return everything that may be stored, as this installation is set."""
    return [
        Stored(
            settings.SESSION_COOKIE_NAME, COOKIES, gettext_noop("Knows you while you are signed in, and while you sign in."),
            timedelta(seconds=settings.SESSION_COOKIE_AGE),
        ),
        Stored(
            settings.CSRF_COOKIE_NAME, COOKIES, gettext_noop("Makes sure that a form which you send is yours, and from here."),
            timedelta(seconds=settings.CSRF_COOKIE_AGE),
        ),
        Stored(
            devices.COOKIE, COOKIES,
            gettext_noop("Knows this device again, so that wrong tries by others do not lock you out. It lets nobody in."),
            timedelta(seconds=devices.KEPT_SECONDS),
        ),
        Stored(
            "messages", COOKIES, gettext_noop("Carries a sentence such as “it is stored” to the next page, and is gone then."),
            OF_THE_BROWSER,
        ),
        Stored(
            "speakout-waits", COOKIES,
            gettext_noop("Remembers which of your reports wait to be sent, so that you are told if the browser loses them."),
            WAITS_KEPT, ("portal/lost.js",),
        ),
        Stored(
            "speakout", BROWSER,
            gettext_noop("What you typed and what could not be sent yet, so that nothing is lost without signal (IndexedDB)."),
            UNTIL_SIGNED_OUT, ("portal/store.js",),
        ),
        Stored(
            "pages-*", BROWSER, gettext_noop("Your mornings and this week’s pages, to read without signal (cache storage)."),
            UNTIL_SIGNED_OUT, ("portal/device.js", "portal/worker.js"),
        ),
        Stored(
            "shell-*", BROWSER, gettext_noop("How the pages look, with nothing about anybody (cache storage)."),
            UNTIL_CLEARED, ("portal/worker.js",),
        ),
        Stored(
            "speakout-reloaded", BROWSER,
            gettext_noop("Keeps a page from loading again and again where the signal is weak (session storage)."),
            OF_THE_BROWSER, ("portal/device.js",),
        ),
        Stored(
            "find-without-slash", BROWSER,
            gettext_noop("In the office: that you switched off the key which opens Find (local storage)."),
            UNTIL_CLEARED, ("office/find.js",),
        ),
        Stored(
            "theme", BROWSER, gettext_noop("In the office: whether you chose light or dark (local storage)."),
            UNTIL_CLEARED, ("admin/js/theme.js",),
        ),
        Stored(
            "django.admin.filtersState", BROWSER,
            gettext_noop("In the office: which filters beside a list you opened (session storage)."),
            OF_THE_BROWSER, ("admin/js/filters.js",),
        ),
    ]  # fmt: skip
