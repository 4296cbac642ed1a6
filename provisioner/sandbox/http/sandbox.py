"""One running sandbox: what it was told, what it keeps, and what is going on in it right now."""

from dataclasses import dataclass, field

from provisioner.sandbox.api.faults import Faults
from provisioner.sandbox.api.limits import AccountLimits
from provisioner.sandbox.api.locks import Locks
from provisioner.sandbox.http.webhooks import Postman
from provisioner.sandbox.settings import Settings
from provisioner.sandbox.state.store import Store


@dataclass
class Sandbox:
    """Settings and state, and what lives in memory only: keys and objects in use, limits, faults."""

    settings: Settings
    store: Store
    postman: Postman
    in_flight: set[tuple[str, str]] = field(default_factory=set)
    locks: Locks = field(default_factory=Locks)
    limits: AccountLimits = field(default_factory=AccountLimits)
    faults: Faults = field(default_factory=Faults)

    def forget(self) -> None:
        """Drop limits and faults, as after a restart."""
        self.limits = AccountLimits()
        self.faults = Faults()
