"""
Requests a second of `sandbox serve` and of mocks by others: `python -m tests.bench.sandbox [REQUESTS]`.

Eight connections create objects. localstripe is installed from PyPI; stripe-mock is run where it is on the
PATH.
"""

import http.client
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.installed import installed
from tests.bench.measure import PROVISIONER

CONNECTIONS, TURNS = 8, 3
LOCALSTRIPE = "localstripe==1.15.10"
# its own command listens on every address of the machine
ON_LOOPBACK = (
    "import sys; from aiohttp import web; from localstripe.server import app;"
    "web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None)"
)
ADDRESS = {
    "line1": "1 Townsend St",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94103",
    "country": "US",
}
HOLDER = {
    "name": "Ada Acme",
    "type": "individual",
    "individual[first_name]": "Ada",
    "individual[last_name]": "Acme",
    **{f"billing[address][{name}]": value for name, value in ADDRESS.items()},
}
CARD = {"cardholder": "ich_1", "currency": "usd", "type": "virtual"}
DIFFERS = (
    "localstripe has no Issuing: it creates customers, and writes all that it stores to one file after each "
    "request. The sandbox creates cards, checks each parameter against Stripe's rules, and writes an event. "
    "stripe-mock, which is measured where it is installed, answers a fixed example and stores nothing."
)


def send(connection: http.client.HTTPConnection, path: str, form: dict[str, str]) -> bytes:
    """Post a form and return the response; raises RuntimeError if it is refused."""
    head = {"Authorization": "Bearer sk_test_bench", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", path, urlencode(form), head)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return body


def a_second(port: int, path: str, form: dict[str, str], requests: int) -> float:
    """Return how many of some requests are answered in one second."""

    def some(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(number):
            send(connection, path, form)
        connection.close()

    begun = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(some, [requests // CONNECTIONS] * CONNECTIONS))
    return requests / (time.perf_counter() - begun)


@contextmanager
def listening(command: Sequence[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server for as long as the block runs, from the moment at which it listens."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        while child.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait()


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def measure(home: Path, requests: int) -> Iterator[tuple[str, float]]:
    """Yield each server with the requests that it answered in a second: the median of runs in turns."""
    port, folder = free_port(), Path(tempfile.mkdtemp())
    ours = [*PROVISIONER, "sandbox", "serve", "--port", str(port), "--no-rate-limit"]
    servers = {
        "sandbox, in memory": (ours, "/v1/issuing/cards", CARD),
        "sandbox, with a state file": ([*ours, "--state", "state.db"], "/v1/issuing/cards", CARD),
        LOCALSTRIPE: (
            [installed(home, LOCALSTRIPE, "python"), "-c", ON_LOOPBACK, str(port)],
            "/v1/customers",
            {"name": "Ada Acme", "email": "ada@acme.example"},
        ),
    }
    if mock := shutil.which("stripe-mock"):
        servers["stripe-mock"] = ([mock, "-http-port", str(port)], "/v1/issuing/cards", CARD)
    found: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(TURNS):
        for name, (command, path, form) in servers.items():
            with listening(command, port, folder):
                sent = {**form, **_holder(port)} if name.startswith("sandbox") else form
                found[name].append(a_second(port, path, sent, requests))
            (folder / "state.db").unlink(missing_ok=True)
    shutil.rmtree(folder)
    for name, figures in found.items():
        yield name, sorted(figures)[TURNS // 2]


def _holder(port: int) -> dict[str, str]:
    body = send(http.client.HTTPConnection("127.0.0.1", port), "/v1/issuing/cardholders", HOLDER)
    return {"cardholder": json.loads(body)["id"]}


def main() -> None:
    """Print the figures."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    home = Path(tempfile.gettempdir()) / "provisioner-bench" / "localstripe"
    for name, figure in measure(home, requests):
        print(f"{name:30}{figure:8,.0f} creates a second")  # noqa: T201 - a measurement
    print(DIFFERS)  # noqa: T201 - a measurement


if __name__ == "__main__":
    main()
