"""Scenarios: purchases with the response that is expected for a card; plain data."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.model.errors import Where
from provisioner.core.model.resource import Address

APPROVED = "card_active"  # Stripe's request history gives this for a plain approval (SDK: _authorization.py)
PRESENT_METHODS = ("chip", "contactless", "swipe")
METHODS = (*PRESENT_METHODS, "keyed_in", "online")
METHOD_OF = {"present": "chip", "not_present": "online"}


class Purchase(Struct, frozen=True):
    """
    A request of a merchant: `amount` is in minor units of the card's currency, 0 for a mere check.

    `at` is in Unix seconds; None means one moment that is the same for all purchases of a scenario.
    """

    amount: int
    category: str
    country: str = "US"
    method: str = "online"
    at: int | None = None

    @property
    def presence(self) -> str:
        """Return `present` or `not_present`. [?] Undocumented: that a keyed-in number is not present."""
        return "present" if self.method in PRESENT_METHODS else "not_present"


class Scenario(Struct, frozen=True):
    """
    A purchase on a card and the response that is expected from Stripe; an empty `reason` accepts any.

    The purchases of `after` come earlier, in this order, and must all be approved. `balance` is the amount
    available for Issuing before them in minor units; None means enough for all. `currency` is the card's.
    """

    name: str
    card: Address
    purchase: Purchase
    approved: bool
    reason: str = ""
    currency: str = "usd"
    after: tuple[Purchase, ...] = ()
    balance: int | None = None
    where: Where | None = None

    @property
    def purchases(self) -> tuple[Purchase, ...]:
        """Return all purchases, with the one in question last."""
        return (*self.after, self.purchase)

    @property
    def timed(self) -> bool:
        """Return whether the response depends on when things happen."""
        return self.purchase.at is not None

    @property
    def amount(self) -> int:
        """Return the total amount of all purchases."""
        return sum(purchase.amount for purchase in self.purchases)


class Verdict(Struct, frozen=True):
    """A response to a purchase with Stripe's reason, and `why` in words if that is known."""

    approved: bool
    reason: str
    why: str = ""

    def __str__(self) -> str:
        plain = self.reason in ("", APPROVED)
        return ("approved" if self.approved else "declined") + ("" if plain else f" ({self.reason})")


class Unsure(Struct, frozen=True):
    """An unknown response, because it depends on something that nobody outside Stripe knows."""

    why: str

    def __str__(self) -> str:
        return "unknown"


Answer = Verdict | Unsure


class Course(Struct, frozen=True):
    """The result of a scenario: the response to the purchase at `place`, the last or the first declined."""

    place: int
    answer: Answer

    def agrees(self, other: "Course") -> bool:
        """Return whether two agree; the reason of an approval is ignored, and `Unsure` agrees with all."""
        one, two = self.answer, other.answer
        if isinstance(one, Unsure) or isinstance(two, Unsure):
            return True
        return self.place == other.place and (
            one.approved and two.approved if one.approved or two.approved else one.reason == two.reason
        )

    def fulfils(self, scenario: Scenario) -> bool:
        """Return whether the result is the one that the scenario expects."""
        answer = self.answer
        return (
            isinstance(answer, Verdict)
            and self.place == len(scenario.after)
            and answer.approved == scenario.approved
            and scenario.reason in ("", answer.reason)
        )


class Facts(Struct, frozen=True):
    """
    Facts that affect a purchase: card and cardholder in normal form, money, and earlier purchases.

    `available` is the Issuing balance in the card's currency; None means enough. `on_card` and `on_holder`
    are the earlier purchases that count towards their limits; `payments` is the number that the card itself
    made. `disabled` says that Stripe requires more from the cardholder, `fresh` that the card never had other
    limits than it has now, and `hidden` that the spending controls must not be shown.
    """

    card: Mapping[str, Any]
    holder: Mapping[str, Any]
    available: int | None = None
    on_card: tuple[Purchase, ...] = ()
    on_holder: tuple[Purchase, ...] = ()
    payments: int = 0
    disabled: bool = False
    fresh: bool = True
    hidden: bool = False
