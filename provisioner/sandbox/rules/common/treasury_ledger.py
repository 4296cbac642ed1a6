"""
The money of financial accounts: transactions, their entries, and holds for authorizations.

Only `enter` changes a balance, so the entries of an account always add up to it. docs.stripe.com/treasury
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import registered, resource_of
from provisioner.sandbox.state.objects import Resource, Tx, new_id

Json = dict[str, Any]

ACCOUNT = "treasury.financial_account"
# Kind of flow -> the kind of its object.
_FLOWS = {
    "debit_reversal": "treasury.debit_reversal",
    "issuing_authorization": "issuing.authorization",
    "received_credit": "treasury.received_credit",
    "received_debit": "treasury.received_debit",
}


def _flow_details(tx: Tx, shown: Json) -> Json:
    kind = shown["flow_type"]
    return {"flow_details": {"type": kind, kind: resource_of(_FLOWS[kind]).shown(tx, shown["flow"])}}


def _entries(tx: Tx, shown: Json) -> Json:
    found = list(tx.find(ENTRY, "transaction", shown["id"]))
    url = f"/v1/treasury/transaction_entries?transaction={shown['id']}"
    return {"entries": {"object": "list", "data": found, "has_more": False, "url": url}}


TRANSACTION = registered(
    Resource(
        "treasury.transaction",
        "trxn_",
        "treasury transaction",
        filters=("financial_account", "status"),
        secret={"entries": _entries, "flow_details": _flow_details},
    )
)
ENTRY = registered(
    Resource(
        "treasury.transaction_entry",
        "trxne_",
        "treasury transaction entry",
        filters=("financial_account", "transaction"),
        expandable={"transaction": ("treasury.transaction",)},
        secret={"flow_details": _flow_details},
    )
)


def cash(tx: Tx, account_id: str, currency: str) -> int:
    """Return what can be spent from a financial account, in minor units; it may be negative."""
    return int(tx.fetch(resource_of(ACCOUNT), account_id)["balance"]["cash"].get(currency, 0))


def open_transaction(
    tx: Tx, account_id: str, currency: str, flow_type: str, flow: str, description: str
) -> Json:
    """Create and return an open transaction without entries, for a flow of money (`received_credit`)."""
    made: Json = {
        "id": new_id(TRANSACTION.prefix),
        "object": "treasury.transaction",
        "amount": 0,
        "balance_impact": {"cash": 0, "inbound_pending": 0, "outbound_pending": 0},
        "created": tx.now,
        "currency": currency,
        "description": description,
        "financial_account": account_id,
        "flow": flow,
        "flow_type": flow_type,
        "livemode": False,
        "status": "open",
        "status_transitions": {"posted_at": None, "void_at": None},
    }
    tx.add(TRANSACTION, made)
    return made


def enter(tx: Tx, transaction_id: str, kind: str, amount: int, pending: int = 0) -> None:
    """Add an entry to a transaction: a change of the account's cash, and of what is pending to leave it."""
    transaction = tx.fetch(TRANSACTION, transaction_id)
    impact = {"cash": amount, "inbound_pending": 0, "outbound_pending": pending}
    entry = {
        "id": new_id(ENTRY.prefix),
        "object": "treasury.transaction_entry",
        "balance_impact": impact,
        "created": tx.now,
        "effective_at": tx.now,
        "transaction": transaction_id,
        "type": kind,
        **{
            name: transaction[name]
            for name in ("currency", "financial_account", "flow", "flow_type", "livemode")
        },
    }
    tx.add(ENTRY, entry)
    account = tx.fetch(resource_of(ACCOUNT), transaction["financial_account"])
    balance, currency = account["balance"], transaction["currency"]
    for name, change in impact.items():
        balance[name] = {**balance[name], currency: balance[name].get(currency, 0) + change}
    tx.put(resource_of(ACCOUNT), account)
    total = {name: transaction["balance_impact"][name] + change for name, change in impact.items()}
    tx.put(TRANSACTION, {**transaction, "amount": transaction["amount"] + amount, "balance_impact": total})


def end(tx: Tx, transaction_id: str, status: str) -> None:
    """Post or void an open transaction."""
    transaction = tx.fetch(TRANSACTION, transaction_id)
    transitions = {**transaction["status_transitions"], f"{status}_at": tx.now}
    tx.put(TRANSACTION, {**transaction, "status": status, "status_transitions": transitions})


def hold(tx: Tx, account_id: str, authorization: Mapping[str, Any], amount: int) -> str:
    """
    Hold money for an authorization (`amount` below 0) or release it, and return the transaction's id.

    The transaction is void when nothing is held any longer; each capture is a received debit.
    """
    found = authorization.get("_treasury_transaction")
    if found is None:
        found = open_transaction(
            tx,
            account_id,
            authorization["currency"],
            "issuing_authorization",
            authorization["id"],
            "Authorization",
        )["id"]
    enter(tx, found, f"issuing_authorization_{'hold' if amount < 0 else 'release'}", amount, -amount)
    if tx.fetch(TRANSACTION, found)["balance_impact"]["cash"] == 0:
        end(tx, found, "void")
    return str(found)
