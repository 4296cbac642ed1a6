"""Finds the proxy for an address, and the certificates to trust there."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import urllib3
from urllib3.util import parse_url

from provisioner.core.model.errors import AccessError
from provisioner.net.address import WebAddress

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXY = "the proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) is not an http:// or https:// address"


def pool_to(address: WebAddress, **options: Any) -> urllib3.PoolManager:
    """
    Return a connection pool for an address, through the proxy in the environment.

    Addresses on this machine never use a proxy. `options` are passed to urllib3's pools. Raises AccessError
    if the proxy cannot be used.
    """
    if address.is_loopback:
        return urllib3.PoolManager(**options, **(_trust({}) if address.scheme == "https" else {}))
    # the standard library knows where each system stores its proxies; not imported for this machine's
    # addresses
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415, TID251 - cold start

    options |= _trust(os.environ)
    proxies = {} if proxy_bypass(address.origin.partition("://")[2]) else getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    if not proxy:
        return urllib3.PoolManager(**options)
    try:
        return _through(proxy if "://" in proxy else f"http://{proxy}", options)
    except ValueError:
        raise AccessError(PROXY) from None


def _through(proxy: str, options: Mapping[str, Any]) -> urllib3.ProxyManager:
    parts = parse_url(proxy)
    host = parts.host or ""
    if parts.scheme not in ("http", "https") or host.split() != [host] or "\\" in proxy:
        raise ValueError
    who = unquote(parts.auth) if parts.auth else None
    url = f"{parts.scheme}://{parts.netloc}"
    return urllib3.ProxyManager(url, proxy_headers=urllib3.make_headers(proxy_basic_auth=who), **options)


def _trust(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return urllib3's option for trusted certificates: a file or folder named in `environ`, or certifi's."""
    import certifi  # noqa: PLC0415 - cold start: plain HTTP on this machine needs no certificates

    named = next(filter(None, map(environ.get, BUNDLES)), None) or certifi.where()
    return {"ca_cert_dir" if Path(named).is_dir() else "ca_certs": named}
