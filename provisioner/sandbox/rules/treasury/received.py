"""
Received credits and debits, and the transactions of financial accounts (docs.stripe.com/api/treasury).

In test mode, helpers create the credits and debits of banks; purchases with cards create their own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, resource_of
from provisioner.sandbox.rules.common import treasury_flows as flows
from provisioner.sandbox.rules.common import treasury_ledger as ledger
from provisioner.sandbox.rules.common.listing import comparisons, page, retrieve
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource

Json = dict[str, Any]

_NETWORKS = {"ach", "us_domestic_wire"}


def credit(call: HandlerCall) -> Json:
    """Send money to a financial account from outside."""
    return _received(call, 1)


def debit(call: HandlerCall) -> Json:
    """Pull money out of a financial account from outside; it fails if the account does not have enough."""
    return _received(call, -1)


def _received(call: HandlerCall, sign: int) -> Json:
    tx, params = call.tx, call.params
    account = tx.fetch(resource_of(ledger.ACCOUNT), params["financial_account"], "financial_account")
    amount, currency = params["amount"], params["currency"].lower()
    if amount <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if currency not in account["supported_currencies"]:
        raise invalid(f"Financial account {account['id']} does not hold {params['currency']}.", "currency")
    if params["network"] not in _NETWORKS:
        raise invalid(f"{params['network']} is not a network of this account.", "network")
    linked = {"issuing_authorization": None, "issuing_transaction": None}
    given = params.get("initiating_payment_method_details", {})
    bank = given.get("us_bank_account", {})
    made = flows.receive(
        tx,
        account["id"],
        sign * amount,
        currency,
        linked,
        {
            "billing_details": {
                "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
                "email": None,
                "name": bank.get("account_holder_name"),
            },
            "type": "us_bank_account",
            "us_bank_account": {
                "bank_name": "STRIPE TEST BANK",
                "last4": bank.get("account_number", "000123456789")[-4:],
                "routing_number": bank.get("routing_number", "110000000"),
            },
        },
        description=params.get("description", "Stripe test helper"),
        failure_code=_failure(account, sign * amount, currency),
        network=params["network"],
    )
    return (flows.CREDIT if sign > 0 else flows.DEBIT).show(tx, made)


def _failure(account: Mapping[str, Any], amount: int, currency: str) -> str | None:
    """Return why money cannot move in or out of an account, or None."""
    if account["status"] == "closed":
        return "account_closed"
    flow = "inbound_flows" if amount > 0 else "outbound_flows"
    if account["platform_restrictions"][flow] == "restricted":
        return "account_frozen"
    left = account["balance"]["cash"][currency] + amount
    return "insufficient_funds" if amount < 0 and left < 0 else None


def _listed(resource: Resource, url: str) -> Callable[[HandlerCall], Json]:
    """Return a handler that returns a page of the objects of one financial account, which must exist."""

    def handler(call: HandlerCall) -> Json:
        tx, params = call.tx, dict(call.params)
        tx.fetch(resource_of(ledger.ACCOUNT), params["financial_account"], "financial_account")
        extra: list[tuple[str, list[Any]]] = []
        if (flow := params.pop("linked_flows", {}).get("source_flow_type")) is not None:
            extra.append(("json_extract(o.body, '$.linked_flows.source_flow_type') = ?", [flow]))
        if (resolution := params.pop("resolution", None)) is not None:
            params["status"] = {"won": "succeeded", "lost": "failed"}[resolution]
        order = params.pop("order_by", "created")
        posted = params.pop("status_transitions", {}).get("posted_at")
        if posted is not None and (order, params.get("status")) != ("posted_at", "posted"):
            says = "This filter needs status=posted and order_by=posted_at."
            raise invalid(says, "status_transitions[posted_at]")
        for field, wanted in (
            ("status_transitions.posted_at", posted),
            ("effective_at", params.pop("effective_at", None)),
        ):
            extra += [
                (f"json_extract(o.body, '$.{field}') {sign} ?", [at]) for sign, at in comparisons(wanted)
            ]
        return page(tx, resource, params, url, extra)

    return handler


def _routes(path: str, of: str, resource: Resource) -> tuple[Route, Route]:
    url, scope = f"/v1/treasury/{path}", "treasury_transaction"
    return (
        Route("GET", url, _listed(resource, url), f"treasury.{of}ListParams", scope, resource),
        Route("GET", url + "/{id}", retrieve(resource), f"treasury.{of}RetrieveParams", scope, resource),
    )


_TEST = "/v1/test_helpers/treasury"
_OF = "test_helpers.treasury.Received"
_SCOPE = "treasury_transaction"
ROUTES = (
    *_routes("received_credits", "ReceivedCredit", flows.CREDIT),
    *_routes("received_debits", "ReceivedDebit", flows.DEBIT),
    *_routes("debit_reversals", "DebitReversal", flows.REVERSAL),
    *_routes("transactions", "Transaction", ledger.TRANSACTION),
    *_routes("transaction_entries", "TransactionEntry", ledger.ENTRY),
    Route("POST", _TEST + "/received_credits", credit, _OF + "CreditCreateParams", _SCOPE, flows.CREDIT),
    Route("POST", _TEST + "/received_debits", debit, _OF + "DebitCreateParams", _SCOPE, flows.DEBIT),
)
