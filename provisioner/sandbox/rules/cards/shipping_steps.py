"""The test helpers for the steps of a shipment (docs.stripe.com/issuing/testing)."""

from collections.abc import Callable
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route
from provisioner.sandbox.rules.cards import design
from provisioner.sandbox.rules.cards.card import CARD
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.state.errors import invalid

Json = dict[str, Any]

_DAY = 86_400
# Step -> the statuses before it, and the status after it.
_STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    "submit": (("pending",), "submitted"),
    "ship": (("pending", "submitted"), "shipped"),
    "deliver": (("shipped",), "delivered"),
    "return": (("shipped",), "returned"),
    "fail": (("pending", "submitted", "shipped"), "failure"),
}


def _step(name: str) -> Callable[[HandlerCall], Json]:
    before, after = _STEPS[name]

    def handler(call: HandlerCall) -> Json:
        card = call.tx.fetch(CARD, call.id)
        shipment = card["shipping"]
        if shipment is None:
            raise invalid(f"Card {call.id} is virtual and has no shipment.")
        if shipment["status"] not in before:
            raise invalid(f"The shipment of {call.id} is {shipment['status']}; it cannot become {after}.")
        looks = card["personalization_design"]
        if after in {"shipped", "submitted"} and looks and design.named(call.tx, looks)["status"] == "review":
            raise invalid(f"Card {call.id} waits for the review of its design {looks}.")
        told: Json = {"status": after}
        if after == "shipped":
            told |= {
                "carrier": "usps",
                "eta": call.tx.now + 5 * _DAY,
                "shipped_at": call.tx.now,
                "tracking_number": "9400100000000000000000",
                "tracking_url": "https://tools.usps.com/go/TrackConfirmAction?tLabels=9400100000000000000000",
            }
        if after == "delivered":
            told["delivered_at"] = call.tx.now
        return save(call.tx, CARD, {**card, "shipping": shipment | told}, "issuing_card.updated")

    return handler


_URL = "/v1/test_helpers/issuing/cards/{id}/shipping/"
ROUTES = tuple(
    Route(
        "POST",
        _URL + name,
        _step(name),
        f"test_helpers.issuing.Card{name.title()}CardParams",
        "issuing_card",
        CARD,
        since="2024-09-30" if name == "submit" else "",  # SDK for Node, testHelpers.issuing.cards.submitCard
    )
    for name in _STEPS
)
