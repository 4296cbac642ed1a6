"""Runs embedded Stripe APIs: one that keeps its state in a folder, and private ones for scenarios."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from provisioner.app.account import ANSWERS
from provisioner.core.model.currencies import currency_of
from provisioner.engine.private_file import private_database
from provisioner.net.sandbox_control import control
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.credentials import SANDBOX_KEY
from provisioner.stripe_api.gateway import StripeWriter
from provisioner.stripe_api.rate_limit import Limits

# A private sandbox has no other user.
LIMITLESS = Limits(endpoint=10_000, total=10_000)
DAY = 86_400
CHUNK = 500  # accounts that are connected per request
NEARLY = 60  # seconds before midnight in which no scenario without a time is started


class PrivateSandbox(Struct, frozen=True):
    """A sandbox that contains only the current scenario."""

    transport: Transport
    """Sends requests to it."""

    @property
    def writer(self) -> StripeWriter:
        """Return the client that makes test purchases in this sandbox."""
        return StripeWriter(self.transport, ANSWERS)

    def clear(self) -> int:
        """
        Delete all data, set the clock to a time that is not close to midnight, when daily limits reset, and
        return it.
        """
        control(self.transport.base, "reset", {})
        now = int(self._now())
        begin = clear_of_midnight(now)
        if begin != now:
            self.go_to(begin)
        return begin

    def go_to(self, moment: int) -> None:
        """Advance the clock to `moment` (Unix seconds), unless that time has passed already."""
        ahead = moment - self._now()
        if ahead > 0:
            control(self.transport.base, "clock", {"advance": ahead})

    def _now(self) -> float:
        return float(control(self.transport.base, "clock", {})["now"])


def clear_of_midnight(now: int) -> int:
    """Return `now` (Unix seconds), or a time shortly after the next midnight (UTC) if that is close."""
    return now if DAY - now % DAY > NEARLY else now + NEARLY


@contextmanager
def sandbox_at(state: Path | None) -> Iterator[str]:
    """Run an embedded Stripe API that keeps its state in a file, or in memory; yields its address."""
    from provisioner.sandbox.server import running  # noqa: PLC0415 - cold start: the server is heavy
    from provisioner.sandbox.settings import Settings  # noqa: PLC0415 - cold start: as above

    if state:
        private_database(state)
    with running(Settings(state=state)) as base:
        yield base


@contextmanager
def platform_at(state: Path, accounts: Sequence[str]) -> Iterator[str]:
    """Run the sandbox of a file with these connected accounts, by their ids; yields its address."""
    with sandbox_at(state) as base:
        for start in range(0, len(accounts), CHUNK):
            control(base, "accounts", {"ids": accounts[start : start + CHUNK]})
        yield base


@contextmanager
def stages() -> Iterator[Callable[[str], PrivateSandbox]]:
    """Yield a function that returns the sandbox for cards of a currency. Each is started on first use."""
    opened: dict[str, PrivateSandbox] = {}
    with ExitStack() as stack:

        def stage_for(currency: str) -> PrivateSandbox:
            country = currency_of(currency).home
            if country not in opened:
                opened[country] = stack.enter_context(private_sandbox(country))
            return opened[country]

        yield stage_for


@contextmanager
def private_sandbox(country: str = "US") -> Iterator[PrivateSandbox]:
    """Yield a sandbox in memory, for an account in this country."""
    from provisioner.sandbox.server import running  # noqa: PLC0415 - cold start: the server is heavy
    from provisioner.sandbox.settings import Settings  # noqa: PLC0415 - cold start: as above

    with running(Settings(rate_limit=False, topup_settle=0.0, country=country)) as base:
        yield PrivateSandbox(Transport(SANDBOX_KEY, limits=LIMITLESS, api_base=base))
