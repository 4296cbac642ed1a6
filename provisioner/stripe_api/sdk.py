"""Stripe's SDK, which spells and sends what writes; a command that only reads never loads it.

The SDK itself retries neither 429 nor reads Retry-After (SDK: _http_client.py), so it is told not to
retry at all.
"""

from collections.abc import Mapping
from typing import Any

import stripe

from provisioner.stripe_api.http import BoundedClient, Reply

# STRIPE_LOG=debug would have the SDK print whole requests, personal data and all
stripe._util.STRIPE_LOG = None  # noqa: SLF001 - it is read once, at import (SDK: _util.py)
stripe.enable_telemetry = False


class _Kept(dict[str, str]):
    """The `reply` in the place of headers: the SDK would read its body again, four times as slow."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class _Client(stripe.HTTPClient):
    """Sends the SDK's requests as all others are sent."""

    name = "urllib3"

    def __init__(self, http: BoundedClient) -> None:
        super().__init__()
        self._http = http

    def request(  # type: ignore[override]  # SDK: bytes are what its own client answers, too
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request; raises as BoundedClient.request does."""
        return b"{}", 200, _Kept(self._http.request(method.upper(), url, headers or {}, post_data))


class SdkWriter:
    """Sends POST requests with one key; `base` is Stripe's address unless another is given."""

    def __init__(
        self, api_key: str, version: str, account: str | None, base: str | None, http: BoundedClient
    ) -> None:
        self._client = stripe.StripeClient(
            api_key,
            stripe_account=account,
            stripe_version=version,
            base_addresses={"api": base} if base else None,
            max_network_retries=0,
            http_client=_Client(http),
        )

    def post(self, resource: str, params: Mapping[str, Any], key: str | None) -> Reply:
        """Send one request to `/v1/<resource>`; raises as BoundedClient.request does."""
        options = {"idempotency_key": key} if key else {}
        answer = self._client.raw_request("post", f"/v1/{resource}", **params, **options)
        reply: Reply = answer.headers.reply
        return reply
