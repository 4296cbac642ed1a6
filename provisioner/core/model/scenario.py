"""Scenarios: purchases on a card and the expected responses; plain data."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.model.errors import Where
from provisioner.core.model.resource import Address

# the reason in Stripe's request history for an ordinary approval (SDK: _authorization.py)
APPROVED = "card_active"
PRESENT_METHODS = ("chip", "contactless", "swipe")
METHODS = (*PRESENT_METHODS, "keyed_in", "online")
METHOD_OF = {"present": "chip", "not_present": "online"}


class Purchase(Struct, frozen=True):
    """A merchant's request for money."""

    amount: int
    """Minor units of the card's currency; 0 only checks the card."""
    category: str
    """The merchant's category."""
    country: str = "US"
    """The merchant's country."""
    method: str = "online"
    """The way in which the card is read."""
    at: int | None = None
    """Unix seconds; None means one time that is the same for all purchases of a scenario."""

    @property
    def presence(self) -> str:
        """Return `present` or `not_present`. [?] Undocumented: that a keyed-in number is not present."""
        return "present" if self.method in PRESENT_METHODS else "not_present"

    @property
    def total(self) -> int:
        """Return the amount of the authorization, which is not raised later."""
        return self.amount


class Scenario(Struct, frozen=True):
    """A purchase on a card and the response that is expected from Stripe."""

    name: str
    """The name in the configuration."""
    card: Address
    """The address of the card."""
    purchase: Purchase
    """The purchase."""
    approved: bool
    """True if it should be approved."""
    reason: str = ""
    """The expected reason; empty accepts any."""
    currency: str = "usd"
    """The card's currency."""
    after: tuple[Purchase, ...] = ()
    """Earlier purchases, in this order, which must all be approved."""
    balance: int | None = None
    """Minor units available for Issuing before the first purchase; None means enough for all."""
    where: Where | None = None
    """The place of its block."""

    @property
    def purchases(self) -> tuple[Purchase, ...]:
        """Return all purchases, with the one in question last."""
        return (*self.after, self.purchase)

    @property
    def timed(self) -> bool:
        """Return whether the response depends on the times of purchases."""
        return self.purchase.at is not None

    @property
    def amount(self) -> int:
        """Return the total amount of all purchases."""
        return sum(purchase.amount for purchase in self.purchases)


class Verdict(Struct, frozen=True):
    """A response to a purchase."""

    approved: bool
    """True if it was approved."""
    reason: str
    """Stripe's reason."""
    why: str = ""
    """The reason in words; empty if it is not known."""

    def __str__(self) -> str:
        plain = self.reason in ("", APPROVED)
        return ("approved" if self.approved else "declined") + ("" if plain else f" ({self.reason})")


class Unsure(Struct, frozen=True):
    """An unknown response, because it depends on something that only Stripe knows."""

    why: str
    """The reason."""

    def __str__(self) -> str:
        return "unknown"


Answer = Verdict | Unsure


class Course(Struct, frozen=True):
    """The result of a scenario."""

    place: int
    """The index of the purchase with this response: the last, or the first that was declined."""
    answer: Answer
    """The response."""

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
    """Facts that affect a purchase."""

    card: Mapping[str, Any]
    """The card in normal form."""
    holder: Mapping[str, Any]
    """The cardholder in normal form."""
    available: int | None = None
    """The Issuing balance in minor units of the card's currency; None means enough."""
    on_card: tuple[Purchase, ...] = ()
    """Earlier purchases that count towards the card's limits."""
    on_holder: tuple[Purchase, ...] = ()
    """Earlier purchases that count towards the cardholder's limits."""
    payments: int = 0
    """The number of purchases made with the card itself."""
    disabled: bool = False
    """True if Stripe requires more from the cardholder."""
    fresh: bool = True
    """True if the card never had other limits than it has now."""
    hidden: bool = False
    """True if the spending controls must not be shown."""
