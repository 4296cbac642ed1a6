"""The books: what stands on each balance in each currency, and the balance transactions that moved it."""

from typing import Any, Literal

from provisioner.sandbox.resource import Resource
from provisioner.sandbox.tx import Tx, new_id

Json = dict[str, Any]
Balance = Literal["issuing", "payments"]

BALANCE_TRANSACTION = Resource(
    "balance_transaction", "txn_", "balance transaction", filters=("currency", "type", "source")
)


def available(tx: Tx, balance: Balance) -> dict[str, int]:
    """What is available on a balance, by currency, in minor units."""
    found: dict[str, int] = tx.recall(f"balance.{balance}", {})
    return found


def book(tx: Tx, balance: Balance, amount: int, currency: str, kind: str, source: str) -> Json:
    """Move a balance by `amount` (minor units, negative takes away) and return the balance transaction."""
    totals = available(tx, balance)
    tx.remember(f"balance.{balance}", {**totals, currency: totals.get(currency, 0) + amount})
    entry: Json = {
        "id": new_id(BALANCE_TRANSACTION.prefix),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": tx.now,
        "balance_type": balance,
        "created": tx.now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": kind,
        "source": source,
        "status": "available",
        "type": kind,
    }
    tx.add(BALANCE_TRANSACTION, entry)
    return entry
