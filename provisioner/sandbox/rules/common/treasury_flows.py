"""
Flows of money into and out of financial accounts: received credits and debits, and reversals of debits.

docs.stripe.com/api/treasury. Captures of cards are received debits, refunds received credits, and won
disputes debit reversals.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import registered
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import emit, save
from provisioner.sandbox.rules.common.treasury_ledger import end, enter, open_transaction
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

REVERSAL = registered(
    Resource(
        "treasury.debit_reversal",
        "debrev_",
        "debit reversal",
        filters=("financial_account", "received_debit", "status"),
        expandable={"transaction": ("treasury.transaction",)},
    )
)
_NOWHERE: Json = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_MOVED: Json = {
    "network": "card",
    "failure_code": None,
    "hosted_regulatory_receipt_url": None,
    "livemode": False,
    "status": "succeeded",
}
CREDIT = registered(
    Resource(
        "treasury.received_credit",
        "rc_",
        "received credit",
        filters=("financial_account", "status"),
        show=without_private,
        expandable={"transaction": ("treasury.transaction",)},
    )
)
DEBIT = registered(
    Resource(
        "treasury.received_debit",
        "rd_",
        "received debit",
        filters=("financial_account", "status"),
        show=without_private,
        expandable={"transaction": ("treasury.transaction",)},
    )
)


def spend(tx: Tx, account_id: str, transaction: Mapping[str, Any]) -> Json:
    """Book a capture or a refund of a card, and return the `treasury` hash of its transaction."""
    linked: Json = {
        "issuing_authorization": transaction["authorization"],
        "issuing_transaction": transaction["id"],
    }
    details = {
        "billing_details": {"address": _NOWHERE, "email": None, "name": None},
        "issuing_card": transaction["card"],
        "type": "issuing_card",
    }
    moved = receive(tx, account_id, transaction["amount"], transaction["currency"], linked, details)
    is_credit = transaction["amount"] > 0
    return {
        "received_credit": moved["id"] if is_credit else None,
        "received_debit": None if is_credit else moved["id"],
    }


def receive(
    tx: Tx, account_id: str, amount: int, currency: str, linked: Json, details: Json, **more: Any
) -> Json:
    """
    Create and return a received credit (`amount` above 0) or debit (below 0), which moves the money at once.

    `more` overrides members; one with a `failure_code` failed, and moves nothing.
    """
    resource, kind = (CREDIT, "received_credit") if amount > 0 else (DEBIT, "received_debit")
    flows = (
        {"credit_reversal": None, "source_flow": None, "source_flow_type": None}
        if amount > 0
        else {"debit_reversal": None, "inbound_transfer": None, "payout": None, "topup": None}
    )
    made: Json = {
        "id": new_id(resource.prefix),
        "object": f"treasury.{kind}",
        "amount": abs(amount),
        "created": tx.now,
        "currency": currency,
        "description": "Card purchase" if amount < 0 else "Card refund",
        "financial_account": account_id,
        "initiating_payment_method_details": details,
        "linked_flows": flows | linked,
        "reversal_details": {"deadline": None, "restricted_reason": "source_flow_restricted"},
        "transaction": None,
        **_MOVED,
        **more,
    }
    if made["failure_code"] is None:
        opened = open_transaction(tx, account_id, currency, kind, made["id"], made["description"])
        made["transaction"] = opened["id"]
        enter(tx, opened["id"], kind, amount)
        end(tx, opened["id"], "posted")
    else:
        made["status"] = "failed"
    shown = keep(tx, resource, made, f"treasury.{kind}.created")
    if amount > 0:
        emit(tx, f"treasury.received_credit.{made['status']}", shown)
    return made


def dispute(tx: Tx, dispute_id: str, debit_id: str, amount: int) -> str:
    """Begin to reverse a received debit because its purchase is disputed, and return the reversal's id."""
    debit = tx.fetch(DEBIT, debit_id)
    made: Json = {
        "id": new_id(REVERSAL.prefix),
        "object": REVERSAL.object,
        "amount": amount,
        "created": tx.now,
        "currency": debit["currency"],
        "financial_account": debit["financial_account"],
        "hosted_regulatory_receipt_url": None,
        "linked_flows": {"issuing_dispute": dispute_id},
        "livemode": False,
        "metadata": {},
        "network": "card",
        "received_debit": debit_id,
        "status": "processing",
        "status_transitions": {"completed_at": None},
        "transaction": None,
    }
    keep(tx, REVERSAL, made, "treasury.debit_reversal.created")
    tx.put(DEBIT, {**debit, "linked_flows": {**debit["linked_flows"], "debit_reversal": made["id"]}})
    return str(made["id"])


def decide(tx: Tx, reversal_id: str, *, won: bool) -> None:
    """End a reversal: the money comes back to the financial account, or does not."""
    made = tx.fetch(REVERSAL, reversal_id)
    if not won:
        save(tx, REVERSAL, {**made, "status": "failed"})
        return
    opened = open_transaction(
        tx, made["financial_account"], made["currency"], "debit_reversal", made["id"], "Dispute"
    )
    enter(tx, opened["id"], "debit_reversal", made["amount"])
    end(tx, opened["id"], "posted")
    ended = {
        "status": "succeeded",
        "status_transitions": {"completed_at": tx.now},
        "transaction": opened["id"],
    }
    save(tx, REVERSAL, {**made, **ended}, "treasury.debit_reversal.completed")
