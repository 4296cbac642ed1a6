"""
Balances by currency, and the balance transactions that change them.

Only `book` changes a balance, so the balance transactions of a currency always add up to it.
docs.stripe.com/api/balance_transactions, docs.stripe.com/reports/balance-transaction-types
"""

from typing import Any, Literal

from provisioner.sandbox.registry import registered
from provisioner.sandbox.state.objects import Resource, Tx, as_they_are, new_id

Json = dict[str, Any]
Balance = Literal["issuing", "payments"]


BALANCE_TRANSACTION = registered(
    Resource(
        "balance_transaction",
        "txn_",
        "balance transaction",
        filters=("currency", "type", "source"),
        texts=as_they_are,
        expandable={
            "source": ("topup", "payout", "issuing.authorization", "issuing.dispute", "issuing.transaction")
        },
    )
)


def available(tx: Tx, balance: Balance) -> dict[str, int]:
    """Return the available amounts of a balance by currency, in minor units; they may be negative."""
    found: dict[str, int] = tx.recall(f"balance.{balance}", {})
    return found


def book(
    tx: Tx,
    balance: Balance,
    amount: int,
    currency: str,
    kind: str,
    source: str | None,
    description: str | None = None,
) -> Json:
    """Change a balance by `amount` (minor units, may be negative) and return the balance transaction."""
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
        "description": description,
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
