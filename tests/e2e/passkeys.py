"""A phone that can make passkeys: Chromium's virtual authenticator, which asks for no finger."""

from playwright.sync_api import Page

DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def can_make_passkeys(page: Page) -> None:
    """From now on this page's browser makes passkeys and shows them to who asks."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
