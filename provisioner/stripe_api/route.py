"""The way to an address: through which proxy, and whose certificates are trusted."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3

from provisioner.core.problem import AccessError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def pool_through(base: str, **options: Any) -> urllib3.PoolManager:
    """
    Connections to an address, by way of the environment's proxy but for what is on this machine.

    `options` are those of urllib3's pools. Raises AccessError for a proxy that cannot be used.
    """
    address = urlsplit(base)
    if address.hostname in LOOPBACK:
        return urllib3.PoolManager(**options, **(_trust({}) if address.scheme == "https" else {}))
    options |= _trust(os.environ)
    proxy = _proxy(address.scheme, address.netloc)
    if not proxy:
        return urllib3.PoolManager(**options)
    try:
        return _through(proxy if "://" in proxy else f"http://{proxy}", options)
    except ValueError:
        says = "the proxy for Stripe (HTTPS_PROXY, ALL_PROXY) is no http:// or https:// address"
        raise AccessError(says) from None


def _through(proxy: str, options: Mapping[str, Any]) -> urllib3.ProxyManager:
    parts = urlsplit(proxy)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or host.split() != [host]:  # urllib3 before 2.8 takes blanks
        raise ValueError
    who = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return urllib3.ProxyManager(url, proxy_headers=urllib3.make_headers(proxy_basic_auth=who), **options)


def _proxy(scheme: str, netloc: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - who stays here pays nothing for it

    if proxy_bypass(netloc):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


def _trust(environ: Mapping[str, str]) -> dict[str, Any]:
    """Whose certificates are trusted: a file's or folder's that the environment names, or the usual ones."""
    import certifi  # noqa: PLC0415 - plain HTTP on this machine needs no certificates

    named = next(filter(None, map(environ.get, BUNDLES)), None) or certifi.where()
    return {"ca_cert_dir" if Path(named).is_dir() else "ca_certs": named}
