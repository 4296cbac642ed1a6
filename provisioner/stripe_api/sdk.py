"""
Writes through Stripe's SDK, which encodes parameters; a command that only reads does not load it.

The SDK does not retry status 429 and does not read Retry-After (SDK: _http_client.py), so its retries are
disabled.
"""

import io
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import PurePath
from typing import Any

import stripe

from provisioner.core.model.upload import Upload
from provisioner.net.address import parse_origin
from provisioner.stripe_api.credentials import STRIPE
from provisioner.stripe_api.failure import AnswerError, LostError
from provisioner.stripe_api.http import BoundedClient, Read, Reply, decode

# STRIPE_LOG=debug would make the SDK print whole requests with personal data
stripe._util.STRIPE_LOG = None  # noqa: SLF001 - it is read only once, at import (SDK: _util.py)
stripe.enable_telemetry = False

FILES = "https://files.stripe.com"  # docs.stripe.com/api/files/create
FILE_TIMEOUTS = (5.0, 40.0)  # seconds to connect, and for each read

_within: ContextVar[float | None] = ContextVar("_within")  # the SDK does not pass a time limit to its client


class _Client(stripe.HTTPClient):
    """Sends the SDK's requests with the client that all other requests use."""

    name = "urllib3"

    def __init__(self, *places: BoundedClient) -> None:
        super().__init__()
        self._places = places

    def request(  # type: ignore[override]  # SDK: its own client returns bytes, too
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request; raises as BoundedClient.exchange, and AnswerError for another address."""
        for http in self._places:
            origin = http.address.origin
            if url.startswith(f"{origin}/"):
                break
        else:
            raise AnswerError("Stripe's SDK would send a request to another address")
        path, within = url.removeprefix(origin), _within.get()
        answer = http.exchange(method.upper(), path, headers or {}, post_data, within=within)
        return answer.body, answer.status, answer.headers


class SdkWriter:
    """Sends POST and DELETE requests with one key to the address of `http`."""

    def __init__(self, api_key: str, version: str, account: str | None, http: BoundedClient) -> None:
        files = http if http.address.origin != STRIPE else BoundedClient(parse_origin(FILES), FILE_TIMEOUTS)
        self._client = stripe.StripeClient(
            api_key,
            stripe_account=account,
            stripe_version=version,
            base_addresses={"api": http.address.origin, "files": files.address.origin},
            max_network_retries=0,
            http_client=_Client(http, files),
        )

    def send(
        self,
        method: str,
        resource: str,
        params: Mapping[str, Any],
        key: str | None,
        read: Read,
        within: float | None,
    ) -> Reply:
        """Send one request to `/v1/<resource>`; `within` and errors are as in BoundedClient.request."""
        _within.set(within)
        options = {"idempotency_key": key} if key else {}
        try:
            if resource == "files":
                answer = self._upload(params["file"], key or "")
            else:
                answer = self._client.raw_request(method.lower(), f"/v1/{resource}", **params, **options)
        except (stripe.APIError, UnicodeError, RecursionError):
            raise LostError("Stripe's response is not JSON") from None
        return Reply(decode(answer.body.encode(), read, f"{method} /v1/{resource}"), answer.headers)

    def _upload(self, file: Upload, key: str) -> Any:
        content = io.BytesIO(file.content)
        content.name = PurePath(file.name).name  # the SDK sends it as the name of the file
        made = self._client.v1.files.create(
            {"purpose": file.purpose, "file": content},
            {"idempotency_key": key},
        )
        return made.last_response
