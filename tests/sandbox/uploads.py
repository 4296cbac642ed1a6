"""Uploads of files, as Stripe's SDK sends them."""

import io
from typing import Any

from stripe import StripeClient

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4 + b"\r\n--\r\n\n\r"
PDF = b"%PDF-1.4 evidence"


def client(api: Any) -> StripeClient:
    """Stripe's client, with the sandbox in the place of both of Stripe's hosts."""
    return StripeClient(api.key, base_addresses={"api": api.base, "files": api.base}, max_network_retries=0)


def upload(api: Any, purpose: str = "dispute_evidence", content: bytes = PNG, **more: Any) -> dict[str, Any]:
    """An uploaded file."""
    asked: Any = {"purpose": purpose, "file": io.BytesIO(content), **more}
    return client(api).v1.files.create(asked).to_dict()
