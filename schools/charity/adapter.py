"""What allauth asks about second factors, with the charity's name."""

from schools.accounts.adapter import SecondFactorAdapter
from schools.charity.queries import current


class CharitySecondFactorAdapter(SecondFactorAdapter):
    """Names the charity where a phone or an authenticator app asks whose sign-in it keeps."""

    def _get_site_name(self) -> str:
        """Return the name that a phone or an app shows."""
        return current().brand
