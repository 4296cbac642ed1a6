"""What a sandbox can be told when it starts."""

from dataclasses import dataclass
from pathlib import Path

from provisioner.sandbox.rules.common.programs import PROGRAMS


@dataclass(frozen=True)
class Settings:
    """
    How one sandbox behaves.

    `state` is its SQLite file (None: a private database in memory), `port` 0 means any free one,
    `latency` is added to every request (seconds), `rate_limit` enforces test mode's limits,
    `topup_settle` is how long a top-up stays pending (seconds; None: for ever), `country` is the
    two-letter country of the default account (ValueError for one without Stripe Issuing), and
    `webhooks_anywhere` sends events to other machines too.
    """

    state: Path | None = None
    port: int = 0
    latency: float = 0.0
    rate_limit: bool = True
    topup_settle: float | None = 5.0
    country: str = "US"
    webhooks_anywhere: bool = False

    def __post_init__(self) -> None:
        if self.country not in PROGRAMS:
            raise ValueError(
                f"{self.country} is not a country of Stripe Issuing; these are {', '.join(sorted(PROGRAMS))}"
            )
