"""How long a page of `serve` takes for an estate of N cards, and its size: `python -m bench.pages 10000`."""

import asyncio
import json
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import requests
from msgspec.structs import replace

from bench.estate import write
from provisioner.config.load import load_config
from provisioner.core.diff.drift import find_drift
from provisioner.core.diff.drift_document import drift_document
from provisioner.core.diff.find import compare_with
from provisioner.core.estate.estate import EstateReading, make_estate
from provisioner.core.estate.model import Estate
from provisioner.core.model.snapshot import Observed, Snapshot
from provisioner.core.plan.plan import conclude
from provisioner.core.plan.write_document import plan_document
from provisioner.core.purchases.record import PurchaseRecord
from provisioner.engine.read.projection import observer
from provisioner.engine.snapshots import record
from provisioner.kinds import KINDS
from provisioner.sandbox.http.prompt_server import PromptServer, listen, url_of
from provisioner.web.app import EstateSite
from provisioner.web.live import LiveEstate
from provisioner.web.site import Place

NOW, DAYS, EACH = 1_796_000_000, 30, 5
PATHS = (
    "/",
    "/cards",
    "/cards?q=77&sort=spent",
    "/purchases",
    "/purchases?outcome=declined",
    "/drift",
    "/plan",
)


def estate_of(folder: Path, cards: int) -> Estate:
    """An estate in which every card has made some purchases in a month."""
    written = write(folder, cards // 4, cards)
    config = load_config(written.config, KINDS)
    objects: dict[str, list[Observed]] = {}
    kinds = {kind.object_name: kind for kind in KINDS}
    keep = {name: observer(kind, config.declared) for name, kind in kinds.items()}
    with written.objects.open() as lines:
        for line in lines:
            item = json.loads(line)
            objects.setdefault(kinds[item["object"]].resource, []).append(keep[item["object"]](item))
    snapshot = Snapshot({"id": "acct_1Bench", "country": "US"}, {}, objects)
    compared = compare_with(KINDS, config, snapshot)
    drifts = find_drift(KINDS, config, compared.inventory, compared.differences.changes, [])
    reading = EstateReading(
        config=config,
        compared=compared,
        plan=plan_document(KINDS, conclude(KINDS, config, compared)),
        drift=drift_document(config, "acct_1Bench", list(drifts), {}, {}, listed=False),
        purchases=_purchases(objects["issuing/cards"]),
        since=NOW - DAYS * 86_400,
        now=NOW,
        days=DAYS,
    )
    begun = time.perf_counter()
    estate = make_estate(KINDS, reading)
    took = time.perf_counter() - begun
    print(f"estate of {len(estate.cards):,} cards: {took:.2f} s")  # noqa: T201 - a measurement
    return estate


def _purchases(cards: list[Observed]) -> list[PurchaseRecord]:
    chance = random.Random(1)  # noqa: S311 - the same in every run
    found = []
    for number in range(len(cards) * EACH):
        card, approved = chance.choice(cards), chance.random() < 0.9
        amount, at = chance.randrange(500, 40_000), NOW - chance.randrange(DAYS * 86_400)
        found.append(
            PurchaseRecord(
                f"iauth_{number}",
                at,
                card.id,
                card.fields["cardholder"],
                amount,
                amount * approved,
                "usd",
                approved,
                "card_active" if approved else "spending_controls",
                "closed",
                "caterers",
                "US",
                "chip",
            )
        )
    return sorted(found, key=lambda each: -each.at)


class Still:
    """An estate that does not change."""

    def __init__(self, estate: Estate) -> None:
        self.read = self.read_new = lambda: estate


def main() -> None:
    """Print how long the first request and the median of some take for each page, and its size."""
    with tempfile.TemporaryDirectory() as folder:
        estate = estate_of(Path(folder), int(sys.argv[1]))
        _remember(Path(folder) / "estate.db", estate)
    listener = listen("127.0.0.1", 0)
    listener.listen()
    site = EstateSite(LiveEstate(Still(estate), 0), Place("bench", "", "test"))
    server = PromptServer(site.application(), lambda: None)
    threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True).start()
    requests.get(f"{url_of(listener)}/plan", timeout=60)  # reads the estate, and compiles templates
    for path in (*PATHS, f"/cards/{estate.cards[0].id}"):
        times: list[float] = []
        size: Any = 0
        for _ in range(7):
            begun = time.perf_counter()
            size = len(requests.get(url_of(listener) + path, timeout=60).content)
            times.append(time.perf_counter() - begun)
        print(f"{path:<30} first {times[0]:.3f} s, median {sorted(times)[3]:.3f} s, {size:,} bytes")  # noqa: T201 - a measurement
    server.end()


def _remember(path: Path, estate: Estate) -> None:
    """Print how large the file of snapshots is after one reading, and after one each quarter of an hour."""
    for number, readings in ((0, 1), (1, 96)):
        for quarter in range(number, readings):
            record(path, replace(estate, now=NOW + quarter * 900), "serve")
        print(f"file of snapshots after {readings} readings: {path.stat().st_size:,} bytes")  # noqa: T201 - a measurement


if __name__ == "__main__":
    main()
