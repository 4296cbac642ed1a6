"""What a sandbox is told beside Stripe's API: to forget everything, to let time pass, to fail."""

from collections.abc import Mapping
from typing import Any

import msgspec

from provisioner.net.address import parse_origin
from provisioner.net.client import MEGABYTE, Bounds, HttpClient

BOUNDS = Bounds(connect=5, read=30, whole=60, largest=MEGABYTE)
REFUSALS = 400


def control(base: str, what: str, asked: Mapping[str, Any]) -> Any:
    """
    Tell the sandbox at `base` something and return what it answers.

    Raises WireError, and ValueError where the sandbox refuses.
    """
    client = HttpClient(parse_origin(base), BOUNDS)
    try:
        answer = client.request("POST", f"/_sandbox/{what}", body=msgspec.json.encode(asked))
    finally:
        client.close()
    if answer.status >= REFUSALS:
        raise ValueError(f"the sandbox rejected /_sandbox/{what} (HTTP {answer.status})")
    return msgspec.json.decode(answer.body)
