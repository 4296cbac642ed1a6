"""Replaces a lost card in the past, as its owner would."""

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.seeding.calls import PastCalls

Json = dict[str, Any]

_CARDS = "/v1/issuing/cards"


def renew(
    calls: PastCalls, at: int, card_id: str, renewed: Callable[[str, Mapping[str, str]], Mapping[str, str]]
) -> str | None:
    """
    Cancel a card as lost, create its replacement, and return the replacement's id.

    Does nothing and returns None for a card that is physical or not active. `renewed` returns the metadata of
    the replacement.
    """
    old = calls.tx(at).fetch(resource_of("issuing.card"), card_id)
    if old["type"] != "virtual" or old["status"] != "active":
        return None
    calls.post(at, f"{_CARDS}/{{id}}", {"status": "canceled", "cancellation_reason": "lost"}, card_id)
    given = {name: value for name, value in old["spending_controls"].items() if value}
    given.pop("spending_limits_currency", None)
    if old["_default_limit"]:
        given.pop("spending_limits", None)
    params: Json = {
        "cardholder": old["cardholder"],
        "currency": old["currency"],
        "metadata": dict(renewed(card_id, old["metadata"])),
        "replacement_for": card_id,
        "replacement_reason": "lost",
        "spending_controls": given,
        "status": "active",
        "type": old["type"],
    }
    if old["second_line"]:
        params["second_line"] = old["second_line"]
    return str(calls.post(at, _CARDS, params)["id"])
