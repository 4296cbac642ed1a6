"""
Past purchases as a replay needs them: what Stripe decided, and what counted towards limits from when on.

Each authorization is a first request, perhaps further ones that raise its amount, and changes of what it
holds and what is captured. The amount that counts towards limits is the held amount plus the captured amount,
at the time at which the authorization began. [?] Stripe does not document the details; refunds and captures
without an authorization do not count.

Amounts are in minor units of the card's currency, times are Unix seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct


class PastRequest(Struct, frozen=True, gc=False):
    """A request of a merchant that Stripe has decided: a new authorization, or a higher amount for one."""

    at: int
    """The time of the decision."""
    authorization: int
    """The number of the authorization in this past, from 0 on in the order of creation."""
    began: int
    """The time at which the authorization was created, whose windows its amount counts in."""
    card: str
    """Stripe's id of the card."""
    holder: str
    """Stripe's id of the cardholder."""
    amount: int
    """The amount that this request asks for; 0 only checks the card."""
    total: int
    """
    The amount of the authorization if this is approved; limits per authorization apply to it.

    That is the sum of what was approved, less what was reversed, and captures do not change it.
    """
    approved: bool
    """Stripe's decision."""
    reason: str
    """Stripe's reason, such as `spending_controls`."""
    granted: int = 0
    """The approved amount, which is held from now on; lower than `amount` if a webhook approved less."""
    first: bool = True
    """False if this raises the amount of an authorization that exists."""
    held: int = 0
    """The amount that the authorization holds just before this request; 0 for the first."""
    category: str = ""
    """The merchant's category."""
    country: str = ""
    """The merchant's country, two upper-case letters."""
    presence: str = "not_present"
    """`present` or `not_present`."""
    currency: str = "usd"
    """The card's currency."""
    merchant_amount: int = 0
    """The amount of this request in minor units of the merchant's currency."""
    merchant_currency: str = ""
    """The merchant's currency; the rates of cardholders' limits in other currencies follow from it."""
    merchant: str = ""
    """The merchant's name; empty if names are not kept."""


class PastMove(Struct, frozen=True, gc=False):
    """
    A change of what an authorization holds and has captured, other than by a request.

    What changes for one authorization in one second, such as a capture that closes it, is one move.
    """

    at: int
    """The time of the change."""
    authorization: int
    """The number of the authorization."""
    began: int
    """The time at which the authorization was created."""
    card: str
    """Stripe's id of the card."""
    holder: str
    """Stripe's id of the cardholder."""
    category: str = ""
    """The merchant's category."""
    held: int = 0
    """The change of the held amount: below 0 for a reversal, an expiry, or a hold that is captured."""
    captured: int = 0
    """The amount that is captured; refunds are left out."""
    left: int = 0
    """The amount that is still held afterwards; 0 if this closes the authorization."""
    ends: bool = False
    """True if nothing of this authorization follows."""

    @property
    def amount(self) -> int:
        """Return the change of what counts towards limits."""
        return self.held + self.captured


Moment = PastRequest | PastMove


class PastControls(Struct, frozen=True):
    """The fields of a card or cardholder from some time on."""

    since: int
    """The first moment at which they hold; 0 for the oldest known ones."""
    fields: Mapping[str, Any]
    """The fields in normal form, as a snapshot has them: status, spending controls, lifecycle controls."""
    disabled: bool = False
    """True if Stripe requires more of the cardholder (`requirements.disabled_reason`)."""


class PastCard(Struct, frozen=True):
    """A card, with the facts that never change."""

    id: str
    """Stripe's id."""
    holder: str
    """Stripe's id of the cardholder."""
    currency: str = "usd"
    """The card's currency."""
    replacement_for: str = ""
    """The id of the card that it replaces, whose spending counts on; empty if there is none."""
    exp_month: int = 0
    """The last month in which it can be used, 1 to 12; 0 if it is not known."""
    exp_year: int = 0
    """The year of that month; 0 if it is not known."""


class Past(Protocol):
    """The past of an account, read as a stream: a million authorizations need not fit into memory."""

    @property
    def cards(self) -> Mapping[str, PastCard]:
        """Return all cards of the account, by id, canceled ones too."""

    @property
    def controls(self) -> Mapping[str, Sequence[PastControls]]:
        """Return the controls of each card and cardholder through time, by id, oldest first."""

    @property
    def horizon(self) -> int:
        """Return the time from which on every change of controls is known; 0 if all are."""

    def moments(self) -> Iterator[Moment]:
        """
        Yield the requests and moves in the order of time; may be called more than once.

        Within one second the requests come in the order in which Stripe lists their authorizations, oldest
        first. Which moves of that second came before which request, nobody knows.
        """


class PastList(Struct, frozen=True):
    """A past that is held in memory."""

    recorded: Sequence[Moment] = ()
    """The requests and moves, in the order of time."""
    cards: Mapping[str, PastCard] = {}
    """All cards of the account, by id."""
    controls: Mapping[str, Sequence[PastControls]] = {}
    """The controls of each card and cardholder through time, by id, oldest first."""
    horizon: int = 0
    """The time from which on every change of controls is known; 0 if all are."""

    def moments(self) -> Iterator[Moment]:
        """Yield the requests and moves in the order of time."""
        return iter(self.recorded)
