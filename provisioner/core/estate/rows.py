"""The rows that the pages about an estate show; personal values are included only on request."""

from typing import Literal

from msgspec import Struct

from provisioner.core.estate.limits import LimitUse

Urgency = Literal["now", "soon", "note"]


class CardRow(Struct, frozen=True):
    """A card, with its limits and its spending."""

    id: str
    """Stripe's id."""
    name: str
    """The name in the configuration, or Stripe's id if it is not managed."""
    address: str
    """Its section and name in the YAML; empty if it is not managed."""
    team: str
    """The team."""
    holder: str
    """The cardholder's name in the configuration, or Stripe's id if it is not managed."""
    holder_id: str
    """Stripe's id of the cardholder."""
    person: str
    """The cardholder's name in Stripe; empty unless personal data was requested."""
    status: str
    """Stripe's status."""
    type: str
    """`virtual` or `physical`."""
    currency: str
    """The currency."""
    expires: str
    """The last month in which the card can be used, as 2027-05; empty if it is not known."""
    created: int
    """The time of its creation (Unix seconds)."""
    limits: tuple[LimitUse, ...] = ()
    """The limits of the card and its cardholder, with the used amounts."""
    tightest: LimitUse | None = None
    """The limit with the highest used share."""
    controls: tuple[tuple[str, str], ...] = ()
    """The names and values of the other controls of the card and its cardholder."""
    spent_month: int = 0
    """The amount spent in the current month (UTC)."""
    approved: int = 0
    """The number of approved purchases in the days shown."""
    declined: int = 0
    """The number of declined purchases in the days shown."""
    remarks: tuple[str, ...] = ()
    """Observations, such as a shipment that was returned."""


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
    """The number of its cards without a limit that bounds a month's spending."""
    spent: int
    """The amount spent in the current month (UTC), in minor units."""
    approved: int
    """The number of approved purchases in the current month."""
    declined: int
    """The number of declined purchases in the current month."""


class DueItem(Struct, frozen=True):
    """An observation that needs attention."""

    urgency: Urgency
    """`now`, `soon`, or `note`."""
    subject: str
    """The subject of the observation: `Drift`, `Grant`."""
    text: str
    """The observation, as a sentence."""
    card: str = ""
    """Stripe's id of the card concerned; empty if it concerns no card or several."""
    page: str = ""
    """The page with details: `drift`, `plan`, or `cards`; empty if there is none."""
    at: int = 0
    """The time at which it is due (Unix seconds); 0 if it is due now."""


class OutsideChange(Struct, frozen=True):
    """A change that somebody made outside of provisioner, from one of Stripe's events."""

    at: int
    """The time (Unix seconds)."""
    event: str
    """The id of the event."""
    request: str
    """The id of the request; empty if the change was made by Stripe or in the Dashboard."""
    name: str
    """The name of the object in the configuration, or Stripe's id."""
    id: str
    """The id of the object."""
    kind: str
    """The kind of the object."""
    paths: tuple[str, ...]
    """The paths of the values that changed."""


class EstateFigures(Struct, frozen=True):
    """The totals of an estate at one time; amounts are in minor units by currency."""

    at: int
    """The time of the reading (Unix seconds)."""
    balances: dict[str, int]
    """The money available for Issuing."""
    exposure: dict[str, int]
    """The monthly exposure of all cards that have a limit."""
    spent: dict[str, int]
    """The amounts spent since the beginning of the month."""
    active: int = 0
    """The number of active cards."""
    drift: int = 0
    """The number of values changed outside of provisioner."""
