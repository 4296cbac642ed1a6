"""All objects of a list at Stripe, as any client would page through them."""

from typing import Any

import requests


def pages(base: str, path: str, key: str = "sk_test_1", **params: Any) -> list[dict[str, Any]]:
    """All objects of a list, newest first."""
    found: list[dict[str, Any]] = []
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        while True:
            after = {"starting_after": found[-1]["id"]} if found else {}
            asked = {"limit": 100, **params, **after}
            page = session.get(f"{base}/v1/{path}", params=asked, timeout=30).json()
            found += page["data"]
            if not page["has_more"]:
                return found
