"""A sandbox that can be put back to where it was, told to fail, and looked at from the side."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from provisioner.chaos.killable_client import KEY, LIMITLESS
from provisioner.net.sandbox_control import control
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.gateway import StripeWriter


class SandboxFixture(Struct):
    """One sandbox at `base`, with its state in the file `state`."""

    base: str
    state: Path
    _kept: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:"))

    def reset(self) -> None:
        """Forget everything."""
        control(self.base, "reset", {})

    def keep(self) -> None:
        """Remember the present state."""
        with closing(sqlite3.connect(self.state)) as live:
            live.backup(self._kept)

    def put_back(self) -> None:
        """Return to the state that was kept, without faults."""
        self.calm()
        with closing(sqlite3.connect(self.state, timeout=10)) as live:
            self._kept.backup(live)

    def fail(self, faults: Sequence[Mapping[str, Any]], seed: int = 0) -> None:
        """Set these faults (see `sandbox.faults.Fault`)."""
        control(self.base, "faults", {"faults": list(faults), "seed": seed})

    def calm(self) -> None:
        """Set no faults."""
        self.fail([])

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        control(self.base, "clock", {"advance": seconds})

    def writer(self) -> StripeWriter:
        """A way to look and to write that nothing disturbs."""
        return StripeWriter(Transport(KEY, limits=LIMITLESS, api_base=self.base))


@contextmanager
def arena(country: str = "US") -> Iterator[SandboxFixture]:
    """A new sandbox, gone with the block."""
    with tempfile.TemporaryDirectory(prefix="provisioner-chaos-") as folder:
        state = Path(folder) / "sandbox.db"
        with running(Settings(state=state, rate_limit=False, country=country)) as base:
            yield SandboxFixture(base, state)
