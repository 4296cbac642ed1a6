"""Collects the card, cardholder, funds, and earlier spending for a purchase, and decides it."""

from collections.abc import Iterable, Iterator
from typing import Any

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common import ledger, treasury_ledger, unknowns
from provisioner.sandbox.rules.common.currencies import converted
from provisioner.sandbox.rules.common.programs import DEFAULT_LIMIT, account_of
from provisioner.sandbox.rules.purchases.decide import (
    CASH,
    AttemptedPurchase,
    Judgement,
    Rules,
    Spent,
    refusal,
)
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, CARD, CARDHOLDER
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

# A stored field of a card: the decision about its next request that a test has set, see `api.acts`.
NEXT_DECISION = "_next_decision"


def verdict(tx: Tx, authorization: Json) -> Judgement:
    """Return Stripe's decision about the pending request of an authorization (stored form)."""
    card = tx.fetch(resource_of(CARD), authorization["card"])
    if NEXT_DECISION in card:
        return Judgement(**card[NEXT_DECISION])
    if _is_suspected(tx, authorization):
        return Judgement(approved=False, reason="suspected_fraud", challenge=True)
    holder = resource_of(CARDHOLDER).shown(tx, card["cardholder"])
    amount = authorization["pending_request"]["amount"]
    purchase = AttemptedPurchase(
        amount=amount,
        total=authorization["amount"] + amount,
        category=authorization["merchant_data"]["category"],
        country=authorization["merchant_data"]["country"],
        presence=authorization["card_presence"],
        at=tx.now,
        method=authorization["authorization_method"],
        checks=authorization["verification_data"],
    )
    currency = card["currency"]
    available = ledger.available(tx, "issuing").get(currency, 0)
    if "financial_account" in card:
        available = treasury_ledger.cash(tx, card["financial_account"], currency)
    if account_of(tx)["capabilities"]["card_issuing"] != "active":
        reason: str | None = "account_disabled"
    elif purchase.category in CASH and not unknowns.on(tx, "atm_withdrawals"):
        reason = "not_allowed"
    else:
        reason = refusal(purchase, card, holder, available, _rules(tx, card, holder))
    return Judgement(approved=reason is None, reason=reason or "card_active")


def _is_suspected(tx: Tx, authorization: Json) -> bool:
    """Return True for the highest fraud risk, unless the cardholder has confirmed such a purchase."""
    return (
        authorization["_fraud_risk"] == "highest"
        and not authorization["verified_by_fraud_challenge"]
        and unknowns.on(tx, "highest_fraud_risk_declines")
    )


def _rules(tx: Tx, card: Json, holder: Json) -> Iterator[Rules]:
    """Yield the rules of the card, with spending of cards that it replaces, and of the cardholder."""
    controls = card["spending_controls"]
    limits = controls["spending_limits"] or ([DEFAULT_LIMIT] if card["_default_limit"] else [])
    yield Rules(controls, limits, _spent(tx, "card", _chain(tx, card)))
    controls = holder["spending_controls"]
    given_in = controls["spending_limits_currency"] or card["currency"]
    limits = [
        {**limit, "amount": converted(limit["amount"], given_in, card["currency"])}
        for limit in controls["spending_limits"]
    ]
    yield Rules(controls, limits, _spent(tx, "cardholder", [holder["id"]]))


def _chain(tx: Tx, card: Json) -> list[str]:
    """Return the ids of all cards in a card's chain of replacements."""
    cards, first = resource_of(CARD), card
    while first["replacement_for"] and (before := tx.get(cards, first["replacement_for"])):
        first = before
    found = [first["id"]]
    for card_id in found:
        found += [later["id"] for later in tx.find(cards, "replacement_for", card_id)]
    return found


def _spent(tx: Tx, field: str, ids: Iterable[str]) -> list[Spent]:
    """
    Return the spending that counts towards limits: the captured and the held amount of each authorization.

    It counts at the time of the authorization. So reversals and expiry reduce it, and captures replace holds.
    [?] Stripe does not document the details. Here, refunds do not reduce it, and captures without an
    authorization do not count.
    """
    return [
        Spent(one["_captured"] + one["_held"], one["merchant_data"]["category"], one["created"])
        for value in ids
        for one in tx.find(AUTHORIZATION, field, value)
    ]
