"""
Checks that requests come from programs on this machine, not from web pages in a browser.

A web page can make a browser send requests to this machine. With a host name that first resolves to its own
server and then to 127.0.0.1 (DNS rebinding), it can also read the responses. The request reveals both, in its
`Host` and in its `Origin`. Stripe's SDKs, its CLI, and curl send no `Origin`.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit


def refusal(headers: Iterable[tuple[bytes, bytes]], *, local: bool) -> str:
    """
    Return why a request with these headers (names in lower case) is rejected; empty if it is accepted.

    If `local` is false, the sandbox also serves other machines, which may know it by any name.
    """
    found = {name: value for name, value in headers if name in (b"host", b"origin")}
    host = found.get(b"host", b"").decode("latin-1")
    if local and not _is_loopback(host):
        return f"The sandbox accepts only requests to this machine (http://127.0.0.1), not to {host!r}."
    origin = found.get(b"origin")
    if origin is not None and origin.decode("latin-1").lower() != f"http://{host}".lower():
        return "The sandbox does not accept requests from web pages of other origins."
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
