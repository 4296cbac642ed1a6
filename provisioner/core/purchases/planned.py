"""Planned controls of cards and cardholders, as a replay of the past needs them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from provisioner.core.purchases.past import PastControls


class PlannedControls(Struct, frozen=True):
    """The controls of a card or cardholder as a plan would leave them, laid over the whole past."""

    address: str
    """Section and name in the YAML."""
    timeline: Sequence[PastControls]
    """The controls: one row that always holds, or more where grants begin and end; oldest first."""
    team: str = ""
    """The team of a card; empty without one."""
    retired: bool = False
    """True if the plan retires it."""
    hidden: bool = False
    """True if its controls must not be shown."""


class Planned(Struct, frozen=True):
    """The controls of all cards and cardholders that a plan is about, by Stripe's id."""

    cards: Mapping[str, PlannedControls] = {}
    """The cards with a declared address, with their predecessors, and those that the plan retires."""
    holders: Mapping[str, PlannedControls] = {}
    """The same for cardholders."""
