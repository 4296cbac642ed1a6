"""The balance: payments and Issuing funds, by currency (docs.stripe.com/api/balance)."""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route
from provisioner.sandbox.rules.accounts import account
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.money import ledger

Json = dict[str, Any]


def retrieve(call: HandlerCall) -> Json:
    """The account's balance; without Issuing it has no such part. What it shows at zero is a switch."""
    whose = account.of(call.tx)
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
    return {**shown, "issuing": {"available": issuing}} if account.issues(whose) else shown


def _rows(amounts: dict[str, int]) -> list[Json]:
    return [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted(amounts.items())
    ]


ROUTES = (Route("GET", "/v1/balance", retrieve, "BalanceRetrieveParams", "balance"),)
