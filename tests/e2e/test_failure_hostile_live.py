"""Hostile live data: whatever names and metadata hold, nothing of it acts on a terminal."""

import json
import subprocess
import unicodedata

import pytest
from support.command import provisioner

from provisioner.app.account import ANSWERS
from provisioner.core.plan.call import Call
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.gateway import StripeWriter
from provisioner.stripe_api.rate_limit import Limits

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202ereversed\u2066<script>alert(1)</script>**b**|x|\u200b\x9b31m"
EVERY = (
    ("plan", "-v"),
    ("drift",),
    ("export", "--project", "shop"),
    ("plan", "--out", "plan.json"),
    ("show", "plan.json"),
    ("apply", "--auto-approve"),
    ("plan",),
)
CONFIG = """
version: 1
project: shop
cardholders:
  acme: {type: company, name: Acme Inc, metadata: {team: ads}, billing: &b {address: {line1: 1 Main St, city: Oakland, state: CA, postal_code: "94111", country: US}}}
cards:
  ads: {cardholder: acme, type: virtual, currency: usd, status: inactive, metadata: {team: ads}}
"""  # noqa: E501


@pytest.fixture
def base():
    with running(Settings(rate_limit=False)) as base:
        yield base


def run(base: str, cwd, commands, *words: str) -> subprocess.CompletedProcess[str]:
    return provisioner(
        *words, cwd=cwd, commands=commands, STRIPE_API_BASE=base, STRIPE_API_KEY="sk_test_hostile"
    )


def test_names_and_metadata_from_stripe_are_inert_in_every_output(base, tmp_path, commands):
    (tmp_path / "provisioner.yaml").write_text(CONFIG)
    assert run(base, tmp_path, commands, "apply", "--auto-approve").returncode == 0
    writer = StripeWriter(Transport("sk_test_hostile", limits=Limits(1e6, 1e6), api_base=base), ANSWERS)
    [card], [holder] = list(writer.list("issuing/cards")), list(writer.list("issuing/cardholders"))
    writer.perform(Call("issuing.cards", "update", card["id"], {"metadata": {"team": HOSTILE}}))
    writer.perform(Call("issuing.cardholders", "update", holder["id"], {"metadata": {"team": HOSTILE}}))
    ours = {"provisioner_project": "shop", "provisioner_lifecycle": HOSTILE}
    cards = {"cardholder": holder["id"], "currency": "usd", "type": "virtual"}
    said = ""
    refused = (1, (("plan",), ("drift",), ("export", "--project", "shop")))
    for address, (code, every) in {
        "cards.other": (0, EVERY),
        f"cards.{HOSTILE}": refused,
        HOSTILE: refused,
    }.items():
        marks = {**ours, "provisioner_address": address}
        writer.perform(Call("issuing.cards", "create", None, {**cards, "metadata": marks}))
        for words in every:
            ended = run(base, tmp_path, commands, *words)
            assert ended.returncode in (code, 2), (words, ended.stderr)
            said += ended.stdout + ended.stderr

    assert {c for c in said if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") and c != "\n"} == set()
    for line in (tmp_path / ".provisioner/journal.jsonl").read_text().splitlines():
        assert json.loads(line)["outcome"] == "done"
        assert line.isprintable()
