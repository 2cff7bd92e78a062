"""Loading the demo and taking the pictures."""

import io
import sys
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from schools import models
from tests.browsing import shows_second_factor
from tests.e2e.conftest import CHROMIUM, FLAGS, NOW
from tests.e2e.phone import Server
from tests.e2e.pictures.small_png import with_palette
from tests.e2e.pictures.states import PICTURES, Picture

FOLDER = Path(settings.BASE_DIR) / "docs" / "pictures"
MOST_BYTES = 80_000
"""Of one picture: the guides are read on phones too."""


def load_demo() -> None:
    """Fill the empty database. Staff have a second factor as they should, so no page warns that they have none."""
    call_command("migrate", verbosity=0)
    call_command("demo", stdout=io.StringIO())
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    for user in models.User.objects.filter(is_staff=True):
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})


def take_pictures(names: list[str]) -> bool:
    """Take the pictures of these names, or all; return whether each is small enough."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    all_small = True
    server = Server()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for picture in PICTURES:
            if names and picture.name not in names:
                continue
            file = FOLDER / f"{picture.name}.png"
            file.write_bytes(with_palette(_take(browser, picture, server.address)))
            size = file.stat().st_size
            all_small = all_small and size <= MOST_BYTES
            sys.stdout.write(f"{file.name}: {size / 1000:.0f} kB{', more than allowed' if size > MOST_BYTES else ''}\n")
        browser.close()
    server.stop()
    return all_small


def _take(browser: Browser, picture: Picture, site: str) -> bytes:
    """The picture as the browser writes it, from the top of the page."""
    size: Any = {"width": picture.width, "height": picture.height}
    context = browser.new_context(viewport=size, locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce")
    context.clock.set_fixed_time(NOW)
    context.add_cookies([{"name": "sessionid", "value": _sign_in(picture.email), "url": site}])
    page = context.new_page()
    page.goto(site + picture.address())
    picture.first(page)
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    png: bytes = page.screenshot(animations="disabled")
    context.close()
    return png


def _sign_in(email: str) -> str:
    """Sign the person in and return the session's key."""
    client, user = Client(), models.User.objects.get(email=email)
    client.force_login(user)
    shows_second_factor(client, user)
    return client.cookies["sessionid"].value
