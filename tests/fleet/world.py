"""A platform for tests: a fleet of any size, the embedded Stripe API that counts, and a Dask cluster."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from provisioner.cli.commands.fleet import command
from provisioner.sandbox.api.limits import AccountLimits
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

KEY = "sk_test_51FleetKeyThatMustNeverTravel"
FLEET = """version: 1
fleet: test-platform
configuration: template.yaml
roster: accounts.csv
canary: tier=canary
rates: {{account: {rate}, platform: {platform}}}
{more}"""
TEMPLATE = """version: 1
project: shop
vars: {{shop: null}}
profiles:
  virtual-card: {{cardholder: shop, type: virtual, currency: usd, status: active}}
cardholders:
  shop:
    type: company
    name: ${{var.shop}}
    phone_number: "+14155552100"
    billing: {{address: {{line1: 1 Main St, city: Reno, state: NV, postal_code: "89501", country: US}}}}
cards:
{cards}
{money}"""
CARD = (
    "  card-{n}:\n    use: virtual-card\n"
    '    spending_controls: {{spending_limits: [{{amount: "{n}00.00 USD", interval: monthly}}]}}'
)
MONEY = "balance_targets:\n  usd: {target: 10000, description: Float, statement_descriptor: Float}\n"


def ids(accounts: int) -> list[str]:
    """The ids of a fleet's accounts."""
    return [f"acct_1Fleet{number:06}" for number in range(1, accounts + 1)]


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def make_fleet(
    folder: Path, accounts: int, cards: int, *, rate: int = 1000, platform: int = 1000, more: str = ""
) -> Path:
    """Write a fleet: each account one cardholder, some cards and $100.00; the first one is the canary."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fleet.yaml").write_text(FLEET.format(rate=rate, platform=platform, more=more))
    blocks = "\n".join(CARD.format(n=n) for n in range(1, cards + 1))
    (folder / "template.yaml").write_text(TEMPLATE.format(cards=blocks, money=MONEY))
    rows = [
        f"{name},shop-{number:05},{'standard' if number else 'canary'},Shop {_letters(number)}"
        for number, name in enumerate(ids(accounts))
    ]
    (folder / "accounts.csv").write_text("\n".join(["account,name,labels.tier,vars.shop", *rows]) + "\n")
    return folder


@dataclass(slots=True)
class Platform:
    """A running sandbox; `arrivals` are the moments (monotonic seconds) at which requests came in."""

    base: str
    arrivals: list[float] = field(default_factory=list)

    def busiest(self, seconds: float = 1.0) -> int:
        """The most requests that came in within any time of this length."""
        times, most, start = sorted(self.arrivals), 0, 0
        for end, moment in enumerate(times):
            while moment - times[start] >= seconds:
                start += 1
            most = max(most, end - start + 1)
        return most

    def connect(self, accounts: list[str]) -> None:
        """Connect accounts."""
        self._post("accounts", {"ids": accounts})

    def restrict(self, key: str, **permissions: str) -> None:
        """Make a restricted key."""
        self._post("keys", {"key": key, "permissions": permissions})

    def _post(self, name: str, asked: dict[str, Any]) -> None:
        data = json.dumps(asked).encode()
        with urllib.request.urlopen(f"{self.base}/_sandbox/{name}", data) as answer:  # noqa: S310 - loopback
            answer.read()

    def all(self, account: str, resource: str) -> list[dict[str, Any]]:
        """All objects of an account, at most a hundred."""
        url = f"{self.base}/v1/{resource}?limit=100"
        headers = {"Authorization": f"Bearer {KEY}", "Stripe-Account": account}
        asked = urllib.request.Request(url, headers=headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            found: list[dict[str, Any]] = json.load(answer)["data"]
        return found

    def post(self, account: str, path: str, params: dict[str, str]) -> None:
        """Write to an account, as somebody else would."""
        headers = {"Authorization": f"Bearer {KEY}", "Stripe-Account": account}
        data = urllib.parse.urlencode(params).encode()
        asked = urllib.request.Request(f"{self.base}/v1/{path}", data, headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            answer.read()

    def estate(self, account: str) -> Counter[str]:
        """What an account has: addresses with status and limit, and top-ups with their amounts."""
        found: Counter[str] = Counter()
        for resource in ("issuing/cardholders", "issuing/cards"):
            for each in self.all(account, resource):
                limits = [limit["amount"] for limit in each["spending_controls"]["spending_limits"] or ()]
                found[f"{each['metadata']['provisioner_address']} {each['status']} {limits}"] += 1
        found.update(f"top-up {each['amount']}" for each in self.all(account, "topups"))
        return found

    def expected(self, cards: int) -> Counter[str]:
        """What each account of `make_fleet` ends with."""
        held = {f"cards.card-{n} active [{n}0000]": 1 for n in range(1, cards + 1)}
        return Counter({"cardholders.shop active []": 1, **held, "top-up 10000": 1})

    def environ(self, **more: str) -> dict[str, str]:
        """The environment in which a process talks to it."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")}
        return {**bare, "STRIPE_API_KEY": KEY, "STRIPE_API_BASE": self.base, **more}


@contextmanager
def platform(accounts: int, *, enforced: bool = False, **settings: Any) -> Iterator[Platform]:
    """
    A sandbox in this process, with connected accounts; Stripe's limits hold for each if `enforced`.

    Counts requests where the server lets them in.
    """
    there = Platform("")
    take = AccountLimits.take

    def count(self: AccountLimits, account: str, endpoint: str) -> None:
        there.arrivals.append(time.monotonic())
        if enforced:
            take(self, account, endpoint)

    AccountLimits.take = count  # type: ignore[method-assign]
    try:
        with running(Settings(**settings)) as base:
            there.base = base
            there.connect(ids(accounts))
            yield there
    finally:
        AccountLimits.take = take  # type: ignore[method-assign]


def in_process(there: Platform, folder: Path, *words: str, **env: str | None) -> Result:
    """Run a command of the fleet's in this process, as each other would cost the better part of a second."""
    bare = dict.fromkeys(name for name in os.environ if name.startswith("STRIPE_"))
    told = {**bare, "STRIPE_API_KEY": KEY, "STRIPE_API_BASE": there.base, **env}
    with chdir(folder):
        return CliRunner().invoke(command, words, env=told)


def provisioner(
    *words: str, cwd: Path, env: dict[str, str], timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "provisioner", *words],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@dataclass(slots=True)
class Cluster:
    """A Dask cluster of this machine; `logs` holds what its processes said."""

    address: str
    dashboard: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]
    logs: Path

    def scheduler_environ(self) -> str:
        """The environment that the scheduler was started with."""
        return Path(f"/proc/{self.scheduler.pid}/environ").read_text()


@contextmanager
def dask_cluster(folder: Path, env: dict[str, str], workers: int = 2, threads: int = 3) -> Iterator[Cluster]:
    """
    `dask scheduler` without any key, and `dask worker`s with the key in their environment.

    Ends them all at the end, those too that somebody has killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keyless = {name: value for name, value in env.items() if name != "STRIPE_API_KEY"}
    port, dashboard = _free_ports(2)
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        words = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--dashboard-address"]
        scheduler = _dask(stack, folder, "scheduler", keyless, *words, f"127.0.0.1:{dashboard}")
        _wait_for(port, scheduler)
        words = ["worker", address, "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        words += ["--nthreads", str(threads), "--local-directory", str(folder)]
        made = [_dask(stack, folder, f"worker-{n}", env, *words) for n in range(workers)]
        yield Cluster(address, f"http://127.0.0.1:{dashboard}", scheduler, made, folder)


def _dask(
    stack: ExitStack, folder: Path, name: str, env: dict[str, str], *words: str
) -> subprocess.Popen[bytes]:
    log = stack.enter_context((folder / f"{name}.log").open("wb"))
    command = [sys.executable, "-m", "dask", *words]
    child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env, cwd=folder)
    stack.callback(_end, child)
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGKILL)
    child.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and child.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"dask scheduler did not start (exit {child.poll()})")


def memory_holds(pid: int, needle: bytes) -> bool:
    """Whether a process has these bytes anywhere in the memory that it can write (Linux; our own child)."""
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if rights.startswith("rw") and "[v" not in line:
                memory.seek(start)
                if needle in (memory.read(end - start) or b""):
                    return True
    return False
