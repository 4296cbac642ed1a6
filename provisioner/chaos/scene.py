"""Pairs of configurations for chaos: one that is applied first, and one that is applied under faults."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.app.configuration import load
from provisioner.core.model.config import Config
from provisioner.core.model.currencies import currency_of
from provisioner.core.model.resource import Address, Reissue

CANONICAL = Path(__file__).parent / "canonical"
# Each card is changed in one of these ways.
WAYS = ("new", "new", "raised", "lowered", "asleep", "expired", "lost", "unchanged")
EXTRA = 2


class Scene(Struct, frozen=True):
    """Two configurations of one project."""

    before: Config
    """Applied without faults."""
    after: Config
    """Applied with faults."""


def canonical() -> Scene:
    """Return the built-in scene, which contains every kind of change."""
    return Scene(load(CANONICAL / "before.yaml"), load(CANONICAL / "after.yaml"))


def scene_of(config: Config, seed: int) -> Scene:
    """
    Return a scene whose second configuration is `config`, with some cards reissued.

    In the first configuration some of its cards are missing, inactive, or have other limits, and there are a
    few more cards, which the second one removes.
    """
    config = config.without_secrets()  # The secrets of these tests must not reach a real vault.
    rng = random.Random(seed)  # noqa: S311 - to be repeatable
    before, after = dict(config.declared), dict(config.declared)
    cards = [address for address in sorted(before) if address.section == "cards"]
    for address in cards:
        way = rng.choice(WAYS)
        if way == "new":
            del before[address]
        elif way in ("expired", "lost"):
            told = after[address].lifecycle
            reissue = Reissue((told.reissue.number if told.reissue else 0) + 1, way)
            after[address] = replace(after[address], lifecycle=replace(told, reissue=reissue))
        else:
            card = before[address]
            fields: dict[str, Any] = dict(card.fields)
            if way == "asleep":
                fields["status"] = "inactive"
            controls: Mapping[str, Any] = fields.get("spending_controls", {})
            if way in ("raised", "lowered") and controls.get("spending_limits"):
                factor = 2 if way == "lowered" else 0.5
                limits = [
                    {**row, "amount": int(row["amount"] * factor)} for row in controls["spending_limits"]
                ]
                fields["spending_controls"] = {**controls, "spending_limits": limits}
            before[address] = replace(card, fields=fields)
    for number, address in enumerate(rng.sample(cards, min(EXTRA, len(cards)))):
        extra = Address("cards", f"chaos-extra-{number + 1}")
        lifecycle = replace(config.declared[address].lifecycle, protect=False, previously=(), reissue=None)
        before[extra] = replace(config.declared[address], address=extra, lifecycle=lifecycle)
    before = {a: each for a, each in before.items() if a.section != "balance_targets"}
    return Scene(replace(config, declared=before), replace(config, declared=after))


def country_of(config: Config) -> str:
    """Return the country of an account that can issue cards in a configuration's currencies."""
    currencies = {str(each.fields.get("currency", "usd")) for each in config.declared.values()}
    homes = (currency_of(currency).home for currency in sorted(currencies))
    return next((home for home in homes if home != "US"), "US")
