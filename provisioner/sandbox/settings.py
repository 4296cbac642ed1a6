"""The settings of a sandbox."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from provisioner.sandbox.rules.common.programs import PROGRAMS


@dataclass(frozen=True)
class Settings:
    """The settings of one sandbox; raises ValueError for a country without Issuing, a host, or a key."""

    state: Path | None = None
    """The SQLite file; None for a database in memory."""
    port: int = 0
    """The port; 0 for any free one."""
    latency: float = 0.0
    """Seconds that are added to every request."""
    rate_limit: bool = True
    """True to enforce the rate limits of test mode."""
    topup_settle: float | None = 5.0
    """Seconds for which a top-up stays pending; None for ever."""
    country: str = "US"
    """The two-letter country of the default account."""
    webhooks_anywhere: bool = False
    """True to send events to other machines, too."""
    host: str = "127.0.0.1"
    """The IP address to listen on."""
    key: str = ""
    """The only key that is accepted, also by the control API; empty for any test-mode key."""

    @property
    def is_local(self) -> bool:
        """Return True if only programs on this machine can connect."""
        return ip_address(self.host).is_loopback

    def __post_init__(self) -> None:
        if self.key and not re.fullmatch(r"[sr]k_test_\w+", self.key):
            raise ValueError("a key of the sandbox begins with sk_test_ or rk_test_")
        try:
            ip_address(self.host)
        except ValueError:
            raise ValueError(f"{self.host!r} is not an IP address such as 127.0.0.1 or 0.0.0.0") from None
        if self.country not in PROGRAMS:
            raise ValueError(
                f"Stripe Issuing is not available in {self.country}; "
                f"choose one of {', '.join(sorted(PROGRAMS))}"
            )
