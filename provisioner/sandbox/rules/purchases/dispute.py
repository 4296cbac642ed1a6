"""
Disputes of captured transactions (docs.stripe.com/issuing/purchases/disputes).

A dispute is unsubmitted, then submitted, then won or lost; it expires if it is not submitted in time. A card
network decides it, or in test mode the explanation `winning_evidence` or `losing_evidence`.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, action, registered, resource_of
from provisioner.sandbox.rules.common import ledger, treasury_flows, unknowns
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import emit, previous_attributes, save
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.purchases import dispute_evidence
from provisioner.sandbox.rules.purchases.kinds import TRANSACTION
from provisioner.sandbox.state.errors import exclusive, invalid
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

_DAY = 86_400
_EXPIRES = 110 * _DAY  # seconds after the capture
# seconds after the capture, for Visa; all cards of the sandbox are Visa cards
_AUTHORIZATION_DISPUTE = 65 * _DAY
_DECIDED_AFTER = 5  # seconds; Stripe's page says "in the seconds after you submit"
_OUTCOMES: Mapping[str, str] = {"winning_evidence": "won", "losing_evidence": "lost"}
_LOSS_REASONS = frozenset(
    {
        "cardholder_authentication_issuer_liability",
        "eci5_token_transaction_with_tavv",
        "excess_disputes_in_timeframe",
        "has_not_met_the_minimum_dispute_amount_requirements",
        "invalid_duplicate_dispute",
        "invalid_incorrect_amount_dispute",
        "invalid_no_authorization",
        "invalid_use_of_disputes",
        "merchandise_delivered_or_shipped",
        "merchandise_or_service_as_described",
        "not_cancelled",
        "other",
        "refund_issued",
        "submitted_beyond_allowable_time_limit",
        "transaction_3ds_required",
        "transaction_approved_after_prior_fraud_dispute",
        "transaction_authorized",
        "transaction_electronically_read",
        "transaction_qualifies_for_visa_easy_payment_service",
        "transaction_unattended",
    }
)


def _entries(tx: Tx, shown: Json) -> Json:
    entries = resource_of("balance_transaction")
    return {
        "balance_transactions": [entries.shown(tx, one) for one in tx.fetch(DISPUTE, shown["id"])["_entries"]]
    }


DISPUTE: Resource = registered(
    Resource(
        "issuing.dispute",
        "idp_",
        "issuing dispute",
        filters=("status", "transaction"),
        show=without_private,
        expandable={"transaction": ("issuing.transaction",)},
        embedded={"evidence": "issuing.dispute.evidence"},
        secret={"balance_transactions": _entries},
    )
)


def create(call: HandlerCall) -> Json:
    """Dispute a transaction; its evidence can be incomplete."""
    tx, params = call.tx, call.params
    transaction = _disputed(tx, params)
    evidence = dispute_evidence.changed(tx, {}, params.get("evidence", {}))
    _refuse(tx, transaction, evidence)
    if transaction["dispute"] is not None:
        raise invalid(f"Transaction {transaction['id']} has already been disputed.", "transaction")
    dispute: Json = {
        "id": new_id(DISPUTE.prefix),
        "object": "issuing.dispute",
        "amount": _amount(transaction, params.get("amount", -transaction["amount"])),
        "created": tx.now,
        "currency": transaction["currency"],
        "evidence": evidence,
        "livemode": False,
        "metadata": merged({}, params),
        "status": "unsubmitted",
        "transaction": transaction["id"],
        "_entries": [],
        "_credited": 0,
    }
    if "treasury" in params:
        dispute["treasury"] = {"debit_reversal": None, **params["treasury"]}
    tx.schedule(transaction["created"] + _EXPIRES, "dispute.expire", dispute["id"])
    shown = keep(tx, DISPUTE, dispute, "issuing_dispute.created")
    save(tx, TRANSACTION, {**transaction, "dispute": dispute["id"]}, "issuing_transaction.updated")
    return shown


def update(call: HandlerCall) -> Json:
    """Update a dispute; once it is submitted or has expired, only its metadata."""
    tx, params = call.tx, call.params
    dispute = tx.fetch(DISPUTE, call.id)
    fixed = sorted({"amount", "evidence"} & params.keys())
    if fixed and dispute["status"] != "unsubmitted":
        raise invalid(
            f"Dispute {call.id} is {dispute['status']}; only its metadata can be updated.", fixed[0]
        )
    transaction = tx.fetch(TRANSACTION, dispute["transaction"])
    if "amount" in params:
        dispute["amount"] = _amount(transaction, params["amount"])
    if "evidence" in params:
        dispute["evidence"] = dispute_evidence.changed(tx, dispute["evidence"], params["evidence"])
        _refuse(tx, transaction, dispute["evidence"])
    dispute["metadata"] = merged(dispute["metadata"], params)
    return save(tx, DISPUTE, dispute, "issuing_dispute.updated")


def submit(call: HandlerCall) -> Json:
    """Submit a dispute to the card network; raises ApiError if required evidence is missing."""
    tx = call.tx
    dispute = tx.fetch(DISPUTE, call.id)
    if dispute["status"] != "unsubmitted":
        raise invalid(f"Dispute {call.id} is {dispute['status']} and can no longer be submitted.")
    evidence = dispute["evidence"]
    _refuse(tx, tx.fetch(TRANSACTION, dispute["transaction"]), evidence)
    if unknowns.on(tx, "dispute_evidence_required"):
        dispute_evidence.require_all(evidence)
    if "treasury" in dispute:
        debit = dispute["treasury"]["received_debit"]
        dispute["treasury"]["debit_reversal"] = treasury_flows.dispute(tx, call.id, debit, dispute["amount"])
    dispute |= {"status": "submitted", "metadata": merged(dispute["metadata"], call.params)}
    if evidence[evidence["reason"]]["explanation"] in _OUTCOMES:
        tx.schedule(tx.now + _DECIDED_AFTER, "dispute.decide", call.id)
    return save(tx, DISPUTE, dispute, "issuing_dispute.submitted")


def credit(tx: Tx, dispute_id: str) -> Json:
    """Credit the disputed amount provisionally; raises ApiError unless the dispute is submitted."""
    dispute = _submitted(tx, dispute_id)
    if "treasury" in dispute:
        raise invalid("Financial accounts get no provisional credit in the sandbox.")
    if dispute["_credited"]:
        raise invalid(f"Dispute {dispute_id} already has a provisional credit.")
    amount = dispute["amount"]
    _book(tx, dispute, amount, "issuing_dispute_provisional_credit")
    dispute["_credited"] = amount
    return _told(tx, dispute, "issuing_dispute.funds_reinstated")


def win(tx: Tx, dispute_id: str) -> Json:
    """Win a submitted dispute: the amount is credited, unless it was credited provisionally already."""
    dispute = _submitted(tx, dispute_id) | {"status": "won"}
    if "treasury" in dispute:
        treasury_flows.decide(tx, dispute["treasury"]["debit_reversal"], won=True)
        _told(tx, dispute, "issuing_dispute.funds_reinstated")
    elif not dispute["_credited"]:
        _book(tx, dispute, dispute["amount"], "issuing_dispute")
        _told(tx, dispute, "issuing_dispute.funds_reinstated")
    return _told(tx, dispute, "issuing_dispute.closed")


def lose(tx: Tx, dispute_id: str, reason: str = "other") -> Json:
    """Lose a submitted dispute; a provisional credit is taken back. Raises ApiError for an unknown reason."""
    if reason not in _LOSS_REASONS:
        raise invalid(f"Invalid loss reason: must be one of {', '.join(sorted(_LOSS_REASONS))}")
    dispute = _submitted(tx, dispute_id) | {"status": "lost", "loss_reason": reason}
    if "treasury" in dispute:
        treasury_flows.decide(tx, dispute["treasury"]["debit_reversal"], won=False)
    if dispute["_credited"]:
        _book(tx, dispute, -dispute["_credited"], "issuing_dispute_provisional_credit_reversal")
        _told(tx, dispute, "issuing_dispute.funds_rescinded")
    return _told(tx, dispute, "issuing_dispute.closed")


def decide_by_helper(call: HandlerCall) -> Json:
    """Decide a submitted dispute at a path that only Stripe's CLI uses (trigger issuing_dispute.closed)."""
    return win(call.tx, call.id) if call.params["status"] == "won" else lose(call.tx, call.id)


@action("dispute.decide")
def decide(tx: Tx, dispute_id: str) -> None:
    """Decide a submitted dispute by its explanation; does nothing if it has been decided."""
    dispute = tx.fetch(DISPUTE, dispute_id)
    if dispute["status"] == "submitted":
        evidence = dispute["evidence"]
        outcome = _OUTCOMES[evidence[evidence["reason"]]["explanation"]]
        (win if outcome == "won" else lose)(tx, dispute_id)


@action("dispute.expire")
def expire(tx: Tx, dispute_id: str) -> None:
    """Expire a dispute that was not submitted in time."""
    dispute = tx.fetch(DISPUTE, dispute_id)
    if dispute["status"] == "unsubmitted":
        save(tx, DISPUTE, {**dispute, "status": "expired"}, "issuing_dispute.closed")


def _disputed(tx: Tx, params: Mapping[str, Any]) -> Json:
    """Return the transaction that a request disputes; for financial accounts, it gives the received debit."""
    if "transaction" in params and "treasury" in params:
        raise exclusive("transaction", "treasury")
    if "treasury" in params:
        param = "treasury[received_debit]"
        debit = tx.fetch(treasury_flows.DEBIT, params["treasury"]["received_debit"], param)
        found = debit["linked_flows"]["issuing_transaction"]
        if found is None:
            raise invalid(f"Received debit {debit['id']} is not a purchase with a card.", param)
        return tx.fetch(TRANSACTION, found)
    if "transaction" not in params:
        raise invalid("Missing required param: transaction.", "transaction", "parameter_missing")
    transaction = tx.fetch(TRANSACTION, params["transaction"], "transaction")
    if transaction.get("treasury"):
        raise invalid(
            "For a purchase from a financial account, give treasury[received_debit].", "transaction"
        )
    return transaction


def _refuse(tx: Tx, transaction: Mapping[str, Any], evidence: Mapping[str, Any]) -> None:
    """Reject transactions that card networks do not let issuers dispute."""
    if transaction["type"] != "capture":
        raise invalid(f"Transaction {transaction['id']} is a refund and cannot be disputed.", "transaction")
    unauthorized = evidence["reason"] == "no_valid_authorization"
    limit = _AUTHORIZATION_DISPUTE if unauthorized else _EXPIRES
    if tx.now - transaction["created"] > limit:
        raise invalid(
            f"Transaction {transaction['id']} was captured more than {limit // _DAY} days ago and can no "
            f"longer be disputed as {evidence['reason']}.",
            "transaction",
        )


def _amount(transaction: Mapping[str, Any], amount: int) -> int:
    """Return a disputed amount; raises ApiError if it is not positive, or more than was captured."""
    if amount <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > -transaction["amount"]:
        raise invalid(f"Only {-transaction['amount']} can be disputed.", "amount", "amount_too_large")
    return amount


def _submitted(tx: Tx, dispute_id: str) -> Json:
    dispute = tx.fetch(DISPUTE, dispute_id)
    if dispute["status"] != "submitted":
        raise invalid(f"Dispute {dispute_id} is {dispute['status']}, not submitted.")
    return dispute


def _book(tx: Tx, dispute: Json, amount: int, kind: str) -> None:
    entry = ledger.book(tx, "issuing", amount, dispute["currency"], kind, dispute["id"])
    dispute["_entries"] = [*dispute["_entries"], entry["id"]]


def _told(tx: Tx, dispute: Json, event: str) -> Json:
    """Store a dispute and record an event, even if no public field changed."""
    before = without_private(tx, tx.fetch(DISPUTE, dispute["id"]))
    tx.put(DISPUTE, dispute)
    shown = without_private(tx, dispute)
    emit(tx, event, shown, previous_attributes(before, shown))
    return shown


_URL = "/v1/issuing/disputes"
_ONE = _URL + "/{id}"
_OF = "issuing.Dispute"
_SCOPE = "issuing_dispute"
ROUTES = (
    Route("POST", _URL, create, _OF + "CreateParams", _SCOPE, DISPUTE),
    Route("GET", _URL, listed(DISPUTE, _URL), _OF + "ListParams", _SCOPE, DISPUTE),
    Route("GET", _ONE, retrieve(DISPUTE), _OF + "RetrieveParams", _SCOPE, DISPUTE),
    Route("POST", _ONE, update, _OF + "UpdateParams", _SCOPE, DISPUTE),
    Route("POST", _ONE + "/submit", submit, _OF + "SubmitParams", _SCOPE, DISPUTE),
    Route(
        "POST",
        "/v1/test_helpers/issuing/disputes/{id}",
        decide_by_helper,
        "own.DisputeDecision",
        _SCOPE,
        DISPUTE,
    ),
)
