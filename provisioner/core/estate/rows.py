"""Rows of the pages about an estate: plain data, with personal values only if they are asked for."""

from typing import Literal

from msgspec import Struct

from provisioner.core.estate.limits import LimitUse

Urgency = Literal["now", "soon", "note"]


class CardRow(Struct, frozen=True):
    """A card, with what it may spend and what it has spent."""

    id: str
    """Stripe's id."""
    name: str
    """The name in the configuration, or Stripe's id if it is not managed."""
    address: str
    """Section and name in the YAML; empty if it is not managed."""
    team: str
    """The team."""
    holder: str
    """The cardholder's name in the configuration, or Stripe's id if it is not managed."""
    holder_id: str
    """Stripe's id of the cardholder."""
    person: str
    """The cardholder's name at Stripe; empty unless personal data is asked for."""
    status: str
    """Stripe's status."""
    type: str
    """`virtual` or `physical`."""
    currency: str
    """The currency."""
    expires: str
    """The last month in which it can be used, as 2027-05; empty if it is not known."""
    created: int
    """The time of its creation (Unix seconds)."""
    limits: tuple[LimitUse, ...] = ()
    """Its own limits and its cardholder's, with what is used of them."""
    tightest: LimitUse | None = None
    """The limit of which most is used."""
    controls: tuple[tuple[str, str], ...] = ()
    """The names of its other controls and of its cardholder's, with their values."""
    spent_month: int = 0
    """The amount spent in the current month (UTC)."""
    approved: int = 0
    """The number of approved purchases in the days that are shown."""
    declined: int = 0
    """The number of declined purchases in the days that are shown."""
    remarks: tuple[str, ...] = ()
    """Observations, such as a shipment that came back."""


class TeamSpend(Struct, frozen=True):
    """The spending of a team in one currency, in the current month."""

    team: str
    """The team."""
    currency: str
    """The currency."""
    cards: int
    """The number of its cards that can spend."""
    exposure: int
    """The most that its limited cards can spend in a month, in minor units."""
    unlimited: int
    """The number of its cards whose limits do not bound a month."""
    spent: int
    """The amount spent in the current month (UTC), in minor units."""
    approved: int
    """The number of approved purchases in the current month."""
    declined: int
    """The number of declined purchases in the current month."""


class DueItem(Struct, frozen=True):
    """An observation that somebody should act on."""

    urgency: Urgency
    """`now`, `soon`, or `note`."""
    subject: str
    """The name of what it is about: `Drift`, `Grant`."""
    text: str
    """The observation."""
    card: str = ""
    """Stripe's id of the card that it is about; empty if it is about none or several."""
    page: str = ""
    """The page with more about it: `drift`, `plan`, or `cards`; empty if there is none."""
    at: int = 0
    """The time at which it is due (Unix seconds); 0 if it is due now."""


class OutsideChange(Struct, frozen=True):
    """A change that somebody made outside of provisioner, from one of Stripe's events."""

    at: int
    """The time (Unix seconds)."""
    event: str
    """The id of the event."""
    request: str
    """The id of the request; empty if Stripe itself or the Dashboard made the change."""
    name: str
    """The name of the object in the configuration, or its id."""
    id: str
    """The id of the object."""
    kind: str
    """The kind of the object."""
    paths: tuple[str, ...]
    """The paths of the values that changed."""


class EstateFigures(Struct, frozen=True):
    """The sums of an estate at one time; amounts are in minor units by currency."""

    at: int
    """The time of the reading (Unix seconds)."""
    balances: dict[str, int]
    """The available Issuing balances."""
    exposure: dict[str, int]
    """The monthly exposure of all limited cards."""
    spent: dict[str, int]
    """The amounts spent in the month so far."""
    active: int = 0
    """The number of active cards."""
    drift: int = 0
    """The number of values changed outside of provisioner."""
