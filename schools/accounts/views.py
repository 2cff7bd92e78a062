"""Confirming an address by the link in a mail."""

from allauth.account.views import ConfirmEmailView


class ConfirmAddressView(ConfirmEmailView):  # type: ignore[misc]  # allauth has no types
    """The page with the button that confirms an address; it signs in only the browser in which that sign-in waits."""

    def logout_other_user(self, confirmation: object) -> None:
        """Leave whoever is signed in here signed in.

        allauth would sign them out as soon as the link is opened, and with them their phone would lose what it has not sent.
        """


confirm_address = ConfirmAddressView.as_view()
