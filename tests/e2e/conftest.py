"""The command line on a desk of its own: an empty folder, an empty Stripe, and the plain SDK beside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click.testing
import pytest
import requests
import stripe
from reference.exit_codes import allowed

from provisioner.cli.main import main
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.rate_limit import Pace

KEY = "sk_test_canary51Key"

COMPANY = """
cardholders:
  acme:
    type: company
    name: Acme Inc
    email: canary@acme.example
    billing:
      address: {line1: 510 Canary Street, city: San Francisco, state: CA, postal_code: "94103", country: US}
"""
BARE_CARD = """
cards:
  ads:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
"""
CARD = (
    BARE_CARD
    + """\
    spending_controls:
      allowed_categories: [advertising_services]
      spending_limits: [{amount: "2,000.00 USD", interval: monthly}]
"""
)


_wait = Transport.wait


def at_once(transport: Transport, seconds: float) -> bool:
    """Wait for a list that may lag, in no time: the sandbox's do not; as a test says that has its own way."""
    own = transport._sleep != transport.stop.wait
    return _wait(transport, seconds) if own else not transport.stop.is_set()


def body(plan: str) -> str:
    """Return a plan without its first line, which says where it would be applied."""
    place, _, rest = plan.partition("\n\n")
    assert re.fullmatch(r"Project .+, (test|live) mode, account acct_\w+", place), plan
    return rest


@dataclass(frozen=True)
class Desk:
    """Where a user sits: `folder` is the current one, `base` the address of Stripe."""

    folder: Path
    base: str

    def write(self, text: str, name: str = "provisioner.yaml", project: str = "desk") -> None:
        """Write a configuration; the head is added unless it is there."""
        head = "" if "version:" in text else f"version: 1\nproject: {project}\n"
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")

    def run(self, *words: str, code: int | None = 0) -> click.testing.Result:
        """Run a command; `code` is the exit code that it must end with (None: any)."""
        result = click.testing.CliRunner().invoke(main, words, catch_exceptions=False)
        assert code is None or result.exit_code == code, result.output
        assert result.exit_code in allowed(words), "docs/reference/exit-codes.md has another opinion"
        return result

    @property
    def sdk(self) -> stripe.StripeClient:
        """Stripe's own SDK, as anybody would use it."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.base})

    def live(self, resource: str = "cards") -> dict[str, Any]:
        """The live objects by the address that they carry (the last created of each), as plain values."""
        listed = getattr(self.sdk.v1.issuing, resource).list({"limit": 100}).auto_paging_iter()
        found = [item.to_dict() for item in listed]
        return {item["metadata"].get("provisioner_address", item["id"]): item for item in reversed(found)}

    def control(self, path: str, body: bytes = b"{}") -> None:
        """Tell the sandbox itself something."""
        assert requests.post(f"{self.base}/_sandbox/{path}", data=body, timeout=10).ok


@pytest.fixture(scope="session")
def stripe_base() -> Iterator[str]:
    """One embedded Stripe for all the tests here, without rate limits."""
    with running(Settings(rate_limit=False)) as base:
        yield base


@pytest.fixture
def desk(stripe_base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty folder as the current one, an empty Stripe, and a key for it in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.setenv("STRIPE_API_BASE", stripe_base)
    monkeypatch.delenv("STRIPE_ACCOUNT", raising=False)
    monkeypatch.setattr(Transport, "wait", at_once)
    monkeypatch.setattr(Pace, "leave", lambda _pace, _lane: 0.0)  # as this Stripe has no limits
    desk = Desk(tmp_path, stripe_base)
    desk.control("reset")
    return desk
