"""The settings of a sandbox."""

from dataclasses import dataclass
from pathlib import Path

from provisioner.sandbox.rules.common.programs import PROGRAMS


@dataclass(frozen=True)
class Settings:
    """The settings of one sandbox; raises ValueError for a country without Stripe Issuing."""

    state: Path | None = None
    """The SQLite file; None for a database in memory."""
    port: int = 0
    """The port; 0 for any free one."""
    latency: float = 0.0
    """Seconds that are added to every request."""
    rate_limit: bool = True
    """True to enforce the rate limits of test mode."""
    topup_settle: float | None = 5.0
    """Seconds that a top-up stays pending; None for ever."""
    country: str = "US"
    """The two-letter country of the default account."""
    webhooks_anywhere: bool = False
    """True to send events to other machines, too."""

    def __post_init__(self) -> None:
        if self.country not in PROGRAMS:
            raise ValueError(
                f"Stripe Issuing is not available in {self.country}; "
                f"choose one of {', '.join(sorted(PROGRAMS))}"
            )
