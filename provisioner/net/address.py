r"""Addresses, read once and kept as their parts.

Two parsers disagree about odd addresses: in `http://evil.example\@127.0.0.1` one sees this machine, and the
other one connects to evil.example. So addresses are read by the parser of the library that connects
(urllib3's), odd ones are refused, and requests go to the parts that were judged.
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
    """A text that is not a usable address; says why and repeats nothing of it, as it may hold a password."""


class WebAddress(Struct, frozen=True):
    """Where to connect to, and what to ask for there."""

    scheme: str
    """`http` or `https`."""
    host: str
    """The name in lower case, or the IP address; one of version 6 in brackets."""
    port: int
    """The port, also where the text leaves it to the scheme."""
    path: str = "/"
    """The path with the query, as it is sent."""

    @property
    def origin(self) -> str:
        """The scheme, host and port, without a port that the scheme implies."""
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine."""
        return self.host in LOOPBACK

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent: by https, or on this machine."""
        return self.scheme == "https" or self.is_loopback


def parse_address(text: str) -> WebAddress:
    """Read an http:// or https:// address; raises AddressError."""
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
    """Read an address of scheme, host and port, and a slash at most; raises AddressError."""
    address = parse_address(text)
    if not _ORIGIN.fullmatch(text):
        raise AddressError("contains more than scheme, host, and port")
    return address
