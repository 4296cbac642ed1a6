"""Metadata: up to 50 keys of 40 characters, and values of 500 (docs.stripe.com/api/metadata)."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.state.errors import invalid

_MOST_KEYS = 50
_LONGEST_KEY = 40
_LONGEST_VALUE = 500


def merged(before: Mapping[str, str], params: Mapping[str, Any]) -> dict[str, str]:
    """
    Return the metadata after a request.

    Keys that are not in the request stay, an empty value unsets its key, and an empty `metadata` unsets all
    keys. Raises ApiError (400) beyond Stripe's limits.
    """
    given = params.get("metadata")
    if given is None:
        return dict(before)
    if given == "":
        return {}
    for key, value in given.items():
        param = f"metadata[{key}]"
        if len(key) > _LONGEST_KEY:
            raise invalid(
                f"Metadata keys can be up to {_LONGEST_KEY} characters long; {key!r} has {len(key)}.", param
            )
        if len(value) > _LONGEST_VALUE:
            raise invalid(
                f"Metadata values can be up to {_LONGEST_VALUE} characters long; {key!r} has {len(value)}.",
                param,
            )
    after = {key: value for key, value in {**before, **given}.items() if value != ""}
    if len(after) > _MOST_KEYS:
        raise invalid(
            f"You can have up to {_MOST_KEYS} metadata keys; this would make {len(after)}.", "metadata"
        )
    return after
