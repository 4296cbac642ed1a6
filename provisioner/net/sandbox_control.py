"""A client for the sandbox's control API, which resets it, moves its clock, and makes requests fail."""

from collections.abc import Mapping
from typing import Any

import msgspec

from provisioner.net.address import parse_origin
from provisioner.net.client import MEGABYTE, Bounds, HttpClient

BOUNDS = Bounds(connect=5, read=30, whole=60, largest=MEGABYTE)
REFUSALS = 400


def control(base: str, what: str, asked: Mapping[str, Any]) -> Any:
    """
    Send a request to `/_sandbox/<what>` of the sandbox at `base` and return the values in its response.

    Raises WireError, and ValueError if the sandbox rejects the request.
    """
    client = HttpClient(parse_origin(base), BOUNDS)
    try:
        answer = client.request("POST", f"/_sandbox/{what}", body=msgspec.json.encode(asked))
    finally:
        client.close()
    if answer.status >= REFUSALS:
        raise ValueError(f"the sandbox rejected /_sandbox/{what} (HTTP {answer.status})")
    return msgspec.json.decode(answer.body)
