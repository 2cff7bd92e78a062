"""From which network a request comes: behind proxies the sender's, as far as our own proxies vouch for it."""

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from schools.core.networks import network_of

PROXY = "10.0.0.2"


def network(forwarded: str = "", connection: str = PROXY) -> str:
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    return network_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR=connection))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "192.0.2.1", PROXY),  # nobody vouches for it
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.9, 192.0.2.1", "192.0.2.1"),  # what stands before was typed by the sender
        (2, "198.51.100.9, 192.0.2.1, 10.0.0.7", "192.0.2.1"),
        (2, "192.0.2.1", PROXY),  # a proxy that says nothing
        (1, "", PROXY),
        (1, "192.0.2.1:4711", "192.0.2.1"),
        (1, "[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
        (1, "nonsense", ""),
    ],
)
def test_the_network_is_that_which_our_own_proxies_saw(settings: Settings, proxies: int, forwarded: str, expected: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert network(forwarded) == expected


def test_all_addresses_of_one_home_are_one_network() -> None:
    homes = {network(connection=f"2001:db8:0:7::{number:x}") for number in (1, 99, 4711)}
    assert homes == {"2001:db8:0:7::/64"}
    assert network(connection="2001:db8:0:8::1") == "2001:db8:0:8::/64"
    assert network(connection="::ffff:192.0.2.1") == "192.0.2.1"


def test_a_connection_without_an_address_is_one_network_of_its_own() -> None:
    assert network(connection="") == ""
