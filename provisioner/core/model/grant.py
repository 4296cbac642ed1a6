"""Grants of temporary spending power; plain data. Times are Unix seconds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from provisioner.core.model.errors import Where
from provisioner.core.model.resource import Address


class Grant(Struct, frozen=True):
    """Spending power that some resources have until a time, in addition to their own."""

    name: str
    """Its name under `grants`."""
    addresses: frozenset[Address]
    """The resources that it covers."""
    power: Mapping[str, Any]
    """The values that it gives, in normal form."""
    until: int
    """The first moment at which it is no longer in force."""
    begin: int = 0
    """The first moment at which it is in force; 0 if it has no beginning."""
    reason: str = ""
    """The reason, as its author gives it."""
    where: Where | None = None
    """The place of its declaration."""

    @property
    def address(self) -> str:
        """Return the section and name, as messages show them."""
        return f"grants.{self.name}"

    @property
    def end(self) -> str:
        """Return the end as text, in UTC."""
        return says_moment(self.until)

    def holds(self, now: int) -> bool:
        """Return whether it is in force at a time."""
        return self.begin <= now < self.until

    def has_ended(self, now: int) -> bool:
        """Return whether it has ended by a time."""
        return self.until <= now

    def overlaps(self, other: "Grant") -> bool:
        """Return whether another grant sets some of the same values of some of the same resources."""
        is_other = self.name != other.name
        return is_other and bool(self.addresses & other.addresses and self.power.keys() & other.power.keys())


def says_moment(moment: int) -> str:
    """Format a time in UTC to the minute, or only its date if it is midnight: `2026-12-01 18:00 UTC`."""
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at:%Y-%m-%d}" if not (at.hour or at.minute) else f"{at:%Y-%m-%d %H:%M} UTC"
