"""Replay a past under the controls in force and under planned ones, and tell what the plan changes."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.core.purchases.past import Past, PastControls


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


def backtest(past: Past, planned: Planned, begin: int = 0, *, headroom: bool = False) -> BacktestDocument:
    """
    Judge the purchases since `begin` (Unix seconds) under the controls in force and under the planned ones.

    Earlier purchases only fill the windows of limits. With `headroom`, report the use of all limits.
    """
    raise NotImplementedError
