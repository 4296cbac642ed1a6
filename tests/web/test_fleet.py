"""The pages about a fleet: each account's state, its money and its own pages, and one file of them."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import chdir
from functools import partial
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
import requests
from click.testing import CliRunner
from starlette.types import ASGIApp
from support.chromium import chromium

from provisioner.app.estate import EstateReader
from provisioner.cli.commands.fleet import command as fleet_command
from provisioner.cli.commands.serve import fleet_site
from provisioner.cli.options.looking import LookOptions
from provisioner.cli.options.shared import SANDBOX_STATE
from provisioner.fleet.look import FleetReader, fleet_reader
from provisioner.fleet.model import FleetSource
from provisioner.web import fleet_app
from provisioner.web.live import LiveFleet
from provisioner.web.report import fleet_report_html
from provisioner.web.site import Place
from web.conftest import run
from web.test_browser import overflow, serious
from web.test_pages import Cells, get, words

FLEET = """version: 1
fleet: shops
configuration: shop.yaml
accounts:
  - {account: acct_1FleetBooks, name: books, vars: {monthly: "800.00"}, labels: {tier: gold}}
  - {account: acct_1FleetCycles, name: "<b>cycles</b>", vars: {monthly: "500.00"}, labels: {tier: gold}}
  - {account: acct_1FleetFoods, name: foods, labels: {tier: plain}}
"""
SHOP = """version: 1
project: shop
vars: {monthly: null}
cardholders:
  shop:
    type: company
    name: Canary Person
    billing: {address: {line1: 510 Canary St, city: Reno, state: NV, postal_code: "89501", country: US}}
cards:
  supplies:
    cardholder: shop
    type: virtual
    currency: usd
    status: active
    spending_controls: {spending_limits: [{amount: "${var.monthly} USD", interval: monthly}]}
balance_targets:
  usd: {target: "500.00 USD", top_up_below: "100.00 USD", description: Float, statement_descriptor: Float}
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetReader]:
    """A fleet of three: one is applied, and its card was frozen by hand; one is new; one is misconfigured."""
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")
    with chdir(folder):
        words = ["apply", ".", "--sandbox", "--auto-approve", "--select", "books"]
        assert CliRunner().invoke(fleet_command, words).exit_code == 0
        with fleet_reader(FleetSource(folder, SANDBOX_STATE)) as found:
            books = found.open("acct_1FleetBooks")
            card = next(iter(books.reader.list("issuing/cards", {})))
            path = f"issuing/cards/{card['id']}"
            books.transport.send("POST", path, {"status": "inactive"}, "by-hand")
            yield found


@pytest.fixture(scope="module")
def pages(reader: FleetReader) -> Iterator[str]:
    ends: list[Callable[[], None]] = []
    look = LookOptions(days=30, personal=False, snapshots=Path("estate.db"))
    site = fleet_site(reader, Place("shops", "", "test"), look, 0.0)
    yield run(site, ends)
    for end in ends:
        end()


def test_each_account_has_its_state_its_money_and_what_is_wrong(pages):
    page = get(pages, "/")
    rows = {row[0].split()[0]: row for row in Cells(page.text).rows[1:]}

    assert "drift" in rows["books"][1]
    assert "1 changed outside of provisioner" in rows["books"][1]
    assert rows["books"][2].endswith("of $500.00")
    assert rows["books"][4] == "0 of 1"
    assert "2 to create; top up $500.00" in rows["<b>cycles</b>"][1]
    assert rows["<b>cycles</b>"][1].startswith("low balance")
    assert "failed" in rows["foods"][1]
    assert "monthly" in rows["foods"][1]
    assert "all targets together $1,000.00" in words(page.text)
    assert "<b>cycles" not in page.text


def test_accounts_are_searched_filtered_and_sorted_on_the_server(pages):
    def names(query):
        return [row[0].split()[0] for row in Cells(get(pages, f"/?{query}").text).rows[1:]]

    assert names("q=BOO") == ["books"]
    assert names("q=acct_1FleetF") == ["foods"]
    assert names("state=drift") == ["books"]
    assert names("label=tier%3Dgold&sort=name") == ["<b>cycles</b>", "books"]
    assert names("page=7&sort=nope") == ["foods", "books", "<b>cycles</b>"]
    assert "No account matches" in get(pages, "/?q=nobody").text


def test_an_account_has_its_own_pages_and_everything_is_as_safe_as_elsewhere(pages):
    account = f"{pages}/accounts/acct_1FleetBooks"
    overview = requests.get(f"{account}/", timeout=20)
    links = re.findall(r'href="(/[^"#?]*)', overview.text)

    assert "1 value changed outside of provisioner" in overview.text
    assert "Canary" not in overview.text
    assert [link for link in links if not link.startswith(("/accounts/acct_1FleetBooks/", "/static/"))] == [
        "/"
    ]
    for link in {*links}:
        assert get(pages, link).status_code == 200, link
    assert get(pages, "/accounts/acct_1FleetFoods/").status_code == 502
    assert get(pages, "/accounts/acct_1Other/").status_code == 404
    assert get(pages, "/accounts/acct_1FleetBooks/nothing").status_code == 404
    for path in ("/", "/accounts/acct_1FleetBooks/", "/accounts/acct_1FleetBooks/cards"):
        assert get(pages, path, Host="evil.example").status_code == 403
        assert get(pages, path, Origin="http://evil.example").status_code == 403
        assert requests.post(pages + path, timeout=20).status_code == 405


def test_an_account_is_opened_once_though_two_ask_for_it_at_the_same_time(reader, monkeypatch):
    monkeypatch.setattr(fleet_app, "MOST_OPEN", 1)
    opened: list[str] = []

    def watched(identity: str) -> EstateReader:
        opened.append(identity)
        return EstateReader(partial(reader.open, identity), days=30)

    async def ask(app: ASGIApp, identity: str) -> str:
        path = f"/accounts/{identity}/plan"
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "root_path": ""}
        scope |= {"headers": [(b"host", b"localhost")]}
        send = AsyncMock()
        await app(scope, None, send)
        return b"".join(call.args[0].get("body", b"") for call in send.await_args_list).decode()

    async def two_at_once() -> None:
        names = {identity: job.account.name for identity, job in reader.jobs.items()}
        site = fleet_app.FleetSite(LiveFleet(reader, 0.0), names, Place("shops", "", "test"), watched, 60.0)
        app = site.application()
        async with app.router.lifespan_context(app):
            # the account has its name, also before the list of all accounts is read
            assert "<b>foods</b>" in await ask(app, "acct_1FleetFoods")
            await asyncio.gather(*(ask(app, "acct_1FleetBooks") for _ in range(2)))

    asyncio.run(two_at_once())

    assert opened == ["acct_1FleetFoods", "acct_1FleetBooks"]


def test_one_file_has_all_accounts(reader):
    page = fleet_report_html(reader.read())

    for name in ("books", "&lt;b&gt;cycles", "foods", "2 to create; top up $500.00", "3 accounts"):
        assert name in page
    assert not re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"", page)


@pytest.mark.skipif(chromium() is None, reason="no Chromium here")
def test_a_person_finds_an_account_and_comes_back(browser, pages):
    browser.open(pages, 1280)
    browser.press("/", *"boo")
    browser.until("document.querySelectorAll('tbody th a').length === 1")
    complaints = browser.complaints()
    browser.events.clear()
    browser.value("document.querySelector('tbody th a').focus()")
    browser.press("Enter")
    browser.until("document.querySelector('h1').textContent === 'Overview'")
    shown = browser.value("document.querySelector('.place').textContent")
    browser.value("document.querySelector('.place a').click()")
    browser.until("document.querySelector('h1').textContent === 'Accounts'")

    assert complaints == browser.complaints() == []
    assert "books" in shown
    for dark in (False, True):
        browser.open(pages, 1280, dark=dark)
        assert serious(browser, only_colors=dark) == []
        for width in (400, 800, 1600):
            browser.resize(width)
            assert overflow(browser) <= 0
