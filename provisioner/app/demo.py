"""
A sandbox for demonstrations: an applied configuration, realistic past purchases, and two manual
changes.
"""

import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from provisioner.app.account import Account
from provisioner.app.apply import carry_out, silent
from provisioner.app.estate import EstateReader
from provisioner.app.plan import make_account_plan
from provisioner.app.ready import ready
from provisioner.app.sandboxes import LIMITLESS
from provisioner.app.seed import SeedOrder, applied_cards, write_seed
from provisioner.core.estate.model import Estate
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.credentials import SANDBOX_KEY

PAST = SeedOrder(purchases=600, days=60, seed=1)


class DemoReader(EstateReader):
    """
    Reads a sandbox, which it starts on the first reading. It makes one purchase whenever new ones are read.

    The sandbox's data is lost at the end.
    """

    def __init__(
        self, current: Callable[[], Config], stack: ExitStack, days: int, past: SeedOrder = PAST
    ) -> None:
        # The people and merchants are invented, so their names may be shown.
        super().__init__(self._account, days=days, personal=True)
        self._configuration, self._stack, self._past = current, stack, past
        self._transport: Transport | None = None
        self._rng = random.Random(past.seed)  # noqa: S311 - to be repeatable

    def _account(self) -> Account:
        config = self._configuration().for_sandbox().without_secrets()
        if self._transport is None:
            self._transport = self._stack.enter_context(demo_sandbox(config, self._past))
        return ready(Account(config, self._transport))

    def read_new(self) -> Estate:
        """Make a purchase, and read it."""
        estate = super().read_new()
        cards = [card for card in estate.cards if card.status == "active"]
        if self._transport and cards:
            card = self._rng.choice(cards)
            allowed = dict(card.controls).get("allowed_categories", "eating_places_restaurants").split(", ")
            merchant = {"category": self._rng.choice(allowed), "name": "Demo Shop", "country": "US"}
            params = {
                "card": card.id,
                "amount": self._rng.randint(500, 20_000),
                "merchant_data": merchant,
            }
            key = f"demo-{uuid.uuid4()}"
            self._transport.send("POST", "test_helpers/issuing/authorizations", params, key)
        return super().read_new()


@contextmanager
def demo_sandbox(config: Config, past: SeedOrder) -> Iterator[Transport]:
    """
    Run an embedded Stripe API with an applied configuration and past purchases; yields its transport.

    Its data is lost at the end. Raises ProvisionerError if no card of the configuration can make purchases.
    """
    from provisioner.sandbox.server import running  # noqa: PLC0415 - cold start: the server is heavy
    from provisioner.sandbox.settings import Settings  # noqa: PLC0415 - cold start: as above

    with TemporaryDirectory(prefix="provisioner-demo-") as folder:
        state = Path(folder) / "demo.db"
        settings = Settings(state=state, rate_limit=False, topup_settle=0.0)
        with running(settings) as base:
            transport = _transport(base)
            account = ready(Account(config, transport))
            carry_out(account, make_account_plan(account), silent)
            cards = applied_cards(account)
            transport.close()
        if not cards:
            raise ProvisionerError(
                "the configuration has no card, so there is nothing to make purchases with"
            )
        write_seed(state, cards, past, lambda _count: None)
        with running(settings) as base:
            transport = _transport(base)
            # as somebody in the Dashboard would
            limit = {"spending_limits": [{"amount": 2_500_000, "interval": "monthly"}]}
            changes: list[dict[str, Any]] = [{"spending_controls": limit}, {"status": "inactive"}]
            for card, params in zip(cards[len(cards) // 2 :], changes, strict=False):
                transport.send("POST", f"issuing/cards/{card}", params, f"by-hand-{card}")
            yield transport
            transport.close()


def _transport(base: str) -> Transport:
    return Transport(SANDBOX_KEY, limits=LIMITLESS, api_base=base)
