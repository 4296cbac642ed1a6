"""What chaos is made of: a configuration that stands, and one that is asked for."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.app.configuration import load
from provisioner.core.model.config import Config
from provisioner.core.model.currencies import currency_of
from provisioner.core.model.resource import Address, Declared, Reissue

CANONICAL = Path(__file__).parent / "canonical"
# One card in so many is treated in each way.
WAYS = ("new", "new", "raised", "lowered", "asleep", "expired", "lost", "as it is")
EXTRA = 2


class Scene(Struct, frozen=True):
    """`before` is applied in peace, `after` is applied under faults."""

    before: Config
    after: Config


def canonical() -> Scene:
    """The built-in scene: every kind of change there is."""
    return Scene(load(CANONICAL / "before.yaml"), load(CANONICAL / "after.yaml"))


def scene_of(config: Config, seed: int) -> Scene:
    """
    A scene around somebody's own configuration, which is what is asked for.

    Before it some of its cards are missing, have other limits or sleep, some are reissued by it, and
    there are a few more, which it retires.
    """
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
            before[address] = _earlier(before[address], way)
    for number, address in enumerate(rng.sample(cards, min(EXTRA, len(cards)))):
        extra = Address("cards", f"chaos-extra-{number + 1}")
        lifecycle = replace(config.declared[address].lifecycle, protect=False, previously=(), reissue=None)
        before[extra] = replace(config.declared[address], address=extra, lifecycle=lifecycle)
    before = {a: each for a, each in before.items() if a.section != "balance_targets"}
    return Scene(replace(config, declared=before), replace(config, declared=after))


def _earlier(card: Declared, way: str) -> Declared:
    """The card as it was before; what was asked of it since is asked of the one before, too."""
    fields: dict[str, Any] = dict(card.fields)
    if way == "asleep":
        fields["status"] = "inactive"
    controls: Mapping[str, Any] = fields.get("spending_controls", {})
    if way in ("raised", "lowered") and controls.get("spending_limits"):
        factor = 2 if way == "lowered" else 0.5
        limits = [{**row, "amount": int(row["amount"] * factor)} for row in controls["spending_limits"]]
        fields["spending_controls"] = {**controls, "spending_limits": limits}
    return replace(card, fields=fields)


def country_of(config: Config) -> str:
    """The country of an account that can have a configuration's cards."""
    currencies = {str(each.fields.get("currency", "usd")) for each in config.declared.values()}
    homes = (currency_of(currency).home for currency in sorted(currencies))
    return next((home for home in homes if home != "US"), "US")
