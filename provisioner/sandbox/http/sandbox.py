"""A running sandbox: its settings, its database, and its state in memory."""

from dataclasses import dataclass, field

from provisioner.sandbox.api.faults import Faults
from provisioner.sandbox.api.limits import AccountLimits
from provisioner.sandbox.api.locks import Locks
from provisioner.sandbox.http.cli_connections import CliConnections
from provisioner.sandbox.http.webhooks import Postman
from provisioner.sandbox.settings import Settings
from provisioner.sandbox.state.store import Store


@dataclass
class Sandbox:
    """One running sandbox."""

    settings: Settings
    """Its behavior."""
    store: Store
    """Its database."""
    postman: Postman
    """Sends events to webhooks."""
    cli: CliConnections
    """Sends events to Stripe's command line."""
    in_flight: set[tuple[str, str]] = field(default_factory=set)
    """Accounts and idempotency keys of requests in flight."""
    locks: Locks = field(default_factory=Locks)
    """Objects that requests in flight write."""
    limits: AccountLimits = field(default_factory=AccountLimits)
    """Rate limits."""
    faults: Faults = field(default_factory=Faults)
    """Faults that are set."""

    def forget(self) -> None:
        """Reset limits and faults, as after a restart."""
        self.limits = AccountLimits()
        self.faults = Faults()
        self.cli.forget()
