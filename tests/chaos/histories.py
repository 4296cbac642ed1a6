"""What becomes of a configuration over time, by a seed: edits, renames, reissues, and deeds by hand."""

import copy
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.acts import CARD, HOLDER, config
from chaos.direct import Bank, Direct
from provisioner.chaos.watch import estate
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.plan.call import Call

CATEGORIES = ("advertising_services", "taxicabs_limousines", "hotels_motels_and_resorts")
COUNTRIES = ("US", "FR")
AMOUNTS = (1000, 5000, 90_000)
INTERVALS = ("per_authorization", "daily", "weekly", "monthly")
ENDS = ("deactivate", "cancel", "keep")
NAMES = "abcde"

Json = dict[str, Any]


@dataclass
class History:
    """The YAML as it is now, as sections by name."""

    rng: random.Random
    holders: dict[str, Json] = field(default_factory=lambda: {"one": dict(HOLDER), "two": dict(HOLDER)})
    cards: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in NAMES[:2]:
            self.add(name)

    def config(self) -> Config:
        """The configuration; raises ProvisionerError where the edits do not go together."""
        return config(cardholders=copy.deepcopy(self.holders), cards=copy.deepcopy(self.cards))

    def change(self) -> None:
        """Edit something, or a few things at once."""
        for _ in range(self.rng.choice((1, 1, 2, 2, 3, 4))):
            if self.cards and self.rng.random() < 0.7:
                name = self.rng.choice(sorted(self.cards))
                self.rng.choice(_TO_A_CARD)(self, name)
            elif self.rng.random() < 0.8:
                name = self.rng.choice(sorted(self.holders))
                self.rng.choice(_TO_A_HOLDER)(self, name)
            else:
                self.add(self.rng.choice(NAMES))

    def add(self, name: str) -> None:
        """A card; where its name was another's before, that one mostly says so no more."""
        for card in self.cards.values():
            before = card["lifecycle"].get("previously", [])
            if name in before and self.rng.random() < 0.7:
                before.remove(name)
        status = self.rng.choice(("active", "active", "inactive"))
        held = {"cardholder": self.rng.choice(sorted(self.holders)), "status": status}
        self.cards[name] = {**CARD, **held, "lifecycle": {"on_remove": self.rng.choice(ENDS)}}
        self.limit(name)

    def limit(self, name: str) -> None:
        self.cards[name]["spending_controls"] = controls(self.rng, CATEGORIES, COUNTRIES)

    def limit_holder(self, name: str) -> None:
        # never a list in the place of one that has nothing in common with it: Stripe has no way between
        shared = CATEGORIES[0], COUNTRIES[0]
        drawn = controls(self.rng, CATEGORIES[1:], COUNTRIES[1:])
        for what, always in zip(("categories", "merchant_countries"), shared, strict=True):
            if f"allowed_{what}" in drawn:
                drawn[f"allowed_{what}"] = [always, *drawn[f"allowed_{what}"]]
        self.holders[name]["spending_controls"] = drawn

    def switch(self, name: str) -> None:
        card = self.cards[name]
        card["status"] = "inactive" if card.get("status") == "active" else "active"

    def switch_holder(self, name: str) -> None:
        holder = self.holders[name]
        holder["status"] = "inactive" if holder.get("status", "active") == "active" else "active"

    def say_no_status(self, name: str) -> None:
        self.cards[name].pop("status", None)

    def hand_over(self, name: str) -> None:
        self.cards[name]["cardholder"] = self.rng.choice(sorted(self.holders))

    def print_anew(self, name: str) -> None:
        self.cards[name]["second_line"] = self.rng.choice("XYZ")

    def ignore(self, name: str) -> None:
        paths = ("status", "spending_controls", "spending_controls.spending_limits")
        lifecycle = self.cards[name]["lifecycle"]
        if not lifecycle.pop("ignore", None):
            lifecycle["ignore"] = [self.rng.choice(paths)]

    def reissue(self, name: str) -> None:
        lifecycle = self.cards[name]["lifecycle"]
        number = lifecycle.get("reissue", {}).get("number", 0) + 1
        reason = self.rng.choice(("lost", "stolen", "expired"))
        lifecycle["reissue"] = {"number": number, "reason": reason}

    def rename(self, name: str) -> None:
        """To a name that is free or taken; the old one may be used again at once."""
        new = self.rng.choice([other for other in NAMES if other != name])
        moved = self.cards.pop(name)
        before = dict.fromkeys((name, *moved["lifecycle"].get("previously", ())))
        moved["lifecycle"]["previously"] = [each for each in before if each != new]
        self.cards[new] = moved
        if self.rng.random() < 0.5:
            self.add(name)

    def rename_holder(self, name: str) -> None:
        new = next(each for each in ("one", "two", "three") if each not in self.holders)
        self.holders[new] = {**self.holders.pop(name), "lifecycle": {"previously": [name]}}
        for card in self.cards.values():
            if card["cardholder"] == name:
                card["cardholder"] = new

    def name_holder(self, name: str) -> None:
        self.holders[name]["name"] = self.rng.choice(("Acme Inc", "Bolt Ltd", "Cool Co"))

    def remove(self, name: str) -> None:
        del self.cards[name]

    def end_otherwise(self, name: str) -> None:
        self.cards[name]["lifecycle"]["on_remove"] = self.rng.choice(ENDS)


Edit = Callable[[History, str], None]
_ONCE: tuple[Edit, ...] = (
    History.say_no_status,
    History.hand_over,
    History.print_anew,
    History.ignore,
    History.remove,
    History.end_otherwise,
)
_OFTEN: tuple[Edit, ...] = (History.limit, History.switch, History.reissue, History.rename)
_TO_A_CARD = (*_ONCE, *_OFTEN, *_OFTEN)
_TO_A_HOLDER: tuple[Edit, ...] = (
    *(History.limit_holder, History.limit_holder, History.limit_holder),
    *(History.switch_holder, History.rename_holder, History.name_holder),
)


def controls(rng: random.Random, categories: tuple[str, ...], countries: tuple[str, ...]) -> Json:
    """Spending controls; at times none."""
    drawn: Json = {}
    if rng.random() < 0.7:
        intervals = rng.sample(INTERVALS, rng.randint(1, 2))
        rows: list[Json] = [{"amount": rng.choice(AMOUNTS), "interval": each} for each in intervals]
        if rng.random() < 0.25:
            rows[0]["categories"] = rng.sample(CATEGORIES, rng.randint(1, 2))
        drawn["spending_limits"] = rows
    for what, values, likely in (("categories", categories, 0.4), ("merchant_countries", countries, 0.2)):
        if rng.random() < likely:
            way = rng.choice(("allowed", "blocked"))
            drawn[f"{way}_{what}"] = rng.sample(values, rng.randint(1, len(values)))
    return drawn


def by_hand(bank: Bank, rng: random.Random) -> None:
    """What somebody does in the Dashboard, as far as Stripe lets them."""
    item = rng.choice([*estate(Direct(bank)).values()])
    limits = controls(rng, CATEGORIES, COUNTRIES).get("spending_limits") or ""
    ways: list[Mapping[str, Any]] = [
        {"status": "inactive"},
        {"status": "active"},
        {"spending_controls": {"spending_limits": limits}},
    ]
    if item["object"] == "issuing.card":
        lost = {"cancellation_reason": rng.choice(("lost", "stolen"))}
        ways += [{"status": "canceled"}, {"status": "canceled", **lost}]
    try:
        Direct(bank).perform(Call(f"{item['object']}s", "update", item["id"], rng.choice(ways)))
    except ProvisionerError:
        assert item["status"] == "canceled"
