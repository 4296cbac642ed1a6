"""Collects the card, cardholder, funds, and earlier spending for a purchase, and decides it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common import ledger, unknowns
from provisioner.sandbox.rules.common.programs import DEFAULT_LIMIT
from provisioner.sandbox.rules.purchases import exchange
from provisioner.sandbox.rules.purchases.decide import AttemptedPurchase, Judgement, Rules, Spent, refusal
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, CARD, CARDHOLDER
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]


def verdict(tx: Tx, authorization: Json) -> Judgement:
    """Return Stripe's decision about the pending request of an authorization (stored form)."""
    card = tx.fetch(resource_of(CARD), authorization["card"])
    holder = resource_of(CARDHOLDER).shown(tx, card["cardholder"])
    amount = authorization["pending_request"]["amount"]
    purchase = AttemptedPurchase(
        amount=amount,
        total=authorization["amount"] + amount,
        category=authorization["merchant_data"]["category"],
        country=authorization["merchant_data"]["country"],
        presence=authorization["card_presence"],
        at=tx.now,
    )
    available = ledger.available(tx, "issuing").get(card["currency"], 0)
    reason = refusal(purchase, card, holder, available, _rules(tx, card, holder))
    return Judgement(approved=reason is None, reason=reason or "card_active")


def suspected(tx: Tx, params: Mapping[str, Any]) -> Judgement | None:
    """Return a decline for a purchase with the highest fraud risk, if the switch for that is on."""
    risk = params.get("risk_assessment", {}).get("fraud_risk", {}).get("level")
    if risk == "highest" and unknowns.on(tx, "highest_fraud_risk_declines"):
        return Judgement(approved=False, reason="suspected_fraud")
    return None


def _rules(tx: Tx, card: Json, holder: Json) -> Iterator[Rules]:
    """Yield the rules of the card, with spending of cards that it replaces, and of the cardholder."""
    controls = card["spending_controls"]
    limits = controls["spending_limits"] or ([DEFAULT_LIMIT] if card["_default_limit"] else [])
    yield Rules(controls, limits, _spent(tx, "card", _chain(tx, card)))
    controls = holder["spending_controls"]
    given_in = controls["spending_limits_currency"] or card["currency"]
    limits = [
        {**limit, "amount": exchange.converted(limit["amount"], given_in, card["currency"])}
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
