"""
Settlements, the daily sums that a program with its own BIN owes a card network.

Not in the SDK, but in Stripe's OpenAPI description (`issuing.settlement`); a test helper creates them.
"""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.currencies import currency
from provisioner.sandbox.rules.common.listing import retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, as_they_are, new_id

Json = dict[str, Any]

SETTLEMENT = registered(Resource("issuing.settlement", "ise_", "issuing settlement", texts=as_they_are))


def create(call: HandlerCall) -> Json:
    """Create a pending settlement; amounts that the request lacks are 0."""
    tx, params = call.tx, call.params
    if params.get("transaction_count", 0) < 0:
        raise invalid("Invalid non-negative integer", "transaction_count", "parameter_invalid_integer")
    settlement: Json = {
        "id": new_id(SETTLEMENT.prefix),
        "object": "issuing.settlement",
        "bin": params["bin"],
        "clearing_date": params["clearing_date"],
        "created": tx.now,
        "currency": currency(params["currency"], "currency"),
        "interchange_fees_amount": params.get("interchange_fees_amount", 0),
        "livemode": False,
        "metadata": {},
        "net_total_amount": params["net_total_amount"],
        "network": params.get("network", "visa"),
        "network_fees_amount": 0,
        "network_settlement_identifier": params.get("network_settlement_identifier", new_id("", 10)),
        "settlement_service": "international",
        "status": "pending",
        "transaction_amount": params.get("transaction_amount", 0),
        "transaction_count": params.get("transaction_count", 0),
    }
    return keep(tx, SETTLEMENT, settlement)


def update(call: HandlerCall) -> Json:
    """Update the metadata of a settlement."""
    settlement = call.tx.fetch(SETTLEMENT, call.id)
    settlement["metadata"] = merged(settlement["metadata"], call.params)
    return save(call.tx, SETTLEMENT, settlement)


def complete(call: HandlerCall) -> Json:
    """Complete a pending settlement."""
    settlement = call.tx.fetch(SETTLEMENT, call.id)
    if settlement["status"] != "pending":
        raise invalid(f"Settlement {call.id} is already complete.")
    return save(call.tx, SETTLEMENT, {**settlement, "status": "complete"})


_ONE = "/v1/issuing/settlements/{id}"
_TEST = "/v1/test_helpers/issuing/settlements"
_SCOPE = "issuing_settlement"
ROUTES = (
    Route("GET", _ONE, retrieve(SETTLEMENT), "own.Nothing", _SCOPE, SETTLEMENT),
    Route("POST", _ONE, update, "own.SettlementUpdate", _SCOPE, SETTLEMENT),
    Route("POST", _TEST, create, "own.SettlementCreate", _SCOPE, SETTLEMENT),
    Route("POST", _TEST + "/{id}/complete", complete, "own.Nothing", _SCOPE, SETTLEMENT),
)
