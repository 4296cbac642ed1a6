"""A small company with purchases, its pages on a server, and the plain API beside them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from support.chromium import Tab, tab

from provisioner import Project
from provisioner.app.account import Account
from provisioner.app.estate import EstateReader
from provisioner.sandbox.http.prompt_server import PromptServer, listen, url_of
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from provisioner.stripe_api.rate_limit import Pace
from provisioner.web.app import EstateSite
from provisioner.web.live import LiveEstate
from provisioner.web.site import Place

KEY = "sk_test_canary51Key"
NAMES = ("Canary Person", "canary.person@acme.example", "Canary Merchant")
CONFIGURATION = """
version: 1
project: shown
cardholders:
  acme:
    type: company
    name: Acme Inc
    email: office@acme.example
    billing: &there
      address: {line1: 510 Canary Street, city: San Francisco, state: CA, postal_code: "94103", country: US}
    metadata: {team: marketing}
    spending_controls:
      spending_limits: [{amount: "900.00 USD", interval: monthly}]
  person:
    type: company
    name: Canary Person
    email: canary.person@acme.example
    billing: *there
    metadata: {team: engineering}
cards:
  ads:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
    spending_controls:
      allowed_categories: [advertising_services]
      spending_limits: [{amount: "500.00 USD", interval: monthly}]
  print:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
    spending_controls: {spending_limits: [{amount: "100.00 USD", interval: daily}]}
  tools:
    cardholder: person
    type: virtual
    currency: usd
    status: active
    spending_controls: {spending_limits: [{amount: "300.00 USD", interval: monthly}]}
  spare: {cardholder: person, type: virtual, currency: usd, status: inactive}
balance_targets:
  usd: {target: "5,000.00 USD", top_up_below: "1,000.00 USD"}
"""
ADS, PAPER, SOFTWARE = (
    "advertising_services",
    "stationery_stores_office_and_school_supply_stores",
    "computer_software_stores",
)
PURCHASES = [  # card, minor units, category, what follows
    ("ads", 20_000, ADS, "capture"),
    ("ads", 12_345, ADS, ""),
    ("ads", 30_000, ADS, ""),  # over the limit
    ("ads", 500, PAPER, ""),  # not allowed
    ("print", 4_200, PAPER, "reverse"),
    ("print", 7_777, PAPER, "capture"),
    ("tools", 4_900, SOFTWARE, "capture"),
    ("spare", 1_000, SOFTWARE, ""),  # inactive
]


@dataclass(frozen=True)
class Company:
    """An account with purchases, and a project that manages it."""

    base: str
    account: Account

    @property
    def sdk(self) -> stripe.StripeClient:
        """Stripe's own SDK, as anybody would use it."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.base})

    def cards(self) -> dict[str, Any]:
        """The cards by their names."""
        found = self.sdk.v1.issuing.cards.list({"limit": 100}).auto_paging_iter()
        by_address = {each.metadata.to_dict().get("provisioner_address", ""): each for each in found}
        return {address.partition(".")[2]: each for address, each in by_address.items()}

    def buy(self, card: str, amount: int, category: str, then: str = "", name: str = NAMES[2]) -> Any:
        """Make a purchase."""
        helpers = self.sdk.v1.test_helpers.issuing.authorizations
        merchant = {"category": category, "name": name, "country": "US"}
        made = helpers.create({"card": card, "amount": amount, "merchant_data": merchant})
        if then:
            getattr(helpers, then)(made.id)
        return made


@contextmanager
def company(base: str, text: str, folder: Path) -> Iterator[Company]:
    """Apply a configuration to an empty sandbox, and fund it."""
    patch = pytest.MonkeyPatch()
    patch.setattr(Pace, "leave", lambda _pace, _lane: 0.0)  # as this Stripe has no limits
    (folder / "provisioner.yaml").write_text(text, encoding="utf-8")
    requests.post(f"{base}/_sandbox/reset", data=b"{}", timeout=10)
    with Project.load(folder).connect(KEY, api_base=base) as project:
        project.apply(project.plan())
        requests.post(f"{base}/_sandbox/clock", json={"advance": 60}, timeout=10)
        assert project._account is not None
        yield Company(base, project._account)
    patch.undo()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    with running(Settings(rate_limit=False, topup_settle=0.0)) as base:
        yield base


@pytest.fixture(scope="module")
def shop(sandbox: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company with its purchases, and with two changes that somebody made in Stripe."""
    with company(sandbox, CONFIGURATION, tmp_path_factory.mktemp("shop")) as found:
        cards = found.cards()
        for name, *purchase in PURCHASES:
            found.buy(cards[name].id, *purchase)
        found.sdk.v1.issuing.cards.update(
            cards["tools"].id,
            {"spending_controls": {"spending_limits": [{"amount": 9_999_900, "interval": "monthly"}]}},
        )
        yield found


Serve = Callable[..., str]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """A function that serves an account and returns the address of its pages."""
    ends: list[Callable[[], None]] = []

    def started(account: Account, *, personal: bool = False, every: float = 0.0) -> str:
        live = LiveEstate(EstateReader(lambda: account, days=30, personal=personal), every)
        return run(EstateSite(live, Place("shown", "", "test")), ends)

    yield started
    for end in ends:
        end()


def run(site: EstateSite, ends: list[Callable[[], None]]) -> str:
    """Serve pages in a thread; `ends` gets what ends it."""
    accepting = threading.Event()
    listener = listen("127.0.0.1", 0)
    server = PromptServer(site.application(), accepting.set)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    base = url_of(listener)
    thread.start()
    accepting.wait()

    def end() -> None:
        server.end()
        thread.join()
        listener.close()

    ends.append(end)
    return base


@pytest.fixture(scope="module")
def pages(shop: Company, serve: Serve) -> str:
    """The address of the company's pages."""
    return serve(shop.account)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(tmp_path_factory.mktemp("profile")) as page:
        yield page
