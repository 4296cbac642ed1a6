"""Actions of Stripe, a bank, or a cardholder that no request triggers, so that tests can simulate them."""

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.sandbox.rules.accounts import account
from provisioner.sandbox.rules.cards import bundle, card, cardholder, token
from provisioner.sandbox.rules.cards.person import requirements
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.money import topup
from provisioner.sandbox.rules.purchases import dispute
from provisioner.sandbox.rules.purchases.authorization_judgement import NEXT_DECISION
from provisioner.sandbox.rules.purchases.decide import REASONS
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]


def add_token(tx: Tx, object_id: str, value: Any) -> Json:
    """Add a card to a digital wallet; see `token.add` for the value."""
    return token.add(tx, object_id, value or {})


def block_cardholder(tx: Tx, object_id: str, _value: Any) -> Json:
    """Block a cardholder, which is impossible through the API."""
    return _set(tx, object_id, status="blocked")


def disable_cardholder(tx: Tx, object_id: str, value: Any) -> Json:
    """
    Set a cardholder's `disabled_reason` (`under_review`, `listed`, null), as screening does.

    `rejected.listed` also blocks the cardholder and cancels the cards
    (support.stripe.com/questions/issuing-watchlist-reviews).
    """
    if value != "rejected.listed":
        return _set(tx, object_id, _disabled_reason=value)
    rejected = _set(tx, object_id, _disabled_reason=value, status="blocked")
    for issued in list(tx.find(card.CARD, "cardholder", object_id)):
        if issued["status"] != "canceled":
            save(tx, card.CARD, card.canceled(issued, None), "issuing_card.updated")
    return rejected


def block_pin(tx: Tx, object_id: str, _value: Any) -> Json:
    """Block the PIN of a card, until the card is set active: purchases by chip are declined."""
    tx.put(card.CARD, {**tx.fetch(card.CARD, object_id), "_pin_blocked": True})
    return card.CARD.shown(tx, object_id)


def deactivate_card(tx: Tx, object_id: str, _value: Any) -> Json:
    """Deactivate a card, as too many wrong PINs do."""
    found = tx.fetch(card.CARD, object_id)
    return save(tx, card.CARD, {**found, "status": "inactive"}, "issuing_card.updated")


def cancel_card(tx: Tx, object_id: str, value: Any) -> Json:
    """Cancel a card for a reason that only Stripe can set (`design_rejected`, `fulfillment_error`)."""
    canceled = card.canceled(tx.fetch(card.CARD, object_id), value)
    return save(tx, card.CARD, canceled, "issuing_card.updated")


def warn_of_fraud(tx: Tx, object_id: str, value: Any) -> Json:
    """Set a card's `latest_fraud_warning` to a type (`card_testing_exposure` and the like)."""
    warning = {"started_at": tx.now, "type": value}
    found = tx.fetch(card.CARD, object_id)
    return save(tx, card.CARD, {**found, "latest_fraud_warning": warning}, "issuing_card.updated")


def decide_next_authorization(tx: Tx, object_id: str, value: Any) -> Json:
    """
    Set Stripe's decision about the next request of a card: a reason for a decline.

    `{"reason": "network_fallback", "approved": true}` approves, as a card network does without Stripe.
    """
    asked = {"approved": False, **(value if isinstance(value, dict) else {"reason": value})}
    if asked.keys() != {"approved", "reason"} or asked["reason"] not in REASONS:
        raise ValueError(f"the reason must be one of {', '.join(REASONS)}")
    tx.put(card.CARD, {**tx.fetch(card.CARD, object_id), NEXT_DECISION: asked})
    return card.CARD.shown(tx, object_id)


def disable_account(tx: Tx, object_id: str, value: Any) -> Json:
    """Disable an account's Issuing, so that all purchases are declined; false enables it again."""
    found = tx.at_home().fetch(account.ACCOUNT, object_id)
    found["capabilities"] = {
        **found["capabilities"],
        "card_issuing": "active" if value is False else "inactive",
    }
    return account.saved(tx, found)


def credit_dispute(tx: Tx, object_id: str, _value: Any) -> Json:
    """Give a provisional credit for a submitted dispute."""
    return dispute.credit(tx, object_id)


def win_dispute(tx: Tx, object_id: str, _value: Any) -> Json:
    """Win a submitted dispute."""
    return dispute.win(tx, object_id)


def lose_dispute(tx: Tx, object_id: str, value: Any) -> Json:
    """Lose a submitted dispute for a reason (`refund_issued` and the like; null: `other`)."""
    return dispute.lose(tx, object_id, value or "other")


def make_bundle(tx: Tx, object_id: str, value: Any) -> Json:
    """Create a custom physical bundle with this name; see `bundle.make` for the value."""
    return bundle.make(tx, object_id, value or {})


def reverse_topup(tx: Tx, object_id: str, _value: Any) -> Json:
    """Reverse a succeeded top-up."""
    return topup.reverse(tx, object_id)


def settle_topup(tx: Tx, object_id: str, _value: Any) -> Json:
    """Settle a pending top-up now."""
    topup.settle(tx, object_id)
    return topup.TOPUP.shown(tx, object_id)


ACTS: Mapping[str, Callable[[Tx, str, Any], Json]] = {
    act.__name__: act
    for act in (
        add_token,
        block_cardholder,
        block_pin,
        cancel_card,
        credit_dispute,
        deactivate_card,
        decide_next_authorization,
        disable_account,
        disable_cardholder,
        lose_dispute,
        make_bundle,
        reverse_topup,
        settle_topup,
        warn_of_fraud,
        win_dispute,
    )
}


def _set(tx: Tx, object_id: str, **fields: Any) -> Json:
    changed = {**tx.fetch(cardholder.CARDHOLDER, object_id), **fields}
    changed["requirements"] = requirements(tx, changed)
    return save(tx, cardholder.CARDHOLDER, changed, "issuing_cardholder.updated")
