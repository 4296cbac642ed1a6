"""
Payouts: money that leaves the payments or the Issuing balance for the account's bank.

docs.stripe.com/api/payouts; for the Issuing balance docs.stripe.com/issuing/connect/funding.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, action, registered
from provisioner.sandbox.rules.common import ledger, unknowns
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.currencies import currency
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.common.programs import account_of, issues
from provisioner.sandbox.rules.money.topup import check_descriptor
from provisioner.sandbox.state.errors import invalid, no_such
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

PAYOUT = registered(
    Resource(
        "payout",
        "po_",
        "payout",
        filters=("destination", "status"),
        show=without_private,
        expandable={
            "application_fee": (),
            "balance_transaction": ("balance_transaction",),
            "destination": (),
            "failure_balance_transaction": ("balance_transaction",),
            "original_payout": ("payout",),
            "reversed_by": ("payout",),
        },
    )
)
_DESCRIPTOR = 22
_ARRIVES_AFTER = 2 * 86_400
_NO_TRACE: Json = {"status": "pending", "value": None}


def create(call: HandlerCall) -> Json:
    """Create a payout, which stays pending until it arrives; its amount leaves the balance immediately."""
    tx, params = call.tx, call.params
    _refuse(tx, params)
    source, code = params.get("source_balance", "payments"), params["currency"].lower()
    payout_id = new_id(PAYOUT.prefix)
    entry = ledger.book(tx, source, -params["amount"], code, "payout", payout_id, "STRIPE PAYOUT")
    payout: Json = {
        "id": payout_id,
        "object": "payout",
        "amount": params["amount"],
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": tx.now + _ARRIVES_AFTER,
        "automatic": False,
        "balance_transaction": entry["id"],
        "created": tx.now,
        "currency": code,
        "description": params.get("description"),
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": merged({}, params),
        "method": params.get("method", "standard"),
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": params.get("source_type", "card"),
        "statement_descriptor": params.get("statement_descriptor"),
        "status": "pending",
        "trace_id": _NO_TRACE,
        "type": "bank_account",
        "_balance": source,
    }
    tx.schedule(payout["arrival_date"], "payout.arrive", payout_id)
    return keep(tx, PAYOUT, payout, "payout.created")


def update(call: HandlerCall) -> Json:
    """Update the metadata of a payout."""
    payout = call.tx.fetch(PAYOUT, call.id)
    payout["metadata"] = merged(payout["metadata"], call.params)
    return save(call.tx, PAYOUT, payout, "payout.updated")


def cancel(call: HandlerCall) -> Json:
    """Cancel a pending payout; the money returns to its balance."""
    payout = call.tx.fetch(PAYOUT, call.id)
    if payout["status"] != "pending":
        raise invalid(f"Payout {call.id} cannot be canceled because it is {payout['status']}.")
    entry = ledger.book(
        call.tx, payout["_balance"], payout["amount"], payout["currency"], "payout_cancel", call.id
    )
    after = {**payout, "status": "canceled", "failure_balance_transaction": entry["id"]}
    return save(call.tx, PAYOUT, after, "payout.canceled")


@action("payout.arrive")
def arrive(tx: Tx, payout_id: str) -> None:
    """Complete a pending payout."""
    payout = tx.fetch(PAYOUT, payout_id)
    if payout["status"] == "pending":
        trace: Json = {"status": "unsupported", "value": None}
        save(tx, PAYOUT, {**payout, "status": "paid", "trace_id": trace}, "payout.paid")


def _refuse(tx: Tx, params: Mapping[str, Any]) -> None:
    if params["amount"] <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    gated = not issues(account_of(tx)) or not unknowns.on(tx, "issuing_payouts")
    if "source_balance" in params and gated:
        raise invalid("Received unknown parameter: source_balance", "source_balance", "parameter_unknown")
    check_descriptor(params, _DESCRIPTOR)
    for name in ("destination", "payout_method"):
        if name in params:
            raise no_such(name.replace("_", " "), params[name], name)
    if params.get("method") == "instant":
        raise invalid("This account has no bank account or card that supports instant payouts.", "method")
    code = currency(params["currency"], "currency")
    if params["amount"] > ledger.available(tx, params.get("source_balance", "payments")).get(code, 0):
        raise invalid(
            "You have insufficient funds in your Stripe balance for this transfer.",
            "amount",
            "balance_insufficient",
        )


_URL = "/v1/payouts"
ROUTES = (
    Route("POST", _URL, create, "PayoutCreateParams", "payout", PAYOUT),
    Route("GET", _URL, listed(PAYOUT, _URL), "PayoutListParams", "payout", PAYOUT),
    Route("GET", _URL + "/{id}", retrieve(PAYOUT), "PayoutRetrieveParams", "payout", PAYOUT),
    Route("POST", _URL + "/{id}", update, "PayoutUpdateParams", "payout", PAYOUT),
    Route("POST", _URL + "/{id}/cancel", cancel, "PayoutCancelParams", "payout", PAYOUT),
)
