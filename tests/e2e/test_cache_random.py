"""Random estates, moved at random on both sides: with a cache, plan and drift say what a full read says."""

import random
from typing import Any

import pytest
import yaml

from e2e.conftest import Desk
from e2e.test_cache import CACHE, HOUR, pass_time

ADDRESS = {"line1": "510 Canary Street", "city": "Oakland", "postal_code": "94103", "country": "US"}
LIMITS = [{"amount": 90_000, "interval": "monthly"}]
CONTROLS: list[dict[str, Any]] = [
    {"spending_limits": LIMITS},
    {"spending_limits": [{"amount": 7_000, "interval": "daily"}, {"amount": 1, "interval": "yearly"}]},
    {"blocked_categories": ["bands_orchestras"]},
    {"spending_limits": [{"amount": 500, "interval": "per_authorization"}]},
]
HOLDERS = {"spending_limits": LIMITS, "spending_limits_currency": "usd"}
SCENARIO = {"amount": "10.00 USD", "category": "bands_orchestras", "expect": "approved"}


class Estate:
    """A configuration and what is live, and a chance that moves both."""

    def __init__(self, desk: Desk, seed: int):
        self.desk, self.made = desk, 0
        self.chance = random.Random(seed)  # noqa: S311 - the same estate in every run
        self.holders: dict[str, Any] = {}
        self.cards: dict[str, Any] = {}
        for _ in range(4):
            self.adds_a_holder()
        for _ in range(14):
            self.adds_a_card()
        played = self.chance.sample(sorted(self.cards), self.chance.randint(0, 2))
        self.rest = {"scenarios": {f"plays-{card}": {"card": card, **SCENARIO} for card in played}}
        self.rest |= {"balance_targets": {"usd": {"target": 5_000}}} if self.chance.random() < 0.5 else {}
        self.played = set(played)

    def write(self) -> None:
        self.desk.write(yaml.safe_dump({"cardholders": self.holders, "cards": self.cards, **self.rest}))

    def name(self) -> str:
        self.made += 1
        return f"n{self.made:02}"

    def a_holder(self) -> str:
        return self.chance.choice(sorted(self.holders))

    def a_card(self) -> Any:
        return self.cards[self.chance.choice(sorted(self.cards))]

    def live(self, resource: str) -> Any:
        found = self.desk.live(resource)
        return found[self.chance.choice(sorted(found))]

    # the YAML

    def adds_a_holder(self) -> None:
        holder = {"type": "company", "name": "Acme Inc", "billing": {"address": ADDRESS}}
        some = {"metadata": {"team": self.chance.choice("ab")}, "spending_controls": HOLDERS}
        self.holders[self.name()] = holder | self.some(some)

    def adds_a_card(self) -> None:
        some = {
            "status": self.chance.choice(("active", "inactive")),
            "spending_controls": self.chance.choice(CONTROLS),
            "metadata": {"team": self.chance.choice("ab")},
            "lifecycle_controls": {"cancel_after": {"payment_count": 1}},
            "lifecycle": self.chance.choice(
                ({"on_remove": "keep"}, {"on_remove": "cancel"}, {"ignore": ["spending_controls"]})
            ),
        }
        card = {"type": "virtual", "currency": "usd", "cardholder": self.a_holder(), "status": "active"}
        self.cards[self.name()] = card | self.some(some)

    def some(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if self.chance.random() < 0.5}

    def takes_a_card_out(self) -> None:
        self.cards.pop(self.chance.choice(sorted(self.cards.keys() - self.played)))

    def renames_a_card(self) -> None:
        old = self.chance.choice(sorted(self.cards.keys() - self.played))
        lifecycle = {**self.cards[old].get("lifecycle", {}), "previously": [old]}
        self.cards[self.name()] = {**self.cards.pop(old), "lifecycle": lifecycle}

    def moves_a_limit(self) -> None:
        self.a_card()["spending_controls"] = self.chance.choice(CONTROLS)

    def moves_a_team(self) -> None:
        self.a_card()["metadata"] = {"team": self.chance.choice("cd")}

    def moves_a_card(self) -> None:
        self.a_card()["cardholder"] = self.a_holder()

    def replaces_a_holder(self) -> None:
        self.holders[self.a_holder()]["name"] = "Acme Ltd"

    def pauses_a_holder(self) -> None:
        self.holders[self.a_holder()]["status"] = self.chance.choice(("active", "inactive"))

    # Stripe

    def live_card_moves(self) -> None:
        self.sets("cards", {"spending_controls": self.chance.choice(CONTROLS)})

    def live_card_switches(self) -> None:
        self.sets("cards", {"status": self.chance.choice(("active", "inactive", "canceled"))})

    def live_card_gets_words(self) -> None:
        self.sets("cards", {"metadata": {"team": self.chance.choice("ae")}})

    def live_holder_moves(self) -> None:
        status = self.chance.choice(("active", "inactive"))
        self.sets("cardholders", {"status": status, "email": "x@y.example"})

    def mark_goes(self) -> None:
        self.sets(self.chance.choice(("cards", "cardholders")), {"metadata": {"provisioner_project": ""}})

    def card_comes_from_elsewhere(self) -> None:
        holder = self.live("cardholders")["id"]
        self.desk.sdk.v1.issuing.cards.create({"type": "virtual", "currency": "usd", "cardholder": holder})

    def sets(self, resource: str, params: Any) -> None:
        shown = self.live(resource)
        if shown["status"] != "canceled":
            getattr(self.desk.sdk.v1.issuing, resource).update(shown["id"], params)
        pass_time(self.desk, self.chance.randint(0, 2))

    def moves(self, times: int) -> None:
        for move in self.chance.choices(MOVES, k=times):
            move(self)


MOVES = [
    Estate.adds_a_holder,
    Estate.adds_a_card,
    Estate.takes_a_card_out,
    Estate.renames_a_card,
    Estate.moves_a_limit,
    Estate.moves_a_team,
    Estate.moves_a_card,
    Estate.replaces_a_holder,
    Estate.pauses_a_holder,
    Estate.live_card_moves,
    Estate.live_card_switches,
    Estate.live_card_gets_words,
    Estate.live_holder_moves,
    Estate.mark_goes,
    Estate.card_comes_from_elsewhere,
]


def said(desk: Desk, command: str, *words: str) -> tuple[str, str]:
    result = desk.run(command, "--format", "json", *words, code=None)
    return result.stdout, result.stderr


@pytest.mark.parametrize("singly", [False, True], ids=["by page", "singly"])
@pytest.mark.parametrize("seed", range(5))
def test_a_cache_changes_no_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch, seed: int, singly: bool):
    if singly:  # else a small estate is soon cheaper to read as a whole
        monkeypatch.setattr("provisioner.engine.cache.recall.PAGE", 1)
    estate = Estate(desk, seed)
    for _ in range(2):
        estate.write()
        desk.run("apply", "--auto-approve", "--allow", "retired=99", "--allow", "protected=99")
        pass_time(desk, HOUR)
        estate.takes_a_card_out()
        estate.takes_a_card_out()
    desk.run("plan", *CACHE)
    estate.moves(4)
    estate.write()

    for command in (["plan"], ["drift", "--unmanaged"]):
        whole, _ = said(desk, *command)
        warm, why = said(desk, *command, *CACHE)
        assert warm == whole
        assert not singly or "Reading everything" not in why
