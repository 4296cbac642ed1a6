"""
The past purchases that a replay needs: Stripe's decisions, and the amounts counted towards limits over time.

Each authorization consists of a first request, perhaps further requests that raise its amount, and changes of
the held and the captured amount. The amount that counts towards limits is the held plus the captured amount.
It counts in the windows in which the authorization was created. [?] Stripe does not document the details;
refunds and captures without an authorization do not count.

Amounts are in minor units of the card's currency, times are Unix seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct


class PastRequest(Struct, frozen=True, gc=False):
    """
    A merchant's request that Stripe has decided: a new authorization, or an increase of an existing
    one.
    """

    at: int
    """The time of the decision."""
    authorization: int
    """The number of the authorization in this past, counted from 0 in the order of creation."""
    began: int
    """The time at which the authorization was created; the amount counts in the windows of that time."""
    card: str
    """Stripe's id of the card."""
    holder: str
    """Stripe's id of the cardholder."""
    amount: int
    """The requested amount; 0 for a request that only checks the card."""
    total: int
    """
    The amount of the whole authorization if this request is approved; per-purchase limits apply to it.

    It is the sum of the approved amounts less the reversed ones; captures do not change it.
    """
    approved: bool
    """Stripe's decision."""
    reason: str
    """Stripe's reason, such as `spending_controls`."""
    granted: int = 0
    """The approved amount, which is then held. It is lower than `amount` if a webhook approved less."""
    first: bool = True
    """False if this request increases an existing authorization."""
    held: int = 0
    """The amount held just before this request; 0 for the first request."""
    category: str = ""
    """The merchant's category."""
    country: str = ""
    """The merchant's country, as two upper-case letters."""
    presence: str = "not_present"
    """`present` or `not_present`."""
    currency: str = "usd"
    """The card's currency."""
    merchant_amount: int = 0
    """The amount of this request in the merchant's currency, in minor units."""
    merchant_currency: str = ""
    """The merchant's currency. Exchange rates for cardholders' limits are derived from it."""
    merchant: str = ""
    """The merchant's name; empty if names are not kept."""


class PastMove(Struct, frozen=True, gc=False):
    """
    A change of an authorization's held and captured amounts that is not a request.

    All changes of one authorization within one second, such as a capture that closes it, are one move.
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
    """The change of the held amount; negative for a reversal, an expiry, or a capture of a hold."""
    captured: int = 0
    """The captured amount, without refunds."""
    left: int = 0
    """The amount still held afterwards; 0 if the authorization is closed."""
    ends: bool = False
    """True if this is the last event of the authorization."""

    @property
    def amount(self) -> int:
        """Return the change of the amount that counts towards limits."""
        return self.held + self.captured


Moment = PastRequest | PastMove


class PastControls(Struct, frozen=True):
    """The fields of a card or cardholder that are valid from some time on."""

    since: int
    """The first time at which they are valid; 0 for the oldest known version."""
    fields: Mapping[str, Any]
    """The fields in normal form, as in a snapshot: status, spending controls, lifecycle controls."""
    disabled: bool = False
    """True if Stripe requires more information about the cardholder (`requirements.disabled_reason`)."""


class PastCard(Struct, frozen=True):
    """The facts of a card that never change."""

    id: str
    """Stripe's id."""
    holder: str
    """Stripe's id of the cardholder."""
    currency: str = "usd"
    """The card's currency."""
    replacement_for: str = ""
    """The id of the card that it replaces, whose spending still counts; empty if it replaces none."""
    exp_month: int = 0
    """The last month in which the card can be used, 1 to 12; 0 if unknown."""
    exp_year: int = 0
    """The year of that month; 0 if unknown."""


class Past(Protocol):
    """
    The past of an account. It is read as a stream, because a million authorizations may not fit into
    memory.
    """

    @property
    def cards(self) -> Mapping[str, PastCard]:
        """Return all cards of the account by id, including canceled ones."""

    @property
    def controls(self) -> Mapping[str, Sequence[PastControls]]:
        """Return all versions of the controls of each card and cardholder by id, oldest first."""

    @property
    def horizon(self) -> int:
        """Return the time since which every change of controls is known; 0 if all changes are known."""

    def moments(self) -> Iterator[Moment]:
        """
        Yield the requests and moves in the order of time; may be called repeatedly.

        Within one second, requests come in the order in which Stripe lists their authorizations, oldest
        first. Whether a move of that second came before or after a request is unknown.
        """


class PastList(Struct, frozen=True):
    """A past held in memory."""

    recorded: Sequence[Moment] = ()
    """The requests and moves, in the order of time."""
    cards: Mapping[str, PastCard] = {}
    """All cards of the account, by id."""
    controls: Mapping[str, Sequence[PastControls]] = {}
    """All versions of the controls of each card and cardholder by id, oldest first."""
    horizon: int = 0
    """The time since which every change of controls is known; 0 if all changes are known."""

    def moments(self) -> Iterator[Moment]:
        """Yield the requests and moves in the order of time."""
        return iter(self.recorded)
