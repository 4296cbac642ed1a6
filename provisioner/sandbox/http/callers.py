"""
Who may ask: programs on this machine, and no web page of somebody else's in this machine's browser.

A page can have a browser send requests to loopback, and with a name that it first resolves to itself and
then to 127.0.0.1 (DNS rebinding) it can read the answers too. The browser gives both away: by the `Host` that
it asks for, and by the `Origin` of the page. Stripe's SDKs, its CLI and curl send no `Origin`.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit


def refusal(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Why a request with these headers (names in lower case) is not let in; empty when it is."""
    found = {name: value for name, value in headers if name in (b"host", b"origin")}
    host = found.get(b"host", b"").decode("latin-1")
    if not _is_loopback(host):
        return f"The sandbox answers requests for this machine only (http://127.0.0.1), not for {host!r}."
    origin = found.get(b"origin")
    if origin is not None and origin.decode("latin-1").lower() != f"http://{host}".lower():
        return "The sandbox answers no web pages of other origins."
    return ""


@lru_cache
def _is_loopback(authority: str) -> bool:
    try:
        parts = urlsplit(f"http://{authority}")
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.netloc != authority or "@" in authority or not host:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
