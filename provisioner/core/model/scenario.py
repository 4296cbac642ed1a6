"""Scenarios: purchases with the answer that is expected of a card; inert data."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.model.errors import Where
from provisioner.core.model.resource import Address

APPROVED = "card_active"  # what Stripe's request history says of a plain approval (SDK: _authorization.py)
PRESENT_METHODS = ("chip", "contactless", "swipe")
METHODS = (*PRESENT_METHODS, "keyed_in", "online")
METHOD_OF = {"present": "chip", "not_present": "online"}


class Purchase(Struct, frozen=True):
    """
    What a merchant asks for: `amount` in minor units of the card's currency, 0 for a mere check.

    `at` is in unix seconds; None stands for one moment that is the same for all purchases of a scenario.
    """

    amount: int
    category: str
    country: str = "US"
    method: str = "online"
    at: int | None = None

    @property
    def presence(self) -> str:
        """`present` or `not_present`. [?] That a number keyed in counts as not present is not documented."""
        return "present" if self.method in PRESENT_METHODS else "not_present"


class Scenario(Struct, frozen=True):
    """
    A purchase on a card and the answer that is expected of Stripe; `reason` is empty where any will do.

    The purchases of `after` come earlier, in this order, and must all be approved. `balance` is what is
    available for Issuing before them in minor units; None is enough for all. `currency` is the card's.
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
        """All purchases, the one in question last."""
        return (*self.after, self.purchase)

    @property
    def timed(self) -> bool:
        """Whether the answer depends on when things happen."""
        return self.purchase.at is not None

    @property
    def amount(self) -> int:
        """What all purchases come to."""
        return sum(purchase.amount for purchase in self.purchases)


class Verdict(Struct, frozen=True):
    """An answer to a purchase with Stripe's reason, and `why` in words where that is known."""

    approved: bool
    reason: str
    why: str = ""

    def __str__(self) -> str:
        plain = self.reason in ("", APPROVED)
        return ("approved" if self.approved else "declined") + ("" if plain else f" ({self.reason})")


class Unsure(Struct, frozen=True):
    """No answer, as it hangs on something that nobody outside Stripe knows."""

    why: str

    def __str__(self) -> str:
        return "unknown"


Answer = Verdict | Unsure


class Course(Struct, frozen=True):
    """How a scenario went: the answer to the purchase at `place`, the last one or the first declined."""

    place: int
    answer: Answer

    def agrees(self, other: "Course") -> bool:
        """Whether two tell the same, whatever the reason of an approval; `Unsure` contradicts nothing."""
        one, two = self.answer, other.answer
        if isinstance(one, Unsure) or isinstance(two, Unsure):
            return True
        return self.place == other.place and (
            one.approved and two.approved if one.approved or two.approved else one.reason == two.reason
        )

    def fulfils(self, scenario: Scenario) -> bool:
        """Whether it went as the scenario expects."""
        answer = self.answer
        return (
            isinstance(answer, Verdict)
            and self.place == len(scenario.after)
            and answer.approved == scenario.approved
            and scenario.reason in ("", answer.reason)
        )


class Facts(Struct, frozen=True):
    """
    What bears on a purchase besides itself: card and cardholder in normal form, money, and the past.

    `available` is the Issuing balance in the card's currency, None is enough. `on_card` and `on_holder`
    are the earlier purchases that count towards their limits, `payments` how many the card itself has
    made. `disabled` says that Stripe wants more of the cardholder; `fresh` that the card never had other
    limits than it has now; `hidden` that the spending controls must not be shown.
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
