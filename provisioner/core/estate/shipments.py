"""Finds physical cards whose shipment is late or has failed."""

from collections.abc import Iterator

from provisioner.core.model.snapshot import Observed

STUCK = {
    "returned": "the shipment was returned to the sender",
    "failure": "the shipment failed",
    "canceled": "the shipment was canceled",
}
LATE = 21  # days; Stripe documents no more than about two weeks (docs.stripe.com/issuing/cards/physical)
UNDER_WAY = ("pending", "submitted", "shipped")
DAY = 86_400


def shipment_remark(card: Observed, now: int) -> Iterator[str]:
    """Yield what is wrong with the shipment of a card, unless the card is canceled or all is well."""
    status = card.facts.shipment
    if card.fields.get("status") == "canceled" or not status:
        return
    if status in STUCK:
        yield STUCK[status]
    elif status in UNDER_WAY and (days := (now - card.created) // DAY) > LATE:
        yield f"the shipment is {status}, {days:,} days after the card was created"
