"""
The balance, with payments and Issuing funds by currency, and its transactions.

docs.stripe.com/api/balance, docs.stripe.com/api/balance_transactions
"""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, resource_of
from provisioner.sandbox.rules.common import ledger, listing, unknowns
from provisioner.sandbox.rules.common.ledger import BALANCE_TRANSACTION
from provisioner.sandbox.rules.common.programs import account_of, issues
from provisioner.sandbox.state.errors import invalid

Json = dict[str, Any]


def retrieve(call: HandlerCall) -> Json:
    """
    Return the balance; only accounts with Issuing have an Issuing part. A switch controls whether zeros are
    shown.
    """
    whose = account_of(call.tx)
    own = whose["default_currency"]
    empty = {own: 0} if unknowns.on(call.tx, "empty_balance_shown") else {}
    payments = _rows({own: 0} | ledger.available(call.tx, "payments"))
    issuing = _rows(empty | ledger.available(call.tx, "issuing"))
    shown: Json = {
        "object": "balance",
        "available": payments,
        "connect_reserved": [{"amount": 0, "currency": row["currency"]} for row in payments],
        "livemode": False,
        "pending": _rows(dict.fromkeys((row["currency"] for row in payments), 0)),
    }
    return {**shown, "issuing": {"available": issuing}} if issues(whose) else shown


def listed(call: HandlerCall) -> Json:
    """Return a page of balance transactions; only those of automatic payouts can be listed by payout."""
    if "payout" in call.params:
        call.tx.fetch(resource_of("payout"), call.params["payout"], "payout")
        says = "Balance transaction history can only be filtered on automatic transfers, not manual."
        raise invalid(says, "payout")
    params = dict(call.params)
    if "currency" in params:
        params["currency"] = params["currency"].lower()
    return listing.page(call.tx, BALANCE_TRANSACTION, params, _URL)


def _rows(amounts: dict[str, int]) -> list[Json]:
    return [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted(amounts.items())
    ]


_URL = "/v1/balance_transactions"
ROUTES = (
    Route("GET", "/v1/balance", retrieve, "BalanceRetrieveParams", "balance"),
    Route("GET", _URL, listed, "BalanceTransactionListParams", "balance", BALANCE_TRANSACTION),
    Route(
        "GET",
        _URL + "/{id}",
        listing.retrieve(BALANCE_TRANSACTION),
        "BalanceTransactionRetrieveParams",
        "balance",
        BALANCE_TRANSACTION,
    ),
)
