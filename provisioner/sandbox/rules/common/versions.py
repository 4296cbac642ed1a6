"""
The form of responses in older API versions, back to 2024-12-18.acacia.

docs.stripe.com/api/versioning. Each row of the table is a change of Issuing's responses, with its page in
Stripe's changelog; for an older version, a response is changed back.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

Json = dict[str, Any]
Undo = Callable[[Json], None]


class ApiChange(NamedTuple):
    """A change of responses by a new API version."""

    version: str
    """The version that brought the change."""
    kind: str
    """The objects that changed (`issuing.card`)."""
    page: str
    """The page below docs.stripe.com/changelog that describes it."""
    undo: Undo
    """Changes an object back, in place; members may be missing."""


def _without(*names: str) -> Undo:
    def undo(shown: Json) -> None:
        for name in names:
            shown.pop(name, None)

    return undo


def _without_presences(shown: Json) -> None:
    _without("allowed_card_presences", "blocked_card_presences")(shown.get("spending_controls") or {})


def _expired_as_reversed(shown: Json) -> None:
    if shown.get("status") == "expired":
        shown["status"] = "reversed"


def _no_network_fallback(shown: Json) -> None:
    # docs.stripe.com/changelog/acacia/2024-12-18/issuing-auths-when-stripe-unavailable
    for one in shown.get("request_history", ()):
        if one["reason"] == "network_fallback":
            one["reason"] = "card_active" if one["approved"] else "webhook_error"


# Newest first, as changes are undone in this order.
CHANGES = (
    ApiChange(
        "2026-04-22.dahlia",
        "issuing.authorization",
        "dahlia/2026-04-22/issuing-card-presence-spending-control",
        _without("card_presence"),
    ),
    *(
        ApiChange(
            "2026-04-22.dahlia",
            kind,
            "dahlia/2026-04-22/issuing-card-presence-spending-control",
            _without_presences,
        )
        for kind in ("issuing.card", "issuing.cardholder")
    ),
    ApiChange(
        "2026-03-25.dahlia",
        "issuing.card",
        "dahlia/2026-03-25/issuing-card-lifecycle-controls",
        _without("lifecycle_controls"),
    ),
    ApiChange(
        "2025-11-17.clover",
        "issuing.card",
        "clover/2025-11-17/issuing-fraud-warnings",
        _without("latest_fraud_warning"),
    ),
    ApiChange(
        "2025-09-30.clover",
        "issuing.card",
        "clover/2025-09-30/issuing_card_second_line",
        _without("second_line"),
    ),
    ApiChange(
        "2025-05-28.basil",
        "balance_transaction",
        "basil/2025-05-28/add-balance-type-to-balance-transactions",
        _without("balance_type"),
    ),
    ApiChange(
        "2025-03-31.basil",
        "issuing.authorization",
        "basil/2025-03-31/issuing-authorizations-expired",
        _expired_as_reversed,
    ),
    ApiChange(
        "2025-03-31.basil",
        "issuing.authorization",
        "basil/2025-03-31/new-network-fallback-issuing-authorization-reason-code",
        _no_network_fallback,
    ),
)
EXPIRED_SINCE = "2025-03-31.basil"


def is_older(version: str, other: str) -> bool:
    """Return True if an API version is older than another one."""
    return version[:10] < other[:10]


def is_current(version: str) -> bool:
    """Return True if no response differs in an API version."""
    return not is_older(version, CHANGES[0].version)


def undo(shown: Any, version: str) -> None:
    """
    Change a response, in place, to the form that it has in an API version.

    Events stay unchanged: their data has the account's version, not the request's.
    """
    if isinstance(shown, list):
        for item in shown:
            undo(item, version)
    elif isinstance(shown, dict) and shown.get("object") != "event":
        _undo_one(shown, str(shown.get("object")), version)
        for value in shown.values():
            undo(value, version)


def event_as_of(event: Json, version: str) -> Json:
    """Return an event in the form in which an endpoint with an API version gets it."""
    data = event["data"]
    undo(data["object"], version)
    _undo_one(data.get("previous_attributes", {}), data["object"]["object"], version)
    return {**event, "api_version": version}


def _undo_one(shown: Json, kind: str, version: str) -> None:
    for change in CHANGES:
        if change.kind == kind and is_older(version, change.version):
            change.undo(shown)
