"""The planned controls of cards and cardholders, in the form that a replay needs."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from provisioner.core.purchases.past import PastControls


class PlannedControls(Struct, frozen=True):
    """The controls that a plan would give a card or cardholder, applied to the whole past."""

    address: str
    """Its section and name in the YAML."""
    timeline: Sequence[PastControls]
    """The versions of the controls, oldest first: one, or several if grants begin or end."""
    team: str = ""
    """The team of a card; empty if it has none."""
    retired: bool = False
    """True if the plan retires it."""
    hidden: bool = False
    """True if its controls must not be shown."""


class Planned(Struct, frozen=True):
    """The planned controls of all cards and cardholders in a plan, by Stripe's id."""

    cards: Mapping[str, PlannedControls] = {}
    """The cards in the configuration, the cards that they replaced, and the cards that the plan retires."""
    holders: Mapping[str, PlannedControls] = {}
    """The same for cardholders."""
