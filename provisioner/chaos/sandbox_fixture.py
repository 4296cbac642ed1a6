"""A sandbox that can be restored to an earlier state and made to fail."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from provisioner.app.account import ANSWERS
from provisioner.chaos.killable_client import KEY, LIMITLESS
from provisioner.net.sandbox_control import control
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.gateway import StripeWriter


class SandboxFixture(Struct):
    """A sandbox in a temporary folder."""

    base: str
    """Its address."""
    state: Path
    """Its SQLite file."""
    kept: sqlite3.Connection
    """The database in memory that holds the stored state."""

    def reset(self) -> None:
        """Delete everything in the sandbox."""
        control(self.base, "reset", {})

    def keep(self) -> None:
        """Store the current state."""
        with closing(sqlite3.connect(self.state)) as live:
            live.backup(self.kept)

    def put_back(self) -> None:
        """Restore the stored state, and remove all faults."""
        self.calm()
        with closing(sqlite3.connect(self.state, timeout=10)) as live:
            self.kept.backup(live)

    def fail(self, faults: Sequence[Mapping[str, Any]], seed: int = 0) -> None:
        """Set these faults (see `sandbox.api.faults.Fault`)."""
        control(self.base, "faults", {"faults": list(faults), "seed": seed})

    def calm(self) -> None:
        """Remove all faults."""
        self.fail([])

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock forward."""
        control(self.base, "clock", {"advance": seconds})

    def writer(self) -> StripeWriter:
        """Return a writer whose requests are not counted or disturbed."""
        return StripeWriter(Transport(KEY, limits=LIMITLESS, api_base=self.base), ANSWERS)


@contextmanager
def arena(country: str = "US") -> Iterator[SandboxFixture]:
    """Yield a new sandbox that is deleted at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="provisioner-chaos-") as folder:
        state = Path(folder) / "sandbox.db"
        settings = Settings(state=state, rate_limit=False, country=country)
        with running(settings) as base, closing(sqlite3.connect(":memory:")) as kept:
            yield SandboxFixture(base, state, kept)
