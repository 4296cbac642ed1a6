"""Collects the card, cardholder, funds, and earlier spending for a purchase, and decides it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common import ledger, treasury_ledger, unknowns
from provisioner.sandbox.rules.common.currencies import converted
from provisioner.sandbox.rules.common.programs import DEFAULT_LIMIT, account_of
from provisioner.sandbox.rules.purchases.decide import (
    CASH,
    SMALL,
    AttemptedPurchase,
    Judgement,
    Rules,
    Spent,
    is_mistaken,
    refusal,
    window_start,
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
    if (
        authorization["_fraud_risk"] == "highest"
        and not authorization["verified_by_fraud_challenge"]
        and unknowns.on(tx, "highest_fraud_risk_declines")
    ):
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
    )
    currency = card["currency"]
    available = ledger.available(tx, "issuing").get(currency, 0)
    if "financial_account" in card:
        available = treasury_ledger.cash(tx, card["financial_account"], currency)
    reason = refusal(purchase, card, holder, available, _rules(tx, card, holder))
    if reason in {None, "insufficient_funds", "spending_controls"}:
        reason = _barred(tx, authorization, card, purchase) or reason
    return Judgement(approved=reason is None, reason=reason or "card_active")


def _barred(tx: Tx, authorization: Json, card: Json, purchase: AttemptedPurchase) -> str | None:
    """Return why a purchase is declined regardless of funds and controls, or None."""
    if account_of(tx)["capabilities"]["card_issuing"] != "active":
        return "account_disabled"
    # SDK, Token.status: only an active token is usable for payments. [?] Stripe does not document the reason.
    token = authorization["token"]
    if token and tx.fetch(resource_of("issuing.token"), token)["status"] != "active":
        return "not_allowed"
    if purchase.category in CASH and not unknowns.on(tx, "atm_withdrawals"):
        return "not_allowed"
    if is_mistaken(authorization["verification_data"]) and unknowns.on(tx, "wrong_details_decline"):
        return "verification_failed"
    return "not_allowed" if _has_small_ones_enough(tx, card, purchase.total) else None


def _has_small_ones_enough(tx: Tx, card: Json, amount: int) -> bool:
    """
    Return True if a card with a maximum number of payments has made that many small uncaptured purchases.

    docs.stripe.com/issuing/controls/lifecycle-controls. [?] The reason for the decline is not documented.
    """
    after = (card["lifecycle_controls"] or {}).get("cancel_after")
    if after is None or not 0 < amount <= SMALL or unknowns.on(tx, "small_purchases_count"):
        return False
    mine = tx.find(AUTHORIZATION, "card", card["id"])
    waiting = sum(one["approved"] and not one["_counted"] and one["amount"] > 0 for one in mine)
    return waiting >= int(after["payment_count"])


def _rules(tx: Tx, card: Json, holder: Json) -> Iterator[Rules]:
    """Yield the rules of the card, with spending of cards that it replaces, and of the cardholder."""
    controls = card["spending_controls"]
    limits = controls["spending_limits"] or ([DEFAULT_LIMIT] if card["_default_limit"] else [])
    cards, first = resource_of(CARD), card
    while first["replacement_for"] and (before := tx.get(cards, first["replacement_for"])):
        first = before
    found = [first["id"]]  # all cards of its chain of replacements
    for card_id in found:
        found += [later["id"] for later in tx.find(cards, "replacement_for", card_id)]
    yield Rules(controls, limits, _spent(tx, "card", found, limits))
    controls = holder["spending_controls"]
    given_in = controls["spending_limits_currency"] or card["currency"]
    limits = [
        {**limit, "amount": converted(limit["amount"], given_in, card["currency"])}
        for limit in controls["spending_limits"]
    ]
    yield Rules(controls, limits, _spent(tx, "cardholder", [holder["id"]], limits))


def _spent(tx: Tx, field: str, ids: Iterable[str], limits: Iterable[Mapping[str, Any]]) -> list[Spent]:
    """
    Return the spending that counts towards limits: the captured and the held amount of each authorization.

    Each amount counts at the time of its authorization. So reversals and expiry reduce it, and captures
    replace holds. [?] Stripe does not document the details. Here, refunds do not reduce it, and captures
    without an authorization do not count.
    """
    since = min((window_start(limit["interval"], tx.now) for limit in limits), default=None)
    return [] if since is None else [Spent(*one) for value in ids for one in tx.spent(field, value, since)]
