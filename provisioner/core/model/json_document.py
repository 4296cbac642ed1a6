"""The parts that several JSON documents have in common."""

from typing import Annotated

from msgspec import Meta, Struct

# for every document except the plan; docs/reference/json.md says what the version promises
FORMAT_VERSION = "1.0"
Count = Annotated[int, Meta(ge=0)]
Currency = Annotated[
    str, Meta(description="Three small letters: usd.", extra_json_schema={"pattern": "^[a-z]{3}$"})
]
Format = Annotated[str, Meta(extra_json_schema={"const": FORMAT_VERSION})]


class TraceDocument(Struct, frozen=True):
    """The Stripe event that changed a value."""

    at: str
    """The time of the event: ISO 8601, in UTC."""
    event: str
    """The id of the event."""
    request: str | None
    """The id of the request; null if Stripe itself or the Dashboard made the change."""


class MovedMoney(Struct, frozen=True):
    """An amount that is topped up."""

    currency: Currency
    amount: int
    """In minor units."""
