"""
Explains network errors to users: what failed, and what to check.

The explanations contain no password of a proxy, no path, and no text that a server sent.
"""

import re
import ssl
from typing import NamedTuple

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError
from urllib3.util import Url

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\b")
_PLAIN_HTTP = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
_CA_FILE = frozenset({"X509", "PEM"})  # the parts of OpenSSL that read certificates from files


class Cause(NamedTuple):
    """The cause of a network error."""

    what: str
    """The failure, with host and port."""
    advice: str
    """A sentence that says what to check."""


def cause_of(error: Exception, host: str, port: int, proxy: Url | None, timeout: urllib3.Timeout) -> Cause:
    """Explain an error raised by urllib3 or the operating system; `proxy` is the proxy used, if any."""
    place = f"{host}:{port}"
    if isinstance(error, ProxyError) and proxy:
        name, number, why = proxy.host or "", proxy.port or 0, error.original_error
        if refused := _TUNNEL.search(str(why)):
            what = f"the proxy {name}:{number} refused to connect to {place} (HTTP {refused[1]})"
        else:
            what = f"cannot connect to the proxy: {cause_of(why, name, number, None, timeout).what}"
        advice = "Check HTTPS_PROXY, HTTP_PROXY, or ALL_PROXY; hosts in NO_PROXY are called directly."
        return Cause(what, advice)
    if isinstance(error, SSLError):
        return _tls_cause(error.args[0], place)
    if isinstance(error, NameResolutionError):
        return Cause(f"the host name {host} cannot be resolved", "Check its spelling, the network, and DNS.")
    if isinstance(error.__cause__, ConnectionRefusedError):
        advice = "Check that a server listens on this port and that no firewall blocks it."
        return Cause(f"connection refused by {place}", advice)
    if isinstance(error, NewConnectionError):
        reason = getattr(error.__cause__, "strerror", None) or "no connection"
        return Cause(f"cannot connect to {place}: {reason.lower()}", "Check the network.")
    if isinstance(error, ConnectTimeoutError):
        advice = "Check the network and the firewall; if a proxy is required, set HTTPS_PROXY."
        return Cause(f"no connection to {place} within {_seconds(timeout.connect_timeout)}", advice)
    if isinstance(error, Urllib3TimeoutError):
        return Cause(f"no response from {place} within {_seconds(timeout.read_timeout)}", "Try again later.")
    return Cause(f"{place} closed the connection before the response was complete", "Try again later.")


def _tls_cause(error: object, place: str) -> Cause:
    if isinstance(error, ssl.SSLCertVerificationError):
        what = f"the certificate of {place} cannot be verified: {error.verify_message}"
        return Cause(
            what, "If a proxy inspects TLS, set REQUESTS_CA_BUNDLE to a file with its CA certificate."
        )
    if not isinstance(error, ssl.SSLError) or error.library in _CA_FILE:
        return Cause("the CA certificates cannot be read", "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.")
    if error.reason in _PLAIN_HTTP:
        return Cause(f"{place} does not speak TLS", "Use http:// for a local server that speaks plain HTTP.")
    reason = (error.reason or "no reason given").replace("_", " ").lower()
    return Cause(f"the TLS connection to {place} failed: {reason}", "Check proxies and firewalls on the way.")


def _seconds(duration: object) -> str:
    return f"{round(duration, 1):g} s" if isinstance(duration, int | float) else "the time limit"
