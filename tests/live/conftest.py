"""One installation for all tests of this folder: to make its tables takes longer than most of them."""

import signal
from collections.abc import Iterator

import pytest

from tests.live.installation import Installation, installation


@pytest.fixture(scope="session")
def made() -> Iterator[Installation]:
    """An installation in which nothing runs yet; who ends the tests by a signal ends it too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with installation() as new:
        yield new
