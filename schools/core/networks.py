"""From which network a request comes: what bounds how often somebody can try who has not signed in.

Behind reverse proxies the address of the connection is the proxy's, the same for everybody. Then the address is believed that the
outermost of our own proxies saw: as many places from the end of X-Forwarded-For as there are proxies (SPEAKOUT_PROXIES). What
stands before that was written by whoever sent the request, and is worth nothing. Signing in reckons the same way.
"""

from ipaddress import AddressValueError, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

OF_ONE_HOME = 64
"""Bits of an address of version 6 that a provider gives one customer: whoever has these has all addresses behind them."""


def network_of(request: HttpRequest) -> str:
    """Return the network of the sender: an IPv4 address, or the first 64 bits of an IPv6 address; "" where it is not known."""
    proxies: int = getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0)
    forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",")] if proxies else []
    # Fewer than there are proxies: one of them does not say it, so that only the connection is sure.
    typed = forwarded[-proxies] if len(forwarded) >= proxies > 0 else request.META.get("REMOTE_ADDR", "")
    return _network(typed or request.META.get("REMOTE_ADDR", ""))


def _network(typed: str) -> str:
    try:
        address = ip_address(_without_port(typed))
    except (AddressValueError, ValueError):
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), OF_ONE_HOME), strict=False))
    return str(address)


def _without_port(typed: str) -> str:
    """Return the address of “192.0.2.1:4711” and of “[2001:db8::1]:4711”, as some proxies write it."""
    if typed.startswith("["):
        return typed[1:].partition("]")[0]
    return typed.partition(":")[0] if typed.count(":") == 1 else typed
