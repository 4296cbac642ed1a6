"""Actions of Stripe, a bank, or a cardholder that no request triggers, so that tests can simulate them."""

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.sandbox.rules.cards import card, cardholder
from provisioner.sandbox.rules.cards.person import requirements
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.money import topup
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]


def block_cardholder(tx: Tx, object_id: str, _value: Any) -> Json:
    """Block a cardholder, which is impossible through the API."""
    return _set(tx, object_id, status="blocked")


def disable_cardholder(tx: Tx, object_id: str, value: Any) -> Json:
    """Set a cardholder's `disabled_reason` (`under_review`, `listed`, null), as screening does."""
    return _set(tx, object_id, _disabled_reason=value)


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
        block_cardholder,
        cancel_card,
        deactivate_card,
        disable_cardholder,
        reverse_topup,
        settle_topup,
        warn_of_fraud,
    )
}


def _set(tx: Tx, object_id: str, **fields: Any) -> Json:
    changed = {**tx.fetch(cardholder.CARDHOLDER, object_id), **fields}
    changed["requirements"] = requirements(tx, changed)
    return save(tx, cardholder.CARDHOLDER, changed, "issuing_cardholder.updated")
