r"""
Web addresses, parsed once and stored as their parts.

Parsers disagree about unusual addresses: in `http://evil.example\@127.0.0.1` one sees this machine, and
another connects to evil.example. So addresses are parsed by the library that connects (urllib3), unusual ones
are rejected, and requests go to the parts that were checked.
"""

import re

from msgspec import Struct
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
PORTS = {"http": 80, "https": 443}
_PLAIN = re.compile(r"[!-\[\]-~]+")  # printable ASCII without spaces and backslashes
_ORIGIN = re.compile(r"\w+://[^/?#%@]+/?")
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


class AddressError(ValueError):
    """
    A string is not a usable address. The message does not repeat the string, because it may contain a
    password.
    """


class WebAddress(Struct, frozen=True):
    """A web address: where to connect, and the path to request."""

    scheme: str
    """`http` or `https`."""
    host: str
    """The name in lower case, or the IP address; one of version 6 in brackets."""
    port: int
    """The port; the default port of the scheme if the address has none."""
    path: str = "/"
    """The path and the query, as sent."""

    @property
    def origin(self) -> str:
        """The scheme, host, and port; the default port of the scheme is left out."""
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def is_loopback(self) -> bool:
        """True if the address is on this machine."""
        return self.host in LOOPBACK

    @property
    def is_private(self) -> bool:
        """True if nobody on the way can read requests: https, or an address on this machine."""
        return self.scheme == "https" or self.is_loopback


def parse_address(text: str) -> WebAddress:
    """Parse an http:// or https:// address; raises AddressError."""
    if not text:
        raise AddressError("is empty")
    if not _PLAIN.fullmatch(text):
        raise AddressError(
            "contains a space, a backslash, or another character that is not allowed in an address"
        )
    try:
        parts = parse_url(text)
    except LocationParseError:
        raise AddressError("is not a valid address") from None
    if parts.scheme not in PORTS:
        raise AddressError("does not start with http:// or https://")
    if parts.auth is not None:
        raise AddressError("contains a user name or a password")
    if not parts.host or not _HOST.fullmatch(parts.host):
        raise AddressError("does not have a valid host")
    return WebAddress(parts.scheme, parts.host, parts.port or PORTS[parts.scheme], parts.request_uri)


def parse_origin(text: str) -> WebAddress:
    """Parse an address that has only scheme, host, and port, and at most a slash; raises AddressError."""
    address = parse_address(text)
    if not _ORIGIN.fullmatch(text):
        raise AddressError("contains more than scheme, host, and port")
    return address
