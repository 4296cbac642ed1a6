"""What the tests of top-ups share: targets of several projects, and what has moved."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from e2e.conftest import KEY, Desk

from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

SETTLED = 86_400  # seconds; no top-up is pending for so long


def target(desk: Desk, amount: str, project: str = "desk", **more: Any) -> None:
    """Give the desk a configuration that is a balance target and nothing else."""
    fields = {"target": amount, **more}
    desk.write(f"version: 1\nproject: {project}\nbalance_targets:\n  usd: {json.dumps(fields)}\n")


def top_ups(desk: Desk) -> list[dict[str, Any]]:
    """All top-ups as Stripe has them, newest first."""
    return [item.to_dict() for item in desk.sdk.v1.topups.list({"limit": 100}).auto_paging_iter()]


def moved(desk: Desk) -> list[int]:
    """The amounts of the top-ups that move money, newest first."""
    return [item["amount"] for item in top_ups(desk) if item["status"] in ("pending", "succeeded")]


def by_hand(desk: Desk, amount: int, **more: Any) -> str:
    """A top-up that somebody makes; the id."""
    params = {"amount": amount, "currency": "usd", **more}
    answer = requests.post(f"{desk.base}/v1/topups", data=params, auth=(KEY, ""), timeout=10)
    assert answer.ok, answer.text
    return str(answer.json()["id"])


def write_on(desk: Desk, top_up: str, **metadata: str) -> None:
    """Metadata that somebody gives a top-up."""
    desk.sdk.v1.topups.update(top_up, {"metadata": metadata})


def settle(desk: Desk) -> None:
    """Let a day pass: what is pending has arrived."""
    desk.control("clock", json.dumps({"advance": SETTLED}).encode())


def switch(desk: Desk, **chosen: bool) -> None:
    """Decide what nobody knows of Stripe."""
    desk.control("switches", json.dumps(chosen).encode())


@pytest.fixture(scope="session")
def stripe_base() -> Iterator[str]:
    """An embedded Stripe whose top-ups are pending until the clock is moved."""
    with running(Settings(rate_limit=False, topup_settle=3600)) as base:
        yield base
