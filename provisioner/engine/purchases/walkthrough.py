"""Makes one purchase from start to finish, as in Stripe's guides: authorize, inspect the hold, capture."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.diff.top_up import read_top_up
from provisioner.core.model.scenario import Purchase, Verdict
from provisioner.core.purchases.history import issuing_available
from provisioner.engine.ports import Writer
from provisioner.engine.purchases.authorize import authorize, capture, verdict_of


class Walk(Struct, frozen=True):
    """Stripe's data at each stage of a purchase; amounts are in minor units of the card's currency."""

    card_id: str
    """The id of the card."""
    purchase: Purchase
    """The purchase."""
    currency: str
    """The card's currency."""
    verdict: Verdict
    """Stripe's decision."""
    authorization: Mapping[str, Any]
    """The authorization, as plain JSON."""
    balances: tuple[int, ...]
    """The amounts available for Issuing before the purchase, while it was held, and at the end."""

    @property
    def transactions(self) -> tuple[Mapping[str, Any], ...]:
        """Return the transactions that the capture created; empty without a capture."""
        return tuple(self.authorization.get("transactions") or ())


def walk(writer: Writer, card_id: str, currency: str, purchase: Purchase, *, captured: bool) -> Walk:
    """
    Make one test purchase; if it is approved and `captured` is true, capture it.

    Raises StripeError or AccessError.
    """
    balances = [_available(writer, currency)]
    authorization = authorize(writer, card_id, purchase)
    verdict = verdict_of(authorization)
    balances.append(_available(writer, currency))
    if captured and verdict.approved:
        authorization = capture(writer, authorization)
        balances.append(_available(writer, currency))
    return Walk(card_id, purchase, currency, verdict, authorization, tuple(balances))


def pending_top_ups(writer: Writer, currency: str) -> int:
    """Return the amount of pending top-ups in a currency, in minor units; raises as `walk` does."""
    moving = map(read_top_up, writer.list("topups", {"status": "pending"}))
    return sum(each.amount for each in moving if each.currency == currency and each.is_bound)


def _available(writer: Writer, currency: str) -> int:
    return issuing_available(writer.retrieve("balance"), currency)
